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
    failed: dict[str, Exception] = {}
    while names := [name for name in to_render(project) if name not in failed]:
        report.step(f"Rendering {names[0]}")
        try:
            rendered[names[0]] = render_recording(project, names[0], report)
        except Exception as error:  # one that cannot be rendered does not keep the others from it
            failed[names[0]] = error
    if failed:
        raise next(iter(failed.values()))
    return rendered
