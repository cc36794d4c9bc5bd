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

from mixdream.audio.file_parts import ReadError
from mixdream.corpus.build_plan import Plan, make_plan
from mixdream.corpus.folder import BuildFolder, open_folder
from mixdream.corpus.sources import find_sources
from mixdream.corpus.store import Corpus, Rejected, SetRecord, SourceFile
from mixdream.errors import InputError, Interrupted, MixdreamError
from mixdream.progress import Report, silent

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

    A build that is stopped at any moment can be run again and goes on with the next set.

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
    with open_folder(folder, rate_hz, channels) as building:
        try:
            return _build(paths, building, jobs, report)
        except KeyboardInterrupt:
            building.clean()
            raise Interrupted(
                f"interrupted with {len(building.index.sets)} sets done in '{folder}': "
                "run the same command again, it goes on there"
            ) from None


def _build(paths: list[Path], folder: BuildFolder, jobs: int | None, report: Report) -> BuildResult:
    plan = make_plan(paths, folder, report)
    built: set[str] = set()
    if plan.todo or not folder.index.complete:
        folder.write_index(plan.index.model_copy(update={"complete": False}))
        folder.prepare()
        built = _ingest_all(plan, folder, jobs, report)
        folder.clean()
    if not folder.index.sets and not plan.index.sets:
        rejected = folder.index.rejected
        folder.remove()
        raise InputError(_nothing_left(rejected))
    final = (folder.index if plan.todo else plan.index).model_copy(update={"complete": True})
    if final != folder.index:
        folder.write_index(final)
    return BuildResult(
        corpus=Corpus.open(folder.folder),
        built=tuple(sorted(built)),
        unchanged=tuple(r.name for r in final.sets if r.source in plan.sources and r.name not in built),
        rejected=tuple(r for r in final.rejected if r.source in plan.sources),
        duplicates=tuple(r for r in final.duplicates if r.source in plan.sources),
    )


def _ingest_all(plan: Plan, folder: BuildFolder, jobs: int | None, report: Report) -> set[str]:
    """Ingest what is to do, and take each set into the corpus as soon as it is whole; names of new sets."""
    order = {file.source: i for i, file in enumerate(plan.todo.values())}
    total = sum(map(_weight, plan.todo.values()))
    done = 0
    built: set[str] = set()

    def within(file: SourceFile, share: float) -> None:
        report((done + share * _weight(file)) / total, file.name)

    with warnings.catch_warnings(), closing(_outcomes(plan.todo, folder, jobs, within)) as outcomes:
        warnings.filterwarnings("ignore", message=".*tasks", module="joblib")  # when it is interrupted
        for file, outcome in outcomes:
            if isinstance(outcome, Rejected):
                folder.record("rejected", outcome)
            else:
                others = [record for record in folder.index.sets if record.name != outcome.name]
                twin = next((other for other in others if other.audio_sha256 == outcome.audio_sha256), None)
                if twin and order.get(twin.source, -1) < order[file.source]:
                    folder.record("duplicates", _as_duplicate(outcome, twin))
                else:
                    folder.take_in(outcome.name)
                    folder.record("sets", outcome)
                    built.add(outcome.name)
                    if twin:  # it was ready earlier, but comes later in the list
                        folder.record("duplicates", _as_duplicate(twin, outcome))
                        built.discard(twin.name)
            done += _weight(file)
            report(done / total, file.name)
    return built


def _weight(file: SourceFile) -> int:
    """Share of the work that a source stands for: its size, and a little for one that cannot be read."""
    return max(0, file.source_bytes) + 1


def _outcomes(
    todo: dict[Path, SourceFile],
    folder: BuildFolder,
    jobs: int | None,
    within: Callable[[SourceFile, float], None],
) -> Generator[tuple[SourceFile, SetRecord | Rejected]]:
    """Ingest in this process, or in several; results come as they are ready."""
    tasks = [
        (path, file, *folder.part_paths(file.name), folder.index.rate_hz, folder.index.channels)
        for path, file in todo.items()
    ]
    jobs = min(jobs or joblib.cpu_count(), len(tasks))
    if jobs <= 1:
        for task in tasks:
            yield _try_ingest(*task, report=partial(within, task[1]))
        return
    parallel = joblib.Parallel(n_jobs=jobs, batch_size=1, return_as="generator_unordered")
    results = parallel(joblib.delayed(_try_ingest)(*task) for task in tasks)
    try:
        yield from results
    except BrokenExecutor:
        raise MixdreamError(
            "a worker process was killed, perhaps for want of memory: run the same command again with "
            "--jobs 1, it goes on where it stopped"
        ) from None
    finally:
        results.close()


def _try_ingest(
    path: Path,
    file: SourceFile,
    target: Path,
    beats: Path,
    rate_hz: int,
    channels: int,
    report: Callable[[float], None] = lambda share: None,
) -> tuple[SourceFile, SetRecord | Rejected]:
    """Ingest; whatever is wrong with the source becomes the reason why it is not used."""
    from mixdream.corpus.ingest import ingest  # decoders are loaded only where they work, to save memory

    try:
        return file, ingest(path, file, target, beats, rate_hz, channels, report)
    except ReadError as error:
        reason = str(error).removeprefix(f"'{path}' ")
    except InputError as error:
        return file, file.left_out(str(error).removeprefix(f"'{path}' "))
    except OSError as error:
        if error.errno in _STORAGE_ERRORS or not os.access(target.parent, os.W_OK):
            raise
        reason = f"cannot be read: {error.strerror or error}"
    except Exception as error:  # one bad file never stops the others
        reason = f"cannot be used: {type(error).__name__}: {error}"
    return file, file.model_copy(update={"sha256": ""}).left_out(reason)  # it may work another time


def _as_duplicate(record: SetRecord, twin: SetRecord) -> Rejected:
    return record.left_out(f"sounds exactly like '{twin.source}' (set '{twin.name}')")


def _nothing_left(rejected: tuple[Rejected, ...]) -> str:
    reasons = [f"'{item.source}' {item.reason}" for item in rejected]
    if len(reasons) == 1:
        return reasons[0]
    more = f"; and {len(reasons) - 3} more" if len(reasons) > 3 else ""
    return f"none of {len(reasons)} sources can be used: {'; '.join(reasons[:3])}{more}"
