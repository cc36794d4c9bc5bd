"""The small version of benchmarks/survey_load.py."""

from pathlib import Path

from benchmarks.survey_load import check, run_load


def test_a_server_killed_under_load_keeps_every_confirmed_answer_once(tmp_path: Path, db: str) -> None:
    load = run_load(tmp_path / "test", 20, 5, 1, "--db", db, half_open=50)
    assert len(load.confirmed) == 100
    check(load, db, 100)
