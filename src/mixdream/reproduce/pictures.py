"""Pictures of a model as the thesis shows it: real beside generated, losses, single images enlarged."""

import shutil
from pathlib import Path

import torch

from mixdream.analysis.voice import Voice
from mixdream.corpus.store import Corpus
from mixdream.corpus.windows import spread
from mixdream.generation.clips import plan_clips
from mixdream.generation.wish import Wish
from mixdream.recipes.windows import training_windows
from mixdream.reproduce.experiments import Experiment, Figure
from mixdream.runs.run import FIGURES_FOLDER, Run
from mixdream.spectrogram.transform import magnitudes
from mixdream.training.batches import set_names
from mixdream.training.convergence import read_convergence
from mixdream.training.figures import save_losses, save_single
from mixdream.training.metrics import read_history

_COPIED = {"real and generated": "real-and-generated.png", "losses": "losses.png"}


def draw_pictures(experiment: Experiment, run: Run, corpus: Corpus, folder: Path) -> None:
    """Write the picture of each figure of an experiment into a folder."""
    for figure in experiment.figures:
        path = folder / figure.file
        if figure.shows in _COPIED:
            shutil.copyfile(run.folder / FIGURES_FOLDER / _COPIED[figure.shows], path)
        elif figure.shows == "first third of the losses":
            history = read_history(run.folder)
            first = {name: values[: max(2, len(values) // 3)] for name, values in history.items()}
            save_losses(path, first, read_convergence(first))
        else:
            _draw_example(figure, run, corpus, path)


def _draw_example(figure: Figure, run: Run, corpus: Corpus, path: Path) -> None:
    """One generated image, of seed 0 or 1, beside a real one."""
    number = int(figure.shows[-1]) - 1
    windows, grid = training_windows(run.recipe, corpus), run.recipe.grid
    rows = spread(len(windows), 4)[1:][number : number + 1]
    names = set_names(windows, rows)
    shown = Voice(grid, run.scaler, run.recipe.inversion).seen(
        magnitudes(torch.from_numpy(windows.read(rows)), grid), names
    )
    made = run.scaler.unscale(plan_clips(run, Wish()).image(number)[:, 0])
    save_single(path, shown.numpy(), made.numpy(), grid)
