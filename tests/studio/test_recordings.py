"""What was played, kept and rendered, and mixes of hearts."""

import itertools
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from starlette.testclient import TestClient

from mixdream.audio.limiter import true_peak
from mixdream.errors import InputError
from mixdream.generation import mix as mixes
from mixdream.generation.loops import finish_loop
from mixdream.project import Project
from mixdream.runs.ask import NOTHING
from mixdream.runs.run import Run
from mixdream.studio.guard import MOST_JSON
from mixdream.studio.hub import Hub
from mixdream.studio.jobs.job_report import JobReport
from mixdream.studio.jobs.jobs import Job
from mixdream.studio.jobs.recording import work
from mixdream.studio.play.maker import Maker, _transposed
from mixdream.studio.play.play_state import RATE_HZ
from mixdream.studio.play.played import play_loop
from mixdream.studio.play.shelf import Made, Shelf, in_stereo
from mixdream.studio.studio import Studio
from mixdream.studio.takes.mixes import make_project_mix
from mixdream.studio.takes.performance import Performance
from mixdream.studio.takes.recordings import LEVEL, Recordings, render_recording, to_render
from tests.studio.made import newest, state_of, wait_until
from tests.studio.playing import BAR, impulses, project_with, write_known


def launch(pad: int | str, loop: str, at: int, **more: Any) -> dict[str, Any]:
    return {"do": "launch", "pad": pad, "loop": loop, "at": at, **more}


def saved(project: Project, events: list[dict[str, Any]], samples: int, name: str = "x") -> None:
    performance = Performance.model_validate({"bar_samples": BAR, "samples": samples, "events": events})
    assert Recordings(project, Shelf(project), Hub()).save(performance, name) == name


def test_loops_are_rendered_to_the_sample_with_tracklist_and_cue_sheet(tmp_path: Path) -> None:
    project = Project(tmp_path)
    one = write_known(project.loops, "one", impulses(900, 30_000), key="Am", camelot="8A")
    two = write_known(project.loops, "two", np.stack([impulses(500), 0 * impulses(500)]), seed=8)
    events = [
        launch(0, one, 0),
        launch(1, two, BAR),
        launch(2, one, BAR),
        {"do": "stop", "pad": 0, "at": BAR},
    ]
    saved(project, events, 3 * BAR)
    told = render_recording(project, "x")
    folder = tmp_path / "loops" / "takes"
    info = soundfile.info(folder / "x.wav")
    assert (info.subtype, info.channels, info.frames, info.samplerate) == ("PCM_24", 2, 3 * BAR, RATE_HZ)
    audio, _ = soundfile.read(folder / "x.wav")
    expected = np.zeros((2, 3 * BAR))
    for bar in range(3):
        expected[:, [bar * BAR + 900, bar * BAR + 30_000]] = 0.5 * LEVEL
    expected[0, [BAR + 500, 2 * BAR + 500]] = 0.5 * LEVEL
    assert np.abs(audio.T - expected).max() <= 2**-23
    assert json.loads((folder / "x.json").read_text())["rendered"] == told
    assert told == {
        "file": "x.wav",
        "seconds": 3 * BAR / RATE_HZ,
        "true_peak_dbtp": pytest.approx(20 * np.log10(0.5 * LEVEL), abs=0.1),
        "limited_db": 0,
        "missing": [],
    }
    assert (folder / "x.txt").read_text() == "0:00:00  pad 1  7 Am 8A\n0:00:02  pad 2, pad 3  8  7 Am 8A\n"
    cue = (folder / "x.cue").read_text().splitlines()
    assert [line.strip() for line in cue if "TRACK" in line] == ["TRACK 01 AUDIO", "TRACK 02 AUDIO"]
    assert '    TITLE "pad 2, pad 3: 8, 7 Am 8A"' in cue and "    INDEX 01 00:01:68" in cue


def test_what_is_too_loud_is_limited_on_both_sides_alike(tmp_path: Path) -> None:
    project = Project(tmp_path)
    loud = 0.8 * np.sin(2 * np.pi * 300 * np.arange(BAR) / BAR)
    loop = write_known(project.loops, "loud", np.stack([loud, 0.1 * loud]))
    saved(project, [launch(pad, loop, 0) for pad in range(4)], BAR)
    told = render_recording(project, "x")
    audio, _ = soundfile.read(tmp_path / "loops" / "takes" / "x.wav")
    assert told["limited_db"] > 4 and told["true_peak_dbtp"] <= -1
    assert max(true_peak(side) for side in audio.T) <= 10 ** (-1 / 20)
    assert np.abs(audio[:, 1] - 0.1 * audio[:, 0]).max() < 2**-21


def test_morphs_that_were_never_kept_are_made_again(asked_run: Run, tmp_path: Path) -> None:
    project = project_with(tmp_path / "project", asked_run)
    shelf = Shelf(project)
    maker = Maker(project, shelf)
    made = [maker.new(maker.default_model(), NOTHING, [], bars=1) for _ in range(2)]
    corners = [shelf.get(shelf.write(one)) for one in made]
    morph = maker.morph([*corners, *corners], 0.5, 0.0)
    assert isinstance(morph, Made)
    bar = round(240 * RATE_HZ / morph.plan.bpm)
    quieter = {"do": "set", "pad": 0, "at": 0, "volume": 0.5}
    events = [quieter, launch(0, morph.id, 0, continues=True), launch(1, "nothing", 0)]
    performance = Performance.model_validate({"bar_samples": bar, "samples": bar, "events": events})
    Recordings(project, shelf, Hub()).save(performance, "x")
    told = render_recording(project, "x")  # which knows nothing of the shelf
    assert told["missing"] == ["nothing"]
    audio, _ = soundfile.read(project.loops / "takes" / "x.wav")
    heard = LEVEL * 0.5 * play_loop(in_stereo(morph.finished.audio), RATE_HZ, bar, "keep")
    faded = np.clip(np.arange(bar) / (0.005 * RATE_HZ), 0, 1)
    assert audio.shape == (bar, 2) and np.abs(audio.T - faded * heard).max() <= 2**-22


def test_a_name_is_taken_once_and_is_no_path(tmp_path: Path) -> None:
    recordings = Recordings(Project(tmp_path), Shelf(Project(tmp_path)), Hub())
    silence = Performance.model_validate({"bar_samples": BAR, "samples": 10, "events": []})
    names = [recordings.save(silence, name) for name in (None, None, "Set", "Set", " Ünder (live) ")]
    assert names == ["recording-1", "recording-2", "Set", "Set-2", "Ünder (live)"]
    for bad in ("..", "a/b", "a\\b", "", ".x", "x" * 61, "a\nb", "a\x00", "<b>", "C:", "x."):
        with pytest.raises(InputError, match="cannot be the name of a recording"):
            recordings.save(silence, bad)
    assert {path.stem for path in tmp_path.rglob("*.json")} == set(names)
    for outside in ("../studio.json", "/etc/passwd", "", ".", "Set", ".Set.json.partial"):
        assert recordings.file(outside) is None
    (tmp_path / "loops" / "takes" / "odd.json").write_text("[]")
    assert to_render(Project(tmp_path)) == names
    told = recordings.content()["recordings"]
    assert {one["name"] for one in told} == set(names)
    alike = {"kind": "recording", "seconds": 10 / RATE_HZ, "state": "played", "files": []}
    assert told == [alike | {"name": one["name"]} for one in told]
    for damaged in ("odd", "gone"):
        with pytest.raises(InputError, match=r"damaged|cannot be read"):
            render_recording(Project(tmp_path), damaged)


def test_a_file_that_was_seen_before_it_was_whole_is_looked_at_again(tmp_path: Path) -> None:
    recordings = Recordings(Project(tmp_path), Shelf(Project(tmp_path)), Hub())
    file = tmp_path / "loops" / "takes" / "live.json"
    file.parent.mkdir(parents=True)
    file.touch()
    seen = recordings.stamp()
    assert recordings.content() == {"recordings": []} and recordings.stamp() == seen
    file.write_text(json.dumps({"bar_samples": BAR, "samples": BAR, "events": []}))
    assert recordings.stamp() != seen
    assert [one["name"] for one in recordings.content()["recordings"]] == ["live"]


def test_a_recording_is_rendered_by_a_job_and_can_be_taken(studio: Studio, client: TestClient) -> None:
    loop = write_known(studio.project.loops, "one", impulses(900))
    body = {"name": "live", "bar_samples": BAR, "samples": 2 * BAR, "events": [launch(0, loop, 0)]}
    assert client.post("/api/recordings", json=body).json() == {"name": "live"}
    wait_until(lambda: state_of(studio.jobs, "recording") == "done")
    assert studio.jobs.states()["recording"]["result"]["live"]["missing"] == []
    assert to_render(studio.project) == []
    files = ["live.cue", "live.txt", "live.wav"]
    wait_until(lambda: studio.recordings.content()["recordings"][0]["files"] != [])
    (told,) = studio.recordings.content()["recordings"]
    assert (told["state"], sorted(told["files"])) == ("rendered", files)
    wait_until(lambda: newest(studio.hub, "recordings")["recordings"] == [told])
    file = studio.project.loops / "takes" / "live.wav"
    assert client.get("/api/recordings/live.wav").content == file.read_bytes()
    for outside in ("..%2fstudio.json", "%2e%2e/studio.json", "x.wav"):
        assert client.get(f"/api/recordings/{outside}").status_code == 404
    assert client.post("/api/recordings", json=body | {"samples": 0}).status_code == 422
    assert client.post("/api/mix", json={"minutes": 0, "hearts": True}).status_code == 422


def test_one_that_cannot_be_rendered_keeps_no_other_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project(tmp_path)
    for name in ("bad", "good"):
        saved(project, [], BAR, name)  # nothing but silence

    def render(of: Project, name: str, report: JobReport) -> dict[str, Any]:
        if name == "bad":
            raise RuntimeError("out of luck")
        return render_recording(of, name, report)

    monkeypatch.setattr("mixdream.studio.jobs.recording.render_recording", render)
    with pytest.raises(RuntimeError, match="out of luck"):
        work(tmp_path, {}, JobReport(tmp_path / "told.json", Job.begin({})))
    assert to_render(project) == ["bad"] and (tmp_path / "loops" / "takes" / "good.wav").exists()


def test_hours_of_turned_knobs_are_no_body_too_large(studio: Studio, client: TestClient) -> None:
    turn = {"do": "set", "pad": 0, "volume": 0.123456789, "low_cut_hz": 123.456789, "high_cut_hz": 12345.6789}
    events = [turn | {"at": 2205 * i, "mute": False} for i in range(20_000)]
    body = {"name": "long", "bar_samples": BAR, "samples": BAR, "events": events}
    assert len(json.dumps(body)) > MOST_JSON
    assert client.post("/api/recordings", json=body).json() == {"name": "long"}
    wait_until(lambda: state_of(studio.jobs, "recording") == "done")


def test_a_mix_of_hearts_has_no_other_loops(
    asked_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mixdream.studio.takes.mixes.RATE_HZ", 8000)
    monkeypatch.setattr(mixes, "PHRASE_BARS", 2)
    project = project_with(tmp_path / "project", asked_run)
    shelf = Shelf(project)
    maker = Maker(project, shelf)
    model = maker.default_model()
    loved = [maker.new(model, NOTHING, []) for _ in range(4)]
    ids = [shelf.write(made) for made in loved]
    higher = finish_loop(_transposed(loved[3].plan, 4), loved[3].loop, None)
    ids[3] = shelf.write(Made(_transposed(loved[3].plan, 4), loved[3].loop, higher))
    foreign = write_known(shelf.pads, "foreign", impulses(5))  # of an earlier model of mixdream's
    told = make_project_mix(project, "mix-1", 0.3, 300, "follow", model, [*ids, foreign, "gone"])
    assert (told["file"], told["left_out"]) == ("mix-1.wav", 2)
    said = json.loads((project.loops / "takes" / "mix-1.json").read_text())
    phrases = [phrase for section in said["sections"] for phrase in section["phrases"]]
    seeds = [phrase["seed"] for phrase in phrases]
    assert len(seeds) > 6 and set(seeds) <= {made.loop.seed for made in loved}
    assert all(one != next_one for one, next_one in itertools.pairwise(seeds))
    moved = {phrase["seed"]: phrase["transpose"] for phrase in phrases}
    assert moved == {seed: 4 * (seed == loved[3].loop.seed) for seed in moved} and 4 in moved.values()
    (listed,) = Recordings(project, shelf, Hub()).content()["recordings"]
    assert (listed["name"], listed["kind"], listed["seconds"]) == ("mix-1", "mix", told["seconds"])
    with pytest.raises(InputError, match="no hearts yet"):
        make_project_mix(project, "mix-2", 1, 126, "keep", model, [])
    with pytest.raises(InputError, match="none of the 2 loops can be made again"):
        make_project_mix(project, "mix-2", 1, 126, "keep", model, [foreign, "gone"])


def test_a_recording_becomes_a_mix_of_its_loops_in_their_order(
    asked_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mixdream.studio.takes.mixes.RATE_HZ", 8000)
    project = project_with(tmp_path / "project", asked_run)
    shelf = Shelf(project)
    maker = Maker(project, shelf)
    made = [maker.new(maker.default_model(), NOTHING, [], bars=1) for _ in range(5)]
    a, b, c, xy, dragged = (shelf.write(one) for one in made)
    events = [
        launch(5, c, 0),
        launch(0, a, BAR),
        {"do": "tempo", "at": BAR, "bar_samples": BAR // 2},
        launch("xy", xy, 2 * BAR),
        launch("xy", dragged, 3 * BAR, continues=True),  # on the way over the XY pad
        launch(0, b, 3 * BAR, continues=True),  # a new loop took over
        launch(0, a, 4 * BAR),
    ]
    saved(project, events, 5 * BAR, "live")
    (shelf.pads / f"{b}.wav").unlink()  # the recording knows how it was made
    told = make_project_mix(project, "mix-1", None, 60, "keep", "bundled", recording="live")
    said = json.loads((project.loops / "takes" / "mix-1.json").read_text())
    seeds = [phrase["seed"] for section in said["sections"] for phrase in section["phrases"]]
    assert seeds == [made[place].loop.seed for place in (2, 0, 3, 1)]
    assert said["bpm"] == 126 and told["left_out"] == 0
    assert "pad 1  " in render_text(project, "live")


def render_text(project: Project, name: str) -> str:
    """Tracklist of a recording."""
    render_recording(project, name)
    return (project.loops / "takes" / f"{name}.txt").read_text()


def test_a_mix_is_of_minutes_or_of_a_recording_that_is_there(studio: Studio, client: TestClient) -> None:
    for body in ({}, {"minutes": 1, "recording": "x"}, {"minutes": None}):
        assert client.post("/api/mix", json=body).status_code == 422
    for name in ("gone", "../studio", "..", "/etc/passwd", ""):
        assert client.post("/api/mix", json={"recording": name}).status_code == 404
    assert studio.jobs.states() == {}


def test_rendering_is_stopped_and_gone_on_with(studio: Studio, client: TestClient) -> None:
    saved(studio.project, [], 3 * 3600 * RATE_HZ, "long")
    assert client.post("/api/jobs/recording", json={}).status_code == 200
    wait_until(lambda: studio.jobs.states()["recording"]["step"] == "Rendering long")
    assert client.post("/api/jobs/recording/stop", json={}).status_code == 200
    wait_until(lambda: state_of(studio.jobs, "recording") == "stopped")
    assert to_render(studio.project) == ["long"]
    assert [path.name for path in (studio.project.loops / "takes").iterdir()] == ["long.json"]


def test_pages_that_record_at_the_same_time_get_names_of_their_own(tmp_path: Path) -> None:
    recordings = Recordings(Project(tmp_path), Shelf(Project(tmp_path)), Hub())
    silence = Performance.model_validate({"bar_samples": BAR, "samples": 10, "events": []})
    with ThreadPoolExecutor(8) as pages:
        names = list(pages.map(lambda _: recordings.save(silence, None), range(8)))
    assert len(set(names)) == 8
    assert {path.stem for path in tmp_path.rglob("*.json")} == set(names)
