"""Playing over HTTP, with a project whose run was trained for an epoch."""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from starlette.testclient import TestClient

from mixdream.analysis.key import Key
from mixdream.generation.read_origins import read_origins
from mixdream.project import Project
from mixdream.runs.run import Run
from mixdream.studio.app import create_app
from mixdream.studio.play.maker import semitones_between
from mixdream.studio.studio import Studio
from tests.studio.conftest import ORIGIN, PORT
from tests.studio.playing import BAR, impulses, project_with, write_known


@pytest.fixture(scope="module")
def room(asked_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Studio, TestClient]]:
    """A studio for all tests of the file: each has pads of its own."""
    studio = Studio(project_with(tmp_path_factory.mktemp("room") / "project", asked_run))
    app = create_app(studio, PORT)
    with TestClient(app, base_url=ORIGIN, headers={"Origin": ORIGIN}) as client:
        client.get(f"/?token={studio.token()}")
        yield studio, client


def ask(room: tuple[Studio, TestClient], path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    answer = room[1].post(f"/api/{path}", json=body or {})
    assert answer.status_code == 200, answer.text
    content: dict[str, Any] = answer.json()
    return content


def refused(room: tuple[Studio, TestClient], path: str, body: dict[str, Any], status: int = 400) -> str:
    answer = room[1].post(f"/api/{path}", json=body)
    assert answer.status_code == status, answer.text
    return str(answer.json()["error"])


def pad(room: tuple[Studio, TestClient], number: int) -> dict[str, Any]:
    found: dict[str, Any] = room[0].desk.content()["pads"][number]
    return found


def heard(room: tuple[Studio, TestClient], loop: dict[str, Any]) -> np.ndarray:
    answer = room[1].get(f"/api/loops/{loop['id']}/played.wav?bar_samples={BAR}&pitch=keep")
    assert answer.status_code == 200 and "immutable" in answer.headers["cache-control"]
    audio, _ = soundfile.read(io.BytesIO(answer.content))
    assert audio.shape == (loop["bars"] * BAR, 2)
    return audio


def test_a_new_loop_is_written_can_be_played_and_made_again(room: tuple[Studio, TestClient]) -> None:
    studio, client = room
    loop = ask(room, "pads/0/new", {"ask": {"brightness": 0.9}, "bars": 1})["loop"]
    assert pad(room, 0)["loop"] == loop
    assert (loop["bars"], loop["run"], loop["descriptors"]["brightness"]) == (1, "dream", 0.9)
    assert loop["verdict"] == "Nothing to compare with: no sets yet." and not loop["compared"]
    assert np.abs(heard(room, loop)).max() > 0.1
    file = studio.desk.shelf.pads / f"{loop['id']}.wav"
    assert client.get(f"/api/loops/{loop['id']}.wav").content == file.read_bytes()
    run, (origin,) = read_origins([str(file)])
    assert run.name == "dream" and not isinstance(origin, int)
    assert client.get(f"/api/loops/{loop['id']}/picture.png").content[1:4] == b"PNG"
    other = ask(room, "pads/0/new")["loop"]
    assert other["bars"] == 2 and other["seed"] != loop["seed"]
    ask(room, "pads/0/undo")
    assert pad(room, 0)["loop"]["id"] == loop["id"]
    assert refused(room, "pads/0/new", {"bars": 3}).startswith("loops of 3 bars are not possible")
    assert "no windows of a set called 'Z'" in refused(room, "pads/0/new", {"ask": {"like": "Z"}})


def test_variations_come_from_the_loop_and_are_undone(room: tuple[Studio, TestClient]) -> None:
    assert refused(room, "pads/1/vary", {"strength": 0.5}).startswith("the pad is empty")
    loop = ask(room, "pads/1/new")["loop"]
    near, far = (ask(room, "pads/1/vary", {"strength": strength})["loop"] for strength in (0.0, 0.5))
    assert near["id"] != far["id"] and near["seed"] == loop["seed"]
    assert np.array_equal(heard(room, near), heard(room, loop))  # at strength 0 it is the loop itself
    assert not np.array_equal(heard(room, far), heard(room, loop))
    for _ in range(3):
        ask(room, "pads/1/undo")
    assert pad(room, 1)["loop"] is None
    assert refused(room, "pads/1/undo", {}) == "there is nothing to undo on this pad"
    ask(room, "pads/1/redo")
    assert pad(room, 1)["loop"]["id"] == loop["id"]
    ask(room, "pads/1/clear")
    assert pad(room, 1)["loop"] is None and pad(room, 1)["undo"]


def test_a_new_loop_is_brought_to_a_key_that_mixes(room: tuple[Studio, TestClient]) -> None:
    studio, _ = room
    playing = write_known(studio.desk.shelf.pads, "playing", impulses(5), key="Am", camelot="8A")
    loop = ask(room, "pads/2/new", {"fits": [playing]})["loop"]
    assert loop["key"] is None or Key.parse(loop["key"]).mixes_with(Key.parse("Am"))
    assert "no loop 'nothing'" in refused(room, "pads/2/new", {"fits": ["nothing"]})


def test_the_fewest_semitones_that_mix_with_most_are_taken() -> None:
    keys = [Key.parse(name) for name in ("Am", "Em", "Gm")]
    for found in (Key(tonic, minor) for tonic in range(12) for minor in (True, False)):
        semitones = semitones_between(found, keys[:1])
        assert found.transposed(semitones).mixes_with(keys[0])
        nearer = range(1 - abs(semitones), abs(semitones))
        assert not any(found.transposed(step).mixes_with(keys[0]) for step in nearer)
        most = found.transposed(semitones_between(found, keys))
        best = max(sum(map(found.transposed(step).mixes_with, keys)) for step in range(12))
        assert sum(map(most.mixes_with, keys)) == best
    assert semitones_between(None, keys) == 0


def test_morphs_reach_the_corners_and_are_kept_when_they_are_put(room: tuple[Studio, TestClient]) -> None:
    studio, client = room
    assert refused(room, "morph", {"x": 0, "y": 0}).startswith("the XY pad needs a loop in each")
    loops = [ask(room, f"pads/{number}/new", {"bars": 1})["loop"] for number in (4, 5, 6, 7)]
    ask(room, "corners", {"ids": [loop["id"] for loop in loops]})
    at_corners = [ask(room, "morph", {"x": x, "y": y})["loop"]["id"] for y in (0, 1) for x in (0, 1)]
    assert at_corners == [loop["id"] for loop in loops]
    middle = ask(room, "morph", {"x": 0.25, "y": 0.5})["loop"]
    assert middle["id"] not in at_corners and heard(room, middle).shape[0] == BAR
    assert ask(room, "morph", {"x": 0.252, "y": 0.5})["loop"]["id"] == middle["id"]
    assert client.get(f"/api/loops/{middle['id']}.wav").status_code == 404  # it has no file yet
    before = heard(room, middle)
    assert ask(room, "pads/8/put", {"id": middle["id"]})["loop"]["id"] == middle["id"]
    file = studio.desk.shelf.pads / f"{middle['id']}.wav"
    own, _ = soundfile.read(file)
    assert np.allclose(studio.desk.shelf.audio(middle["id"])[0][0], own, atol=2**-22)
    assert np.array_equal(heard(room, middle), before)
    # A kept morph can be varied, and be a corner itself.
    assert ask(room, "pads/8/vary", {"strength": 0.2})["loop"]["seed"] == middle["seed"]
    ask(room, "corners", {"ids": [middle["id"], *(loop["id"] for loop in loops[1:])]})
    assert ask(room, "morph", {"x": 0, "y": 0})["loop"]["id"] == middle["id"]


def test_there_is_nothing_between_loops_of_several_models(room: tuple[Studio, TestClient]) -> None:
    studio, _ = room
    own = ask(room, "pads/9/new")["loop"]["id"]
    foreign = write_known(studio.desk.shelf.pads, "foreign", impulses(5))
    ask(room, "corners", {"ids": [own, own, foreign, own]})
    told = refused(room, "morph", {"x": 0.5, "y": 0.5})
    assert "bundled and dream/step-" in told and "loops of several models" in told


def test_hearts_stay_and_become_a_pack(room: tuple[Studio, TestClient]) -> None:
    studio, client = room
    loop = ask(room, "pads/10/new", {"bars": 1})["loop"]
    packed = write_known(studio.project.loops, "mixdream_5_126bpm", impulses(5))
    for loop_id in (loop["id"], packed):
        ask(room, "hearts", {"id": loop_id, "on": True})
    content = studio.desk.content()
    kept = "mixdream_step-1_5_126bpm"
    assert [heart["id"] for heart in content["hearts"]] == [loop["id"], kept]
    assert [(one["id"], one["heart"]) for one in content["pack"]] == [(packed, True)]
    (studio.project.loops / f"{packed}.wav").unlink()  # as 'dream' moves it away
    with zipfile.ZipFile(io.BytesIO(client.get("/api/hearts.zip").content)) as archive:
        assert archive.testzip() is None
        names = {name for loop_id in (loop["id"], kept) for name in (f"{loop_id}.wav", f"{loop_id}.json")}
        assert set(archive.namelist()) == {f"hearts/{name}" for name in names}
        about = json.loads(archive.read(f"hearts/{loop['id']}.json"))
        assert about["seed"] == loop["seed"] and "run_folder" not in about
        assert archive.read(f"hearts/{kept}.wav") == (studio.desk.shelf.pads / f"{kept}.wav").read_bytes()
    for loop_id in (loop["id"], kept):
        ask(room, "hearts", {"id": loop_id, "on": False})
    assert studio.desk.content()["hearts"] == []


def test_a_pad_whose_file_is_gone_says_so(room: tuple[Studio, TestClient]) -> None:
    studio, client = room
    loop = ask(room, "pads/11/new", {"bars": 1})["loop"]
    (studio.desk.shelf.pads / f"{loop['id']}.wav").unlink()
    gone = pad(room, 11)["loop"]
    assert gone["gone"] and gone["verdict"] == "Its file is gone from the folder loops/pads."
    assert client.get(f"/api/loops/{loop['id']}.wav").status_code == 404
    assert "its file is gone" in refused(room, "pads/11/vary", {"strength": 0.5})
    beside = studio.desk.shelf.pads / "broken.json"
    write_known(studio.desk.shelf.pads, "broken", impulses(5))
    beside.write_text('{"bpm": "<script>"}')
    assert "no loop 'broken'" in refused(room, "pads/11/put", {"id": "broken"})


def test_settings_are_told_and_kept(room: tuple[Studio, TestClient]) -> None:
    studio, _ = room
    ask(room, "pads/12", {"volume": 0.5, "low_cut_hz": 200, "mute": True})
    scenes = [{"name": name} for name in "ABCD"]
    ask(room, "play", {"bpm": 127, "pitch": "follow", "launch": "beat", "scenes": scenes, "midi": {"a": 1}})
    content = Studio(studio.project).desk.content()  # as the next server finds it
    assert content["pads"][12] == {
        "loop": None,
        "volume": 0.5,
        "low_cut_hz": 200,
        "high_cut_hz": 20_000,
        "mute": True,
        "solo": False,
        "undo": False,
        "redo": False,
    }
    assert (content["bar_samples"], content["pitch"], content["launch"]) == (83_339, "follow", "beat")
    assert content["bpm"] == 240 * 44_100 / 83_339
    assert (content["scenes"], content["midi"]) == (scenes, {"a": 1})
    assert refused(room, "play", {"bpm": 5}) == "a tempo of 5 BPM is not possible: 40 to 300 BPM are"
    assert "the model 'x' is gone" in refused(room, "play", {"model": "x"})
    assert refused(room, "pads/16", {"mute": True}) == "there is no pad 16: 0 to 15 are"
    refused(room, "pads/0", {"volume": 2}, 422)


@pytest.mark.parametrize(
    "loop_id",
    [
        "..",
        "../../studio",
        "..%2f..%2fstudio",
        "/etc/passwd",
        "%2e%2e",
        "a/b",
        "\x00",
        "x" * 5000,
        "<b>",
        ".x",
        "",
    ],
)
def test_ids_are_no_paths(room: tuple[Studio, TestClient], loop_id: str) -> None:
    studio, client = room
    secret = studio.project.folder / "studio.wav"
    secret.write_bytes(b"secret")
    for path in ("put", "new"):
        body = {"id": loop_id} if path == "put" else {"fits": [loop_id]}
        assert "there is no loop" in refused(room, f"pads/13/{path}", body)
    assert "there is no loop" in refused(room, "hearts", {"id": loop_id, "on": True})
    quoted = loop_id.replace("\x00", "%00")
    for end in (".wav", f"/played.wav?bar_samples={BAR}", "/picture.png"):
        answer = client.get(f"/api/loops/{quoted}{end}")
        assert answer.status_code == 404 and b"secret" not in answer.content
    secret.unlink()


def test_what_was_found_in_other_sets_is_not_told(
    room: tuple[Studio, TestClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = room[0].desk
    near = {"set": "sold", "time": "0:00:01.0"}
    loop = write_known(desk.shelf.pads, "moved", impulses(5), nearest=near, copy=False, similarity=0.2)
    before = desk.describe(loop)
    assert (before["nearest"]["set"], before["copy"], before["similarity"]) == ("sold", False, 0.2)
    monkeypatch.setattr(desk.likeness, "is_known", lambda _about: False)
    after = desk.describe(loop)
    assert (after["nearest"], after["copy"], after["similarity"]) == (None, None, None)


def test_folders_are_not_listed_once_for_each_loop(
    room: tuple[Studio, TestClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With thousands of loops in them that would take seconds."""
    desk = room[0].desk
    for pad in range(2):
        ask(room, f"pads/{pad}/put", {"id": write_known(desk.shelf.pads, f"listed_{pad}", impulses(5))})
    listed: list[Path] = []
    look = Path.iterdir

    def list_folder(folder: Path) -> Iterator[Path]:
        listed.append(folder)
        return look(folder)

    monkeypatch.setattr(Path, "iterdir", list_folder)
    assert desk.content()["pads"][1]["loop"]["id"] == "listed_1"
    assert listed == [room[0].project.loops]  # for the pack


def test_impossible_bars_are_refused(room: tuple[Studio, TestClient]) -> None:
    for bars in (0, -1, 10**9):
        answer = room[1].get(f"/api/loops/x/played.wav?bar_samples={bars}")
        assert answer.status_code == 400 and "is not possible" in answer.json()["error"]


def test_a_pack_comes_to_the_pads_of_a_new_project_once(tmp_path: Path) -> None:
    project = Project(tmp_path)
    for number in range(18):
        write_known(project.loops, f"mixdream_{number:02d}_140bpm", impulses(5, samples=75_600), 140.0)
    studio = Studio(project)
    studio.desk.refresh()
    content = studio.desk.content()
    assert [one["loop"]["seed"] for one in content["pads"]] == [7] * 16
    assert content["pads"][3]["loop"]["id"] == "mixdream_step-1_03_140bpm"
    assert (content["bar_samples"], len(content["pack"])) == (75_600, 18)
    for one in range(16):
        studio.desk.clear(one)
    again = Studio(project)
    again.desk.refresh()
    assert [one["loop"] for one in again.desk.content()["pads"]] == [None] * 16
