"""Texture findings: what is softer, hissier, rougher or narrower than in the music, in words."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np

from mixdream.analysis.texture import EDGES_HZ, Descriptor
from mixdream.evaluation.intervals import interval
from mixdream.evaluation.sections import TextureFinding

SMALLEST_STD = 0.3  # for Embedder.fit: textures are dB and tenths, of which a third is nothing
SPOKEN = 8  # sentences at most
EMPTY_DB = -20.0  # level of a band, less the music's, under which nothing else is said of it
NARROW_DB = -10.0  # width of every band, less the music's, under which all of them are said at once

# Smallest difference that is worth a sentence, in dB, and how it goes on where there is less and more.
_WORDS = {
    "level": (1.5, "{size} dB quieter", "{size} dB louder"),
    "attack": (1.0, "attacks {size} dB softer", "attacks {size} dB harder"),
    "flatness": (1.0, "more tonal, less hiss ({size} dB of flatness)", "hissier ({size} dB of flatness)"),
    "roughness": (1.5, "smoother ({size} dB less flutter)", "rougher ({size} dB more flutter)"),
    "width": (2.0, "narrower, the sides {size} dB weaker", "wider, the sides {size} dB stronger"),
    "mono loss": (0.5, "{size} dB less lost in mono", "{size} dB more lost in mono"),
}
_INSTRUMENTS = {20.0: "kick and bass", 4000.0: "hi-hats and snares", 8000.0: "cymbals and air"}


def texture_findings(
    names: Sequence[Descriptor],
    real: tuple[np.ndarray, np.ndarray],
    clips: tuple[np.ndarray, np.ndarray],
    floor: Sequence[TextureFinding] | None = None,
) -> tuple[TextureFinding, ...]:
    """Differences of the mean texture, clips minus real windows, of each quantity in each band.

    Parameters
    ----------
    names : sequence of Descriptor
        Of the columns; neighbours of one quantity and band are averaged.
    real, clips : tuple of ndarray
        Textures, shape (n, descriptors), and the weights of their resamples, shape (resamples, n).
    floor : sequence of TextureFinding, optional
        The same of other real windows: a difference whose interval does not touch theirs is ``beyond``
        chance, and the largest of these have a sentence.
    """
    groups = groupby(range(len(names)), key=lambda i: (names[i].quantity, names[i].band))
    findings = []
    for row, ((quantity, band), columns) in enumerate(groups):
        chosen = list(columns)
        mine, theirs = clips[0][:, chosen].mean(axis=1), real[0][:, chosen].mean(axis=1)
        drawn = clips[1] @ mine / clips[1].sum(axis=1) - real[1] @ theirs / real[1].sum(axis=1)
        difference = interval(float(mine.mean() - theirs.mean()), drawn)
        chance = floor[row].difference if floor else None
        beyond = chance is not None and (difference.low > chance.high or difference.high < chance.low)
        findings.append(TextureFinding(quantity, band, difference, beyond))
    return _with_sentences(findings)


def _with_sentences(findings: Sequence[TextureFinding]) -> tuple[TextureFinding, ...]:
    """Put what is beyond chance and large enough into words, the largest first."""
    empty = [
        finding.band
        for finding in findings
        if finding.quantity == "level" and finding.beyond and finding.difference.value < EMPTY_DB
    ]
    widths = [finding for finding in findings if finding.quantity == "width"]
    narrow = bool(widths) and all(each.beyond and each.difference.value < NARROW_DB for each in widths)
    if narrow:
        narrowest = min(widths, key=lambda finding: finding.difference.value)
    sizes = {}
    for i, finding in enumerate(findings):
        smallest = _WORDS[finding.quantity][0] if finding.quantity in _WORDS else np.inf
        size = abs(finding.difference.value) / smallest
        hidden = finding.band in empty and finding.quantity != "level"
        if narrow and finding.quantity == "width":
            hidden = finding is not narrowest
        if finding.beyond and size >= 1 and not hidden:
            sizes[i] = size
    spoken = sorted(sizes, key=lambda i: -sizes[i])[:SPOKEN]
    return tuple(
        replace(finding, sentence=_sentence(finding, narrow)) if i in spoken else finding
        for i, finding in enumerate(findings)
    )


def _sentence(finding: TextureFinding, narrow: bool) -> str:
    value = finding.difference.value
    if narrow and finding.quantity == "width":
        return f"All bands: nearly mono, the sides up to {-value:.0f} dB weaker than in your music."
    _, less, more = _WORDS[finding.quantity]
    words = (less if value < 0 else more).format(size=f"{abs(value):.1f}".removesuffix(".0"))
    if finding.band is None:
        return f"All bands: {words} than in your music."
    instruments = _INSTRUMENTS.get(finding.band[0])
    where = band_name(finding.band) + (f" ({instruments})" if instruments else "")
    if finding.quantity == "level" and value < EMPTY_DB:
        return f"{where}: next to nothing, {words} than in your music."
    return f"{where}: {words} than in your music."


def band_name(band: tuple[float, float]) -> str:
    """Name of a band of `mixdream.analysis.texture`.

    >>> band_name((20.0, 200.0)), band_name((1000.0, 4000.0)), band_name((8000.0, 14400.0))
    ('Below 200 Hz', '1 to 4 kHz', 'Above 8 kHz')
    """
    low, high = band
    if low == EDGES_HZ[0]:
        return f"Below {high:g} Hz"
    if low == EDGES_HZ[-2]:
        return f"Above {low / 1000:g} kHz"
    return f"{low:g} Hz to {high / 1000:g} kHz" if low < 1000 else f"{low / 1000:g} to {high / 1000:g} kHz"
