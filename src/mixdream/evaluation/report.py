"""Report: everything that is measured on collections of clips, with floors."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch

from mixdream import __version__
from mixdream.analysis.validity import Validity, check_clips
from mixdream.corpus.store import Corpus
from mixdream.errors import InputError
from mixdream.evaluation.collapse import judge_collapse, unjudged
from mixdream.evaluation.collection import Collection, Spectrograms
from mixdream.evaluation.copy_findings import check_collections
from mixdream.evaluation.embedder import Space
from mixdream.evaluation.embedding import embed_magnitudes
from mixdream.evaluation.findings import cluster_findings, player
from mixdream.evaluation.intervals import RESAMPLES
from mixdream.evaluation.measure import Yardstick, make_yardstick, measure
from mixdream.evaluation.metrics import compare_pair, evaluate_embeddings
from mixdream.evaluation.reference import Reference
from mixdream.evaluation.sections import Comparison, Content, Measures, Row, Stages
from mixdream.evaluation.stages import draw_stages, measure_stages
from mixdream.progress import Report, part, silent
from mixdream.spectrogram.grid import Grid
from mixdream.spectrogram.transform import magnitudes

HEARD = 8  # clips of each collection with a player


def make_report(
    corpus: Corpus,
    reference: Reference,
    collections: Sequence[Collection],
    *,
    seed: int = 0,
    clap: Path | None = None,
    report: Report = silent,
) -> Content:
    """Measure collections against a corpus.

    Parameters
    ----------
    reference : Reference
        Of a rate that all collections have.
    collections : sequence of Collection
        With different names.
    seed : int
        Of k-means, the resamples and the choice of clips where there are more than real windows.
    clap : Path, optional
        Folder of a CLAP checkpoint, for a third embedding.

    Raises
    ------
    InputError
        Collections that do not fit each other or the reference, or too little music.
    """
    if any(collection.rate_hz != reference.rate_hz for collection in collections):
        rates = ", ".join(f"{collection.name} {collection.rate_hz} Hz" for collection in collections)
        raise InputError(f"clips of different rates ({rates}), the reference has {reference.rate_hz} Hz")
    samples = min(reference.clip_samples, *(collection.audio.shape[1] for collection in collections))
    validities = [check_clips(collection.audio) for collection in collections]
    usable = [number for validity in validities if (number := int(validity.usable.sum())) > 1]
    report(0.05, "embedding real windows")
    yardstick = make_yardstick(reference, samples, min([len(reference.other.audio), *usable]), seed, clap)
    floors = _floors(yardstick)
    rows = []
    for i, (collection, validity) in enumerate(zip(collections, validities, strict=True)):
        report(0.1 + 0.5 * i / len(collections), f"measuring {collection.name}")
        rows.append(_row(yardstick, collection, validity, floors["train"]))
    report(0.6, "stages of a collapse")
    stages = _stages(yardstick, floors["train"], rows, part(report, 0.6, 0.1))
    comparison = _comparison(yardstick, collections, validities)
    report(0.7, "how near real music is")
    copies, no_copies = check_collections(corpus, reference, collections, samples, report)
    report(1.0, "writing")
    notes = list(reference.notes)
    if not stages.figures:
        notes.append("There is too little music for the stages of a collapse: no figure of them.")
    embedder = yardstick.space.embedder
    return Content(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        versions={"mixdream": __version__}
        | {name: version(name) for name in ("numpy", "scipy", "scikit-learn", "torch")},
        corpus={
            "folder": str(corpus.folder),
            "hash": corpus.hash,
            "rate_hz": corpus.rate_hz,
            "seconds": corpus.seconds,
            "sets": len(corpus.sets),
        },
        reference={
            "n": len(yardstick.real),
            "blocks": len(np.unique(reference.train.blocks)),
            "clip_s": samples / reference.rate_hz,
            "rate_hz": reference.rate_hz,
            "dims": len(embedder.components),
            "kept_share": embedder.kept_share,
        },
        seed=seed,
        resamples=RESAMPLES,
        n=yardstick.number,
        floors=floors,
        rows=tuple(replace(row, copies=section) for row, section in zip(rows, copies, strict=True)),
        comparison=comparison,
        stages=stages,
        notes=(*notes, *no_copies),
    )


def _floors(yardstick: Yardstick) -> dict[str, Measures]:
    """What real windows reach: of the music that was learnt from, and of other music if there is some."""
    sides = {"train": yardstick.reference.other, "held-out": yardstick.reference.held_out}
    floors = {}
    for name, windows in sides.items():
        if windows is not None:
            rows = yardstick.chosen(len(windows.audio))
            floors[name] = measure(yardstick, yardstick.cut(windows.audio)[rows], windows.blocks[rows])
    return floors


def _row(yardstick: Yardstick, collection: Collection, validity: Validity, train: Measures) -> Row:
    """Everything about one collection but its copies."""
    usable = np.flatnonzero(validity.usable)
    chosen = usable[yardstick.chosen(len(usable))]
    n_clips, rate_hz = len(collection.audio), yardstick.reference.rate_hz
    row = Row(
        name=collection.name,
        kind="run" if collection.spectrograms else "folder",
        facts=collection.facts,
        notes=collection.notes,
        n_clips=n_clips,
        validity=validity.shares,
        verdict=unjudged(
            f"Nothing can be judged: {n_clips - len(usable)} of {n_clips} clips are silent or hold NaN."
        ),
        players=tuple(player(collection.labels[k], collection.audio[k], rate_hz) for k in usable[:HEARD]),
    )
    if len(chosen) < 2:
        return row
    clips = collection.audio[chosen, : yardstick.samples]
    measures = measure(yardstick, clips)
    clusters = None
    if "ndb" not in measures.handcrafted.left_out:
        clusters = cluster_findings(yardstick, clips, [collection.labels[k] for k in chosen])
    row = replace(row, measures=measures, clusters=clusters)
    if collection.spectrograms is not None:
        row = _with_spectrograms(yardstick, row, collection.spectrograms, chosen)
    floor, floor_name = train, "real windows"
    if row.ceiling is not None:  # what the phases lose is no collapse
        floor, floor_name = row.ceiling, "real windows through its inversion"
    verdict = judge_collapse(measures.handcrafted.figures, floor.handcrafted.figures, floor_name)
    return replace(row, verdict=verdict)


def _with_spectrograms(yardstick: Yardstick, row: Row, made: Spectrograms, chosen: np.ndarray) -> Row:
    """Add what can be measured only on a run: ceiling, consistency and its spectrograms before inversion."""
    grid, reference = made.voice.grid, yardstick.reference
    windows, notes = reference.other, list(row.notes)
    if grid.samples > windows.audio.shape[1]:
        notes.append("The reference windows are shorter than this grid: no ceiling, no spectrograms.")
        return replace(row, notes=tuple(notes))
    rows = yardstick.chosen(len(windows.audio))
    real, blocks = windows.audio[rows, : grid.samples], windows.blocks[rows]
    ceiling, consistency = None, None
    try:
        audio, errors = made.voice.passed(real, [windows.sets[k] for k in rows])
        ceiling = measure(yardstick, audio[:, : yardstick.samples], blocks)
        consistency = {"generated": float(np.median(made.errors[chosen])), "real": float(np.median(errors))}
    except KeyError as error:
        notes.append(f"The run does not know set {error}: it was trained on another corpus; no ceiling.")
    space = Space.fit(
        lambda spectrograms: embed_magnitudes(spectrograms, grid),
        _magnitudes(reference.train.audio, grid),
        reference.train.blocks,
    )
    sides = {
        "generated": space.place(made.magnitudes[torch.from_numpy(chosen)].numpy()),
        "train": space.place(_magnitudes(real, grid), blocks),
    }
    spectrograms = {
        name: evaluate_embeddings(space.reference, side, yardstick.seed) for name, side in sides.items()
    }
    return replace(
        row, notes=tuple(notes), ceiling=ceiling, consistency=consistency, spectrograms=spectrograms
    )


def _magnitudes(windows: np.ndarray, grid: Grid) -> np.ndarray:
    return magnitudes(torch.from_numpy(windows[:, : grid.samples]), grid).numpy()


def _stages(yardstick: Yardstick, train: Measures, rows: Sequence[Row], report: Report) -> Stages:
    """Fake generators beside the collections, see `mixdream.evaluation.stages`."""
    other = yardstick.cut(yardstick.reference.other.audio)
    stages = measure_stages(yardstick, other[yardstick.chosen(len(other))], report)
    models = {row.name: row.measures.handcrafted.figures for row in rows if row.measures}
    figures = {name: stage.figures for name, stage in stages.items()}
    return Stages(
        n=yardstick.number,
        figures=stages,
        verdicts={name: judge_collapse(stage, train.handcrafted.figures) for name, stage in figures.items()},
        figure=draw_stages(figures, models) if stages else None,
    )


def _comparison(
    yardstick: Yardstick, collections: Sequence[Collection], validities: Sequence[Validity]
) -> tuple[Comparison, ...]:
    """Every other collection against the first."""
    placed = {}
    for collection, validity in zip(collections, validities, strict=True):
        usable = np.flatnonzero(validity.usable)
        if len(usable) > 1:
            clips = collection.audio[usable[yardstick.chosen(len(usable))], : yardstick.samples]
            placed[collection.name] = yardstick.space.place(clips)
    first, *others = placed or [""]
    reference = yardstick.space.reference
    return tuple(
        Comparison(first, name, compare_pair(reference, placed[first], placed[name], yardstick.seed))
        for name in others
    )
