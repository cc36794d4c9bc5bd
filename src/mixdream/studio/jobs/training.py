"""Training: what `mixdream.project` does, with new sets first and loops at the end."""

from pathlib import Path
from typing import Any

from mixdream.project import Project
from mixdream.studio.jobs.job_report import JobReport
from mixdream.studio.jobs.reading import read_sets
from mixdream.training.run_folder import trained_so_far


def work(folder: Path, options: dict[str, Any], report: JobReport) -> dict[str, Any]:
    """Train until ``minutes`` are over in all, from where it stopped; then make loops and the page."""
    project, minutes = Project(folder), options["minutes"]
    corpus = read_sets(folder, report)
    report.step("Training", project.seconds_left(corpus, minutes))
    run = project.train(corpus, minutes, report)
    report.step("Making loops")
    loops = project.make_loops(run, corpus, lambda done, note: report(done, Path(note).name))
    report.step("Writing the page")
    project.write_page(run, corpus, loops)
    info, done = run.info(), trained_so_far(run.folder)
    return {
        "run": run.name,
        "steps": done.steps,
        "seconds": done.seconds,
        "sentence": info["doctor"]["sentence"],
        "loops": len(loops),
        "error": info.get("on_checkup_error"),
    }
