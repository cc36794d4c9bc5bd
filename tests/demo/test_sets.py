"""The sets as a whole: levels, determinism, and a ground truth that the audio bears out."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy import signal

from mixdream.demo import sets
from mixdream.demo.sets import RATE_HZ, SETS, GroundTruth, render_set, write_sets
from mixdream.demo.truth import SectionSpan
from mixdream.errors import InputError
from tests.demo.rendered import Rendered


def excerpt(audio: np.ndarray, section: SectionSpan) -> np.ndarray:
    """Cut one section out of a set, as mono."""
    return audio[:, round(section.start_s * RATE_HZ) : round(section.end_s * RATE_HZ)].mean(axis=0)


def named(truth: GroundTruth, name: str) -> list[SectionSpan]:
    """List the sections of a name."""
    found = [section for section in truth.sections if section.name == name]
    assert found, f"{truth.name} has no section named {name}"
    return found


def band(audio: np.ndarray, low_hz: float, high_hz: float) -> np.ndarray:
    """Keep one band, without delaying it."""
    sos = signal.butter(2, (low_hz, high_hz), "bandpass", fs=RATE_HZ, output="sos")
    return signal.sosfiltfilt(sos, audio)


def test_levels(rendered: Rendered) -> None:
    audio, _ = rendered
    assert audio.dtype == np.float32
    assert audio.shape[0] == 2
    assert np.isfinite(audio).all()
    assert 20 * np.log10(np.abs(audio).max()) == pytest.approx(-1.0, abs=0.01)
    assert np.abs(audio.mean(axis=-1)).max() < 1e-4
    assert -16 < 20 * np.log10(audio.std()) < -9
    seconds = audio[:, : audio.shape[1] // RATE_HZ * RATE_HZ].reshape(2, -1, RATE_HZ)[:, 1:-1]
    assert 20 * np.log10(seconds.std(axis=(0, 2)).min()) > -45, "no second is silent"
    # Flat tops of equal samples are what clipping looks like.
    assert np.count_nonzero(np.abs(audio) > 0.999 * np.abs(audio).max()) < 200
    assert 0.2 < np.corrcoef(audio)[0, 1] < 0.995, "stereo, yet sound in mono"


def test_same_seed_same_samples_other_seed_others(jungle: Rendered) -> None:
    first, truth = jungle
    np.random.seed(5)  # noqa: NPY002
    before = np.random.get_state(legacy=False)["state"]["key"].copy()  # noqa: NPY002
    again, truth_again = render_set("jungle")
    np.testing.assert_array_equal(before, np.random.get_state(legacy=False)["state"]["key"])  # noqa: NPY002
    assert first.tobytes() == again.tobytes()
    assert truth == truth_again
    other, truth_other = render_set("jungle", seed=4)
    assert first.shape == other.shape
    assert np.abs(first - other).max() > 0.1
    assert truth.beat_times_s == truth_other.beat_times_s


def test_unknown_name_teaches() -> None:
    with pytest.raises(InputError, match=r"'polka'.*techno, house"):
        render_set("polka")


def test_truth_is_consistent(rendered: Rendered) -> None:
    audio, truth = rendered
    assert truth.duration_s == audio.shape[1] / RATE_HZ
    beats = np.array(truth.beat_times_s)
    np.testing.assert_allclose(np.diff(beats), 60 / truth.bpm, rtol=1e-9)
    assert beats[0] == 0.0
    assert beats[-1] + 60 / truth.bpm == pytest.approx(truth.duration_s, abs=1e-3)
    assert truth.downbeat_times_s == truth.beat_times_s[::4]
    assert 85 <= truth.bpm <= 175
    for section, following in zip(truth.sections, truth.sections[1:], strict=False):
        assert section.end_s == following.start_s
    for section in truth.sections:
        assert section.end_s > section.start_s
        assert np.abs(np.array(truth.downbeat_times_s) - section.start_s).min() < 1e-6
    assert truth.sections[0].start_s == 0.0
    assert truth.sections[-1].end_s == pytest.approx(truth.duration_s, abs=1e-3)
    assert (truth.tracks[0].start_s, truth.tracks[0].key) == (0.0, truth.key)
    assert truth.tracks[-1].end_s == pytest.approx(truth.duration_s, abs=1e-3)
    assert {track.bpm for track in truth.tracks} == {truth.bpm}
    assert not any(section.drums for section in named(truth, "break"))
    assert all(section.drums for section in named(truth, "drop"))


def test_kicks_fall_on_the_beats(four_to_the_floor: Rendered) -> None:
    audio, truth = four_to_the_floor
    low = band(audio.mean(axis=0), 40.0, 120.0) ** 2
    width = round(0.09 * RATE_HZ)
    for section in named(truth, "drop"):
        beats = [b for b in truth.beat_times_s if section.start_s <= b < section.end_s - 60 / truth.bpm]
        at = np.mean([low[round(b * RATE_HZ) :][:width].mean() for b in beats])
        between = np.mean([low[round((b + 30 / truth.bpm) * RATE_HZ) :][:width].mean() for b in beats])
        assert at > 3 * between, section


def test_kick_onsets_are_exact(four_to_the_floor: Rendered) -> None:
    audio, truth = four_to_the_floor
    drop = named(truth, "drop")[0]
    beats = [b for b in truth.beat_times_s if drop.start_s < b < drop.end_s - 60 / truth.bpm]
    mono = audio.mean(axis=0)
    rises = []
    for beat in beats:
        around = mono[round((beat - 0.04) * RATE_HZ) : round((beat + 0.04) * RATE_HZ)]
        loud = np.sqrt(np.convolve(band(around, 60.0, 2000.0) ** 2, np.ones(88) / 88, "same"))
        rises.append(np.argmax(np.diff(loud)) / RATE_HZ - 0.04)
    assert abs(np.median(rises)) < 0.005


def test_break_lacks_the_bass_of_the_drop(rendered: Rendered) -> None:
    audio, truth = rendered

    def bass(name: str) -> float:
        return float(np.mean([band(excerpt(audio, s), 30.0, 120.0).var() for s in named(truth, name)]))

    assert bass("break") < 0.1 * bass("drop")


def test_build_opens_upwards(four_to_the_floor: Rendered) -> None:
    audio, truth = four_to_the_floor
    build = excerpt(audio, named(truth, "build")[-1])
    thirds = np.array_split(band(build, 2000.0, 10000.0), 3)
    assert thirds[2].var() > 4 * thirds[0].var()


def test_break_is_in_the_stated_key(rendered: Rendered) -> None:
    audio, truth = rendered
    section = named(truth, "break")[-1]
    track = next(t for t in reversed(truth.tracks) if t.start_s <= section.start_s)
    steps = {
        "major": "101011010101",
        "minor": "101101011010",
        "dorian": "101101010110",
        "phrygian": "110101011010",
    }
    tonic, scale = track.key.split()
    offset = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B").index(tonic)
    wanted = np.array([int(steps[scale][(pitch - offset) % 12]) for pitch in range(12)], dtype=bool)

    freq_hz, _, spectra = signal.stft(excerpt(audio, section), RATE_HZ, nperseg=16384)
    power = (np.abs(spectra) ** 2).sum(axis=1)
    tuned = (freq_hz > 120) & (freq_hz < 1200)
    pitches = np.round(69 + 12 * np.log2(freq_hz[tuned] / 440)).astype(int) % 12
    chroma = np.bincount(pitches, power[tuned], minlength=12)
    share = {shift: chroma[np.roll(wanted, shift)].sum() / chroma.sum() for shift in range(12)}
    assert share[0] > 0.85
    # Keys a semitone or a tritone away hold two or five of its seven notes.
    assert share[0] > max(share[1], share[6], share[11]) + 0.1


def test_sets_differ_from_each_other() -> None:
    assert len(SETS) == len(set(SETS)) >= 4
    truths = [sets.SET_SPECS[name].tracks[0] for name in SETS]
    assert len({track.bpm for track in truths}) == len({track.key for track in truths}) == len(SETS)


def test_write_sets(jungle: Rendered, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sets, "SETS", ("jungle",))
    audio, truth = jungle
    folder = tmp_path / "new" / "folder"
    (path,) = write_sets(folder)
    assert sorted(entry.name for entry in folder.iterdir()) == ["jungle.flac", "jungle.json"]
    frames, rate_hz = soundfile.read(path, dtype="float32")
    assert rate_hz == RATE_HZ
    np.testing.assert_allclose(frames.T, audio, atol=6e-5)
    facts = json.loads(path.with_suffix(".json").read_text())
    assert facts["beat_times_s"] == list(truth.beat_times_s)
    assert facts["sections"][0]["name"] == "intro"
