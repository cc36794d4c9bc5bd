"""A reproduction: the thesis's experiments in one folder; what is done already is not done again."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mixdream.audio.write import write_audio
from mixdream.corpus.build import build_corpus
from mixdream.corpus.figures import draw_thesis_figures
from mixdream.corpus.store import INDEX_NAME, Corpus
from mixdream.corpus.windows import spread_windows
from mixdream.demo.sets import SETS, write_sets
from mixdream.errors import InputError
from mixdream.evaluation.collection import sample_run
from mixdream.evaluation.reference import reference_for_recipe
from mixdream.evaluation.report import make_report
from mixdream.evaluation.report_page import write_report
from mixdream.evaluation.sections import HANDCRAFTED, Content
from mixdream.files import folder_atomically, write_json
from mixdream.generation.generate import generate
from mixdream.generation.wish import Wish
from mixdream.progress import Report, part, silent
from mixdream.recipes.load import load_recipe
from mixdream.reproduce.experiments import BESIDE, EXPERIMENTS, NAMES
from mixdream.reproduce.pictures import draw_pictures
from mixdream.reproduce.schedule import Schedule, measure_images, scaled_recipe, schedule_for
from mixdream.runs.run import Run, is_run
from mixdream.survey.planning.create import create_test
from mixdream.training.run_folder import trained_so_far
from mixdream.training.train import train

RATE_HZ = 8000
MINUTES = 6.0  # of training in all, unless told otherwise
CLIPS = 8  # of each model, in a folder
MEASURED = 64  # clips of each model that are compared with the music
_STATE = "reproduce.json"
_NEARLY = 0.98  # of its time: trained


@dataclass(frozen=True)
class Reproduction:
    """The folder of a reproduction.

    ``sets/ corpus/`` (unless they lie elsewhere) ``runs/NAME/ figures/ clips/NAME/ evaluation/
    listening-test/ index.html report.json``; ``reproduce.json`` says of which corpus and at which scale.
    """

    folder: Path

    def open_corpus(self, sources: Sequence[Path | str], report: Report = silent) -> Corpus:
        """Corpus to learn from: one that is named, or of sets that are named, or of the built-in sets.

        Later it is that of before, and need not be named.

        Raises
        ------
        InputError
            Other sources than before, changed music, or a corpus of another rate than the thesis's.
        """
        state, own = self.state(), self.folder / "corpus"
        named = [str(Path(source).resolve()) if source else "" for source in sources]  # "" is refused below
        if "corpus" in state:
            if named and named != state["sources"]:
                raise InputError(
                    f"'{self.folder}' was begun with other music: leave this out to go on, or choose another "
                    "folder"
                )
            corpus = Corpus.open(state["corpus"])
        elif len(named) == 1 and named[0] and (Path(named[0]) / INDEX_NAME).is_file():
            corpus = Corpus.open(named[0])
        else:
            if not named and own.exists() and not self._built_in.exists():
                raise InputError(f"'{self.folder}' was stopped while it read sets: name the same ones again")
            to_read = named or self._write_built_in_sets(part(report, 0, 0.3))
            corpus = build_corpus(to_read, own, RATE_HZ, 1, report=part(report, 0.3, 0.7)).corpus
        if (corpus.rate_hz, corpus.channels) != (RATE_HZ, 1):
            raise InputError(
                f"corpus '{corpus.folder}' has {corpus.rate_hz} Hz and {corpus.channels} channel(s), the "
                f"thesis's {RATE_HZ} Hz and one: name the sets instead, or build one with 'corpus build "
                f"--rate {RATE_HZ} --channels 1'"
            )
        if state.get("hash", corpus.hash) != corpus.hash:
            raise InputError(
                f"corpus '{corpus.folder}' has changed since '{self.folder}' was begun: choose another folder"
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        if "corpus" not in state:
            about = {"sources": named, "corpus": str(corpus.folder), "hash": corpus.hash}
            write_json(self.folder / _STATE, about)
        return corpus

    def schedule(
        self,
        corpus: Corpus,
        names: Sequence[str],
        scale: float | None = None,
        minutes: float | None = None,
        report: Report = silent,
    ) -> Schedule:
        """Schedule of some trainings: of a scale, or of so many minutes in all; later that of before.

        Steps are measured on this machine; what is found is written down. Another scale or other minutes than
        before are an InputError.
        """
        state = self.state()
        asked = [scale, minutes]
        if "scale" in state and asked not in ([None, None], state["asked"]):
            raise InputError(
                f"'{self.folder}' was begun at scale {state['scale']:.2g}: leave --scale and --minutes out "
                "to go on, or choose another folder"
            )
        known = state.get("image_s", {})
        wanted = [name for name in names if name not in BESIDE]
        missing = [name for name in wanted if name not in known]
        image_s = known | measure_images(corpus, missing, report)
        if "scale" in state:
            schedule = Schedule(state["scale"], image_s)
        elif scale is not None:
            schedule = Schedule(scale, image_s)
        else:
            schedule = schedule_for(image_s, MINUTES if minutes is None else minutes, corpus)
        about = {"asked": state.get("asked", asked), "scale": schedule.scale, "image_s": image_s}
        write_json(self.folder / _STATE, state | about)
        return schedule

    def train(self, name: str, schedule: Schedule, corpus: Corpus, report: Report = silent) -> None:
        """Train a model as far as the schedule says, `BESIDE` for as long as the longest of the others took.

        A training that was stopped goes on.

        Raises
        ------
        Interrupted
            See `mixdream.training.train.train`.
        """
        folder = self.run_folder(name)
        if self.is_trained(name):
            return
        minutes = None
        if name in BESIDE:
            if not self._longest_s():
                raise InputError(
                    f"{name} is trained for as long as the longest of the thesis's models: train one first"
                )
            recipe = load_recipe(name)
            minutes = (self._longest_s() - trained_so_far(folder).seconds) / 60
        else:
            recipe = scaled_recipe(name, schedule.scale, corpus)
        train(recipe, corpus, folder, minutes=minutes, resume=is_run(folder), report=report)

    def is_trained(self, name: str) -> bool:
        """Whether a training has come to its end."""
        folder = self.run_folder(name)
        if not is_run(folder) or not Run.open(folder).checkpoints():
            return False
        if Run.open(folder).info()["status"] == "finished":
            return True
        return name in BESIDE and trained_so_far(folder).seconds >= _NEARLY * self._longest_s()

    def _longest_s(self) -> float:
        """Seconds that the longest training of the thesis's models took."""
        others = (self.run_folder(name) for name in NAMES if name not in BESIDE)
        return max(trained_so_far(folder).seconds for folder in others)

    def run_folder(self, name: str) -> Path:
        """Folder of a model's run."""
        return self.folder / "runs" / name

    def trained(self) -> list[str]:
        """Names of the models that have learnt something, in the order of the thesis."""
        return [
            name
            for name in NAMES
            if is_run(self.run_folder(name)) and Run.open(self.run_folder(name)).checkpoints()
        ]

    def draw(self, corpus: Corpus, report: Report = silent) -> None:
        """Draw the figures of the data set and of every model that is trained, and write clips of each."""
        figures, clips = self.folder / "figures", self.folder / "clips"
        if not (figures / "data").is_dir():
            with folder_atomically(figures / "data") as made:
                draw_thesis_figures(corpus, made)
        if not (clips / "real").is_dir():
            with folder_atomically(clips / "real") as made:
                _write_real_clips(corpus, made)
        experiments = {experiment.recipe: experiment for experiment in EXPERIMENTS}
        trained = self.trained()
        for done, name in enumerate(trained):
            report(done / len(trained), name)
            run = Run.open(self.run_folder(name))
            made_of = {"checkpoint": run.chosen_checkpoint().name}
            if self._is_made_of(f"drawn {name}", made_of):
                continue
            if name in experiments:
                with folder_atomically(figures / name) as made:
                    draw_pictures(experiments[name], run, corpus, made)
            with folder_atomically(clips / name) as made:
                generate(run, made, Wish(count=CLIPS, rate_hz=RATE_HZ))
            self._note(f"drawn {name}", made_of)

    def evaluate(self, corpus: Corpus, report: Report = silent) -> None:
        """Compare every model with the music; the recipes beside them have windows of their own.

        Where there is too little music, it is noted why there is no comparison.
        """
        trained = self.trained()
        groups = {"thesis": [name for name in trained if name not in BESIDE]}
        groups |= {name: [name] for name in BESIDE}
        for done, (group, names) in enumerate(groups.items()):
            if not set(names) & set(trained):
                continue
            made_of = {name: Run.open(self.run_folder(name)).chosen_checkpoint().name for name in names}
            if self._is_made_of(f"evaluated {group}", made_of):
                continue
            try:
                content = self._compared(names, corpus, part(report, done / len(groups), 1 / len(groups)))
            except InputError as error:
                self._note(f"not compared {group}", str(error))
                continue
            write_report(self.folder / "evaluation" / group, content)
            self._note(f"evaluated {group}", made_of)

    def _compared(self, names: Sequence[str], corpus: Corpus, report: Report) -> Content:
        # All windows that there are, also where a model learnt from fewer.
        reference = reference_for_recipe(load_recipe(names[0]), corpus)
        collections = []
        for number, name in enumerate(names):
            sampling = part(report, 0.5 * number / len(names), 0.5 / len(names))
            collections.append(sample_run(Run.open(self.run_folder(name)), MEASURED, 0, sampling))
        return make_report(corpus, reference, collections, report=part(report, 0.5, 0.5))

    def evaluations(self) -> dict[str, dict[str, Any]]:
        """What the evaluations say, by group: the thesis's models, and each of those beside them."""
        found = {}
        for group in ("thesis", *BESIDE):
            path = self.folder / "evaluation" / group / "report.json"
            if path.is_file():
                found[group] = json.loads(path.read_text("utf-8"))
        return found

    def make_listening_test(self) -> None:
        """Make the thesis's listening test with clips of its model that is nearest to the music.

        A test that is there stays; there is none before a model could be compared. Where its clips do for no
        test, being silent, it is noted why.
        """
        folder, clips = self.folder / "listening-test", self.folder / "clips"
        distances = {
            row["name"]: row["embeddings"][HANDCRAFTED]["figures"]["kernel_distance"]["value"]
            for row in self.evaluations().get("thesis", {}).get("rows", [])
            if "embeddings" in row
        }
        if distances and not folder.exists():
            nearest = min(distances, key=distances.__getitem__)
            try:
                create_test("thesis", folder, clips / "real", [clips / nearest])
            except InputError as error:
                self._note("no listening test", str(error))
            else:
                self._note("listening test", nearest)

    def state(self) -> dict[str, Any]:
        """What ``reproduce.json`` says; nothing where there is none yet."""
        try:
            return json.loads((self.folder / _STATE).read_text("utf-8"))
        except FileNotFoundError:
            return {}
        except ValueError:
            raise InputError(f"'{self.folder / _STATE}' is damaged: choose another folder") from None

    def _is_made_of(self, what: str, made_of: Any) -> bool:
        return self.state().get(what) == made_of

    def _note(self, what: str, made_of: Any) -> None:
        write_json(self.folder / _STATE, self.state() | {what: made_of})

    @property
    def _built_in(self) -> Path:
        return self.folder / "sets"

    def _write_built_in_sets(self, report: Report) -> list[Path]:
        if not all((self._built_in / f"{name}.json").exists() for name in SETS):
            write_sets(self._built_in, report=report)
        return [self._built_in]


def _write_real_clips(corpus: Corpus, folder: Path) -> None:
    """Write clips of the corpus, spread over it, as long as the thesis's."""
    grid = load_recipe(EXPERIMENTS[0].recipe).grid
    windows = spread_windows(corpus, grid.clip_samples / RATE_HZ, CLIPS)
    for row, audio in enumerate(windows.read(range(len(windows)))):
        write_audio(folder / f"real_{row}.wav", audio, RATE_HZ)
