"""Decks: loops that play on one beat grid, faded into each other, with bass and filter by the bar."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mixdream.audio.crossover import low_pass_gain
from mixdream.audio.resample import resample_loop
from mixdream.corpus.beat_windows import BEATS_PER_BAR

BASS_HZ = 150.0  # where the bass is split from the rest, in the middle of a slope one octave wide
FADE_BARS = 2  # bars over which one loop is faded into the next
SWAP_S = 0.01  # before a downbeat, time in which basses are swapped and filters moved: shorter clicks
_CLOSED_HZ = 400.0
_OPENS_OCTAVES = 4


@dataclass(frozen=True)
class BeatGrid:
    """Samples of beats in a file, each computed from the beat's number: errors do not add up over hours."""

    bpm: float
    rate_hz: int

    def sample(self, beat: int) -> int:
        """Sample on which a beat falls.

        >>> BeatGrid(126.5, 44_100).sample(126_500)
        2646000000
        """
        return round(beat * 60 / self.bpm * self.rate_hz)

    def bar(self, bar: int) -> int:
        """Sample on which a bar begins."""
        return self.sample(bar * BEATS_PER_BAR)


@dataclass(frozen=True)
class Setting:
    """How a deck is set in a bar: whether its bass is heard, and its low-pass filter (None where open)."""

    bass: bool = True
    cutoff_hz: float | None = None


def setting_of(section: str, bar: int, bars: int) -> Setting:
    """How a deck is set in a bar, counted from 0, of a section of so many bars.

    The bass comes in half-way through the intro and goes half-way through the outro, so that other music can
    be mixed there. It is out in breaks, and in the second half of a build, over which the filter opens: the
    drop has both.
    """
    if section == "intro":
        return Setting(bass=2 * bar >= bars)
    if section == "outro":
        return Setting(bass=2 * bar < bars)
    if section == "break":
        return Setting(bass=False)
    if section == "build":
        octaves = _OPENS_OCTAVES * (bar + 1) / bars
        return Setting(bass=2 * bar < bars, cutoff_hz=_CLOSED_HZ * 2**octaves if bar + 1 < bars else None)
    return Setting()


@dataclass(frozen=True)
class Deck:
    """A loop that plays for some bars, and is heard before them while it is faded in."""

    audio: np.ndarray  # one period at the rate of the mix, shape (samples,) or (2, samples)
    loop_bars: int  # in a period
    start: int  # first bar, a multiple of loop_bars
    settings: list[Setting]  # of each bar
    fade_in: bool  # over FADE_BARS, else it comes at once
    fade_out: bool

    @property
    def stop(self) -> int:
        """The bar after its last."""
        return self.start + len(self.settings)

    @property
    def heard_from(self) -> int:
        """The first bar in which something of it is heard."""
        return max(0, self.start - (FADE_BARS if self.fade_in else 1))

    def play(self, bar: int, grid: BeatGrid) -> np.ndarray:
        """What is heard of it in a bar, shape (..., samples of the bar)."""
        first = bar - bar % self.loop_bars
        origin = grid.bar(first)
        samples = grid.bar(first + self.loop_bars) - origin  # one more or less, as beats fall
        whole = self.audio if samples == self.audio.shape[-1] else resample_loop(self.audio, samples)
        inside = slice(grid.bar(bar) - origin, grid.bar(bar + 1) - origin)
        swap = _swap(inside.stop - inside.start, grid.rate_hz)
        now, then = self._set(bar), self._set(bar + 1)
        bass = low_pass(whole, BASS_HZ, grid.rate_hz)
        rest = _closed(whole, now.cutoff_hz, grid.rate_hz)[..., inside]
        if then.cutoff_hz != now.cutoff_hz:
            rest = rest + swap * (_closed(whole, then.cutoff_hz, grid.rate_hz)[..., inside] - rest)
        bass, rest = bass[..., inside], rest - bass[..., inside]
        before, after = (float(self.start <= at < self.stop) for at in (bar, bar + 1))
        heard = before + swap * (after - before)
        basses = before * now.bass + swap * (after * then.bass - before * now.bass)
        return basses * bass + self._fade(bar, heard) * rest

    def _set(self, bar: int) -> Setting:
        return self.settings[min(max(bar, self.start), self.stop - 1) - self.start]

    def _fade(self, bar: int, heard: np.ndarray) -> np.ndarray:
        """Gain of all but the bass, shape (n,); two decks that fade have the power of one."""
        part = np.arange(len(heard)) / len(heard)
        if self.fade_in and bar < self.start:
            return np.sin(np.pi / 2 * (bar - self.start + FADE_BARS + part) / FADE_BARS)
        if self.fade_out and bar >= self.stop - FADE_BARS:
            return np.cos(np.pi / 2 * (bar - self.stop + FADE_BARS + part) / FADE_BARS)
        return heard


def play(decks: Iterator[Deck], bars: int, grid: BeatGrid) -> Iterator[np.ndarray]:
    """Yield the audio of each bar of a mix, shape (..., samples of the bar).

    Decks have as many channels each, and come in order of time; each is asked for when it is first heard,
    and given up when it has ended.
    """
    playing: list[Deck] = []
    coming = next(decks, None)
    for bar in range(bars):
        while coming and coming.heard_from <= bar:
            playing.append(coming)
            coming = next(decks, None)
        playing = [deck for deck in playing if bar < deck.stop]
        yield np.sum([deck.play(bar, grid) for deck in playing], axis=0)


def low_pass(period: np.ndarray, cutoff_hz: float, rate_hz: float) -> np.ndarray:
    """Low-pass one period of a periodic signal, shape (..., samples), without delay.

    Its Fourier series is weighed by half a cosine over an octave around the cutoff, where the gain is a half.
    So the result is exactly periodic, and what is left is the high-pass whose sum with it is the signal.

    >>> bass, treble = (np.sin(2 * np.pi * hz * np.arange(8000) / 8000) for hz in (100, 300))
    >>> np.allclose(low_pass(bass + treble, 150, 8000), bass)
    True
    """
    samples = period.shape[-1]
    hz = np.fft.rfftfreq(samples, 1 / rate_hz)
    return np.fft.irfft(np.fft.rfft(period) * low_pass_gain(hz, cutoff_hz), samples)


def _closed(period: np.ndarray, cutoff_hz: float | None, rate_hz: int) -> np.ndarray:
    return period if cutoff_hz is None else low_pass(period, cutoff_hz, rate_hz)


def _swap(samples: int, rate_hz: int) -> np.ndarray:
    """Gain from 0 to 1 over the last `SWAP_S` of a bar, shape (samples,)."""
    length = round(SWAP_S * rate_hz)
    rising = 0.5 - 0.5 * np.cos(np.pi * np.arange(1, length + 1) / (length + 1))
    return np.concatenate([np.zeros(samples - length), rising])
