"""Ground truth of a demo set: what no recording can tell, and everything measured can be compared with."""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class TrackSpan:
    """One track of a set; neighbours overlap (s) where the DJ mixes them."""

    title: str
    genre: str
    bpm: float
    key: str
    start_s: float
    end_s: float


@dataclass(frozen=True)
class SectionSpan:
    """One section of a set; together they tile it without gap or overlap.

    Attributes
    ----------
    name : str
        "intro", "groove", "build", "drop", "break", "outro", or "mix" where two tracks sound together.
    beat_audible : bool
        Whether drums or plucked notes strike on at least three quarters of its beats; elsewhere the beat
        can only be carried on from what came before, and a beat tracker should not be blamed.
    """

    name: str
    start_s: float
    end_s: float
    drums: bool
    beat_audible: bool


@dataclass(frozen=True)
class GroundTruth:
    """Everything known about a set; all times (s) count from the first sample.

    Attributes
    ----------
    bpm : float
        Tempo of the whole set: its tracks are beatmatched.
    key : str
        Key of the first track, such as "A minor"; each track has its own.
    beat_times_s, downbeat_times_s : tuple of float
        Every beat, heard or not, and every fourth, which begins a bar.
    """

    name: str
    seed: int
    rate_hz: int
    duration_s: float
    bpm: float
    key: str
    beat_times_s: tuple[float, ...]
    downbeat_times_s: tuple[float, ...]
    tracks: tuple[TrackSpan, ...]
    sections: tuple[SectionSpan, ...]

    def to_json(self) -> str:
        """Write it as JSON, with the field names as keys."""
        return json.dumps(asdict(self), indent=1) + "\n"
