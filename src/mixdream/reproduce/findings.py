"""What a reproduction says: the thesis beside here, for the page and as JSON."""

from dataclasses import asdict, dataclass
from typing import Any

from mixdream.corpus.store import Corpus
from mixdream.corpus.windows import count_windows, exact, index_windows
from mixdream.evaluation.report_page import figure
from mixdream.evaluation.sections import HANDCRAFTED
from mixdream.progress import clock
from mixdream.recipes.load import load_recipe
from mixdream.reproduce.experiments import BESIDE, EXPERIMENTS, NAMES, THESIS_SETS, Experiment
from mixdream.reproduce.layers import THESIS_SIZES, layers_of
from mixdream.reproduce.reproduction import RATE_HZ, Reproduction
from mixdream.reproduce.schedule import Schedule, scaled_recipe
from mixdream.runs.run import Run

WINDOW_S = 4.05
_WIDTHS = {"thesis-1": "models 1 and 2", "thesis-3": "models 3 and 4"}


@dataclass(frozen=True)
class Line:
    """A line of a table with what the thesis says and what was found here."""

    what: str
    thesis: str
    here: str


@dataclass(frozen=True)
class Measured:
    """A model, or real music, in the table of what the thesis could not have."""

    name: str
    kernel_distance: str
    coverage: str
    collapse: str
    copies: str
    told_apart: str
    trained: str


def in_words(schedule: Schedule, name: str, corpus: Corpus) -> str:
    """How much of a model's training was planned, as it stands under every figure."""
    full = load_recipe(name)
    if name in BESIDE:
        return "as long as the longest of the others"
    own = scaled_recipe(name, schedule.scale, corpus)
    if own == full:
        return "in full, as in the thesis"
    sampled = ""
    if own.sampler_steps != full.sampler_steps:
        sampled = f", {own.sampler_steps} of {full.sampler_steps} steps of its sampler"
    return (
        f"scale {schedule.scale:.1g}: {own.training.epochs} of {full.training.epochs} epochs of "
        f"{own.windows.total:,} of {full.windows.total:,} windows, batches of {own.training.batch}{sampled}"
    )


def data_lines(corpus: Corpus) -> list[Line]:
    """The data set: its sets, slides and windows."""
    recipe = load_recipe(EXPERIMENTS[0].recipe)
    windows = index_windows(corpus, WINDOW_S, total=recipe.windows.total)
    slide_ms = 1000 * next(iter(windows.slide_s.values()))
    by_rule = [
        count_windows(
            int(exact(seconds) * RATE_HZ), round(WINDOW_S * RATE_HZ), exact(slide_ms) * RATE_HZ / 1000
        )
        for seconds, slide_ms, _ in THESIS_SETS
    ]
    total_s = sum(seconds for seconds, _, _ in THESIS_SETS)
    counts = " + ".join(f"{count:,}" for _, _, count in THESIS_SETS)
    return [
        Line(
            "Sets",
            f"{len(THESIS_SETS)}, {clock(total_s)} in all",
            f"{len(corpus.sets)}, {clock(corpus.seconds)}",
        ),
        Line("Sample rate", "8000 Hz, mono", f"{RATE_HZ} Hz, mono"),
        Line("Window", f"{WINDOW_S} s", f"{WINDOW_S} s, {round(WINDOW_S * RATE_HZ):,} samples"),
        Line("Slide", ", ".join(f"{ms} ms" for _, ms, _ in THESIS_SETS), f"{slide_ms:.3f} ms in all sets"),
        Line("Windows", f"{counts} = {sum(count for _, _, count in THESIS_SETS):,}", f"{len(windows):,}"),
        Line(
            "Windows of sets as long as the thesis's, by its slides",
            f"{counts}",
            " + ".join(f"{count:,}" for count in by_rule),
        ),
        Line(
            "Spectrogram",
            "128 x 128, 30 ms, linear magnitudes",
            "128 x 128, 32 ms every 31.6 ms, linear magnitudes",
        ),
    ]


def layer_tables() -> dict[str, list[dict[str, Any]]]:
    """Tables 4.1 and 4.2: the layers of model 1; 4.3 and 4.4: the sizes of all four beside the thesis's."""
    tables: dict[str, list[dict[str, Any]]] = {}
    for number, network in enumerate(("generator", "discriminator")):
        built = {name: layers_of(name, network) for name in _WIDTHS}
        tables[f"4.{number + 1}"] = [asdict(layer) for layer in built["thesis-1"]]
        tables[f"4.{number + 3}"] = [
            {
                "layer": row + 1,
                "sizes": [
                    {
                        "models": models,
                        "thesis": THESIS_SIZES[network][name][row],
                        "here": built[name][row].size,
                    }
                    for name, models in _WIDTHS.items()
                ],
            }
            for row in range(len(built["thesis-1"]))
        ]
    return tables


def model_lines(experiment: Experiment, run: Run) -> list[Line]:
    """What a training was and what became of its losses."""
    full, own, info = load_recipe(experiment.recipe), run.recipe, run.info()
    scaling = {"min-max": "each image min-max scaled to [0, 1]", "as-is": "as they are"}
    noise = getattr(own.model, "noise", None)
    lines = [
        Line(
            "Epochs",
            str(full.training.epochs),
            f"{info['epochs']:.3g}, {info['steps']:,} steps in {clock(info['seconds'])}",
        ),
        Line("Batch, learning rate", "100, 0.0002, SGD", _optimizer(run))
        if noise
        else Line("Batch", "not said", _optimizer(run)),
        Line("Spectrograms", scaling[full.grid.scaling], scaling[own.grid.scaling]),
    ]
    if noise:
        lines.append(Line("Noise", "rand" if noise == "uniform" else "randn", noise))
    return [
        *lines,
        Line("Losses", experiment.losses, info["convergence"]["sentence"]),
        Line("Result", experiment.result, _doctor(info)),
    ]


def _optimizer(run: Run) -> str:
    training = run.recipe.training
    return f"{training.batch}, {training.learning_rate:g}, {training.optimizer.upper()}"


def _doctor(info: dict[str, Any]) -> str:
    sentence = info.get("doctor", {}).get("sentence", "")
    return f"the doctor: {sentence}" if sentence else ""


def measured(reproduction: Reproduction) -> list[Measured]:
    """What every model reaches, and what real music does, in the order of the thesis."""
    rows = []
    for group, said in reproduction.evaluations().items():
        by_name = {row["name"]: row for row in said["rows"]}
        for name in NAMES:
            if name in by_name:
                info = Run.open(reproduction.run_folder(name)).info()
                rows.append(_measured(name, by_name[name], clock(info["seconds"])))
        for name, floor in said["floors"].items():
            beside = f"for {group}" if group in BESIDE else "for the thesis's models"
            rows.append(_measured(f"real music, {name}, {beside}", floor, ""))
    return rows


def _measured(name: str, row: dict[str, Any], trained: str) -> Measured:
    figures = row.get("embeddings", {}).get(HANDCRAFTED, {}).get("figures", {})
    copies = row.get("copies")
    return Measured(
        name,
        _estimate(figures.get("kernel_distance")),
        _estimate(figures.get("coverage")),
        row.get("verdict", {}).get("collapse", ""),
        f"{copies['copies']} of {copies['checked']}" if copies else "",
        _estimate(row.get("told_apart")),
        trained,
    )


def _estimate(estimate: dict[str, Any] | None) -> str:
    if not estimate:
        return "–"
    return f"{figure(estimate['value'])} ({figure(estimate['low'])} to {figure(estimate['high'])})"
