"""The copy check of a report: every clip against the corpus, the nearest with players of both sides."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mixdream.corpus.store import Corpus
from mixdream.errors import InputError
from mixdream.evaluation.collection import Collection
from mixdream.evaluation.copies.verdict import check_copies, measure_real
from mixdream.evaluation.findings import SHOWN, copies_sentence, copy_entries, copy_players
from mixdream.evaluation.reference import Reference
from mixdream.progress import Report

_BEGAN, _ENDED = 0.74, 0.99  # of the whole report, for its progress


def add_copy_checks(
    rows: list[dict[str, Any]],
    notes: list[str],
    corpus: Corpus,
    reference: Reference,
    collections: Sequence[Collection],
    samples: int,
    speeds: Mapping[str, Sequence[float]] | None,
    report: Report,
) -> None:
    """Add the copy check of each collection to its row, or say in the notes why there is none.

    Parameters
    ----------
    rows : list of dict
        One per collection; gets the key ``copies``.
    notes : list of str
    corpus : Corpus
    reference : Reference
    collections : sequence of Collection
    samples : int
        Of each clip that are compared.
    speeds : mapping of set name to speeds, optional
        See `mixdream.evaluation.copies.verdict.speeds_at`.
    report : callable
    """
    try:
        real = measure_real(
            corpus,
            samples / reference.rate_hz,
            spans=reference.trained_on,
            held_out=reference.judged_by,
            speeds=speeds,
        )
    except InputError as error:
        notes.append(f"There is no copy check: {error}")
        return
    step = (_ENDED - _BEGAN) / len(rows)
    for i, (one, row) in enumerate(zip(collections, rows, strict=True)):
        finite = np.flatnonzero(np.isfinite(one.audio).all(axis=1))
        if not len(finite):
            continue
        clips = one.audio[finite, :samples]

        def progress(done: float, note: str, first: float = _BEGAN + step * i) -> None:
            report(first + step * done, f"copies: {note}")

        checks = check_copies(
            clips, reference.rate_hz, corpus, real, spans=reference.trained_on, speeds=speeds, report=progress
        )
        entries = copy_entries(checks, [one.labels[k] for k in finite])
        for entry in entries[:SHOWN]:
            nearest = checks[entry["row"]].nearest
            if nearest is not None:
                clip = clips[entry["row"]]
                entry["players"] = copy_players(entry, nearest, clip, reference.rate_hz, corpus)
        row["copies"] = {
            "sentence": copies_sentence(entries, real),
            "copies": sum(entry["is_copy"] for entry in entries),
            "checked": len(entries),
            "limit": real.limit,
            "usual": list(real.usual),
            "n_real": len(real.distances),
            "clips": entries,
        }
