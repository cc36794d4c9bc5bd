"""Rendering the clips of a listening test: one loudness, one rate, opaque names, made once."""

import hashlib
import hmac
import json
import math
import os
import secrets
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, replace
from itertools import permutations
from pathlib import Path
from typing import Any, NamedTuple

from mixdream.errors import InputError
from mixdream.files import write_atomically, write_json
from mixdream.progress import Report, silent
from mixdream.spectrogram.grid import NAMED_GRIDS
from mixdream.survey.design.design import Condition, Design
from mixdream.survey.design.question import ATTENTION, HEADPHONES
from mixdream.survey.rendering import headphones
from mixdream.survey.rendering.check_clips import check_clips, length_notes, mushra_notes
from mixdream.survey.rendering.clips import RENDERED, Clip, read_clips
from mixdream.survey.rendering.equal_bytes import make_equal
from mixdream.survey.rendering.headphones import PLACES
from mixdream.survey.rendering.sources import Source, common_channels, find_sources
from mixdream.survey.rendering.tones import COUNTS, SECONDS

_VARIANTS = 3  # of each number of tones: 12 clips, for 10 attention items at most
_MADE_BY = 1  # to be raised when the same settings give another sound
_SAME_LU = 0.1  # levels that differ by less are one


class Loudest(NamedTuple):
    """The level of all clips, and the file whose peaks allow no higher one, if any."""

    lufs: float
    source: str | None


class _Job(NamedTuple):
    """A clip to be made: from a source, or tones to be counted or compared."""

    clip: Clip
    source: Source | None
    channels: int
    opposite: int = 0  # place of the tone whose channels cancel out, to tell headphones


def render_clips(design: Design, folder: Path, report: Report = silent) -> list[Clip]:
    """Render the clips of a design into ``rendered/`` in its folder; in the order of their ids.

    Of each condition that a block uses, every sound file becomes a 16-bit FLAC file at 48 kHz: through its
    grid or made an anchor where the design says so, faded over 5 ms at both ends, and brought to one loudness
    by one gain. That is ``loudness_lufs``, or what the clip with the highest peaks reaches without passing
    -1 dBTP: a limiter would be heard in some conditions more than in others, and so would a level of its own.
    All are mono unless every source is stereo and none goes through a grid. All files have one size.

    Ids are 64 bits of a keyed hash of condition, item, content and settings; the key is made once and stays
    in ``rendered/secret``. What is there under its id is not made again. Clips of earlier settings stay on
    the disk for sessions that have begun; they are no longer listed. Folders of conditions may be missing
    where the clips of this very design are rendered already, as on a server.
    """
    used = design.heard_conditions
    paths = {name: folder / design.conditions[name].folder for name in used}
    target = folder / RENDERED
    old = _listed(target)
    listed = old.get("about", {})
    known = {clip_id: about for clip_id, about in listed.items() if _file(target, clip_id).is_file()}
    is_whole = old.get("made_for") == _settings(design) and len(known) == len(listed)
    if is_whole and not all(path.is_dir() for path in paths.values()):
        make_equal(list(target.glob("*.flac")))
        clips = read_clips(folder)
        check_clips(design, clips)
        return clips
    sources = [source for name, path in paths.items() for source in find_sources(name, path)]
    mono = any(design.conditions[name].through for name in used)
    channels = 1 if mono else common_channels(sources)
    target.mkdir(0o700, exist_ok=True)
    secret, made_of = _secret(target), _fingerprint([source.sha256 for source in sources])
    is_same = (old.get("made_for"), old.get("made_of")) == (_settings(design), made_of)
    level = Loudest(old["level_lufs"], old["loudest"]) if is_same else Loudest(design.loudness_lufs, None)
    before = {path.stem for path in target.glob("*.flac")}
    while True:
        jobs = _plan(design, sources, channels, secret, level.lufs)
        check_clips(design, [job.clip for job in jobs])
        about = _make(jobs, design, target, level.lufs, known, report)
        lower = _lower(about, level)
        if lower is level:
            break
        for clip_id in about.keys() - before:
            _file(target, clip_id).unlink()
        level = lower
    make_equal(list(target.glob("*.flac")))
    clips = [replace(job.clip, seconds=about[job.clip.id]["seconds"]) for job in jobs]
    content = {
        "made_for": _settings(design),
        "made_of": made_of,
        "level_lufs": level.lufs,
        "loudest": level.source,
        "clips": [asdict(clip) for clip in clips],
        "about": about,
    }
    if content != old:
        write_json(target / "clips.json", content)
        (target / "clips.json").chmod(0o600)  # it says which clip is what
    return clips


def clip_notes(design: Design, folder: Path) -> list[str]:
    """What a researcher should know about rendered clips, a line each: lengths, silence, a lower level."""
    clips, listed = read_clips(folder), _listed(folder / RENDERED)
    about = listed["about"]
    notes = [*length_notes(clips), *mushra_notes(design, clips)]
    silent = [about[clip.id]["source"] for clip in clips if about[clip.id]["loudness_lufs"] is None]
    if silent:
        notes.append(f"{len(silent)} clips are silent, such as '{silent[0]}'")
    if listed["loudest"] is not None:
        level, wanted = listed["level_lufs"], design.loudness_lufs
        notes.append(
            f"all clips are at {level:g} LUFS instead of {wanted:g}: more would have clipped the peaks of "
            f"'{listed['loudest']}'"
        )
    return notes


def _make(
    jobs: list[_Job],
    design: Design,
    target: Path,
    level_lufs: float,
    known: dict[str, dict[str, Any]],
    report: Report,
) -> dict[str, dict[str, Any]]:
    """Make the clips that are not known; what ``clips.json`` says about all of them, by id."""
    about = {job.clip.id: known[job.clip.id] for job in jobs if job.clip.id in known}
    todo = [job for job in jobs if job.clip.id not in about]
    if not todo:
        return about
    # Here, because it takes its time to import; a test whose clips are there need not wait for it.
    from mixdream.survey.rendering.make_clip import make_clip

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        made = {
            pool.submit(make_clip, *job, design, _file(target, job.clip.id), level_lufs): job for job in todo
        }
        try:
            for done, future in enumerate(as_completed(made)):
                about[made[future].clip.id] = future.result()
                report((done + 1) / len(todo), made[future].clip.item)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return {job.clip.id: about[job.clip.id] for job in jobs}


def _lower(about: dict[str, dict[str, Any]], level: Loudest) -> Loudest:
    """The level that every clip can have: the one they were made for, or a lower one."""
    levels = [(one["loudness_lufs"], one["source"]) for one in about.values()]
    lufs, source = min(((lufs, source) for lufs, source in levels if lufs is not None), default=level)
    if lufs >= level.lufs - _SAME_LU:
        return level
    return Loudest(math.floor(10 * lufs) / 10, source)


def _plan(
    design: Design, sources: list[Source], channels: int, secret: bytes, level_lufs: float
) -> list[_Job]:
    """Every clip of the test in the order of ids, its length not known yet."""
    jobs = []
    for source in sources:
        condition = design.conditions[source.condition]
        grid = NAMED_GRIDS[condition.through] if condition.through else None
        settings: list[Any] = [grid.model_dump() if grid else None, condition.anchor]
        settings += [condition.lowpass_hz] if condition.lowpass_hz else []
        key = [source.condition, source.item, source.sha256, settings, level_lufs, channels]
        jobs.append(_Job(Clip(_id(secret, key), source.condition, source.item, 0.0), source, channels))
    if design.has_attention:
        for number in COUNTS:
            for variant in range(_VARIANTS):
                key = [ATTENTION, number, variant, level_lufs, channels]
                jobs.append(_Job(Clip(_id(secret, key), ATTENTION, str(number), SECONDS), None, channels))
    if design.headphones:
        for quietest, opposite in permutations(PLACES, 2):
            key = [HEADPHONES, quietest, opposite, level_lufs]
            clip = Clip(_id(secret, key), HEADPHONES, str(quietest), headphones.SECONDS)
            jobs.append(_Job(clip, None, 2, opposite))
    return sorted(jobs, key=lambda job: job.clip.id)


def _id(secret: bytes, key: list[Any]) -> str:
    message = json.dumps([_MADE_BY, *key], sort_keys=True).encode()
    return hmac.new(secret, message, hashlib.sha256).hexdigest()[:16]


def _secret(target: Path) -> bytes:
    """Key of the ids, made at the first rendering."""
    path = target / "secret"
    if not path.is_file():
        write_atomically(path, secrets.token_hex(16))
    path.chmod(0o600)
    return path.read_bytes()


def _settings(design: Design) -> str:
    """Fingerprint of all that decides which clips a design has."""
    conditions = {name: _treated(design.conditions[name]) for name in sorted(design.heard_conditions)}
    own = design.has_attention, design.headphones is not None
    return _fingerprint([_MADE_BY, conditions, design.loudness_lufs, *own])


def _treated(condition: Condition) -> dict[str, Any]:
    """A condition; without the low-pass where it has none, as tests know it that are older than that."""
    return condition.model_dump(exclude=None if condition.lowpass_hz else {"lowpass_hz"})


def _fingerprint(content: list[Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def _listed(target: Path) -> dict[str, Any]:
    """What ``clips.json`` says about clips that were rendered before."""
    try:
        return json.loads((target / "clips.json").read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise InputError(f"{target} is damaged ({error}): delete the folder, it is made again") from error


def _file(target: Path, clip_id: str) -> Path:
    return target / f"{clip_id}.flac"
