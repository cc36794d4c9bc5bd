"""Sharing a model: the part of a run that makes clips, or that others go on from, small enough to hand on."""

from pathlib import Path
from statistics import median

from safetensors.torch import load, save

from mixdream.errors import InputError
from mixdream.files import folder_atomically, write_atomically, write_json
from mixdream.runs.checkpoint import checkpoint_path, tensors_path
from mixdream.runs.run import CONDITIONS_NAME, INFO_NAME, RECIPE_NAME, SCALING_NAME, Run
from mixdream.runs.small_checkpoint import halved

_KEPT = (
    *("recipe", "seed", "status", "started", "finished", "steps", "epochs", "seconds"),
    *("versions", "windows", "tempo_bpm", "from"),
)

_JUDGE = "discriminator"


def share_run(run: Run, folder: Path) -> Path:
    """Write a run folder with only what generating takes: recipe, scaling, weights in half precision.

    The weights are those that clips are made with, of the chosen checkpoint; with them go those of the
    discriminator, where there is one, for trainings that begin with this one: a new discriminator knows
    nothing and leads the generator astray. Nothing in it is pickled. It
    says nothing of where the music was or what the sets were called: they can be asked for by number. Clips
    of the shared run differ from the run's own by the rounding of its weights; the folder's name is part of
    their names.

    Raises
    ------
    InputError
        A folder that is there already, or a run without a checkpoint.
    """
    if folder.exists():
        raise InputError(f"{folder} is there already: choose a new folder")
    checkpoint = run.chosen_checkpoint()
    parts = {run.clip_part: halved(run.load_generator(checkpoint).state_dict(), checkpoint)}
    if (judge := tensors_path(checkpoint, _JUDGE)).exists():
        parts[_JUDGE] = halved(load(judge.read_bytes()), checkpoint)
    info, statistics = run.info(), run.statistics()
    with folder_atomically(folder) as written:
        (made := checkpoint_path(written, checkpoint.name)).mkdir(parents=True)
        for part, weights in parts.items():
            write_atomically(tensors_path(made, part), save(weights))
        if statistics is not None:
            # The sets' own references are only for real windows: clips take the middle one.
            middle = {"": median(statistics.reference_db.values())}
            write_json(written / SCALING_NAME, statistics.model_dump() | {"reference_db": middle})
        if run.conditions is not None:
            write_json(written / CONDITIONS_NAME, run.conditions.anonymous().model_dump())
        corpus = {"folder": None, "hash": info["corpus"]["hash"], "seconds": info["corpus"]["seconds"]}
        kept = {name: info[name] for name in _KEPT if name in info}
        write_json(written / INFO_NAME, kept | {"corpus": corpus})
        write_atomically(written / RECIPE_NAME, (run.folder / RECIPE_NAME).read_bytes())
    return folder
