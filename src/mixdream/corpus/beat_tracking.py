"""Beats of a corpus: tracked from the audio that it keeps, anew where it is told something of them."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np

from mixdream.analysis.beats.tracking import track_beats
from mixdream.corpus.dj_grids import METRE, compare, in_samples
from mixdream.corpus.dj_library import DjLibrary
from mixdream.corpus.folder import BuildFolder
from mixdream.corpus.hints import BeatHints
from mixdream.corpus.store import SetRecord, audio_path, beats_path, sha256_of
from mixdream.errors import InputError
from mixdream.progress import Report, clock

_CHUNK = 1 << 18
_OTHER_MUSIC = "has other music now: what was told of its beats was forgotten"


@dataclass(frozen=True)
class Told:
    """What a build is told of the beats of sets.

    Attributes
    ----------
    said : mapping of set name to BeatHints
        The owner's word; only the fields that are set count.
    library : DjLibrary, optional
    """

    said: Mapping[str, BeatHints] = field(default_factory=dict)
    library: DjLibrary | None = None

    def check_names(self, names: Iterable[str]) -> None:
        """InputError where something is said of a set that is not among these."""
        known = sorted(names)
        for name in self.said:
            if name not in known:
                raise InputError(f"no set is called '{name}'; the sets are: {', '.join(known)}")

    def tell(self, record: SetRecord, problems: list[str]) -> SetRecord:
        """Record with its hints; without a checksum of its beats where they have to be tracked anew.

        Downbeats of the owner where the set has no music are left out, and added to ``problems``.
        """
        hints = record.hints
        if (said := self.said.get(record.name)) is not None:
            fields = {name: getattr(said, name) for name in said.model_fields_set}
            lost = [time_s for time_s in said.downbeats_s if record.sample_at(time_s) is None]
            problems += [
                f"--downbeat {record.name}={clock(time_s, tenths=True)}: the corpus has no music there; "
                f"the set lasts {clock(record.seconds)}, and 'mixdream corpus show' says what was dropped"
                for time_s in lost
            ]
            if lost:
                others = tuple(time_s for time_s in said.downbeats_s if time_s not in lost)
                fields["downbeats_s"] = others or hints.downbeats_s
            hints = hints.model_copy(update=fields)
            warnings = (text for text in record.warnings if text != _OTHER_MUSIC)
            record = record.model_copy(update={"warnings": tuple(warnings)})
        grids = self.library.find(record.source) if self.library else []
        if len(grids) == 1 and grids[0] != hints.grid:
            hints = hints.model_copy(update={"grid": grids[0], "grid_late_s": None, "grid_remark": ""})
        return record if hints == record.hints else _with_hints(record, hints)


def keep_hints(outcome: SetRecord, earlier: Iterable[SetRecord]) -> SetRecord:
    """Record of a set that was made anew, with what was told of its music before."""
    told = [record for record in earlier if record.hints != BeatHints()]
    for record in told:
        if record.audio_sha256 == outcome.audio_sha256:
            return _with_hints(outcome, record.hints)
    if any(record.name == outcome.name for record in told):
        return outcome.model_copy(update={"warnings": (*outcome.warnings, _OTHER_MUSIC)})
    return outcome


def _with_hints(record: SetRecord, hints: BeatHints) -> SetRecord:
    return record.model_copy(update={"hints": hints, "beats_sha256": ""})


def waiting(records: Iterable[SetRecord]) -> list[SetRecord]:
    """Sets whose beats are to be tracked anew."""
    return [record for record in records if not record.beats_sha256]


def track_again(folder: BuildFolder, report: Report) -> set[str]:
    """Track the beats of the sets that wait for it; a killed build goes on with those that still do."""
    todo = [r for r in waiting(folder.index.sets) if folder.is_whole(r.name, r.samples)]
    for done, record in enumerate(todo):
        report(done / len(todo), f"beats of {record.name}")
        folder.record_set(_tracked(record, folder))
    return {record.name for record in todo}


def _tracked(record: SetRecord, folder: BuildFolder) -> SetRecord:
    """Record of a set once its beats are tracked with its hints and written."""
    read = partial(kept_blocks, audio_path(folder.folder, record.name), folder.index.channels)
    track = partial(track_beats, read, record.segments, record.segment_starts_s, record.rate_hz)
    hints = record.hints
    if hints.grid and hints.bpm is None and hints.grid_late_s is None and not hints.grid_remark:
        hints = compare(record, track)
    beats, tempo = track(in_samples(record, hints))
    if not hints.by_owner and any(marker.metre != METRE for marker in hints.grid):
        beats = replace(beats, sure=np.zeros(len(beats), bool))
        tempo = tuple(block.model_copy(update={"confidence": 0.0, "sure": False}) for block in tempo)
    path = beats_path(folder.folder, record.name)
    beats.write(path)
    return record.model_copy(update={"hints": hints, "tempo": tempo, "beats_sha256": sha256_of(path)})


def kept_blocks(target: Path, channels: int, start: int, stop: int) -> Iterator[np.ndarray]:
    """Read kept samples, shape (n, channels) a time; plain reads, since mapped pages count as memory."""
    frame = 2 * channels
    with target.open("rb") as file:
        np.lib.format.read_magic(file)
        np.lib.format.read_array_header_1_0(file)
        file.seek(start * frame, os.SEEK_CUR)
        for position in range(start, stop, _CHUNK):
            data = file.read(frame * min(_CHUNK, stop - position))
            yield np.frombuffer(data, "<i2").reshape(-1, channels)
