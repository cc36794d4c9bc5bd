import itertools
import json
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mixdream.analysis.fingerprint import distance_db, fingerprint
from mixdream.analysis.key import Key
from mixdream.analysis.seam import Seam
from mixdream.errors import InputError
from mixdream.generation import loops
from mixdream.generation import pack as packs
from mixdream.generation.loops import Loop
from mixdream.generation.origin import Origin
from mixdream.generation.pack import DIFFERENT_DB, choose, make_pack, without_copies
from mixdream.generation.wish import Wish
from mixdream.runs.run import Run
from tests.analysis import music


def loop(origin: int, audio: np.ndarray, pulse_db: float, seam: float = 1.0) -> Loop:
    return Loop(origin, audio.astype(np.float32), pulse_db, 0.5, Seam(seam, 0.5))


def chosen(loops: list[Loop], count: int) -> tuple[list[Origin], int]:
    taken, alike = choose(loops, count, music.RATE_HZ, music.BEATS)
    return [one.origin for one in taken], alike


def test_the_strongest_pulse_comes_first_and_bad_seams_last() -> None:
    groove, kicks, hats, chord = music.GROOVE, music.FOUR_TO_THE_FLOOR, music.OFF_BEAT_HATS, music.chord()
    loops = [loop(0, chord, 0.1), loop(1, groove, 2.0), loop(2, kicks, 3.0, seam=4.0), loop(3, hats, 1.0)]
    assert chosen(loops, 4) == ([1, 3, 0, 2], 0)
    assert chosen(loops, 2) == ([1, 3], 0)


def test_copies_are_dropped_unless_there_is_nothing_else() -> None:
    loops = [loop(i, music.GROOVE, 1.0) for i in range(3)]
    assert without_copies(loops, {0: {"copy": True}, 1: {"copy": False}, 2: {}}) == loops[1:]
    assert without_copies(loops, {i: {"copy": True} for i in range(3)}) == loops


def test_the_same_loop_is_taken_once_however_it_is_turned_or_how_loud() -> None:
    groove = music.GROOVE
    same = [
        groove,
        0.3 * groove,
        np.roll(groove, 4096),
        np.roll(groove, 1234),
        groove + 1e-3 * music.noise(1),
    ]
    loops = [loop(i, audio, 9.0 - i) for i, audio in enumerate([*same, music.OFF_BEAT_HATS])]
    assert chosen(loops, 6) == ([0, 5], 4)


def test_distance_is_zero_only_for_the_same() -> None:
    prints = [
        fingerprint(audio, music.RATE_HZ, music.BEATS)
        for audio in (
            music.GROOVE,
            music.FOUR_TO_THE_FLOOR,
            music.OFF_BEAT_HATS,
            music.noise(),
            music.chord(),
        )
    ]
    for i, one in enumerate(prints):
        for k, other in enumerate(prints):
            distance = distance_db(one, other)
            assert distance == pytest.approx(distance_db(other, one))
            assert (distance < 1e-4) if i == k else (distance > DIFFERENT_DB)


@pytest.fixture
def run(bars_run: Run) -> Run:
    return bars_run


def test_a_pack_is_loops_a_sheet_and_a_zip_of_all(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packs, "DIFFERENT_DB", 0.1)  # an untrained model makes the same again and again
    shares: list[float] = []
    pack = make_pack(
        run, tmp_path, Wish(count=2, bars=1, bpm=120), report=lambda done, note: shares.append(done)
    )
    assert (len(pack.loops), pack.candidates, pack.silent) == (2, 6, 0)
    assert pack.loops[0]["pulse_db"] >= pack.loops[1]["pulse_db"] or pack.loops[1]["seam"]["ratio"] > 1.5
    assert shares == sorted(shares) and shares[-1] == pytest.approx(1)
    assert Image.open(pack.sheet).size[0] > 400
    names = {Path(clip["file"]).name for clip in pack.loops}
    names |= {str(Path(name).with_suffix(".json")) for name in names} | {"contact-sheet.png"}
    assert {path.name for path in tmp_path.iterdir()} == names | {"bars-pack.zip"}
    with zipfile.ZipFile(pack.archive) as archive:
        assert archive.testzip() is None
        assert set(archive.namelist()) == {f"bars-pack/{name}" for name in names}
        for name in names:
            packed, written = archive.read(f"bars-pack/{name}"), (tmp_path / name).read_bytes()
            if name.endswith(".json"):
                assert json.loads(packed) | {"run_folder": str(run.folder)} == json.loads(written)
                assert str(run.folder) not in packed.decode(), (
                    "where its maker keeps things is nobody's business"
                )
            else:
                assert packed == written
    assert json.loads(Path(pack.loops[0]["file"]).with_suffix(".json").read_text())["bars"] == 1


def test_the_name_of_a_run_may_be_odd(run: Run, tmp_path: Path) -> None:
    odd = tmp_path / "a$b$ é_{"
    shutil.copytree(run.folder, odd)
    pack = make_pack(Run.open(odd), tmp_path / "out", Wish(count=1, bars=1, rate_hz=8000))
    assert len(zipfile.ZipFile(pack.archive).namelist()) == 3


def test_a_model_that_makes_one_loop_gives_a_pack_of_one(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packs, "DIFFERENT_DB", 100.0)
    pack = make_pack(run, tmp_path, Wish(count=2, bars=1, bpm=120))
    assert (len(pack.loops), pack.alike) == (1, 5)


def test_only_loops_that_fit_a_key(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    codes = ["8A", "9A", "8B", "9B", "2A", None]  # of seeds 0, 1, 2, ...

    def key_of(_plan: object, made: Loop) -> Key | None:
        code = codes[made.seed % len(codes)]
        return Key.parse(code) if code else None

    for module in (packs, loops):
        monkeypatch.setattr(module, "key_of", key_of)
    monkeypatch.setattr(packs, "DIFFERENT_DB", 0.0)
    monkeypatch.setattr(packs, "CANDIDATES", 1)
    wish = Wish(count=4, bars=1, rate_hz=8000, key=Key.parse("Am"), fits=True)
    shares: list[float] = []
    near = make_pack(run, tmp_path / "near", wish, report=lambda done, note: shares.append(done))
    assert sorted(clip["seed"] for clip in near.loops) == [0, 1, 2, 6]
    assert {clip["transpose"] for clip in near.loops} == {0}
    assert shares == sorted(shares) and shares[-1] == pytest.approx(1)
    monkeypatch.setattr(packs, "TRIES", 3)
    few = make_pack(run, tmp_path / "few", replace(wish, count=3, key=Key.parse("2A")))
    assert [clip["seed"] for clip in few.loops] == [4]
    with pytest.raises(InputError, match=r"none of 3 loops of .* is in D# \(5B\) or a key that mixes"):
        make_pack(run, tmp_path / "none", replace(wish, count=1, key=Key.parse("5B")))
    brought = make_pack(run, tmp_path / "brought", replace(wish, fits=False))
    moved = {clip["seed"]: (clip["key"], clip["transpose"]) for clip in brought.loops}
    assert moved == {0: ("Am", 0), 1: ("Am", 5), 2: ("C", 0), 3: ("C", 5)}


def test_of_loops_that_fit_those_that_are_too_similar_are_left_out(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Near:
        """The loop of every second seed is too similar."""

        seeds = itertools.count()

        def compare(self, clips: np.ndarray, report: object) -> list[dict[str, float]]:
            return [{"similarity": float(next(self.seeds) % 2)} for _ in clips]

        def rejects(self, about: dict[str, float]) -> bool:
            return about["similarity"] > 0.5

    monkeypatch.setattr(packs, "compare_with", lambda *_: Near())
    monkeypatch.setattr(packs, "key_of", lambda *_: Key.parse("Am"))
    monkeypatch.setattr(packs, "DIFFERENT_DB", 0.0)
    wish = Wish(count=1, bars=1, rate_hz=8000, key=Key.parse("Am"), fits=True, max_similarity=0.5)
    pack = make_pack(run, tmp_path, wish)
    assert pack.candidates == 2 and [clip["similarity"] for clip in pack.loops] == [0.0]
    assert pack.loops[0]["seed"] in (0, 2)


def test_a_silent_model_is_said_to_be_silent(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    silence = np.zeros(music.SAMPLES)
    monkeypatch.setattr(packs, "make_loop", lambda plan, origin: loop(origin, silence, 0.0))
    with pytest.raises(InputError, match="are silent: train it for longer"):
        make_pack(run, tmp_path, Wish(count=1))
    assert not list(tmp_path.iterdir())
