"""Mixes of loops: of new ones, of those that are loved, or of those of a recording in their order."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from mixdream.errors import InputError
from mixdream.generation.mix import Pick, make_mix, mix_loops
from mixdream.generation.read_origins import origin_of
from mixdream.generation.wish import Wish
from mixdream.progress import Report, silent
from mixdream.project_folder import ProjectFolder
from mixdream.studio.play.maker import Maker
from mixdream.studio.play.play_state import RATE_HZ, Pitch, bpm_of
from mixdream.studio.play.shelf import Shelf, Shelved
from mixdream.studio.takes.recordings import TAKES_FOLDER, first_heard, known_loop, read_recording


def make_project_mix(
    project: ProjectFolder,
    name: str,
    minutes: float | None,
    bpm: float,
    pitch: Pitch,
    model: str,
    hearts: list[str] | None = None,
    recording: str | None = None,
    report: Report = silent,
) -> dict[str, Any]:
    """Write ``loops/takes/NAME.wav``, a mix at a tempo.

    Of new loops of a model; or of the loops of these ids alone, each as it was made: by its own model, and
    transposed; or of all loops of a recording, in the order in which they were first heard, at its own tempo.

    Returns
    -------
    dict
        ``file``, ``seconds``, and how many loops were ``left_out``: those that are gone, or whose model is.

    Raises
    ------
    InputError
        No such model or recording, no loops, or what `make_mix` refuses.
    """
    shelf = Shelf(project)
    maker = Maker(project, shelf)
    path = project.loops / TAKES_FOLDER / f"{name}.wav"
    if hearts is None and recording is None:
        assert minutes is not None
        plan = maker.plan(model)
        wish = Wish(bpm=bpm, pitch=pitch, rate_hz=RATE_HZ)
        mix = make_mix(plan.run, path, minutes, wish, report, plan.checkpoint)
        return {"file": path.name, "seconds": mix["seconds"], "left_out": 0}
    if recording is not None:
        played = read_recording(path.with_name(f"{recording}.json"))
        ids, find = first_heard(played), lambda loop_id: known_loop(shelf, played.loops, loop_id)
        minutes, bpm, pitch = None, bpm_of(played.bar_samples), played.pitch
    else:
        ids, find = hearts or [], shelf.get
    if not ids:
        raise InputError(
            "there are no hearts yet: give one to each loop that the mix may take"
            if recording is None
            else f"no loop is heard in '{recording}', so there is nothing to mix"
        )
    picks = list(_picks(maker, ids, find, bpm, pitch))
    if not picks:
        raise InputError(f"none of the {len(ids)} loops can be made again: they or their models are gone")
    mix = mix_loops(picks, path, minutes, report=report)
    return {"file": path.name, "seconds": mix["seconds"], "left_out": len(ids) - len(picks)}


def _picks(
    maker: Maker, ids: Iterable[str], find: Callable[[str], Shelved], bpm: float, pitch: Pitch
) -> Iterable[Pick]:
    """Loops as they can be made again at a tempo."""
    for loop_id in ids:
        with suppress(InputError):
            shelved = find(loop_id)
            plan = maker.plan_of(shelved).at_tempo(bpm, pitch, RATE_HZ)
            yield Pick(plan, origin_of(shelved.about))
