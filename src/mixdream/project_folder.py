"""The folder of a project: where what lies."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ProjectFolder:
    """The folder of a project: ``sets/ corpus/ runs/ loops/ index.html``.

    Sets may lie elsewhere; ``sets/`` holds those that the project brought along.
    """

    folder: Path

    @property
    def sets(self) -> Path:
        """Sets that lie in the project."""
        return self.folder / "sets"

    @property
    def corpus(self) -> Path:
        """The sets, ready for training."""
        return self.folder / "corpus"

    @property
    def runs(self) -> Path:
        """The trainings."""
        return self.folder / "runs"

    @property
    def loops(self) -> Path:
        """The loops of the best checkpoint."""
        return self.folder / "loops"

    @property
    def page(self) -> Path:
        """The page with players."""
        return self.folder / "index.html"
