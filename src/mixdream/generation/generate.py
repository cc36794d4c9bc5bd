"""Generating: loops where a run learnt from bars, clips of seconds otherwise."""

from functools import partial
from pathlib import Path
from typing import Any

from mixdream.ahead import ahead
from mixdream.corpus.store import Corpus
from mixdream.errors import InputError
from mixdream.generation.clips import make_clip, plan_clips, refuse_other_format, write_clip
from mixdream.generation.loops import make_loop, plan_loops, write_loop
from mixdream.generation.similarity import compare_with, draw
from mixdream.generation.wish import Wish
from mixdream.progress import Report, silent
from mixdream.runs.run import Run
from mixdream.runs.tempo import playing_tempo


def generate(
    run: Run, folder: Path, wish: Wish, corpus: Corpus | None = None, report: Report = silent
) -> list[dict[str, Any]]:
    """Generate with the best checkpoint of a run, or the newest where there is no best yet.

    A clip is a function of the checkpoint and its origin alone: the same whatever the count. With the corpus
    that the run learnt from, its JSON says which moment of that it is nearest to. The folder is made if need
    be, clips of the same name in it are replaced; what the JSON files say is returned, with ``file``.

    Raises
    ------
    InputError
        What is wished for cannot be, or the folder cannot be written.
    """
    if run.recipe.windows.beats is None and wish.bars is None:
        playing_tempo(run, wish.bpm)  # refuses a tempo
        if wish.pitch or wish.transpose or wish.key:
            raise InputError(
                f"{run.folder} makes clips that do not loop, whose pitch cannot be changed: leave --pitch, "
                "--transpose and --key out, or train a recipe with windows.beats, such as 'loops'"
            )
        clip_plan = plan_clips(run, wish)
        clips = draw(partial(make_clip, clip_plan), wish, compare_with(corpus, run, wish), report)
        return list(ahead(lambda drawn: write_clip(clip_plan, drawn[0], folder, drawn[1]), clips))
    loop_plan = plan_loops(run, wish)
    refuse_other_format(folder, run, wish.form)
    loops = draw(partial(make_loop, loop_plan), wish, compare_with(corpus, run, wish), report)
    return list(ahead(lambda drawn: write_loop(loop_plan, drawn[0], folder, drawn[1]), loops))
