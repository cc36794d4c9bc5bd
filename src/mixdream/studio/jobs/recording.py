"""Recording: what was played, rendered."""

from pathlib import Path
from typing import Any

from mixdream.project_folder import ProjectFolder
from mixdream.studio.jobs.job_report import JobReport
from mixdream.studio.takes.recordings import render_recording, to_render


def work(folder: Path, _options: dict[str, Any], report: JobReport) -> dict[str, Any]:
    """Render what was never rendered, and what is played meanwhile; returns what became of each."""
    project = ProjectFolder(folder)
    rendered: dict[str, Any] = {}
    while names := to_render(project):
        report.step(f"Rendering {names[0]}")
        rendered[names[0]] = render_recording(project, names[0], report)
    return rendered
