import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixdream.analysis.key import Key
from mixdream.audio.resample import resample_loop
from mixdream.corpus.store import Corpus
from mixdream.errors import InputError
from mixdream.generation.clips import ClipPlan
from mixdream.generation.generate import generate
from mixdream.generation.mix import make_mix
from mixdream.generation.pack import make_pack
from mixdream.generation.pitch import pitch_at, semitones_to
from mixdream.generation.wish import Wish
from mixdream.runs.run import Run
from tests.analysis.test_key_finder import cadence

TURNS = 1760  # in a loop of the model's: 430 Hz at its own tempo


@pytest.fixture
def tone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every loop is one tone."""
    wave = np.sin(2 * np.pi * TURNS * np.arange(32_768) / 32_768).astype(np.float32)
    monkeypatch.setattr(ClipPlan, "sound", lambda *args, **named: (0.3 * wave, None))


def loudest_hz(file: str) -> float:
    audio, rate_hz = soundfile.read(file)
    return float(np.abs(np.fft.rfft(audio)).argmax() * rate_hz / len(audio))


def cents(hz: float, other_hz: float) -> float:
    return float(1200 * np.log2(hz / other_hz))


@pytest.mark.usefixtures("tone")
def test_pitch_is_kept_at_the_tempo_that_the_run_plays_at(bars_run: Run, tmp_path: Path) -> None:
    plain = generate(bars_run, tmp_path / "plain", Wish(count=1))[0]
    own_bpm, own_hz = plain["bpm"], TURNS / plain["seconds"]
    assert (plain["pitch"], plain["transpose"]) == ("follow", 0)
    assert own_bpm != round(bars_run.recipe.tempo_bpm or 0), "at the grid's tempo it would prove nothing"
    assert abs(cents(loudest_hz(plain["file"]), own_hz)) < 3
    for tempo in (0.88, 1.12):
        bpm = own_bpm * tempo
        samples = round(8 * 60 / bpm * 44_100)
        for pitch, hz in (("keep", own_hz), ("follow", own_hz * tempo)):
            loop = generate(bars_run, tmp_path / pitch, Wish(count=1, bpm=bpm, pitch=pitch))[0]  # type: ignore[arg-type]
            assert (loop["pitch"], loop["bpm"], loop["samples"]) == (pitch, bpm, samples)
            assert abs(cents(loudest_hz(loop["file"]), hz)) < 3
            assert json.loads(Path(loop["file"]).with_suffix(".json").read_text())["pitch"] == pitch


@pytest.mark.usefixtures("tone")
def test_an_octave_is_twice_the_frequency_in_the_same_time(bars_run: Run, tmp_path: Path) -> None:
    plain = generate(bars_run, tmp_path / "plain", Wish(count=1))[0]
    for semitones, factor in ((12, 2), (-12, 0.5), (7, 2 ** (7 / 12))):
        loop = generate(bars_run, tmp_path / str(semitones), Wish(count=1, transpose=semitones))[0]
        assert (loop["samples"], loop["bpm"]) == (plain["samples"], plain["bpm"])
        assert loop["transpose"] == semitones
        assert abs(cents(loudest_hz(loop["file"]), factor * TURNS / plain["seconds"])) < 3


def test_pitch_follows_up_to_2_percent_and_is_kept_beyond() -> None:
    assert [pitch_at(bpm, 100) for bpm in (97.9, 98, 100, 102, 102.1)] == ["keep", *["follow"] * 3, "keep"]
    assert (pitch_at(140, 100, "follow"), pitch_at(101, 100, "keep")) == ("follow", "keep")


@pytest.mark.parametrize("name", ["Cm", "Ebm", "em"])
def test_loops_move_to_a_key(
    name: str, bars_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    audio = resample_loop(np.tile(cadence(13, minor=True), 2), 32_768).astype(np.float32)
    monkeypatch.setattr(ClipPlan, "sound", lambda *args, **named: (0.3 * audio, None))
    loop = generate(bars_run, tmp_path, Wish(count=1, key=Key.parse(name)))[0]
    found = {"Ebm": "D#m", "em": "Em"}.get(name, name)
    assert loop["key"] == found
    assert f"_{found}_{loop['camelot']}." in Path(loop["file"]).name
    assert abs(loop["transpose"]) <= 6


def test_the_nearest_transposition_is_taken_and_the_mode_stays() -> None:
    def moved(tonic: int, minor: bool, name: str) -> int:
        return semitones_to(Key.parse(name), Key(tonic, minor))

    assert [moved(tonic, False, "C") for tonic in range(12)] == [0, -1, -2, -3, -4, -5, 6, 5, 4, 3, 2, 1]
    assert (moved(9, True, "C"), moved(0, False, "Am"), moved(7, False, "Am")) == (0, 0, 5), "relative keys"
    assert semitones_to(Key.parse("C"), None) == 0


def test_a_loop_is_compared_with_the_music_as_the_model_made_it(
    bars_run: Run, corpus: Corpus, tmp_path: Path
) -> None:
    """At the model's own tempo and pitch, whatever becomes of it: what it is near to does not change."""
    wishes = {
        "plain": Wish(count=2),
        "kept": Wish(count=2, bpm=150, pitch="keep"),
        "moved": Wish(count=2, transpose=7),
    }
    near = {
        name: [loop["nearest"] for loop in generate(bars_run, tmp_path / name, wish, corpus)]
        for name, wish in wishes.items()
    }
    assert near["plain"][0] is not None
    assert near["kept"] == near["plain"] == near["moved"]


def test_packs_and_mixes_say_what_became_of_the_pitch(bars_run: Run, tmp_path: Path) -> None:
    pack = make_pack(bars_run, tmp_path / "pack", Wish(count=1, bpm=150, transpose=-2))
    assert [(loop["pitch"], loop["transpose"]) for loop in pack.loops] == [("keep", -2)]
    mix = make_mix(bars_run, tmp_path / "mix.wav", 1, Wish(bpm=150, rate_hz=8000))
    assert mix["pitch"] == "keep"


def test_wrong_wishes_of_pitch_are_explained(bars_run: Run, seconds_run: Run, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="leave one out"):
        generate(bars_run, tmp_path, Wish(key=Key.parse("Am"), transpose=1))
    with pytest.raises(InputError, match=r"\+25 semitones are not possible: -24 to \+24 are"):
        generate(bars_run, tmp_path, Wish(transpose=25))
    for wish in (Wish(key=Key.parse("Am")), Wish(transpose=1), Wish(pitch="keep")):
        with pytest.raises(InputError, match="do not loop, whose pitch cannot be changed"):
            generate(seconds_run, tmp_path, wish)
    assert not list(tmp_path.iterdir())
