"""A project: sets, corpus, training, loops and page in one folder; what is done already is not done again."""

import glob
import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import soundfile

from mixdream.analysis.voice import Voice
from mixdream.audio.resample import resample_loop
from mixdream.corpus.beat_windows import BEATS_PER_BAR
from mixdream.corpus.build import BuildResult, build_corpus
from mixdream.corpus.store import Corpus
from mixdream.corpus.windows import spread
from mixdream.errors import InputError
from mixdream.files import write_json
from mixdream.generation.loops import make_loop, plan_loops, write_loop
from mixdream.generation.pack import Pack, make_pack
from mixdream.generation.wish import Wish
from mixdream.pages.media import Sound
from mixdream.pages.project_page import SoundSection, sound_of, write_project_page
from mixdream.progress import Report, clock, silent
from mixdream.recipes.load import load_recipe
from mixdream.recipes.recipe import Recipe
from mixdream.recipes.windows import training_windows
from mixdream.runs.run import Run
from mixdream.runs.tempo import playing_tempo
from mixdream.training.dry_run import Plan, plan_training
from mixdream.training.recorder import Examined
from mixdream.training.run_folder import trained_so_far
from mixdream.training.train import train

RECIPE = "cpu"
"""What projects are trained with."""

LOOPS = 16
"""Loops of a project's pack."""

_RUN = "dream"
_STATE = "project.json"
_GROWTH = 4  # check-ups that the page shows
_REAL = 4  # moments of the music beside them
_NAMED = 5  # sets that the title of the page names
_LOOPS_NOTE = "Seamless and whole bars long; nearest to: the moment of your music that is most like it."
_GROWTH_NOTE = "The same two seeds at some check-ups of the training."
_REAL_NOTE = "Real bars as the best model on this grid would sound: what is missing here no training brings."
_FIGURES = {"Losses over the epochs": "losses.png", "Real and generated": "real-and-generated.png"}
_RATE_HZ = 44_100
_HEARD_SEEDS = (0, 1)  # of the loops that are rendered at each check-up
_ENDED = ("finished", "stopped by the doctor")


@dataclass(frozen=True)
class Project:
    """The folder of a project: ``sets/ corpus/ runs/ loops/ index.html``.

    Sets may lie elsewhere; ``sets/`` holds those that the project brought along. ``project.json`` says what
    the loops were made of.
    """

    folder: Path

    @property
    def sets(self) -> Path:
        """Sets that lie in the project."""
        return self.folder / "sets"

    @property
    def corpus(self) -> Path:
        """The sets, ready for training."""
        return self.folder / "corpus"

    @property
    def loops(self) -> Path:
        """The loops of the best checkpoint."""
        return self.folder / "loops"

    @property
    def page(self) -> Path:
        """The page with players."""
        return self.folder / "index.html"

    def build(self, sources: Sequence[Path] = (), report: Report = silent) -> BuildResult:
        """Read sets into the corpus.

        Without sources those in ``sets/`` are read; where there are none, the corpus stays as it is.

        Raises
        ------
        InputError
            There is nothing to learn from, or what `build_corpus` refuses.
        """
        if not sources and self.sets.is_dir():
            sources = [self.sets]
        if sources:
            return build_corpus(sources, self.corpus, report=report)
        if not self.corpus.is_dir():
            raise InputError(
                f"'{self.folder}' knows no sets yet: name files or folders to learn from, as in 'mixdream "
                "dream my-sets -o my-project'"
            )
        return BuildResult(Corpus.open(self.corpus), (), (), (), ())

    def run_folder(self, corpus: Corpus) -> Path:
        """Run that learns from this corpus, new or not: other sets are another training."""
        number = 1
        while True:
            folder = self.folder / "runs" / (_RUN if number == 1 else f"{_RUN}-{number}")
            if not _is_run(folder) or Run.open(folder).info()["corpus"]["hash"] == corpus.hash:
                return folder
            number += 1

    def recipe(self, corpus: Corpus) -> Recipe:
        """Recipe of the training: the run's own where it has begun."""
        folder = self.run_folder(corpus)
        return Run.open(folder).recipe if _is_run(folder) else load_recipe(RECIPE)

    def plan(self, corpus: Corpus) -> Plan:
        """Measure what training on the corpus is like; nothing is written."""
        return plan_training(self.recipe(corpus), corpus)

    def seconds_left(self, corpus: Corpus, minutes: float) -> float:
        """Seconds of training that are left of so many minutes in all; 0 where the doctor has ended it."""
        folder = self.run_folder(corpus)
        if _is_run(folder) and Run.open(folder).info()["status"] in _ENDED:
            return 0.0
        return max(0.0, 60 * minutes - trained_so_far(folder).seconds)

    def train(self, corpus: Corpus, minutes: float, report: Report = silent) -> Run:
        """Train until so many minutes are over in all, or the doctor sees nothing to be gained.

        At each check-up two loops are rendered to hear, and the page shows them.

        Raises
        ------
        Interrupted
            See `mixdream.training.train.train`.
        """
        folder = self.run_folder(corpus)
        seconds = self.seconds_left(corpus, minutes)
        if seconds > 0 or trained_so_far(folder).steps == 0:
            train(
                self.recipe(corpus),
                corpus,
                folder,
                minutes=seconds / 60,
                until_done=True,
                resume=_is_run(folder),
                on_checkup=lambda examined: self._hear(examined, corpus),
                report=report,
            )
        return Run.open(folder)

    def make_loops(self, run: Run, corpus: Corpus, report: Report = silent) -> list[dict[str, Any]]:
        """Make the pack of the best checkpoint, unless it lies there already; loops of others are put aside.

        Returns
        -------
        list of dict
            What the JSON files of the loops say, with ``file``.
        """
        made_of = {"run": run.name, "checkpoint": run.chosen_checkpoint().name, "count": LOOPS}
        loops = self._loops_made_of(made_of)
        if loops is None:
            self._put_aside()
            loops = list(self._pack(run, corpus, report).loops)
            names = [Path(loop["file"]).name for loop in loops]
            write_json(self.folder / _STATE, {"made_of": made_of, "loops": names})
        return loops

    def write_page(
        self, run: Run, corpus: Corpus, loops: Sequence[dict[str, Any]], info: dict[str, Any] | None = None
    ) -> None:
        """Write the page of the loops that `make_loops` returned; there are none while the training goes on.

        ``info`` is what the page says of the training, the run's own unless given.
        """
        info, recipe = info or run.info(), run.recipe
        bpm, speed = playing_tempo(run)
        highest_hz = recipe.grid.rate_hz / 2 * speed
        names = [record.name for record in corpus.sets]
        where = shlex.quote(str(run.folder))
        write_project_page(
            self.page,
            f"What mixdream dreamt of {', '.join(names) if len(names) <= _NAMED else f'{len(names)} sets'}",
            _sentences(info, loops),
            [
                SoundSection("Loops", [_loop_sound(loop, highest_hz) for loop in loops], _LOOPS_NOTE),
                SoundSection("How it grew", _growth(run, highest_hz), _GROWTH_NOTE),
                SoundSection("Your music, through the same grid", _real_sounds(run, corpus), _REAL_NOTE),
            ],
            {
                "Learnt from": f"{clock(corpus.seconds)} of {len(names)} set(s): {info['windows']:,} windows "
                f"of {recipe.windows.beats} beats",
                "Tempo": f"{bpm:g} BPM",
                "Recipe": f"{recipe.name}: {recipe.about}",
                "Training": f"{info['steps']:,} steps in {clock(info['seconds'])} on "
                f"{info['machine']['cores']} cores",
                "Inversion": recipe.inversion,
            },
            {
                caption: run.folder / "figures" / name
                for caption, name in _FIGURES.items()
                if (run.folder / "figures" / name).is_file()
            },
            [
                f"mixdream dream -o {shlex.quote(str(self.folder))} --minutes 120   # learn for longer",
                f"mixdream pack {where} -n 16 --seed 1000 -o more-loops",
                f"mixdream mix {where} --minutes 20 -o mix.flac",
            ],
        )

    def _pack(self, run: Run, corpus: Corpus, report: Report) -> Pack:
        """Make a pack whose loops are judged by the copy check, where there is enough music for it."""
        try:
            # Nothing is more similar than 1: no loop is redrawn, but each is judged.
            return make_pack(run, self.loops, Wish(count=LOOPS, max_similarity=1.0), corpus, report)
        except InputError:
            return make_pack(run, self.loops, Wish(count=LOOPS), corpus, report)

    def _hear(self, examined: Examined, corpus: Corpus) -> None:
        """Render loops of a model that is in training, where the page finds them."""
        run, checkpoint = examined.run, examined.checkpoint
        plan = plan_loops(run, Wish(form="flac"))
        plan = replace(plan, checkpoint=checkpoint, generator=run.load_generator(checkpoint))
        for seed in _HEARD_SEEDS:
            folder, told = run.folder / "samples" / checkpoint.name, {"trained_s": examined.check_up.seconds}
            write_loop(plan, make_loop(plan, seed), folder, told)
        seen = {
            "steps": examined.check_up.step,
            "seconds": examined.check_up.seconds,
            "doctor": {"sentence": examined.diagnosis.sentence},
        }
        self.write_page(run, corpus, (), run.info() | seen)

    def _loops_made_of(self, made_of: dict[str, Any]) -> list[dict[str, Any]] | None:
        """The loops that lie there if they were made of this; None otherwise."""
        try:
            state = json.loads((self.folder / _STATE).read_text("utf-8"))
            if state["made_of"] != made_of:
                return None
            files = [self.loops / name for name in state["loops"]]
            return [_about(file) for file in files if file.stat()]
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _put_aside(self) -> None:
        """Move loops of earlier checkpoints to ``loops/earlier/``: somebody may have come to like them."""
        for beside in sorted(self.loops.glob("*.json")):
            checkpoint = json.loads(beside.read_text("utf-8")).get("checkpoint", "unknown")
            target = self.loops / "earlier" / str(checkpoint)
            target.mkdir(parents=True, exist_ok=True)
            for file in self.loops.glob(f"{glob.escape(beside.stem)}.*"):
                file.replace(target / file.name)


def _sentences(info: dict[str, Any], loops: Sequence[dict[str, Any]]) -> list[str]:
    """Verdicts of the doctor and of the copy check."""
    sentences = [f"The doctor: {info['doctor']['sentence']}."] if "doctor" in info else []
    judged = [loop for loop in loops if "copy" in loop]
    if judged:
        copies = sum(loop["copy"] for loop in judged)
        sentences.append(
            f"Copies of moments of your music among the {len(judged)} loop(s): {copies}. Of real music up to "
            "2 in 100 are called copies of other tracks."
        )
    return sentences


def _loop_sound(loop: dict[str, Any], highest_hz: float) -> Sound:
    title = f"{loop['bpm']:g} BPM, {loop['key'] or 'no key'}, {loop['bars']} bars"
    note = f"seed {loop['seed']}"
    if nearest := loop.get("nearest"):
        note += f", nearest to {nearest['set']} at {nearest['time']}{', a copy' if loop.get('copy') else ''}"
    return _sound(loop, title, note, highest_hz)


def _sound(loop: dict[str, Any], title: str, note: str, highest_hz: float) -> Sound:
    with Path(loop["file"]).open("rb") as file:  # soundfile takes no name that is not UTF-8
        audio, rate_hz = soundfile.read(file)
    return sound_of(audio, rate_hz, title, note, highest_hz, loop["bars"])


def _growth(run: Run, highest_hz: float) -> list[Sound]:
    """Loops of some of the check-ups, spread evenly over them."""
    rendered = [folder for folder in sorted((run.folder / "samples").glob("step-*")) if folder.is_dir()]
    sounds = []
    for folder in [rendered[row] for row in spread(len(rendered), _GROWTH)] if rendered else []:
        for loop in map(_about, sorted(folder.glob("*.flac"))):
            title = f"After {clock(loop['trained_s'])}"
            sounds.append(_sound(loop, title, f"seed {loop['seed']}", highest_hz))
    return sounds


def _real_sounds(run: Run, corpus: Corpus) -> list[Sound]:
    """Bars of the music as the best model on this grid would sound, with the moments that they are from."""
    grid = run.recipe.grid
    bpm, speed = playing_tempo(run)
    windows = training_windows(run.recipe, corpus)
    rows = spread(len(windows), _REAL + 2)[1:-1]
    moments = [windows.where(row) for row in rows]
    voice = Voice(grid, run.scaler, run.recipe.inversion)
    heard, _ = voice.passed(windows.read(rows), [name for name, _ in moments])
    bars = (run.recipe.windows.beats or 0) // BEATS_PER_BAR
    samples = round(bars * BEATS_PER_BAR * 60 / (bpm or 120) * _RATE_HZ)
    return [
        sound_of(
            resample_loop(audio, samples),
            _RATE_HZ,
            f"{name} at {clock(seconds)}",
            "real",
            grid.rate_hz / 2 * speed,
            bars,
        )
        for audio, (name, seconds) in zip(heard, moments, strict=True)
    ]


def _is_run(folder: Path) -> bool:
    return (folder / "recipe.toml").is_file()


def _about(file: Path) -> dict[str, Any]:
    """What the JSON beside a clip says, with ``file``."""
    return json.loads(file.with_suffix(".json").read_text("utf-8")) | {"file": str(file)}
