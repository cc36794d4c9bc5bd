"""Studio: what the routes share, of one project."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mixdream.files import secret_in
from mixdream.project import Project
from mixdream.studio.hub import Hub
from mixdream.studio.jobs.jobs import OWN_FOLDER, Jobs
from mixdream.studio.play.desk import Desk
from mixdream.studio.sets.sources import Sources
from mixdream.studio.sets.uploads import Uploads
from mixdream.studio.takes.recordings import Recordings


@dataclass
class Studio:
    """One project, and what is told of it to the pages that are open."""

    project: Project
    hub: Hub = field(default_factory=Hub)

    def __post_init__(self) -> None:
        self.jobs = Jobs(self.project.folder)
        self.sources = Sources(self.project)
        self.uploads = Uploads(self.project)
        self.desk = Desk(self.project, self.hub, self.own_folder)
        self.recordings = Recordings(self.project, self.desk.shelf, self.hub)

    @property
    def own_folder(self) -> Path:
        """Folder of what is the studio's alone: its token, uploads that are not whole, jobs."""
        return self.project.folder / OWN_FOLDER

    def token(self) -> str:
        """Secret of the link, the same at each start, so that pages which are open stay so."""
        self.own_folder.mkdir(parents=True, exist_ok=True)
        return secret_in(self.own_folder / "token")

    def publish_jobs(self) -> dict[str, Any]:
        """Tell the pages at once how all jobs are, and return it."""
        states = self.jobs.states()
        self.hub.publish("jobs", states)
        return states
