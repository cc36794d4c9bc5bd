"""Reading: new sets into the corpus, and the keys of all."""

from pathlib import Path
from typing import Any

from mixdream.corpus.build import build_corpus
from mixdream.corpus.store import Corpus
from mixdream.errors import InputError
from mixdream.project_folder import ProjectFolder
from mixdream.studio.jobs.job_report import JobReport
from mixdream.studio.sets.set_keys import find_keys, keys_file
from mixdream.studio.sets.sources import Sources


def work(folder: Path, _options: dict[str, Any], report: JobReport) -> dict[str, Any]:
    """Read what is new; returns how many sets and seconds there are."""
    corpus = read_sets(folder, report)
    return {"sets": len(corpus.sets), "seconds": corpus.seconds}


def read_sets(folder: Path, report: JobReport) -> Corpus:
    """Read what is new in a project; InputError where there is nothing at all to learn from."""
    project = ProjectFolder(folder)
    sources = Sources(project).to_read()
    report.step("Reading sets")
    if sources:
        # In this process alone: others would go on for a while where it is killed, and say nothing of how far
        # they are.
        corpus = build_corpus(sources, project.corpus, jobs=1, report=report).corpus
    elif project.corpus.is_dir():
        corpus = Corpus.open(project.corpus)
    else:
        raise InputError("there are no sets yet: drop files or folders onto the page, or name a path")
    report.step("Finding keys")
    find_keys(corpus, keys_file(folder), report)
    return corpus
