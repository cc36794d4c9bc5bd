"""Cuts: spans of a source that a set does not keep, digital silence and what surrounds damage."""

import math
from collections.abc import Iterable
from typing import TypeAlias

from mixdream.audio.damage import Spot
from mixdream.corpus.silence import Silence
from mixdream.corpus.store import Dropped
from mixdream.corpus.windows import complement

DAMAGE_MARGIN_S = 0.15
"""Dropped on both sides of damage: decoders need some frames until they are right again."""

SILENCE = "digital silence"
DAMAGE = "damaged"

Span: TypeAlias = tuple[int, int]


def cut(
    silences: Iterable[Silence], spots: Iterable[Spot], samples: int, rate_hz: int
) -> tuple[list[Span], tuple[Dropped, ...]]:
    """Decide what is kept of a decoded source.

    Parameters
    ----------
    spots : iterable of Spot
        Where the source is damaged; a window must not reach across.

    Returns
    -------
    segments : list of (start, stop)
        Kept, in samples.
    dropped : tuple of Dropped
        The rest.
    """
    silent = [(span.start, span.stop) for span in silences]
    damaged: list[Span] = []
    for spot in spots:
        start = max(0, math.floor((spot.start_s - DAMAGE_MARGIN_S) * rate_hz))
        stop = min(samples, math.ceil((spot.stop_s + DAMAGE_MARGIN_S) * rate_hz))
        if damaged and start <= damaged[-1][1]:
            start = damaged.pop()[0]
        if start < stop:
            damaged.append((start, stop))
    sounding = complement(silent, samples)
    damaged = [part for span in damaged for part in _common(span, sounding)]
    reasons = sorted([(span, SILENCE) for span in silent] + [(span, DAMAGE) for span in damaged])
    dropped = tuple(
        Dropped(start_s=start / rate_hz, stop_s=stop / rate_hz, reason=reason)
        for (start, stop), reason in reasons
    )
    return complement([span for span, _ in reasons], samples), dropped


def _common(span: Span, others: list[Span]) -> list[Span]:
    """Parts of a span that lie in others."""
    parts = [(max(span[0], start), min(span[1], stop)) for start, stop in others]
    return [(start, stop) for start, stop in parts if start < stop]
