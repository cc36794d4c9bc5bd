"""Recording: what was played, rendered."""

from pathlib import Path
from typing import Any

from mixdream.project_folder import ProjectFolder
from mixdream.studio.job_report import JobReport
from mixdream.studio.recordings import render_recording


def work(folder: Path, options: dict[str, Any], report: JobReport) -> dict[str, Any]:
    """Render the recording of a ``name``."""
    report.step("Rendering")
    return render_recording(ProjectFolder(folder), options["name"], report)
