"""What is searched for copies among a recipe's clips, and how near real music comes there, measured once."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from mixdream import __version__
from mixdream.corpus.split import split_corpus
from mixdream.corpus.store import Corpus
from mixdream.corpus.windows import Spans
from mixdream.evaluation.copies.verdict import RealNearest, measure_real, speeds_at
from mixdream.files import write_json
from mixdream.progress import Report, silent
from mixdream.recipes.recipe import Recipe

COPIES_NAME = "copies.json"  # of a run, see `Searched.measured`


@dataclass(frozen=True)
class Searched:
    """The parts of a corpus that a recipe learns from, at the speeds at which a clip would copy them."""

    corpus: Corpus
    rate_hz: int  # of clips
    spans: Spans | None  # that are learnt from; None: everything
    held_out: Spans | None
    speeds: dict[str, tuple[float, ...]]

    @classmethod
    def of(cls, recipe: Recipe, corpus: Corpus) -> Self:
        """What a recipe learns from; its clips are compared at the model's own rate and tempo."""
        spans = held_out = None
        if recipe.windows.held_out:
            split = split_corpus(corpus, recipe.windows.longest_s, recipe.windows.held_out)
            spans, held_out = split.train, split.held_out
        return cls(corpus, recipe.grid.rate_hz, spans, held_out, speeds_at(corpus, recipe.tempo_bpm))

    def kept(self, path: Path, samples: int) -> RealNearest | None:
        """What was measured before for clips of so many samples, by this version and on this corpus."""
        each = self._read(path).get(str(samples))
        return each and RealNearest(np.array(each["distances"]), np.array(each["ratios"]))

    def measured(self, path: Path, samples: int, report: Report = silent) -> RealNearest:
        """How near real windows come, as it is kept in a file, or measured now and kept there.

        See `mixdream.evaluation.copies.verdict.measure_real`; InputError for too little music.
        """
        if (kept := self.kept(path, samples)) is not None:
            return kept
        real = measure_real(
            self.corpus,
            samples / self.rate_hz,
            spans=self.spans,
            held_out=self.held_out,
            speeds=self.speeds,
            report=lambda done, _: report(done, "measuring once how near real music is"),
        )
        clips = self._read(path)
        clips[str(samples)] = {"distances": real.distances.tolist(), "ratios": real.ratios.tolist()}
        write_json(path, {"corpus": self.corpus.hash, "mixdream": __version__, "clips": clips})
        return real

    def _read(self, path: Path) -> dict[str, Any]:
        try:
            content = json.loads(path.read_text("utf-8"))
            if (content["corpus"], content["mixdream"]) == (self.corpus.hash, __version__):
                return dict(content["clips"])
        except (OSError, ValueError, KeyError, TypeError):
            pass  # measured anew
        return {}
