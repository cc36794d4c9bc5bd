"""What to expect of training on a corpus, in sentences; all figures are of docs/experiments.md."""

from mixdream.corpus.store import Corpus
from mixdream.project_folder import ProjectFolder
from mixdream.studio.runs import runs_of

_FEWEST_WINDOWS = 20  # with fewer there are no check-ups, see docs/doctor.md
_FEWEST_APART = 64  # with fewer, check-ups look at windows that overlap
_HOUR, _MUCH = 1.1, 4.0  # hours of the music of the experiments, a little rounded


def expect(project: ProjectFolder, corpus: Corpus, apart: int, windows: int) -> list[str]:
    """Say what the music is worth and what minutes of training bring.

    Parameters
    ----------
    apart, windows : int
        Loops' worth of bars that do not overlap, and all that a training takes.
    """
    if windows == 0:
        return ["In none of these sets are eight beats in a row sure, so there is nothing to train on yet."]
    sentences = []
    if windows < _FEWEST_WINDOWS:
        sentences.append(
            f"There is too little music to examine a model by: check-ups need {_FEWEST_WINDOWS} windows, so "
            "nothing will say how near it is or whether it copies."
        )
    elif apart < _FEWEST_APART:
        sentences.append(
            "There is little music: distances to it are rough, and a model can know it by heart soon."
        )
    return [*sentences, _by_hours(corpus.seconds / 3600), *_measured(project, corpus)]


def _by_hours(hours: float) -> str:
    if hours < _HOUR:
        return (
            "In trials with an hour of music, 0 to 5 of 500 clips were copies after a quarter of an hour of "
            "training, and 51 or more after two hours (an earlier recipe): train a quarter of an hour, then "
            "look at 'copies'."
        )
    if hours < _MUCH:
        return (
            "In a trial with an hour and a half of music, no clip of 256 was a copy at any of ten check-ups; "
            "coverage of the music rose from 0.17 after 1,295 steps to 0.38 after 11,844."
        )
    return (
        "In a trial with 4.9 hours of music, which began with mixdream's own model, coverage was 0.32 after "
        "one minute, 0.43 after five and 0.48 after ten; 1 to 3 of 256 clips were copies."
    )


def _measured(project: ProjectFolder, corpus: Corpus) -> list[str]:
    """What trainings on this machine took, and whether sets have changed since."""
    runs = [run.info() for run in runs_of(project)]
    sentences = []
    taken = [run["seconds"] / run["steps"] for run in runs if run.get("steps")]
    if taken:
        sentences.append(
            f"A step took {taken[-1]:.2g} s here, so 20 minutes are about {1200 / taken[-1]:,.0f} steps."
        )
    if runs and all(run["corpus"]["hash"] != corpus.hash for run in runs):
        sentences.append(
            "The sets have changed since the last training: the next one begins anew, with mixdream's own "
            "model."
        )
    return sentences
