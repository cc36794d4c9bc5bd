"""Build: many sources into one corpus; resumable by set, and no work where nothing changed."""

import errno
import os
import warnings
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import BrokenExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import joblib

from mixdream.corpus.build_plan import Plan, make_plan
from mixdream.corpus.folder import BuildFolder, open_folder
from mixdream.corpus.sources import Source, find_sources
from mixdream.corpus.store import Corpus, Rejected, SetRecord
from mixdream.errors import InputError, Interrupted, MixdreamError
from mixdream.progress import Report, silent

"""Called with the part done, in [0, 1], and a word on what is going on."""

_STORAGE_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)


@dataclass(frozen=True)
class BuildResult:
    """What a build did.

    Attributes
    ----------
    corpus : Corpus
        Everything that is in it now, also from earlier builds.
    built, unchanged : tuple of str
        Names of sets made now, and of those whose sources had not changed.
    rejected, duplicates : tuple of Rejected
        Of the sources named this time: those that cannot be used, those whose audio is there already.
    """

    corpus: Corpus
    built: tuple[str, ...]
    unchanged: tuple[str, ...]
    rejected: tuple[Rejected, ...]
    duplicates: tuple[Rejected, ...]


def build_corpus(
    sources: Iterable[Path | str],
    folder: Path | str,
    rate_hz: int = 8000,
    channels: int = 1,
    jobs: int | None = None,
    report: Report = silent,
) -> BuildResult:
    """Make sets ready for training, or add sets to a corpus.

    A build that is stopped at any moment can be run again and goes on with the next set. Several machines
    can share the work: run it inside ``joblib.parallel_config(backend="dask")``.

    Parameters
    ----------
    sources : files and folders
    folder : Path or str
        New, empty, or a corpus of the same rate and channels, which is then added to.
    rate_hz : int, in Hz
        Sample rate of the corpus.
    channels : {1, 2}
    jobs : int, optional
        Sets ingested at once; by default as many as there are processors or sets.
    report : callable

    Raises
    ------
    InputError
        Where an option is wrong, the folder cannot be used, or not one source can.
    Interrupted
        After Ctrl-C or SIGTERM.
    """
    if not 1000 <= rate_hz <= 192_000:
        raise InputError(f"rate is {rate_hz} Hz: 1000 to 192000 Hz are possible; the thesis has 8000")
    if channels not in (1, 2):
        raise InputError(f"channels is {channels}: 1 (mono) and 2 (stereo) are possible")
    if jobs is not None and jobs < 1:
        raise InputError(f"jobs is {jobs}: it must be 1 or more")
    folder = Path(folder)
    paths = find_sources(sources)
    with open_folder(folder, rate_hz, channels) as place:
        try:
            return _build(paths, place, jobs, report)
        except KeyboardInterrupt:
            place.clean()
            raise Interrupted(
                f"interrupted with {len(place.index.sets)} sets done in '{folder}': "
                "run the same command again, it goes on there"
            ) from None


def _build(paths: list[Path], place: BuildFolder, jobs: int | None, report: Report) -> BuildResult:
    plan = make_plan(paths, place, report)
    if plan.todo or not place.index.complete:
        place.write_index(plan.index.model_copy(update={"complete": False}))
        place.prepare()
        built = _ingest_all(plan, place, jobs, report)
        place.clean()
    else:
        built = set()
    if not place.index.sets and not plan.index.sets:
        rejected = place.index.rejected
        place.remove()
        raise InputError(_nothing_left(rejected))
    final = (place.index if plan.todo else plan.index).model_copy(update={"complete": True})
    if final != place.index:
        place.write_index(final)
    asked = set(plan.texts)
    return BuildResult(
        corpus=Corpus.open(place.folder),
        built=tuple(sorted(built)),
        unchanged=tuple(r.name for r in final.sets if r.source in asked and r.name not in built),
        rejected=tuple(r for r in final.rejected if r.source in asked),
        duplicates=tuple(r for r in final.duplicates if r.source in asked),
    )


class _Progress:
    """Progress over all sources, by their size."""

    def __init__(self, todo: list[Source], report: Report) -> None:
        self.report = report
        self.total = sum(max(0, source.size) + 1 for source in todo)
        self.done = 0

    def within(self, source: Source, part: float) -> None:
        """Part of a source is done."""
        self.report((self.done + part * max(0, source.size)) / self.total, source.name)

    def finish(self, source: Source) -> None:
        """All of a source is done."""
        self.done += max(0, source.size) + 1
        self.report(self.done / self.total, source.name)


def _ingest_all(plan: Plan, place: BuildFolder, jobs: int | None, report: Report) -> set[str]:
    """Ingest what is to do, and take each set into the corpus as soon as it is whole."""
    order = {source.text: i for i, source in enumerate(plan.todo)}
    progress = _Progress(plan.todo, report)
    built: set[str] = set()
    with warnings.catch_warnings(), closing(_outcomes(plan.todo, place, jobs, progress)) as outcomes:
        warnings.filterwarnings("ignore", message=".*tasks", module="joblib")  # when it is interrupted
        for source, outcome in outcomes:
            if isinstance(outcome, Rejected):
                place.record(rejected=outcome)
            else:
                twin = next((r for r in place.index.sets if r.audio_sha256 == outcome.audio_sha256), None)
                twin = None if twin and twin.name == outcome.name else twin
                if twin and order.get(twin.source, -1) < order[source.text]:
                    place.record(duplicate=_as_duplicate(outcome, twin))
                else:
                    place.take_in(outcome.name)
                    place.record(kept=outcome)
                    built.add(outcome.name)
                    if twin:  # it was ready earlier, but comes later in the list
                        place.record(duplicate=_as_duplicate(twin, outcome))
                        built.discard(twin.name)
            progress.finish(source)
    return built


def _outcomes(
    todo: list[Source], place: BuildFolder, jobs: int | None, progress: _Progress
) -> Generator[tuple[Source, SetRecord | Rejected]]:
    """Ingest in this process, or in several; results come as they are ready."""
    rate_hz, channels = place.index.rate_hz, place.index.channels
    jobs = min(jobs or _processors(), len(todo))
    if jobs <= 1:
        for source in todo:
            tell = partial(progress.within, source)
            yield source, _try_ingest(source, *place.part_paths(source.name), rate_hz, channels, tell)
        return
    work = joblib.delayed(_ingest_elsewhere)
    tasks = (work(source, *place.part_paths(source.name), rate_hz, channels) for source in todo)
    results = joblib.Parallel(n_jobs=jobs, batch_size=1, return_as="generator_unordered")(tasks)
    try:
        yield from results
    except BrokenExecutor:
        raise MixdreamError(
            "a worker process was killed, perhaps for want of memory: run the same command again with "
            "--jobs 1, it goes on where it stopped"
        ) from None
    finally:
        results.close()


def _ingest_elsewhere(
    source: Source, target: Path, beats: Path, rate_hz: int, channels: int
) -> tuple[Source, SetRecord | Rejected]:
    return source, _try_ingest(source, target, beats, rate_hz, channels, lambda part: None)


def _try_ingest(
    source: Source, target: Path, beats: Path, rate_hz: int, channels: int, report: Callable[[float], None]
) -> SetRecord | Rejected:
    """Ingest; whatever is wrong with the source becomes the reason why it is not used."""
    from mixdream.corpus.ingest import ingest  # decoders are loaded only where they work, to save memory

    rejected = Rejected(
        name=source.name,
        source=source.text,
        source_bytes=source.size,
        source_mtime_ns=source.mtime_ns,
        sha256=source.sha256,
        reason="",
    )
    try:
        return ingest(source, target, beats, rate_hz, channels, report)
    except InputError as error:
        return rejected.model_copy(update={"reason": str(error).removeprefix(f"'{source.path}' ")})
    except OSError as error:
        if error.errno in _STORAGE_ERRORS or not os.access(target.parent, os.W_OK):
            raise
        reason = f"cannot be read: {error.strerror or error}"
    except Exception as error:  # one bad file never stops the others
        reason = f"cannot be used: {type(error).__name__}: {error}"
    return rejected.model_copy(update={"reason": reason, "sha256": ""})  # it may work another time


def _as_duplicate(record: SetRecord, twin: SetRecord) -> Rejected:
    return Rejected(
        name=record.name,
        source=record.source,
        source_bytes=record.source_bytes,
        source_mtime_ns=record.source_mtime_ns,
        sha256=record.sha256,
        reason=f"sounds exactly like '{twin.source}' (set '{twin.name}')",
    )


def _nothing_left(rejected: tuple[Rejected, ...]) -> str:
    reasons = [f"'{item.source}' {item.reason}" for item in rejected]
    if len(reasons) == 1:
        return reasons[0]
    more = f"; and {len(reasons) - 3} more" if len(reasons) > 3 else ""
    return f"none of {len(reasons)} sources can be used: {'; '.join(reasons[:3])}{more}"


def _processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
