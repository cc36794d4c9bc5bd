"""Channels: any number of them to mono or stereo, by ITU-R BS.775 or by what in them does not cancel."""

import math

import numpy as np

MINUS_3_DB = math.sqrt(0.5)

_SILENT = 1e-4  # power, of the loudest channel's, under which another is silent: -40 dB
_CANCELLED = 0.5  # power, of that without correlation: for two channels 6 dB under their mean
_AUDIBLE = 1e-8
_CANCELLED_SHARE = 0.1  # of a file; in real music it was at most 0.04
_STEP = 16
_CANCELLED_SAMPLES = 30 * 44_100  # in a row: a track of a set
_SIDES = {"FL": (1.0, 0.0), "FR": (0.0, 1.0), "LFE": (0.0, 0.0)}
_WORDS = {"FL": "left", "FR": "right", "FC": "centre", "LFE": "bass effects"}


def downmix(names: list[str], channels: int) -> np.ndarray:
    """Weights of a mixdown, shape (channels, source channels).

    As in ITU-R BS.775-4, table 2: left takes the centre and the surround channels of its side at -3 dB, so
    does right, and the LFE channel is left out. Mono is the mean of both. Without known places, all are
    averaged; mono is doubled.

    Parameters
    ----------
    names : list of str
        FFmpeg's names of the source channels: FL, FR, FC, LFE, BL ...
    channels : {1, 2}

    >>> downmix(["FL", "FR", "FC", "LFE", "SL", "SR"], 2).round(2).tolist()
    [[1.0, 0.0, 0.71, 0.0, 0.71, 0.0], [0.0, 1.0, 0.71, 0.0, 0.0, 0.71]]
    """
    names = _known(names)
    if not {"FL", "FR"} <= set(names):
        return np.full((channels, len(names)), 1 / len(names))
    sides = np.array([_SIDES.get(name) or _surround(name) for name in names]).T
    return sides if channels == 2 else sides.mean(axis=0, keepdims=True)


def _known(names: list[str]) -> list[str]:
    """Names, where two channels without a place are left and right."""
    return names if len(names) != 2 or {"FL", "FR"} <= set(names) else ["FL", "FR"]


def _surround(name: str) -> tuple[float, float]:
    if name in ("FLC", "FRC"):
        name = name.removesuffix("C")
    if name.endswith("L"):
        return MINUS_3_DB, 0.0
    if name.endswith("R"):
        return 0.0, MINUS_3_DB
    return (MINUS_3_DB, MINUS_3_DB) if name == "FC" else (0.5, 0.5)


def mix(data: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mix channels, shape (source channels, n), float32, by weights to shape (n, channels)."""
    mixed = np.empty((data.shape[1], len(weights)), np.float32)
    for column, row in zip(mixed.T, weights.astype(np.float32), strict=True):
        used = np.flatnonzero(row)
        if len(used) == 2 and row[used[0]] == row[used[1]]:  # the sum of equals is exact where they agree
            np.add(data[used[0]], data[used[1]], out=column)
            column *= row[used[0]]
        elif len(used) == 1:
            np.multiply(data[used[0]], row[used[0]], out=column)
        else:
            np.matmul(row, data, out=column)
    return mixed


class Mixdown:
    """Mixes the channels of a file down, and watches what that loses.

    By default as `downmix`; `better` tells, when all of the file was seen, whether that silences music.

    Attributes
    ----------
    reasons : tuple of str
        Why it is not the default, in words.

    >>> mixdown = Mixdown(1)
    >>> wave = np.sin(np.arange(1000, dtype=np.float32))
    >>> abs(mixdown.mix(np.stack([wave, -wave]), ["FL", "FR"])).max()
    np.float32(0.0)
    >>> mixdown.better().reasons
    ('left and right cancel each other (their mix is silent), so left alone was taken',)
    """

    def __init__(
        self,
        channels: int,
        weights: dict[tuple[str, ...], np.ndarray] | None = None,
        reasons: tuple[str, ...] = (),
    ) -> None:
        self.channels = channels
        self.reasons = reasons
        self._weights = weights or {}
        self._correlations: dict[tuple[str, ...], _Correlation] = {}

    def mix(self, data: np.ndarray, names: list[str]) -> np.ndarray:
        """Mix channels of these names, shape (source channels, n), float32, to (n, channels)."""
        key = tuple(_known(names))
        if key not in self._weights:
            self._weights[key] = downmix(names, self.channels)
        if len(names) > 1:
            self._correlations.setdefault(key, _Correlation()).add(data)
        return mix(data, self._weights[key])

    def better(self) -> "Mixdown | None":
        """Mixdown that loses less of what was seen; None where this one is good.

        Where a mix cancels, its loudest channel is taken alone; a silent channel is not averaged in.
        """
        weights = {key: row.copy() for key, row in self._weights.items()}
        reasons = []
        for key, correlation in self._correlations.items():
            reasons += [_improve(row, list(key), correlation) for row in weights[key]]
            if self.channels == 2:  # what is made of both sides later must not cancel either
                middle = weights[key].mean(axis=0)
                reasons.append(_improve(middle, list(key), correlation))
                if reasons[-1]:
                    weights[key][:] = middle
        reasons = list(dict.fromkeys(filter(None, reasons)))
        return Mixdown(self.channels, weights, tuple(reasons)) if reasons else None


class _Correlation:
    """Gathers how channels go together, block by block, from every 16th sample."""

    def __init__(self) -> None:
        self._samples: list[int] = []
        self._means: list[np.ndarray] = []
        self._products: list[np.ndarray] = []

    def add(self, data: np.ndarray) -> None:
        """Look at a block, shape (channels, n)."""
        part = data[:, ::_STEP]
        count = part.shape[1]
        self._samples.append(data.shape[1])
        self._means.append(part @ np.full(count, 1 / count, np.float32))  # many times faster than a mean
        self._products.append(part @ part.T / count)

    @property
    def samples(self) -> np.ndarray:
        """Samples of each block."""
        return np.array(self._samples, dtype=np.float64)

    def covariances(self) -> np.ndarray:
        """Covariance of each block about the means of all, shape (blocks, channels, channels)."""
        means, products = np.array(self._means, np.float64), np.array(self._products, np.float64)
        mean = np.average(means, axis=0, weights=self.samples)
        cross = means[:, :, None] * mean
        return products - cross - cross.transpose(0, 2, 1) + np.outer(mean, mean)


def _improve(row: np.ndarray, names: list[str], correlation: _Correlation) -> str:
    """Change weights of a mix where others are better, and say why."""
    samples, covariances = correlation.samples, correlation.covariances()
    covariance = np.average(covariances, axis=0, weights=samples)
    power = np.diag(covariance)
    used = np.flatnonzero(row)
    loudest = int(used[np.argmax(power[used] >= 0.99 * power[used].max())])  # the first of equals
    live = used[power[used] > _SILENT * power[loudest]]
    if len(used) == 1 or not len(live):
        return ""
    words = [_word(name, i) for i, name in enumerate(names)]
    alone = f"so {words[loudest]} alone was taken"
    if len(live) == 1:
        others = [words[i] for i in used if i != loudest]
        reason = f"{_listed(others)} {'is' if len(others) == 1 else 'are'} silent, {alone}"
    else:
        mixed = float(row @ covariance @ row)
        weaker_db = -10 * math.log10(max(mixed / power[loudest], 1e-6))
        amount = f"their mix is {weaker_db:.0f} dB weaker" if weaker_db < 59.5 else "their mix is silent"
        if mixed >= _CANCELLED * (row**2 @ power):
            cancelled = _cancelled(row, covariances)
            share = samples[cancelled].sum() / samples.sum()
            if share < _CANCELLED_SHARE and _longest(cancelled, samples) < _CANCELLED_SAMPLES:
                return ""
            amount = f"in {share:.0%} of the file"
        reason = f"{_listed([words[i] for i in live])} cancel each other ({amount}), {alone}"
    row[:] = 0
    row[loudest] = 1
    return reason


def _cancelled(row: np.ndarray, covariances: np.ndarray) -> np.ndarray:
    """Blocks that sound, but hardly in the mix."""
    alone = np.einsum("i,bii->b", row**2, covariances)
    mixed = np.einsum("i,bij,j->b", row, covariances, row)
    return (alone > _AUDIBLE) & (mixed < _CANCELLED * alone)


def _longest(blocks: np.ndarray, samples: np.ndarray) -> float:
    """Samples of the longest run of true blocks."""
    longest = run = 0.0
    for inside, length in zip(blocks, samples, strict=True):
        run = run + length if inside else 0.0
        longest = max(longest, run)
    return longest


def _word(name: str, number: int) -> str:
    return _WORDS.get(name, f"channel {number + 1}" if name == "NONE" else name)


def _listed(words: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
