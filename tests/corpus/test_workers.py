"""Building on a real Dask cluster, whose workers are killed in the middle of their work."""

import logging
import os
import re
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mixdream.corpus.build import build_corpus
from mixdream.errors import InputError, MixdreamError
from tests.cli.test_main import mixdream
from tests.corpus.test_build import OPTIONS, names, state, wav

distributed = pytest.importorskip("distributed")

QUIET: dict[str, Any] = {
    "memory_limit": 0,
    "dashboard_address": "127.0.0.1:0",
    "silence_logs": logging.CRITICAL,
}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A scheduler with an address, and two workers in processes of their own, begun anew where they end."""
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, **QUIET) as running:
        yield running


@pytest.fixture
def sources(tmp_path: Path) -> list[Path]:
    return [wav(tmp_path / "in" / f"{i}.wav", i, seconds=5) for i in range(4)]


def die_once(mark: Path) -> None:
    """In a worker: end by SIGKILL, if no other has, when a set's audio is written and its beats are not."""
    from mixdream.corpus import ingest

    track_beats = ingest.track_beats

    def fatal(*arguments: Any) -> Any:
        try:
            mark.touch(exist_ok=False)
        except FileExistsError:
            return track_beats(*arguments)
        return os.kill(os.getpid(), signal.SIGKILL)

    ingest.track_beats = fatal  # type: ignore[assignment]


def kill_one(cluster: Any, mark: Path) -> None:
    with distributed.Client(cluster) as client:
        client.wait_for_workers(2)
        client.run(die_once, mark)


def test_a_worker_killed_in_the_middle_loses_nothing(
    cluster: Any, sources: list[Path], tmp_path: Path
) -> None:
    plain = build_corpus(sources, tmp_path / "plain", jobs=1).corpus
    kill_one(cluster, tmp_path / "killed")
    result = build_corpus(sources, tmp_path / "out", dask=cluster.scheduler_address)
    assert (tmp_path / "killed").exists()
    assert names(result) == ["0", "1", "2", "3"] and result.corpus.hash == plain.hash
    assert state(result.corpus.folder) == state(plain.folder)


def test_a_source_that_ends_its_workers_does_not_stop_the_others(
    cluster: Any, sources: list[Path], tmp_path: Path
) -> None:
    kill_one(cluster, tmp_path / "killed")
    cluster.scheduler.allowed_failures = 0  # 3 unless told otherwise
    result = build_corpus(sources, tmp_path / "out", dask=cluster.scheduler_address)
    lost = [item.reason for item in result.rejected]  # Dask suspects the one that was to come next, too
    assert set(lost) == {"made every worker that read it end, perhaps for want of memory"} and len(lost) <= 2
    assert len(result.built) == 4 - len(lost) and not list((tmp_path / "out").glob(".building"))
    again = build_corpus(sources, tmp_path / "out", jobs=1)  # it may have been no fault of the source
    assert len(again.built) == len(lost) and not again.rejected


def test_workers_that_do_not_share_the_folder_are_told_so(
    cluster: Any, sources: list[Path], tmp_path: Path
) -> None:
    def gone(_done: float, _note: str) -> None:
        sources[-1].unlink(missing_ok=True)

    with pytest.raises(InputError, match=r"worker on '.+' has no '.+3\.wav': all workers need the folders"):
        build_corpus(sources, tmp_path / "out", dask=cluster.scheduler_address, report=gone)


def test_without_workers_nothing_is_written(sources: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(InputError, match=r"jobs are of this machine"):
        build_corpus(sources, out, jobs=2, dask="tcp://127.0.0.1:8786")
    with pytest.raises(
        InputError, match=r"no Dask scheduler answers at 'here' \(missing port.*dask scheduler"
    ):
        build_corpus(sources, out, dask="here")
    with (
        distributed.LocalCluster(n_workers=0, **QUIET) as deserted,
        pytest.raises(InputError, match=r"has no workers: start some with 'dask worker tcp://"),
    ):
        build_corpus(sources, out, dask=deserted.scheduler_address)
    assert not out.exists()


@pytest.mark.parametrize("address", ["here", "tcp://here", "tcp://[::1", "tcp://here:port", "over://here:1"])
def test_what_is_no_address_leaves_no_client_open(sources: list[Path], tmp_path: Path, address: str) -> None:
    threads = set(threading.enumerate())
    with pytest.raises(InputError, match=f"no Dask scheduler answers at '{re.escape(address)}'"):
        build_corpus(sources, tmp_path / "out", dask=address)
    assert set(threading.enumerate()) <= threads  # an open client has one


def test_a_scheduler_that_is_away_is_one_line(
    sources: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mixdream.corpus.workers._ANSWERS_IN_S", 0.5)
    with pytest.raises(InputError, match=r"no Dask scheduler answers at 'tcp://127\.0\.0\.1:9' \(Timed out"):
        build_corpus(sources, tmp_path / "out", dask="tcp://127.0.0.1:9")
    assert not (tmp_path / "out").exists()


def test_without_dask_the_extra_is_named(
    sources: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"pip install 'mixdream\[dask\]'"):
        build_corpus(sources, tmp_path / "out", dask="local")


def test_a_scheduler_that_ends_is_one_line_and_the_build_goes_on_later(
    cluster: Any, sources: list[Path], tmp_path: Path
) -> None:
    def close(done: float, _note: str) -> None:
        if done > 0.1:
            cluster.close()

    with pytest.raises(MixdreamError, match="scheduler is gone: start it and run the same command again"):
        build_corpus(sources, tmp_path / "out", dask=cluster.scheduler_address, report=close)
    kept = len(list((tmp_path / "out" / "sets").iterdir()))
    assert 1 <= kept < 4
    done = mixdream(
        "corpus",
        "build",
        *map(str, sources),
        "-o",
        str(tmp_path / "out"),
        *OPTIONS,
        "--dask",
        "local",
        "--jobs",
        "1",
    )
    assert done.returncode == 0 and done.stderr == ""
    result = build_corpus(sources, tmp_path / "out", jobs=1)
    assert result.unchanged == ("0", "1", "2", "3") and result.corpus.verify() == []
