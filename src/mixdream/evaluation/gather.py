"""Gathering: runs that are sampled and folders that are read, as collections that one reference fits."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mixdream.corpus.store import Corpus
from mixdream.errors import InputError
from mixdream.evaluation.collection import Collection, heard_as, read_folder, sample_run
from mixdream.evaluation.reference import Reference, reference_for_length, reference_for_recipe
from mixdream.progress import Report, part, silent
from mixdream.runs.run import Run, is_run

_SAME_LENGTH = 0.1  # clips may differ by that share of their length and still be compared


def gather_collections(
    paths: Sequence[Path], corpus: Corpus, number: int, seed: int, report: Report = silent
) -> tuple[list[Collection], Reference]:
    """Make a collection of at most so many clips of each run or folder; names that repeat are numbered.

    All are heard at the rate and in the channels of the corpus, whatever their own.
    The reference is that of the run with the longest windows; without a run, windows as long as the clips of
    the first folder. Runs that have no common reference are an InputError.
    """
    runs = {path: Run.open(path) for path in paths if is_run(path)}
    reference: Reference | None = None
    if runs:
        _check_alike(list(runs.values()))
        longest = max(runs.values(), key=lambda run: run.recipe.grid.seconds)
        reference = reference_for_recipe(longest.recipe, corpus)
    grids = [run.recipe.grid for run in runs.values()]
    seconds = min((grid.clip_samples / grid.rate_hz for grid in grids), default=None)
    collections: list[Collection] = []
    for i, path in enumerate(paths):
        report_path = part(report, i / len(paths), 1 / len(paths))
        if path in runs:
            collection = sample_run(runs[path], number, seed, report_path)
            collection = heard_as(collection, corpus.rate_hz, corpus.channels)
            if runs[path].info().get("corpus", {}).get("hash") != corpus.hash:
                note = "This run was trained on another corpus than this one."
                collection = replace(collection, notes=(*collection.notes, note))
        else:
            collection = read_folder(
                path, corpus.rate_hz, number, seed, seconds, report_path, corpus.channels
            )
            seconds = collection.audio.shape[1] / corpus.rate_hz
        if collection.name in [other.name for other in collections]:
            collection = replace(collection, name=f"{collection.name} ({i + 1})")
        collections.append(collection)
    if reference is None:
        reference = reference_for_length(collections[0].audio.shape[1] / corpus.rate_hz, corpus)
    return collections, reference


def _check_alike(runs: list[Run]) -> None:
    """Raise InputError where runs have no common reference."""
    first = runs[0].recipe
    for run in runs[1:]:
        other = run.recipe
        # Windows of beats are read at any rate.
        same_rate = first.windows.beats is not None or other.grid.rate_hz == first.grid.rate_hz
        same = same_rate and other.windows.beats == first.windows.beats
        if not same or abs(other.grid.seconds / first.grid.seconds - 1) > _SAME_LENGTH:
            raise InputError(
                f"{run.folder} and {runs[0].folder} cannot be compared: recipes {other.name} and "
                f"{first.name} learn from windows of other rates, lengths or beats; evaluate each by itself"
            )
