"""What 'vary' and 'morph' start from: a clip's file, whose JSON says how a run made it, or a seed."""

import json
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ValidationError

from mixdream import HIGHEST_SEED
from mixdream.errors import InputError, first_problem
from mixdream.generation.origin import ConditionedSeed, Morph, Origin, Seed, Variation
from mixdream.runs.run import Run


class _Clip(BaseModel):
    """What is read of a clip's JSON; names and folders need not be valid Unicode."""

    run: object
    run_folder: object = ""  # unknown: clips of older versions do not say it
    checkpoint: object
    sampler_steps: int | None = None
    seed: Seed
    wish: ConditionedSeed | None = None
    variation: Variation | None = None
    morph: Morph | None = None

    @property
    def origin(self) -> Origin:
        return self.variation or self.morph or self.wish or self.seed


def read_origins(sources: Sequence[str], run: Run | None = None) -> tuple[Run, list[Origin]]:
    """Find the run that made clips, with as many steps of its sampler, and the origins of the clips.

    Parameters
    ----------
    sources : sequence of str
        Audio files that have the JSON beside them which was written with them, or seeds.
    run : Run, optional
        In place of the run that the JSON names.

    Raises
    ------
    InputError
        Neither a clip nor a seed, seeds alone without a run, a run that is gone or has another checkpoint by
        now, or clips that were not made alike.
    """
    read = [_seed(source) if source.isascii() and source.isdigit() else _clip(source) for source in sources]
    clips = {source: clip for source, clip in zip(sources, read, strict=True) if isinstance(clip, _Clip)}
    if run is None:
        run = _only_run(clips)
    steps = {clip.sampler_steps for clip in clips.values()}
    if len(steps) > 1:
        numbers = " and ".join(sorted(map(str, steps)))
        raise InputError(f"the clips were made in {numbers} steps of the sampler: generate one of them anew")
    if steps and (number := steps.pop()) not in (None, run.recipe.sampler_steps):
        run = run.with_steps(number)
    for source, clip in clips.items():
        if clip.checkpoint != (used := run.chosen_checkpoint().name):
            raise InputError(
                f"'{source}' was made with {clip.checkpoint}, {run.name} uses {used} now, which makes "
                "something else of it: generate it anew"
            )
    return run, [clip.origin if isinstance(clip, _Clip) else clip for clip in read]


def origin_of(about: object) -> Origin:
    """Origin of a clip of which its JSON says this; InputError where it does not."""
    try:
        return _Clip.model_validate(about).origin
    except ValidationError as error:
        raise InputError(f"the JSON of a clip does not say how it was made: {first_problem(error)}") from None


def _seed(text: str) -> int:
    if len(text) > len(str(HIGHEST_SEED)) or int(text) > HIGHEST_SEED:
        raise InputError(f"seed {text} is not possible: 0 to {HIGHEST_SEED} are")
    return int(text)


def _clip(source: str) -> _Clip:
    path = Path(source)
    if not path.is_file():
        raise InputError(f"'{source}' is neither a clip nor a seed: there is no such file")
    beside = path.with_suffix(".json")
    try:
        return _Clip.model_validate(json.loads(beside.read_bytes()))
    except FileNotFoundError:
        raise InputError(
            f"'{path}' has no {beside.name} beside it that says how it was made: keep them together, or give "
            "its seed and --run"
        ) from None
    except (ValueError, RecursionError) as error:
        reason = first_problem(error) if isinstance(error, ValidationError) else str(error)
        raise InputError(f"'{beside}' does not say how mixdream made the clip: {reason}") from error


def _only_run(clips: dict[str, _Clip]) -> Run:
    """Open the run that made all of the clips."""
    if not clips:
        raise InputError("a seed makes something else in each run: say which with --run RUN")
    (source, first), *others = clips.items()
    for other, clip in others:
        if (clip.run_folder, clip.run) != (first.run_folder, first.run):
            raise InputError(
                f"'{source}' was made by the run {first.run}, '{other}' by {clip.run}: give clips of one run"
            )
    if first.run_folder is None:
        return Run.pretrained()
    folder = Path(str(first.run_folder))
    if not first.run_folder or not folder.is_dir():
        raise InputError(
            f"'{source}' was made by the run {first.run}, which is not at '{first.run_folder}' any more: say "
            "where it is with --run RUN"
        )
    return Run.open(folder)
