"""The trainings of a project."""

from mixdream.errors import InputError
from mixdream.project_folder import ProjectFolder
from mixdream.runs.run import Run, is_run


def runs_of(project: ProjectFolder) -> list[Run]:
    """Trainings that can be read, the one that began last at the end."""
    found = []
    for folder in project.runs.glob("*"):
        try:
            if is_run(folder):
                run = Run.open(folder)
                found.append((run.info()["started"], run.name, run))
        except (InputError, KeyError):
            continue  # a damaged one must not hide the others
    return [run for _, _, run in sorted(found, key=lambda each: each[:2])]
