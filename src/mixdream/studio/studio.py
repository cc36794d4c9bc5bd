"""Studio: what the routes share, of one project."""

from dataclasses import dataclass, field
from pathlib import Path

from mixdream.files import secret_in
from mixdream.project import Project
from mixdream.studio.hub import Hub

OWN_FOLDER = ".studio"
"""Folder in a project for what is the studio's alone."""


@dataclass
class Studio:
    """One project, and what is told of it to the pages that are open."""

    project: Project
    hub: Hub = field(default_factory=Hub)

    @property
    def own_folder(self) -> Path:
        """Folder of what is the studio's alone: its token, uploads that are not whole, jobs."""
        return self.project.folder / OWN_FOLDER

    def token(self) -> str:
        """Secret of the link, the same at each start, so that pages which are open stay so."""
        self.own_folder.mkdir(parents=True, exist_ok=True)
        return secret_in(self.own_folder / "token")
