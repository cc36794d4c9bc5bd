"""Mixes of a project's loops: of new ones, or of those that are loved."""

from collections import Counter
from typing import Any

from mixdream.errors import InputError
from mixdream.generation.mix import make_mix
from mixdream.generation.read_origins import origin_of
from mixdream.generation.wish import Wish
from mixdream.progress import Report, silent
from mixdream.project_folder import ProjectFolder
from mixdream.studio.play.maker import Maker
from mixdream.studio.play.play_state import RATE_HZ, Pitch
from mixdream.studio.play.shelf import Shelf
from mixdream.studio.takes.recordings import FOLDER


def make_project_mix(
    project: ProjectFolder,
    name: str,
    minutes: float,
    bpm: float,
    pitch: Pitch,
    model: str,
    hearts: list[str] | None = None,
    report: Report = silent,
) -> dict[str, Any]:
    """Write ``recordings/NAME.wav``, a mix of new loops of a model, or of the loops of these ids alone.

    Of loops of several models, those of the model are taken that made most of them.

    Returns
    -------
    dict
        ``file``, ``seconds``, and how many ``left_out`` loops another model made.

    Raises
    ------
    InputError
        No such model or loop, or what `make_mix` refuses.
    """
    shelf = Shelf(project)
    origins, left_out = None, 0
    if hearts is not None:
        loved = [shelf.get(loop_id) for loop_id in hearts]
        if not loved:
            raise InputError("there are no hearts yet: give one to each loop that the mix may take")
        model = Counter(loop.facts.model for loop in loved).most_common(1)[0][0]
        origins = [origin_of(loop.about) for loop in loved if loop.facts.model == model]
        left_out = len(loved) - len(origins)
    plan = Maker(project, shelf).plan(model)
    wish = Wish(bpm=bpm, pitch=pitch, rate_hz=RATE_HZ, origins=origins)
    path = project.folder / FOLDER / f"{name}.wav"
    mix = make_mix(plan.run, path, minutes, wish, report, plan.checkpoint)
    return {"file": path.name, "seconds": mix["seconds"], "left_out": left_out}
