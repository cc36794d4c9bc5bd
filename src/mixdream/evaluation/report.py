"""Report: everything that is measured on collections of clips, with floors."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
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
from mixdream.evaluation.collection import Collection, Spectrograms, channels_of, clips_to_rate
from mixdream.evaluation.copy_findings import check_collections
from mixdream.evaluation.embedder import Space
from mixdream.evaluation.embedding import embed_magnitudes, mixed, without_blur
from mixdream.evaluation.findings import cluster_findings, player
from mixdream.evaluation.intervals import RESAMPLES, Estimate
from mixdream.evaluation.measure import Placed, Yardstick, make_yardstick, measure
from mixdream.evaluation.metrics import COMPARED, NEARNESS, Evaluation, compare_pair, evaluate_embeddings
from mixdream.evaluation.reference import Reference
from mixdream.evaluation.samples import Samples
from mixdream.evaluation.sections import HANDCRAFTED, KINDS, Comparison, Content, Measures, Row, Stages
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
    validities = [collection.validity or check_clips(collection.audio) for collection in collections]
    usable = [number for validity in validities if (number := int(validity.usable.sum())) > 1]
    report(0.05, "embedding real windows")
    yardstick = make_yardstick(reference, samples, min([len(reference.other.audio), *usable]), seed, clap)
    floors = _floors(yardstick)
    rows, placed = [], {}
    for i, (collection, validity) in enumerate(zip(collections, validities, strict=True)):
        report(0.1 + 0.5 * i / len(collections), f"measuring {collection.name}")
        row = _unmeasured(collection, validity)
        usable_rows = np.flatnonzero(validity.usable)
        chosen = usable_rows[yardstick.chosen(len(usable_rows))]
        if len(chosen) > 1:
            placed[collection.name] = yardstick.place(collection.audio[chosen, : yardstick.samples])
            row = _measured(yardstick, row, collection, chosen, placed[collection.name], floors["train"])
        rows.append(row)
    report(0.6, "stages of a collapse")
    stages = _stages(yardstick, floors["train"], rows, part(report, 0.6, 0.1))
    comparison = _comparison(yardstick, placed)
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
            "channels": yardstick.real.shape[2],
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
    floors: dict[str, Measures] = {}
    for name, windows in sides.items():
        if windows is not None:
            rows = yardstick.chosen(len(windows.audio))
            clips = windows.audio[rows, : yardstick.samples]
            placed = yardstick.place(clips, windows, rows)
            floors[name] = measure(yardstick, clips, placed, floors.get("train"))
    return floors


def _unmeasured(collection: Collection, validity: Validity) -> Row:
    """What can be said of a collection before anything is measured."""
    n_clips, usable = len(collection.audio), np.flatnonzero(validity.usable)
    return Row(
        name=collection.name,
        kind="run" if collection.spectrograms else "folder",
        facts=collection.facts,
        notes=collection.notes,
        n_clips=n_clips,
        validity=validity.shares,
        verdict=unjudged(
            f"Nothing can be judged: {n_clips - len(usable)} of {n_clips} clips are silent or hold NaN."
        ),
        players=tuple(
            player(collection.labels[k], collection.audio[k], collection.rate_hz) for k in usable[:HEARD]
        ),
    )


@dataclass(frozen=True)
class _Kinds:
    """What the verdict on collapse goes by: the reference and clips in an embedding of kinds of music."""

    real: Samples
    clips: Samples
    figures: Evaluation
    floor: Evaluation
    floor_name: str


def _measured(
    yardstick: Yardstick,
    row: Row,
    collection: Collection,
    chosen: np.ndarray,
    placed: Placed,
    train: Measures,
) -> Row:
    """Everything about the chosen clips of a collection but copies; ``train`` is the floor."""
    clips = collection.audio[chosen, : yardstick.samples]
    measures = measure(yardstick, clips, placed, train)
    row = replace(row, measures=measures)
    kinds = _Kinds(
        yardstick.space.reference, placed.samples[KINDS], measures.kinds, train.kinds, "real windows"
    )
    if collection.spectrograms is not None:
        row, own = _with_spectrograms(yardstick, row, collection.spectrograms, chosen, train)
        kinds = own or kinds
    if "ndb" not in kinds.figures.left_out:
        labels = [collection.labels[k] for k in chosen]
        clusters = cluster_findings(yardstick, kinds.real.embeddings, kinds.clips.embeddings, clips, labels)
        row = replace(row, clusters=clusters)
    verdict = judge_collapse(kinds.figures.figures, kinds.floor.figures, kinds.floor_name)
    return replace(row, verdict=verdict)


def _with_spectrograms(
    yardstick: Yardstick, row: Row, made: Spectrograms, chosen: np.ndarray, train: Measures
) -> tuple[Row, _Kinds | None]:
    """Add what can be measured only on a run: ceiling, consistency and its spectrograms before inversion.

    With it come the kinds of music by these, in the band that the model has: what its grid and its phases
    lose is no collapse.
    """
    grid, reference = made.voice.grid, yardstick.reference
    windows, notes = reference.other, list(row.notes)
    rows = yardstick.chosen(len(windows.audio))
    real, blocks = windows.on_grid(grid, rows), windows.blocks[rows]
    if grid.samples > real.shape[1]:
        notes.append("The reference windows are shorter than this grid: no ceiling, no spectrograms.")
        return replace(row, notes=tuple(notes)), None
    ceiling, consistency = None, None
    try:
        audio, errors = made.voice.passed(real, [windows.sets[k] for k in rows])
        heard = clips_to_rate(audio, grid.rate_hz, reference.rate_hz)[:, : yardstick.samples]
        heard = channels_of(heard, yardstick.real.shape[2])
        ceiling = measure(yardstick, heard, yardstick.place(heard, windows, rows), train)
        consistency = {"generated": float(np.median(made.errors[chosen])), "real": float(np.median(errors))}
    except KeyError as error:
        notes.append(f"The run does not know set {error}: it was trained on another corpus; no ceiling.")
    every = np.arange(len(reference.train.rows))
    train_features = embed_magnitudes(_magnitudes(reference.train.on_grid(grid, every), grid), grid)
    clip_features = embed_magnitudes(made.magnitudes[torch.from_numpy(chosen)].numpy(), grid)
    real_features = embed_magnitudes(_magnitudes(real, grid), grid)

    def evaluated(embed: Callable[[np.ndarray], np.ndarray]) -> tuple[Space, Samples, dict[str, Evaluation]]:
        space = Space.fit(embed, train_features, reference.train.blocks)
        sides = {"generated": space.place(clip_features), "train": space.place(real_features, blocks)}
        found = {
            name: evaluate_embeddings(space.reference, side, yardstick.seed) for name, side in sides.items()
        }
        return space, sides["generated"], found

    _, _, spectrograms = evaluated(lambda features: features)
    space, clips, kinds = evaluated(without_blur)
    row = replace(
        row, notes=tuple(notes), ceiling=ceiling, consistency=consistency, spectrograms=spectrograms
    )
    name = "real windows on its grid"
    return row, _Kinds(space.reference, clips, kinds["generated"], kinds["train"], name)


def _magnitudes(windows: np.ndarray, grid: Grid) -> np.ndarray:
    return magnitudes(torch.from_numpy(windows.mean(axis=2)), grid).numpy()


def _stages(yardstick: Yardstick, train: Measures, rows: Sequence[Row], report: Report) -> Stages:
    """Fake generators beside the collections, see `mixdream.evaluation.stages`."""
    other = yardstick.reference.other.audio
    chosen = other[yardstick.chosen(len(other)), : yardstick.samples]
    stages = measure_stages(yardstick, np.stack(list(mixed(chosen))), report)
    models = {row.name: row.measures.kinds.figures for row in rows if row.measures}
    figures = {name: stage.figures for name, stage in stages.items()}
    return Stages(
        n=yardstick.number,
        figures=stages,
        verdicts={name: judge_collapse(stage, train.kinds.figures) for name, stage in figures.items()},
        figure=draw_stages(figures, models) if stages else None,
    )


def _comparison(yardstick: Yardstick, placed: dict[str, Placed]) -> tuple[Comparison, ...]:
    """Every other collection against the first."""
    first, *others = placed or [""]

    def differences(embedding: str, name: str, compared: Sequence[str]) -> dict[str, Estimate]:
        sides = (placed[first].samples[embedding], placed[name].samples[embedding])
        reference = yardstick.spaces[embedding].reference
        return compare_pair(reference, *sides, yardstick.seed, compared=compared)

    more = [name for name in yardstick.spaces if name not in (HANDCRAFTED, KINDS)]
    return tuple(
        Comparison(
            first,
            name,
            differences(HANDCRAFTED, name, COMPARED),
            {embedding: differences(embedding, name, NEARNESS) for embedding in more},
        )
        for name in others
    )
