"""Similarity: the moment of the corpus that each clip is nearest to; too similar clips are redrawn."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from mixdream.ahead import ahead
from mixdream.corpus.store import Corpus
from mixdream.errors import InputError
from mixdream.evaluation.copies.nearest import SHORTEST_S, Nearest, find_nearest
from mixdream.evaluation.copies.searched import COPIES_NAME, Searched
from mixdream.evaluation.copies.verdict import RealNearest, check_copies
from mixdream.generation.clips import Clip
from mixdream.generation.origin import Origin, name_of
from mixdream.generation.wish import Wish
from mixdream.progress import Report, clock, part
from mixdream.runs.run import Run

TRIES = 20  # clips that are made, at most, for each that is wanted
TOGETHER = 32  # clips that are compared at a time: the corpus is read once for all of them
_MAKING, _COMPARING = 0.6, 0.2  # shares of the work; the rest is writing

AnyClip = TypeVar("AnyClip", bound=Clip)


class Similarity:
    """Compares the clips of a run with the music that it learnt from.

    The similarity of a clip is the share of real windows that are further from any other track of the corpus
    than the clip is from its nearest moment (`mixdream.evaluation.copies.verdict`): 0.5 is as near as real
    music usually comes to other music, 0.98 is nearer than 49 in 50 real windows. How near these come is
    measured once for a run and a length of clips, and kept in ``copies.json``.

    Clips above ``highest`` are rejected; without it none is, and real windows are only measured to ``judge``
    clips, where there are enough. The corpus is the one that the run learnt from, see `corpus_of`; where it
    is another, what is measured is ``kept`` in a file outside the run.
    """

    def __init__(
        self,
        run: Run,
        corpus: Corpus,
        highest: float | None = None,
        judge: bool = False,
        kept: Path | None = None,
    ) -> None:
        self._judge = judge
        self.run, self.corpus, self.highest = run, corpus, highest
        self.rate_hz = run.recipe.grid.rate_hz
        self._kept = kept or run.folder / COPIES_NAME
        self._searched = Searched.of(run.recipe, corpus)

    def compare(self, clips: np.ndarray, report: Report) -> list[dict[str, Any]]:
        """Say of each clip, shape (clips, samples), at the model's own rate and tempo, what it is nearest to.

        Returns
        -------
        list of dict
            ``nearest``: ``set``, ``time`` and ``time_s`` in the set's source, ``seconds`` that the moment
            lasts there, ``shift_s``, ``speed``, ``distance`` (`mixdream.evaluation.copies.nearest.Nearest`),
            or None where nothing happens.
            Once real windows were measured also ``similarity`` (0 without ``nearest``) and ``copy``, the copy
            check's verdict. Nothing at all of clips under a second.
        """
        if self.highest is None and clips.shape[1] < SHORTEST_S * self.rate_hz:
            return [{} for _ in clips]
        seconds = clips.shape[1] / self.rate_hz
        real = self._real(clips.shape[1], report)
        spans, speeds = self._searched.spans, self._searched.speeds
        options: dict[str, Any] = {"spans": spans, "speeds": speeds, "report": report}
        if real is None:
            moments = find_nearest(clips, self.rate_hz, self.corpus, **options)
            return [{"nearest": _about(moment, seconds)} for moment in moments]
        return [
            {
                "nearest": _about(check.nearest, seconds),
                "similarity": 0.0 if check.quantile is None else round(1 - check.quantile, 6),
                "copy": check.is_copy,
            }
            for check in check_copies(clips, self.rate_hz, self.corpus, real, **options)
        ]

    def rejects(self, about: dict[str, Any]) -> bool:
        """Whether a clip, of which `compare` says this, is too similar."""
        return self.highest is not None and about["similarity"] > self.highest

    def _real(self, samples: int, report: Report) -> RealNearest | None:
        """How near real windows of this length are: as kept, or measured where it is needed."""
        if self.highest is None and not self._judge:
            return self._searched.kept(self._kept, samples)
        try:
            return self._searched.measured(self._kept, samples, report)
        except InputError:
            if self.highest is None:  # too little music: nothing is judged
                return None
            raise


def corpus_of(run: Run) -> Corpus:
    """Open the corpus that a run learnt from.

    Raises
    ------
    InputError
        It is not where it was, or it is another one now.
    """
    info = run.info()["corpus"]
    if info["folder"] is None:
        raise InputError(f"model {run.name} came without the corpus that it learnt from")
    folder = Path(info["folder"])
    try:
        corpus = Corpus.open(folder)
    except InputError as error:
        raise InputError(
            f"the corpus that {run.folder} learnt from cannot be opened ({error}): put it back to compare "
            "clips with it"
        ) from error
    if corpus.hash != info["hash"]:
        raise InputError(
            f"the corpus {folder} is not the one that {run.folder} learnt from: it has changed since; put "
            "the old one back to compare clips with it"
        )
    return corpus


def compare_with(corpus: Corpus | None, run: Run, wish: Wish) -> Similarity | None:
    """Compare clips with a corpus, or the run's own where that is needed; otherwise with nothing."""
    if corpus is None and wish.max_similarity is not None:
        corpus = corpus_of(run)
    return None if corpus is None else Similarity(run, corpus, wish.max_similarity, wish.judge)


def draw(
    make: Callable[[Origin], AnyClip], wish: Wish, similarity: Similarity | None, report: Report
) -> Iterator[tuple[AnyClip, dict[str, Any]]]:
    """Yield clips, from one origin after the other, until enough of them are not too similar.

    With each comes what its JSON says of that, see `Similarity.compare`; nothing where nothing is compared.
    For each rejected clip one more is made; of a pack's loops that fit a key there are no more, these may be
    fewer.

    Raises
    ------
    InputError
        `TRIES` times as many clips, or all there are, did not hold enough.
    """
    count = wish.count
    if similarity is None:
        for done, clip in enumerate(ahead(make, itertools.islice(wish.each_origin(), count)), 1):
            report(done / count, f"clip {name_of(clip.origin)}")
            yield clip, {}
        return
    origins = itertools.islice(wish.each_origin(), TRIES * count)
    given = tried = 0
    furthest = 0.0

    def say(done: float, note: str) -> None:
        nonlocal furthest  # rejected clips do not turn the progress back
        furthest = max(furthest, min(1.0, done / count))
        report(furthest, note)

    while given < count:
        clips: list[AnyClip] = []
        for clip in ahead(make, itertools.islice(origins, min(TOGETHER, count - given))):
            clips.append(clip)
            say(given + _MAKING * len(clips), f"clip {name_of(clip.origin)}")
        if not clips and given and wish.fits:
            return
        if not clips:
            raise InputError(
                f"only {given} of {tried} clips are not more similar than {wish.max_similarity}, {count} are "
                "wanted: raise --max-similarity, train for less long or on more music, or ask for fewer clips"
            )
        number = len(clips)
        tried += number
        audio = np.stack([clip.audio for clip in clips])
        likenesses = similarity.compare(audio, part(say, given + _MAKING * number, _COMPARING * number))
        compared = given + (_MAKING + _COMPARING) * number
        for i, (clip, likeness) in enumerate(zip(clips, likenesses, strict=True)):
            if not similarity.rejects(likeness):
                given += 1
                yield clip, likeness
            say(compared + (1 - _MAKING - _COMPARING) * (i + 1), f"clip {name_of(clip.origin)}")


def _about(nearest: Nearest | None, clip_s: float) -> dict[str, Any] | None:
    if nearest is None:
        return None
    named = {"set": nearest.set_name, "time": clock(nearest.time_s, tenths=True)}
    return named | nearest.about() | {"seconds": clip_s * nearest.speed}
