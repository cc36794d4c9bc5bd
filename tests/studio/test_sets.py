"""Sets as the page is told of them: what waits, what was read, what became of the rest."""

import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from mixdream.corpus.store import read_index
from mixdream.errors import InputError
from mixdream.files import write_json
from mixdream.project import Project
from mixdream.studio.sets.sets import describe_sets
from mixdream.studio.studio import Studio
from mixdream.studio.watch import topics_of
from tests.conftest import write_set
from tests.studio.made import fill, newest, read, state_of, wait_until


def told(studio: Studio) -> dict[str, Any]:
    """What all pages are told of sets."""
    content = describe_sets(studio)
    studio.hub.publish("sets", content)  # it must be JSON
    json.dumps(content, ensure_ascii=False, allow_nan=False).encode("utf-8")
    return content


def names(studio: Studio) -> list[str]:
    return [each["name"] for each in told(studio)["sets"]]


def test_a_new_project_has_nothing(studio: Studio) -> None:
    content = told(studio)
    assert content["hours"] == content["loops"] == 0
    assert not any(content[key] for key in content.keys() - {"hours", "loops"})


def test_what_was_read_is_told_with_key_tempo_and_worth(studio: Studio) -> None:
    fill(studio.project)
    content = told(studio)
    a, b = content["sets"]
    assert (a["name"], b["name"]) == ("A", "B")
    assert a["seconds"] == pytest.approx(20) and a["kept_s"] == pytest.approx(20)
    assert a["tempo"] == pytest.approx([120, 120], abs=0.5)
    assert b["tempo"] == pytest.approx([140, 140], abs=0.7)
    assert a["key"] and a["camelot"]
    assert content["hours"] == pytest.approx(40 / 3600, rel=0.01)
    assert [Path(item["source"]).name for item in content["rejected"]] == ["broken.wav"]
    assert content["rejected"][0]["reason"]
    assert content["waiting"] == []
    # Two bars at 120 and 140 BPM take 4 and 3.4 s: 5 and 5 of them are in 20 s.
    assert 8 <= content["loops"] <= 10
    assert content["expect"][0] == (
        "There is too little music to examine a model by: check-ups need 20 windows, so nothing will say how "
        "near it is or whether it copies."
    )


def test_what_is_new_or_changed_waits(studio: Studio) -> None:
    project = fill(studio.project)
    shutil.copy2(project.sets / "A.wav", project.sets / "C <i>.wav")
    os.utime(project.sets / "B.wav", ns=(1, 1))
    assert [Path(path).name for path in told(studio)["waiting"]] == ["B.wav", "C <i>.wav"]
    (project.sets / "notes.txt").write_text("no music")
    (project.sets / "odd.bin").write_bytes(bytes(range(32)))
    assert "odd.bin" in [Path(item["source"]).name for item in told(studio)["not_taken"]]
    read(project)
    content = told(studio)
    assert content["waiting"] == []
    assert [Path(item["source"]).name for item in content["duplicates"]] == ["C <i>.wav"]


def test_names_of_any_kind_are_told(studio: Studio) -> None:
    studio.project.sets.mkdir(parents=True)
    odd = os.fsdecode(b"n\xe4me.wav")
    write_set(studio.project.sets / "made.wav", 1).rename(studio.project.sets / odd)
    (studio.project.sets / "<img src=x onerror=alert(1)>夏.wav").write_bytes(b"")
    waiting = {Path(path).name for path in told(studio)["waiting"]}
    assert waiting == {"n\\xe4me.wav", "<img src=x onerror=alert(1)>夏.wav"}
    with pytest.raises(InputError, match="none of 2 sources"):
        read(studio.project)


def test_a_corpus_that_is_being_built_is_told_as_far_as_it_is(studio: Studio) -> None:
    project = fill(studio.project)
    index = read_index(project.corpus)
    first = index.sets[0].model_copy(update={"beats_sha256": ""})
    begun = index.model_copy(update={"complete": False, "sets": (first,), "duplicates": ()})
    write_json(project.corpus / "corpus.json", begun.model_dump(mode="json"))
    content = told(studio)
    assert [each["name"] for each in content["sets"]] == ["A"]
    assert content["loops"] == 0 and "eight beats" in content["expect"][0]
    assert [Path(path).name for path in content["waiting"]] == ["B.wav"]


def test_a_removed_set_does_not_come_back_and_its_file_is_kept(studio: Studio) -> None:
    project = fill(studio.project)
    shutil.copy(project.sets / "A.wav", project.sets / "again.wav")
    read(project)
    studio.sources.remove("A")
    assert names(studio) == ["B"]
    assert {path.name for path in (project.folder / ".studio" / "removed").iterdir()} == {
        "A.wav",
        "again.wav",
    }
    read(project)
    assert names(studio) == ["B"]
    assert told(studio)["waiting"] == []
    with pytest.raises(InputError, match="did you mean 'B'"):
        studio.sources.remove("A")


def test_a_set_of_a_named_folder_stays_out_until_it_is_named_again(studio: Studio, tmp_path: Path) -> None:
    project = fill(studio.project)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for name in ("A.wav", "B.wav"):
        (project.sets / name).replace(elsewhere / name)
    (project.sets / "broken.wav").unlink()
    studio.sources.name(str(elsewhere))
    assert studio.sources.named == [str(elsewhere)]
    read(project)
    studio.sources.remove("B")
    assert (elsewhere / "B.wav").exists()
    read(project)
    assert names(studio) == ["A"]
    studio.sources.name(f"{elsewhere}/")
    assert studio.sources.named == [str(elsewhere)]
    read(project)
    assert names(studio) == ["A", "B"]
    elsewhere.rename(tmp_path / "unplugged")
    assert {"source": str(elsewhere), "reason": "is not there now"} in told(studio)["not_taken"]
    read(project)  # what was learnt from it stays
    assert names(studio) == ["A", "B"]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("", "name a file"),
        ("a\x00b", "name a file"),
        ("sets/June.mp3", "no whole path"),
        ("https://example.org/a.mp3", "is an address"),
        ("/no/such/folder", "does not exist"),
        ("PROJECT", "is the project itself"),
        ("PROJECT/corpus", "is the project itself"),
        ("PROJECT/..", "is the project itself"),
        ("/", "is the project itself"),
    ],
)
def test_what_cannot_be_named(path: str, message: str, studio: Studio) -> None:
    studio.project.corpus.mkdir(parents=True)
    with pytest.raises(InputError, match=message):
        studio.sources.name(path.replace("PROJECT", str(studio.project.folder)))
    assert studio.sources.named == []


def test_reading_over_http(studio: Studio, client: TestClient, tmp_path: Path) -> None:
    """From a path that is named to a set on all pages."""
    write_set(tmp_path / "é <b>.wav", 20, 125)
    assert client.post("/api/jobs/reading/stop", json={}).status_code == 404
    assert client.post("/api/sets", json={"path": "/nowhere"}).json()["error"].startswith("'/nowhere'")
    assert client.post("/api/sets", json={"path": str(tmp_path), "more": 1}).status_code == 422
    answer = client.post("/api/sets", json={"path": str(tmp_path / "é <b>.wav")})
    assert answer.json() == {"named": [str(tmp_path / "é <b>.wav")]}
    assert client.post("/api/jobs/reading", json={}).json()["reading"]["state"] == "running"
    assert "still going on" in client.post("/api/jobs/training", json={"minutes": 1}).json()["error"]
    wait_until(lambda: state_of(studio.jobs, "reading") != "running")
    assert studio.jobs.states()["reading"]["result"] == {"sets": 1, "seconds": pytest.approx(20)}
    wait_until(lambda: [each["name"] for each in newest(studio.hub, "sets")["sets"]] == ["é_b"])
    assert client.post("/api/sets/remove", json={"name": "é_b"}).json() == {"removed": "é_b"}
    assert studio.sources.named == []
    wait_until(lambda: newest(studio.hub, "sets")["sets"] == [])


def test_an_unreadable_list_of_names_is_said(studio: Studio) -> None:
    studio.own_folder.mkdir(parents=True)
    (studio.own_folder / "sources.json").write_text('{"named": ')
    content = told(studio)
    (problem,) = content["not_taken"]
    assert problem["source"].endswith("sources.json") and "is damaged" in problem["reason"]
    assert topics_of(studio)[1].stamp()  # it is looked at again and again
    for refused in (lambda: studio.sources.name(str(Path(__file__).parent)), studio.sources.to_read):
        with pytest.raises(InputError, match="delete it, and name again what lies elsewhere"):
            refused()


def test_a_cue_sheet_that_is_dropped_with_its_audio_names_tracks(studio: Studio, tmp_path: Path) -> None:
    sets = studio.project.sets
    sets.mkdir(parents=True)
    write_set(sets / "night.wav", 20)
    track = 'FILE "{}" WAVE\n  TRACK 01 AUDIO\n    TITLE "First"\n    INDEX 01 00:05:00\n'
    (sets / "night.CUE").write_text(track.format("night.wav"))
    write_set(tmp_path / "secret.wav", 20)
    (sets / "out.cue").write_text(track.format("../../secret.wav"))  # leads out of the project
    (sets / "broken.cue").write_text("no cue sheet")
    read(studio.project)
    (record,) = read_index(studio.project.corpus).sets
    assert [(one.title, one.start_s) for one in record.tracks] == [("First", 5.0)]
    assert told(studio)["waiting"] == []


def test_a_project_of_the_command_line_is_the_same(tmp_path: Path) -> None:
    """Sets that 'mixdream dream' read are there, and it goes on with what the studio read."""
    project = fill(Project(tmp_path / "project"))
    before = read_index(project.corpus)
    built = project.build()
    assert built.built == () and built.corpus.sets == before.sets


def test_pages_name_at_the_same_time(studio: Studio, tmp_path: Path) -> None:
    folders = [tmp_path / f"elsewhere-{number}" for number in range(8)]
    for folder in folders:
        folder.mkdir()
    with ThreadPoolExecutor(8) as pages:
        list(pages.map(studio.sources.name, map(str, folders)))
    assert sorted(studio.sources.named) == [str(folder) for folder in folders]
