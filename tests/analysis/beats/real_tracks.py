"""Real tracks whose tempo and bars were set from their score, or by eye from pictures of their onsets."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

LABELS = Path(__file__).with_name("real_downbeats.tsv")


@dataclass(frozen=True)
class RealTrack:
    """A track of one tempo throughout the labelled range.

    Attributes
    ----------
    file : str
        Path in the folder of music.
    quarters : int
        In a bar.
    first_downbeat_s, from_s, to_s : float
        In seconds of the file; the label holds between the last two.
    source : "score" or "pictures"
    """

    file: str
    bpm: float
    quarters: int
    first_downbeat_s: float
    from_s: float
    to_s: float
    source: str
    note: str

    @property
    def beat_s(self) -> np.ndarray:
        """Times of the beats from the first downbeat to a bar after the range, shape (N,), float64."""
        count = int((self.to_s - self.first_downbeat_s) * self.bpm / 60) + self.quarters
        return self.first_downbeat_s + np.arange(count) * 60 / self.bpm

    @property
    def in_bar(self) -> np.ndarray:
        """Place of each beat in its bar, 0 for a downbeat, shape (N,), int64."""
        return np.arange(len(self.beat_s)) % self.quarters


def real_tracks() -> list[RealTrack]:
    """Read all labels, in the order of the files."""
    with LABELS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return [
        RealTrack(
            row["file"],
            float(row["bpm"]),
            int(row["quarters"]),
            float(row["first_downbeat_s"]),
            float(row["from_s"]),
            float(row["to_s"]),
            row["source"],
            row["note"],
        )
        for row in rows
    ]
