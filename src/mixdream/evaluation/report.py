"""Report: everything that is measured on collections of clips, with floors, as one object."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.stats import wasserstein_distance

from mixdream import __version__
from mixdream.analysis.validity import check_clips
from mixdream.corpus.store import Corpus
from mixdream.errors import InputError
from mixdream.evaluation.clap import SMALLEST_STD as CLAP_STD
from mixdream.evaluation.clap import embed_audio_with_clap
from mixdream.evaluation.collapse import Verdict, judge_collapse
from mixdream.evaluation.collection import Collection
from mixdream.evaluation.compare import compare_pair
from mixdream.evaluation.copy_report import add_copy_checks
from mixdream.evaluation.embedding import embed_audio, embed_magnitudes
from mixdream.evaluation.evaluate import Evaluation, evaluate_embeddings
from mixdream.evaluation.findings import cluster_entries, player
from mixdream.evaluation.intervals import RESAMPLES, block_weights, estimate
from mixdream.evaluation.placing import draw_stages, measure_stages
from mixdream.evaluation.random_net import SMALLEST_STD as RANDOM_STD
from mixdream.evaluation.random_net import embed_audio_randomly
from mixdream.evaluation.reference import Reference
from mixdream.evaluation.space import Space, measure_pulses
from mixdream.progress import Report, part, silent
from mixdream.spectrogram.transform import magnitudes

HEARD = 8
"""Clips of each collection with a player."""

Speeds = Mapping[str, Sequence[float]]


def make_report(
    corpus: Corpus,
    reference: Reference,
    collections: Sequence[Collection],
    *,
    seed: int = 0,
    speeds: Speeds | None = None,
    clap: Path | None = None,
    report: Report = silent,
) -> dict[str, Any]:
    """Measure collections against a corpus.

    Parameters
    ----------
    corpus : Corpus
    reference : Reference
        Of a rate that all collections have.
    collections : sequence of Collection
        With different names.
    seed : int
        Of k-means, the resamples and the choice of clips where there are more than real windows.
    speeds : mapping of set name to speeds, optional
        See `mixdream.evaluation.copies.verdict.speeds_at`.
    clap : Path, optional
        Folder of a CLAP checkpoint, for a third embedding.
    report : callable

    Returns
    -------
    dict
        JSON but for the keys ``players`` and ``figure``, which hold what `write_report` puts on the page.

    Raises
    ------
    InputError
        Collections that do not fit each other or the reference, or too little music.
    """
    return _Making(corpus, reference, collections, seed, speeds, clap, report).content()


class _Making:
    """The parts of one report, and what they share."""

    def __init__(
        self,
        corpus: Corpus,
        reference: Reference,
        collections: Sequence[Collection],
        seed: int,
        speeds: Speeds | None,
        clap: Path | None,
        report: Report,
    ) -> None:
        self.corpus, self.reference, self.collections = corpus, reference, collections
        self.seed, self.speeds, self.report = seed, speeds, report
        self.rate_hz = reference.rate_hz
        if any(one.rate_hz != self.rate_hz for one in collections):
            rates = ", ".join(f"{one.name} {one.rate_hz} Hz" for one in collections)
            raise InputError(f"clips of different rates ({rates}), the reference has {self.rate_hz} Hz")
        self.samples = min(reference.clip_samples, *(one.audio.shape[1] for one in collections))
        self.usable = [np.flatnonzero(check_clips(one.audio).usable) for one in collections]
        some = [len(rows) for rows in self.usable if len(rows) > 1]
        self.number = min(len(reference.other.audio), *some) if some else len(reference.other.audio)
        self.chosen = [self._choose(rows) for rows in self.usable]
        self.real = self._cut(reference.train.audio)
        report(0.05, "embedding real windows")
        blocks = reference.train.blocks
        self.spaces = {
            "handcrafted": Space.fit(self._embed, self.real, blocks),
            "random net": Space.fit(self._embed_randomly, self.real, blocks, RANDOM_STD),
        }
        if clap is not None:
            self.spaces["CLAP"] = Space.fit(
                lambda clips: embed_audio_with_clap(clips, self.rate_hz, clap), self.real, blocks, CLAP_STD
            )
        self.floors = {"train": (self._cut(reference.other.audio), reference.other.blocks)}
        if reference.held_out is not None:
            self.floors["held-out"] = (self._cut(reference.held_out.audio), reference.held_out.blocks)
        for name, (audio, its) in self.floors.items():
            rows = self._choose(np.arange(len(audio)))
            self.floors[name] = audio[rows], its[rows]
        self.pulses = measure_pulses(self.real, self.rate_hz)

    def content(self) -> dict[str, Any]:
        """The whole report."""
        reference, notes = self.reference, list(self.reference.notes)
        floors = {name: self._measure(audio, blocks) for name, (audio, blocks) in self.floors.items()}
        train = floors["train"]["evaluations"]["handcrafted"]
        rows = [self._row(i, train) for i in range(len(self.collections))]
        self.report(0.6, "stages of a collapse")
        stages = measure_stages(
            self.real, self.floors["train"][0], self.rate_hz, self.spaces["handcrafted"].embedder,
            self.spaces["handcrafted"].reference, self.number, self.seed,
            part(self.report, 0.6, 0.1),
        )  # fmt: skip
        if not stages:
            notes.append("There is too little music for the stages of a collapse: no figure of them.")
        placed = {
            one.name: row["evaluations"]["handcrafted"].figures
            for one, row in zip(self.collections, rows, strict=True)
            if "evaluations" in row
        }
        comparison = self._comparison(rows)
        self.report(0.7, "how near real music is")
        add_copy_checks(
            rows, notes, self.corpus, reference, self.collections, self.samples, self.speeds, self.report
        )
        self.report(1.0, "writing")
        for row in (*rows, *floors.values()):
            _publish(row)
        embedder = self.spaces["handcrafted"].embedder
        blocks = len(np.unique(reference.train.blocks))
        return {
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "versions": {"mixdream": __version__}
            | {n: version(n) for n in ("numpy", "scipy", "scikit-learn", "torch")},
            "corpus": {
                "folder": str(self.corpus.folder),
                "hash": self.corpus.hash,
                "rate_hz": self.corpus.rate_hz,
                "seconds": self.corpus.seconds,
                "sets": len(self.corpus.sets),
            },
            "reference": {
                "n": len(self.real),
                "blocks": blocks,
                "clip_s": self.samples / self.rate_hz,
                "rate_hz": self.rate_hz,
                "dims": len(embedder.components),
                "kept_share": embedder.kept_share,
            },
            "seed": self.seed,
            "resamples": RESAMPLES,
            "n": self.number,
            "floors": floors,
            "rows": rows,
            "comparison": comparison,
            "stages": {
                "n": self.number,
                "figures": {name: _figures(found) for name, found in stages.items()},
                "verdicts": {
                    name: asdict(judge_collapse(found.figures, train.figures))
                    for name, found in stages.items()
                },
                "figure": draw_stages({name: found.figures for name, found in stages.items()}, placed)
                if stages
                else None,
            },
            "notes": notes,
        }

    def _row(self, i: int, train: Evaluation) -> dict[str, Any]:
        """Everything about one collection but its copies."""
        one, chosen = self.collections[i], self.chosen[i]
        self.report(0.1 + 0.5 * i / len(self.collections), f"measuring {one.name}")
        row: dict[str, Any] = {
            "name": one.name,
            "kind": "run" if one.spectrograms else "folder",
            "facts": one.facts,
            "notes": list(one.notes),
            "n_clips": len(one.audio),
            "validity": check_clips(one.audio).shares,
            "players": [player(one.labels[k], one.audio[k], self.rate_hz) for k in self.usable[i][:HEARD]],
        }
        if len(chosen) < 2:
            broken = len(one.audio) - len(chosen)
            words = f"Nothing can be judged: {broken} of {len(one.audio)} clips are silent or hold NaN."
            return row | {"verdict": asdict(Verdict("unknown", None, None, False, words))}
        audio = self._cut(one.audio[chosen], lead=0)
        row |= self._measure(audio, None)
        found = row["evaluations"]["handcrafted"]
        if found.clusters is not None:
            fakes = self.spaces["handcrafted"].place(audio).embeddings
            row["clusters"] = cluster_entries(
                found.clusters, self.reference.train, self.spaces["handcrafted"].reference.embeddings, fakes,
                audio, [one.labels[k] for k in chosen], self.rate_hz, self.reference.lead,
            )  # fmt: skip
        if one.spectrograms is not None:
            row |= self._before_inversion(one, chosen, row["notes"])
        floor, floor_name = train, "real windows"
        if "ceiling" in row:  # what the phases lose is no collapse
            floor, floor_name = (
                row["ceiling"]["evaluations"]["handcrafted"],
                "real windows through its inversion",
            )
        row["verdict"] = asdict(judge_collapse(found.figures, floor.figures, floor_name))
        return row

    def _before_inversion(self, one: Collection, chosen: np.ndarray, notes: list[str]) -> dict[str, Any]:
        """What can be said only where the spectrograms are known: ceiling, the phase's share, consistency."""
        assert one.spectrograms is not None
        voice, grid = one.spectrograms.voice, one.spectrograms.voice.grid
        windows = self.reference.other
        if grid.samples > windows.audio.shape[1]:
            notes.append("The reference windows are shorter than this grid: no ceiling, no spectrograms.")
            return {}
        rows = self._choose(np.arange(len(windows.audio)))
        real = windows.audio[rows][:, : grid.samples]
        found: dict[str, Any] = {}
        try:
            audio, errors = voice.passed(real, [windows.sets[k] for k in rows])
            found["ceiling"] = self._measure(self._cut(audio, lead=0), windows.blocks[rows])
            found["consistency"] = {
                "generated": float(np.median(one.spectrograms.errors[chosen])),
                "real": float(np.median(errors)),
            }
        except KeyError as error:
            notes.append(f"The run does not know set {error}: it was trained on another corpus; no ceiling.")
        before = Space.fit(
            lambda spectrograms: embed_magnitudes(spectrograms, grid),
            self._magnitudes(self.reference.train.audio, grid),
            self.reference.train.blocks,
        )
        models = one.spectrograms.magnitudes[torch.from_numpy(chosen)].numpy()
        sides = {
            "generated": before.place(models),
            "train": before.place(self._magnitudes(real, grid), windows.blocks[rows]),
        }
        found["spectrograms"] = {
            name: evaluate_embeddings(before.reference, samples, self.seed) for name, samples in sides.items()
        }
        return found

    def _measure(self, audio: np.ndarray, blocks: np.ndarray | None) -> dict[str, Any]:
        """Metrics in all spaces, and pulse and tempo."""
        evaluations = {
            name: evaluate_embeddings(space.reference, space.place(audio, blocks), self.seed)
            for name, space in self.spaces.items()
        }
        pulses = measure_pulses(audio, self.rate_hz)
        rng = np.random.default_rng(self.seed)
        weights = (
            block_weights(self.reference.train.blocks, rng),
            block_weights(np.arange(len(audio)) if blocks is None else blocks, rng),
        )
        beat = {}
        for name, real in self.pulses.items():
            fake = pulses[name]
            beat[name] = {
                "median": float(np.median(fake)),
                "real_median": float(np.median(real)),
                "distance": asdict(
                    estimate(
                        lambda w, v, a=real, b=fake: float(wasserstein_distance(a, b, w, v)),  # type: ignore[misc]
                        *weights,
                        (0.0, np.inf),
                    )
                ),
            }
        return {"evaluations": evaluations, "pulse": beat}

    def _comparison(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Every other collection against the first."""
        space = self.spaces["handcrafted"]
        places = {
            one.name: space.place(self._cut(one.audio[chosen], lead=0))
            for one, chosen, row in zip(self.collections, self.chosen, rows, strict=True)
            if "evaluations" in row
        }
        names = list(places)
        found = []
        for name in names[1:]:
            differences = compare_pair(space.reference, places[names[0]], places[name], self.seed)
            shown = {
                metric: asdict(one) | {"no_chance": not one.low <= 0 <= one.high}
                for metric, one in differences.items()
            }
            found.append({"first": names[0], "second": name, "differences": shown})
        return found

    def _choose(self, rows: np.ndarray) -> np.ndarray:
        """As many as all have, at random, in order."""
        if len(rows) <= self.number:
            return rows
        return np.sort(np.random.default_rng(self.seed).choice(rows, self.number, replace=False))

    def _cut(self, audio: np.ndarray, lead: int | None = None) -> np.ndarray:
        lead = self.reference.lead if lead is None else lead
        return audio[:, lead : lead + self.samples]

    def _embed(self, clips: np.ndarray) -> np.ndarray:
        return embed_audio(clips, self.rate_hz, self.rate_hz)

    def _embed_randomly(self, clips: np.ndarray) -> np.ndarray:
        return embed_audio_randomly(list(clips), self.rate_hz, self.rate_hz)

    @staticmethod
    def _magnitudes(windows: np.ndarray, grid: Any) -> np.ndarray:
        return magnitudes(torch.from_numpy(windows[:, : grid.samples]), grid).numpy()


def _figures(found: Evaluation) -> dict[str, Any]:
    return {
        "n": found.n_generated,
        "blocks": found.blocks_generated,
        "figures": {name: asdict(one) for name, one in found.figures.items()},
        "left_out": found.left_out,
    }


def _publish(row: dict[str, Any]) -> None:
    """Replace evaluations by what JSON can say."""
    if "evaluations" in row:
        row["embeddings"] = {name: _figures(found) for name, found in row.pop("evaluations").items()}
    if "ceiling" in row:
        _publish(row["ceiling"])
    if "spectrograms" in row:
        row["spectrograms"] = {name: _figures(found) for name, found in row["spectrograms"].items()}
