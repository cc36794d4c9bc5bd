"""Mix: loops of a model, or those that are loved, one after the other."""

from pathlib import Path
from typing import Any

from mixdream.project_folder import ProjectFolder
from mixdream.studio.jobs.job_report import JobReport
from mixdream.studio.takes.mixes import make_project_mix


def work(folder: Path, options: dict[str, Any], report: JobReport) -> dict[str, Any]:
    """Make the mix of the options, which are those of `make_project_mix`."""
    report.step("Mixing")
    return make_project_mix(ProjectFolder(folder), report=report, **options)
