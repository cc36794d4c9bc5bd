import logging
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from mixdream.survey.serving import fault_log
from mixdream.survey.serving.app import create_app
from mixdream.survey.serving.fault_log import LOG, Seldom, keep_quiet
from tests.survey.example import answers_in, example_design, settings_for, write_rendered
from tests.survey.walk import consent


def record(text: str, name: str = "x") -> logging.LogRecord:
    return logging.LogRecord(name, logging.ERROR, "", 1, text, (), None)


def test_a_kind_of_message_comes_once_a_minute_with_their_number() -> None:
    now = [0.0]
    seldom = Seldom(lambda: now[0])
    assert [seldom.filter(record("full")) for _ in range(100)] == [True] + [False] * 99
    assert seldom.filter(record("down")) and seldom.filter(record("full", "y"))
    now[0] = fault_log.EVERY_S
    again = record("full")
    assert seldom.filter(again) and again.getMessage() == "full (99 more of this kind since)"


def test_of_many_kinds_few_are_remembered() -> None:
    seldom = Seldom(lambda: 0.0)
    for i in range(1000):
        assert seldom.filter(record(f"kind {i}"))
    assert len(seldom._seen) <= 200


def test_a_database_that_is_away_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_rendered(tmp_path, example_design())
    handlers, propagate = LOG.handlers, LOG.propagate
    keep_quiet()
    try:
        with TestClient(create_app(settings_for(tmp_path, example_design()))) as client:
            with answers_in(tmp_path) as store, store.writing() as connection:
                connection.exec_driver_sql("ALTER TABLE sessions RENAME TO hidden_sessions")
            for _ in range(20):
                assert client.post("/start", json=consent()).status_code == 503
    finally:
        LOG.handlers, LOG.propagate = handlers, propagate
    printed = capsys.readouterr().err
    assert printed.count("\n") == 1
    assert "answers cannot be read or saved (listeners get 503 and try again): no such table" in printed
