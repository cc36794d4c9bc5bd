"""A project: sets, corpus, training, loops and page in one folder; what is done already is not done again."""

import glob
import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mixdream.corpus.build import BuildResult, build_corpus
from mixdream.corpus.store import Corpus
from mixdream.errors import InputError
from mixdream.files import write_json
from mixdream.generation.loops import make_loop, plan_loops, write_loop
from mixdream.generation.pack import make_pack
from mixdream.generation.wish import Wish
from mixdream.progress import Report, silent
from mixdream.project_folder import ProjectFolder
from mixdream.project_page import read_loop, write_project_page
from mixdream.recipes.load import load_recipe
from mixdream.recipes.recipe import Recipe
from mixdream.runs.run import SAMPLES_FOLDER, Run, is_run
from mixdream.runs.small_checkpoint import keep_small
from mixdream.training.dry_run import Plan, plan_training
from mixdream.training.parent import bundled_parent
from mixdream.training.recorder import Examined
from mixdream.training.run_folder import trained_so_far
from mixdream.training.train import train

RECIPE = "cpu"  # what projects are trained with
LOOPS = 16  # loops of a project's pack
_RUN = "dream"
_STATE = "project.json"
_HEARD_SEEDS = (0, 1, 2, 3)  # of the loops that are rendered at each check-up
_ENDED = ("finished", "stopped by the doctor")


class Project(ProjectFolder):
    """The main job in the folder of a project.

    ``project.json`` says what the loops were made of. A training begins with the weights of the model that
    comes with mixdream.
    """

    def build(self, sources: Sequence[Path | str] = (), report: Report = silent) -> BuildResult:
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
        folders = (self.runs / (_RUN if i == 1 else f"{_RUN}-{i}") for i in itertools.count(1))
        return next(
            folder
            for folder in folders
            if not is_run(folder) or Run.open(folder).info()["corpus"]["hash"] == corpus.hash
        )

    def recipe(self, corpus: Corpus) -> Recipe:
        """Recipe of the training: the run's own where it has begun."""
        folder = self.run_folder(corpus)
        return Run.open(folder).recipe if is_run(folder) else load_recipe(RECIPE)

    def plan(self, corpus: Corpus, report: Report = silent) -> Plan:
        """Measure what training on the corpus is like; see `plan_training` for what is written."""
        return plan_training(self.recipe(corpus), corpus, report=report)

    def seconds_left(self, corpus: Corpus, minutes: float) -> float:
        """Seconds of training that are left of so many minutes in all; 0 where the doctor has ended it."""
        folder = self.run_folder(corpus)
        if is_run(folder) and Run.open(folder).info()["status"] in _ENDED:
            return 0.0
        return max(0.0, 60 * minutes - trained_so_far(folder).seconds)

    def train(self, corpus: Corpus, minutes: float, report: Report = silent) -> Run:
        """Train until so many minutes are over in all, or the doctor sees nothing to be gained.

        At each check-up its weights are kept, see `keep_small`, and four loops are rendered to hear; the page
        shows two of them.

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
                resume=is_run(folder),
                parent=bundled_parent(self.recipe(corpus)),
                on_checkup=lambda examined: self._show_check_up(examined, corpus),
                report=report,
            )
        return Run.open(folder)

    def make_loops(self, run: Run, corpus: Corpus, report: Report = silent) -> list[dict[str, Any]]:
        """Make the pack of the best checkpoint, unless it lies there already; loops of others are put aside.

        What the JSON files of the loops say is returned, with ``file``.
        """
        made_of = {"run": run.name, "checkpoint": run.chosen_checkpoint().name, "count": LOOPS}
        loops = self._loops_made_of(made_of)
        if loops is None:
            self._put_aside()
            wish = Wish(count=LOOPS, judge=True)
            loops = list(make_pack(run, self.loops, wish, corpus, report).loops)
            names = [Path(loop["file"]).name for loop in loops]
            write_json(self.folder / _STATE, {"made_of": made_of, "loops": names})
        return loops

    def write_page(self, run: Run, corpus: Corpus, loops: Sequence[dict[str, Any]]) -> None:
        """Write the page of the loops that `make_loops` returned."""
        write_project_page(self.page, run, corpus, loops, run.info())

    def _show_check_up(self, examined: Examined, corpus: Corpus) -> None:
        """Keep a model that is in training to be played, render its loops, and write the page with them."""
        run, checkpoint = examined.run, examined.checkpoint
        steps, seconds = examined.check_up.step, examined.check_up.seconds
        keep_small(run, checkpoint)
        plan = plan_loops(run, Wish(form="flac"), checkpoint)
        for seed in _HEARD_SEEDS:
            folder = run.folder / SAMPLES_FOLDER / checkpoint.name
            write_loop(plan, make_loop(plan, seed), folder, {"trained_s": seconds})
        progress = {"steps": steps, "seconds": seconds, "doctor": {"sentence": examined.diagnosis.sentence}}
        write_project_page(self.page, run, corpus, (), run.info() | progress)

    def _loops_made_of(self, made_of: dict[str, Any]) -> list[dict[str, Any]] | None:
        """The loops that lie there if they were made of this; None otherwise."""
        try:
            state = json.loads((self.folder / _STATE).read_text("utf-8"))
            if state["made_of"] != made_of:
                return None
            files = [self.loops / name for name in state["loops"]]
            return [read_loop(file) for file in files if file.stat()]
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
