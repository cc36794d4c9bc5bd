import json
import socket
from pathlib import Path

import httpx
import pytest
import typer
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from mixdream.cli.survey_serve import delete, serve
from mixdream.errors import InputError
from mixdream.survey.serving.app import create_app
from tests.survey.example import (
    Server,
    answers_in,
    example_design,
    rendered,
    settings_for,
    write_rendered,
    write_test,
)
from tests.survey.walk import consent, walk


def run(command: object, *arguments: str, answer: str = "") -> tuple[int, str, BaseException | None]:
    app = typer.Typer()
    app.command()(command)  # type: ignore[type-var]
    result = CliRunner().invoke(app, list(arguments), input=answer)
    return result.exit_code, result.stdout, result.exception


def test_serving_prints_both_links_and_ends_cleanly(tmp_path: Path) -> None:
    server = Server(write_test(tmp_path / "test"))
    server.start()
    with httpx.Client(base_url=server.url) as client:
        assert len(walk(client)) == 10
        token = (tmp_path / "test" / "progress-token").read_text("utf-8").strip()
        numbers = client.get(f"progress/{token}/json").json()
    code, printed = server.stop()
    assert code == 0
    assert f"For listeners: {server.url}\n" in printed
    assert f"{server.url}progress/{token}\n" in printed
    assert "Traceback" not in printed
    assert numbers["listeners"]["finished"] == 1
    # Nobody's address or link was written down.
    assert "127.0.0.1:" + str(server.port) + "/s/" not in printed and "GET" not in printed


def test_a_preview_is_the_whole_test_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    folder = rendered(write_test(tmp_path / "test"))
    server = Server(folder, "--preview")
    server.start()
    with httpx.Client(base_url=server.url) as client:
        assert "Preview: nothing of it is kept." in client.get("").text
        assert len(walk(client)) == 10
        assert "THANKS-42" in client.get("").text
        (cookie,) = client.cookies
    assert list(tmp_path.glob("mixdream-preview-*/answers.sqlite"))
    code, printed = server.stop()
    assert code == 0 and "nothing that was answered is kept" in printed
    assert not list(tmp_path.glob("mixdream-preview-*")) and not list(folder.glob("answers.sqlite*"))
    # A browser that listens to the test itself keeps its place there.
    with TestClient(create_app(settings_for(folder, example_design()))) as client:
        assert "Preview" not in client.get("/").text
        client.post("/start", json=consent()).raise_for_status()
        assert [f"{name}-preview" for name in client.cookies] == [cookie]


def test_a_taken_port_and_a_wrong_root_path_are_one_line(tmp_path: Path) -> None:
    folder = str(write_test(tmp_path / "test"))
    _, _, error = run(serve, folder, "--root-path", "test/")
    assert isinstance(error, InputError) and "must begin with /" in str(error)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        _, _, error = run(serve, folder, "--port", str(taken.getsockname()[1]))
    assert isinstance(error, OSError) and "in use" in str(error)


@pytest.mark.parametrize("yes", [True, False])
def test_deleting_a_session_by_its_name(tmp_path: Path, yes: bool) -> None:
    design = example_design()
    write_rendered(tmp_path, design)
    with TestClient(create_app(settings_for(tmp_path, design))) as client:
        walk(client)
    with answers_in(tmp_path) as store:
        (session,) = store.sessions()
    name = session.session
    if not yes:
        code, _, _ = run(delete, str(tmp_path), name, answer="n\n")
        assert code == 1
        assert run(delete, str(tmp_path), name, answer="y\n")[0] == 0
    else:
        code, printed, _ = run(delete, str(tmp_path), name, "--yes", "--json")
        assert code == 0
        assert json.loads(printed) == {"session": name, "answers_deleted": 12}
    with answers_in(tmp_path) as store:
        assert store.sessions() == [] and list(store.answers()) == []
    _, _, error = run(delete, str(tmp_path), name, "--yes")
    assert isinstance(error, InputError) and f"no session '{name}'" in str(error)


def test_answers_and_what_the_clips_are_are_nobody_elses(tmp_path: Path) -> None:
    folder = write_test(tmp_path / "test")
    server = Server(folder)
    server.start()
    with httpx.Client(base_url=server.url) as client:
        client.post("start", json=consent()).raise_for_status()
        for name in ("rendered/clips.json", "rendered/secret", "progress-token"):
            assert (folder / name).stat().st_mode & 0o077 == 0
        database = list(folder.glob("answers.sqlite*"))
        assert len(database) >= 2 and not [path for path in database if path.stat().st_mode & 0o077]
    server.stop()


def test_the_database_can_be_named_where_no_list_of_processes_shows_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIXDREAM_SURVEY_DB", "postgresql://user:secret@127.0.0.1:1/none")
    _, _, error = run(delete, str(tmp_path), "x", "--yes")
    assert isinstance(error, InputError)
    assert "127.0.0.1:1/none cannot be used" in str(error) and "secret" not in str(error)
