"""``mixdream recipes`` and ``mixdream train``."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from mixdream import HIGHEST_SEED
from mixdream.cli.output import JSON_OPTION, explain, is_main_process, print_json, progress, quoted
from mixdream.errors import MixdreamError
from mixdream.files import is_full
from mixdream.progress import clock

if TYPE_CHECKING:
    from mixdream.training.dry_run import Plan


def recipes(
    name: str | None = typer.Argument(None, help="Print this recipe, resolved, as TOML.", show_default=False),
    as_json: bool = JSON_OPTION,
) -> None:
    """Example: mixdream recipes loops

    List the built-in recipes, or print one resolved.
    """
    from mixdream.recipes.load import dump_recipe, load_recipe, recipe_names

    if name:
        recipe = load_recipe(name)
        print_json(recipe.model_dump(mode="json")) if as_json else typer.echo(dump_recipe(recipe), nl=False)
        return
    listed = [load_recipe(known) for known in recipe_names()]
    if as_json:
        print_json({"recipes": [{"name": r.name, "about": r.about} for r in listed]})
        return
    width = max(len(r.name) for r in listed)
    for r in listed:
        typer.echo(f"{r.name:{width}}  {r.about}")


def train(
    recipe: str = typer.Argument(help="A built-in recipe (see 'mixdream recipes') or a .toml file."),
    corpus: Path = typer.Argument(help="Folder made by 'mixdream corpus build'."),
    run: Path = typer.Option(..., "-o", "--output", help="Run folder to write.", show_default=False),
    overrides: list[str] = typer.Option(
        [], "--set", metavar="KEY=VALUE", help="Change a key of the recipe; repeatable.", show_default=False
    ),
    seed: int | None = typer.Option(
        None, min=0, max=HIGHEST_SEED, help="Seed of weights, order and noise (default: 0)"
    ),
    minutes: float | None = typer.Option(None, min=0.0, help="Stop after so many minutes of wall clock."),
    until_done: bool = typer.Option(
        False, "--until-done", help="Stop when the doctor says that more training is of no use."
    ),
    resume: bool = typer.Option(False, "--resume", help="Go on from the newest checkpoint."),
    parent: Path | None = typer.Option(
        None, "--from", metavar="RUN", help="Begin with the weights of a run.", show_default=False
    ),
    dry_run: bool = typer.Option(
        False, "--dry-run", help="Print the plan and a measured time; train nothing."
    ),
    as_json: bool = JSON_OPTION,
) -> None:
    """Example: mixdream train loops my-corpus -o my-run --minutes 60

    Train a recipe on a corpus.

    Now and then a doctor looks at the model, says whether to go on, and keeps the best checkpoint.
    Ctrl-C stops after the running step with a checkpoint; the same command with --resume goes on.

    On several GPUs, or several processes of a CPU: accelerate launch --multi_gpu --num_processes 2
    -m mixdream train ...
    """
    from mixdream.recipes.load import load_recipe

    resolved = load_recipe(recipe, overrides)
    with progress("Preparing"):
        from mixdream.corpus.store import Corpus
        from mixdream.runs.run import FIGURES_FOLDER, RECIPE_NAME, SAMPLES_FOLDER, Run
        from mixdream.training.dry_run import plan_training
        from mixdream.training.train import train as run_training
    opened = Corpus.open(corpus)
    if dry_run:
        with progress("Measuring") as report:
            plan = plan_training(resolved, opened, seed or 0, report)
        if is_main_process():
            print_json(asdict(plan)) if as_json else _print_plan(plan, minutes)
        return
    try:
        with progress(f"Training {resolved.name}") as report:
            info = run_training(
                resolved,
                opened,
                run,
                seed=seed,
                minutes=minutes,
                until_done=until_done,
                resume=resume,
                parent=Run.open(parent) if parent else None,
                report=report,
            )
    except OSError as error:
        if not (is_full(error) and (run / RECIPE_NAME).is_file()):
            raise
        raise MixdreamError(explain(error, "the same command with --resume goes on")) from error
    if not is_main_process():
        return
    if as_json:
        print_json(info | {"run": str(run)})
        return
    if "not_identical" in info:
        typer.echo(f"note: {info['not_identical']}")
    typer.echo(
        f"{run}: {info['status']} after {info['steps']} steps ({info['epochs']:.2f} epochs, "
        f"{clock(info['seconds'])})\n"
        f"doctor: {info['doctor']['sentence']}\n"
        f"losses: {info['convergence']['sentence']}\n"
        f"pictures: {run / FIGURES_FOLDER}, {run / SAMPLES_FOLDER}\n"
        f"next: mixdream generate {quoted(run)} -n 8 -o clips"
    )


def _print_plan(plan: "Plan", minutes: float | None) -> None:
    parameters = ", ".join(f"{count:,} {name}" for name, count in plan.parameters.items())
    end = clock(plan.seconds_left(minutes))
    ends = "" if minutes is None else f"ends after  {end} (time limit or last epoch)\n"
    typer.echo(
        f"recipe      {plan.recipe}\n"
        f"windows     {plan.windows:,}\n"
        f"steps       {plan.steps:,} ({plan.epochs} epochs of {plan.steps_per_epoch:,})\n"
        f"parameters  {parameters}\n"
        f"checkpoint  {plan.checkpoint_mb} MB\n"
        f"device      {plan.device}, {plan.precision}\n"
        f"time        {clock(plan.hours * 3600)} (measured {plan.seconds_per_step:.2f} s per step)\n{ends}",
        nl=False,
    )
