"""Clips of a run for evaluation: spectrograms and audio in memory, nothing is written."""

import json

import torch
from torch import Tensor

from mixdream.evaluation.collection import Collection, Spectrograms
from mixdream.evaluation.voice import Voice
from mixdream.progress import Report, silent
from mixdream.runs.noise import noise_of_seed
from mixdream.runs.run import Run

_BATCH = 25
_LAST = 0.1  # of the steps: what the losses are averaged over


def sample_collection(run: Run, number: int, seed: int, report: Report = silent) -> Collection:
    """Sample a run at its own tempo and rate, with its own inversion.

    Parameters
    ----------
    run : Run
    number : int
    seed : int
        Of the first clip; the next ones count up, as in `mixdream.generation.clips.generate_clips`.
    report : callable

    Raises
    ------
    InputError
        A run without a checkpoint.
    """
    checkpoint = run.chosen_checkpoint()
    generator = run.load_generator(checkpoint)
    recipe, seeds = run.recipe, list(range(seed, seed + number))
    made = []
    for first in range(0, number, _BATCH):
        made.append(_sample(run, generator, seeds[first : first + _BATCH]))
        report(0.3 * first / number, "sampling")
    spectrograms = torch.cat(made)
    voice = Voice(recipe.grid, run.scaler, recipe.inversion)
    audio, errors = voice.spoken(
        spectrograms, seeds, lambda done, note: report(0.3 + 0.7 * done, f"inverting by {note}")
    )
    facts = {
        "recipe": f"{recipe.name}: {recipe.about}",
        "checkpoint": checkpoint.name,
        "inversion": recipe.inversion,
        "clips": f"{number} of {recipe.grid.clip_samples / recipe.grid.rate_hz:.2f} s, seeds {seed} to "
        f"{seed + number - 1}",
    }
    if losses := _losses(run):
        facts["losses"] = losses
    if recipe.tempo_bpm is not None:
        facts["tempo"] = f"{recipe.tempo_bpm:.1f} BPM, the model's own; 'mixdream generate' changes it after"
    labels = tuple(f"seed {one}" for one in seeds)
    return Collection(
        run.name,
        audio,
        recipe.grid.rate_hz,
        labels,
        Spectrograms(spectrograms, voice, errors),
        facts,
    )


@torch.inference_mode()
def _sample(run: Run, generator: torch.nn.Module, seeds: list[int]) -> Tensor:
    """Linear magnitudes from seeds, in a batch: the clips of `generate` but for rounding, and faster."""
    noise = torch.cat([noise_of_seed(run.recipe, seed, run.conditions) for seed in seeds])
    return run.scaler.unscale(generator(noise)[:, 0])


def _losses(run: Run) -> str:
    """Means over the last tenth of the steps."""
    path = run.folder / "metrics.jsonl"
    try:
        lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    except (OSError, ValueError):
        return ""
    last = lines[-max(1, round(_LAST * len(lines))) :] if lines else []
    means = {
        name: sum(line[name] for line in last) / len(last)
        for name in ("loss_d", "loss_g")
        if last and all(name in line for line in last)
    }
    return ", ".join(f"{name} {value:.2f}" for name, value in means.items()) + (
        f" (means of the last {len(last)} of {len(lines)} steps)" if means else ""
    )
