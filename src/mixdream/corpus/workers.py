"""Where sources are ingested: in this process, in several of this machine, or on a Dask cluster."""

import errno
import logging
import os
import platform
import shutil
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import BrokenExecutor, CancelledError
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import joblib

from mixdream.audio.file_parts import ReadError
from mixdream.corpus.folder import BuildFolder
from mixdream.corpus.store import Rejected, SetRecord, SourceFile
from mixdream.errors import InputError, MixdreamError

if TYPE_CHECKING:
    from distributed import Client

LOCAL = "local"
"""Name of a cluster that a build starts for itself, on this machine."""

Outcome = tuple[SourceFile, SetRecord | Rejected]
Within = Callable[[SourceFile, float], None]
"""Told how far a source is, in [0, 1]."""

_STORAGE_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO)
_ANSWERS_IN_S = 10
# A terminal sends it to the workers, too, which would print where they were.
_LEAVE_CTRL_C = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)"


@contextmanager
def open_cluster(address: str | None, jobs: int | None, sources: int) -> Iterator["Client | None"]:
    """Open a Dask cluster for so many sources; none where there is no address, or nothing to do.

    Parameters
    ----------
    address : str, optional
        Of a scheduler, as ``tcp://host:8786``, or `LOCAL`: as many processes of this machine as ``jobs``.

    Raises
    ------
    InputError
        Where Dask is not installed, no scheduler answers, or it has no workers.
    """
    if address is None or sources == 0:
        yield None
        return
    if jobs is not None and address != LOCAL:
        raise InputError("jobs are of this machine: the cluster at an address has the workers that it has")
    try:
        from distributed import Client, LocalCluster
        from distributed.comm import get_address_host_port
    except ImportError:
        raise InputError("a Dask cluster needs Dask: pip install 'mixdream[dask]'") from None
    for logger in ("distributed", "distributed.client"):  # what the user is to know, errors say in one line
        logging.getLogger(logger).setLevel(logging.CRITICAL)
    with ExitStack() as opened:
        if address == LOCAL:
            cluster = LocalCluster(
                n_workers=min(jobs or joblib.cpu_count(), sources),
                threads_per_worker=1,
                memory_limit=0,
                dashboard_address="127.0.0.1:0",
                silence_logs=logging.CRITICAL,
                preload=[_LEAVE_CTRL_C],
            )
            yield opened.enter_context(Client(opened.enter_context(cluster)))
            return
        try:
            # Given no address, a client (of distributed 2026.8) stays open; when it is garbage it closes in
            # whatever thread finds it, which may be one that a cluster starts and holds the same lock for.
            get_address_host_port(address)
            client = opened.enter_context(Client(address, timeout=_ANSWERS_IN_S))
        except (OSError, ValueError) as error:
            raise InputError(
                f"no Dask scheduler answers at '{address}' ({error}): start one with 'dask scheduler' and "
                f"give the address that it prints, as tcp://HOST:8786; or '{LOCAL}' for this machine alone"
            ) from None
        if not client.nthreads():
            raise InputError(
                f"the Dask scheduler at '{address}' has no workers: start some with 'dask worker {address} "
                "--nthreads 1 --nworkers auto' on machines that share the folders of sources and corpus"
            )
        yield client


def outcomes(
    todo: dict[Path, SourceFile],
    folder: BuildFolder,
    jobs: int | None,
    cluster: "Client | None",
    within: Within,
) -> Generator[Outcome]:
    """Ingest sources; results come as they are ready, parts of one only where one process does it all."""
    tasks: list[_Task] = []
    for path, file in todo.items():
        target, beats = folder.part_paths(file.name)
        tasks.append(
            (path, file, target.absolute(), beats.absolute(), folder.index.rate_hz, folder.index.channels)
        )
    jobs = min(jobs or joblib.cpu_count(), len(tasks))
    if cluster is not None:
        yield from _by_cluster(tasks, cluster)
    elif jobs <= 1:
        for task in tasks:
            yield _try_ingest(*task, report=partial(within, task[1]))
    else:
        yield from _by_processes(tasks, jobs)


_Task = tuple[Path, SourceFile, Path, Path, int, int]


def _by_processes(tasks: list[_Task], jobs: int) -> Generator[Outcome]:
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


def _by_cluster(tasks: list[_Task], cluster: "Client") -> Generator[Outcome]:
    """Let Dask repeat what a killed worker had begun.

    Not through joblib, whose backend (1.6) waits for ever for a task that Dask has given up, and keeps what
    is done, so that Dask does it again when the worker that did it is lost.
    """
    from distributed import KilledWorker, as_completed

    begun = {cluster.submit(_ingest_apart, *task, pure=False): task for task in tasks}
    for future in as_completed(begun):
        file = begun.pop(future)[1]
        try:
            done, outcome = future.result()
            yield done, outcome
        except KilledWorker:
            again = file.model_copy(update={"sha256": ""})  # it may work another time
            yield file, again.left_out("made every worker that read it end, perhaps for want of memory")
        except CancelledError:
            raise MixdreamError(
                "the Dask scheduler is gone: start it and run the same command again, it goes on where it "
                "stopped"
            ) from None
        future.release()


def _ingest_apart(
    path: Path, file: SourceFile, target: Path, beats: Path, rate_hz: int, channels: int
) -> Outcome:
    """Ingest into files that nobody else writes; they take their names when they are whole.

    A worker that Dask gave up for lost may still be at work on the set that another one makes again.
    """
    missing = next((there for there in (target.parent, path) if not there.exists()), None)
    if missing is not None:
        raise InputError(
            f"the Dask worker on '{platform.node()}' has no '{missing}': all workers need the folders of "
            "sources and corpus under the names that they have here"
        )
    own = target.parent / uuid4().hex
    own.mkdir()
    outcome = _try_ingest(path, file, own / "audio.npy", own / "beats.npy", rate_hz, channels)
    if isinstance(outcome[1], SetRecord):
        (own / "audio.npy").replace(target)
        (own / "beats.npy").replace(beats)
    shutil.rmtree(own)
    return outcome


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
        if not _is_as_it_was(path, file):
            file = file.model_copy(update={"sha256": ""})  # a drive that is gone comes back
        return file, file.left_out(str(error).removeprefix(f"'{path}' "))
    except OSError as error:
        if error.errno in _STORAGE_ERRORS or not os.access(target.parent, os.W_OK):
            raise
        reason = f"cannot be read: {error.strerror or error}"
    except Exception as error:  # one bad file never stops the others
        reason = f"cannot be used: {type(error).__name__}: {error}"
    return file, file.model_copy(update={"sha256": ""}).left_out(reason)  # it may work another time


def _is_as_it_was(path: Path, file: SourceFile) -> bool:
    """Whether a source can still be read and has the size that it had when the build was planned."""
    try:
        with path.open("rb"):
            return path.stat().st_size == file.source_bytes
    except OSError:
        return False
