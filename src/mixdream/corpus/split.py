"""Leak-safe split of a corpus into training and held-out audio, by time, never by window."""

import hashlib
from dataclasses import dataclass

from mixdream.corpus.store import Corpus, SetRecord
from mixdream.corpus.windows import complement, exact
from mixdream.errors import InputError

BLOCK_S = 60
"""Shortest held-out block, in seconds."""

WHOLE_SETS_FROM = 10
"""Sets from which on whole sets are held out instead of blocks."""

_TRACK_S = 300  # blocks are about a track long where there is enough audio

_Parts = dict[str, list[tuple[int, int]]]


@dataclass(frozen=True)
class Split:
    """Parts of a corpus: for each set that has audio in it, the spans ``(start, stop)`` in kept samples."""

    train: _Parts
    held_out: _Parts


def split_corpus(corpus: Corpus, window_s: float, held_out: float = 0.1) -> Split:
    """Hold out about a fraction of a corpus.

    The same audio always gives the same split: it is drawn from the content's hashes. With ten sets or more
    whole sets are held out, and a set that is added moves few others. With fewer, blocks of a minute or more
    (about a track, where there is enough) are taken out of the sets, with one window of audio on each side in
    neither part, so that no window of one part overlaps or touches the other. Sets too short for that are
    trained on; where all are, one whole set is held out.

    Parameters
    ----------
    window_s : float, in s
        Width of the gap: the longest window that will be used.
    held_out : float in [0, 0.5]
        Wanted fraction of the time; 0 trains on everything, as the thesis did.

    Raises
    ------
    InputError
        Where the corpus is too short to hold out anything.
    """
    if not 0 <= held_out <= 0.5:
        raise InputError(f"held_out is {held_out}: it is a fraction of the time, from 0 to 0.5")
    blocks: _Parts = {}
    gap = round(exact(window_s) * corpus.rate_hz)
    if held_out > 0:
        if len(corpus.sets) >= WHOLE_SETS_FROM:
            blocks = _whole_sets(corpus, held_out)
        else:
            blocks = _blocks(corpus, gap, held_out) or _one_set(corpus)
    train = {record.name: _rest(record.samples, blocks.get(record.name, []), gap) for record in corpus.sets}
    return Split({name: spans for name, spans in train.items() if spans}, blocks)


def _whole_sets(corpus: Corpus, held_out: float) -> _Parts:
    """Take sets in the order of their hashes until the fraction is reached, none far beyond it."""
    wanted = held_out * sum(record.samples for record in corpus.sets)
    chosen: _Parts = {}
    taken = 0
    for record in sorted(corpus.sets, key=_draw):
        if taken < wanted and taken + record.samples <= 1.5 * wanted:
            chosen[record.name] = [(0, record.samples)]
            taken += record.samples
    return chosen or _shortest_set(corpus)


def _blocks(corpus: Corpus, gap: int, held_out: float) -> _Parts:
    """Blocks from every set long enough to give its share; from some of the others to make up for theirs."""
    shortest = BLOCK_S * corpus.rate_hz
    blocks: _Parts = {}
    short_sets = []
    for record in corpus.sets:
        share = round(held_out * record.samples)
        number = max(1, round(share / (_TRACK_S * corpus.rate_hz)))
        if share >= shortest and record.samples // number >= share // number + 2 * gap:
            blocks[record.name] = _place(record, number, share // number, gap)
        else:
            short_sets.append(record)
    wanted = held_out * sum(record.samples for record in short_sets)
    usable = [record for record in short_sets if record.samples >= 2 * (shortest + gap)]
    for record in sorted(usable, key=_draw):
        if wanted >= shortest or not blocks:
            blocks[record.name] = _place(record, 1, shortest, gap)
            wanted -= shortest
    return {name: blocks[name] for name in sorted(blocks)}


def _place(record: SetRecord, number: int, length: int, gap: int) -> list[tuple[int, int]]:
    """Place one block somewhere in each of ``number`` equal parts of a set, a gap from the part's ends."""
    part = record.samples // number
    room = part - length - 2 * gap
    starts = [part * i + gap + _draw(record, str(i)) % (room + 1) for i in range(number)]
    return [(start, start + length) for start in starts]


def _one_set(corpus: Corpus) -> _Parts:
    """Hold out the shortest set where none can give a block."""
    if len(corpus.sets) < 2:
        raise InputError(
            f"the corpus has one set of {corpus.seconds:.0f} s: to hold audio out it needs a second set, or "
            f"one of {2 * BLOCK_S + 10} s or more; or train on everything (held_out = 0)"
        )
    return _shortest_set(corpus)


def _shortest_set(corpus: Corpus) -> _Parts:
    shortest = min(corpus.sets, key=lambda record: (record.samples, _draw(record)))
    return {shortest.name: [(0, shortest.samples)]}


def _rest(samples: int, blocks: list[tuple[int, int]], gap: int) -> list[tuple[int, int]]:
    """Spans of a set that are at least a gap away from its held-out blocks."""
    return complement([(start - gap, stop + gap) for start, stop in blocks], samples)


def _draw(record: SetRecord, salt: str = "") -> int:
    """Draw a number from a set's content, not from its name or place."""
    return int(hashlib.sha256((record.audio_sha256 + salt).encode()).hexdigest()[:15], 16)
