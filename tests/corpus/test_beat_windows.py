from pathlib import Path

import numpy as np
import pytest
import soxr
import torch

from mixdream.analysis.beats.beats import Beats
from mixdream.corpus.beat_windows import index_beat_windows
from mixdream.corpus.store import Corpus, audio_path
from mixdream.errors import InputError
from mixdream.spectrogram.grid import NAMED_GRIDS
from mixdream.spectrogram.transform import magnitudes
from tests.corpus.small import make_corpus

GRID = NAMED_GRIDS["studio-8k"]
BEAT = GRID.clip_samples // 8


def even_beats(bpm: float, seconds: float, rate_hz: int, first_s: float = 0.0) -> Beats:
    sample = np.arange(first_s * rate_hz, seconds * rate_hz + 1e-6, 60 / bpm * rate_hz)
    return Beats(sample, (np.arange(len(sample)) % 4).astype(np.int8), np.ones(len(sample), bool))


@pytest.fixture
def known_beats(monkeypatch: pytest.MonkeyPatch) -> dict[str, Beats]:
    """Beats that the test knows better than a tracker could: what is tested is what windows make of them."""
    beats: dict[str, Beats] = {}
    monkeypatch.setattr(Corpus, "beats", lambda _self, name: beats[name])
    return beats


def with_audio(folder: Path, audio: np.ndarray, rate_hz: int, **options: object) -> Corpus:
    corpus = make_corpus(folder, {"a": len(audio)}, rate_hz=rate_hz, **options)  # type: ignore[arg-type]
    np.save(audio_path(folder, "a"), (audio * 32767).astype(np.int16)[:, None])
    return corpus


@pytest.mark.parametrize(("rate_hz", "bpm"), [(8000, 90.0), (8000, 133.7), (44_100, 174.0)])
def test_beats_land_in_the_same_place_whatever_the_tempo(
    rate_hz: int, bpm: float, known_beats: dict[str, Beats], tmp_path: Path
) -> None:
    known_beats["a"] = even_beats(bpm, 12, rate_hz, first_s=0.3)
    t = np.arange(12 * rate_hz) / rate_hz
    since = (t[:, None] - known_beats["a"].sample / rate_hz) % 12
    bursts = np.sin(2 * np.pi * 1000 * t) * np.exp(-since.min(axis=1) / 0.01)
    windows = index_beat_windows(with_audio(tmp_path, 0.9 * bursts, rate_hz), GRID, 8)
    assert windows.tempo_bpm == pytest.approx(bpm)
    audio = windows.read(range(len(windows)))
    assert audio.shape == (len(windows), GRID.samples)
    # The attack is steepest at the beat.
    for window in audio:
        level = np.convolve(np.abs(window), np.ones(16) / 16, "same")
        rise = level[32:] - level[:-32]
        for beat in range(1, 8):
            middle = GRID.lead + beat * BEAT
            assert abs(rise[middle - 500 : middle + 500].argmax() - 500 + 16) < 24
    # One beat is 64 frames: the picture repeats.
    image = magnitudes(torch.from_numpy(audio[:1]), GRID)[0].sum(0)
    assert torch.corrcoef(torch.stack([image[:-64], image[64:]]))[0, 1] > 0.99


def test_varispeed_shifts_pitch_with_tempo(known_beats: dict[str, Beats], tmp_path: Path) -> None:
    known_beats["a"] = even_beats(130.0, 10, 8000)
    tone = 0.5 * np.sin(2 * np.pi * 500 * np.arange(80_000) / 8000)
    windows = index_beat_windows(with_audio(tmp_path, tone, 8000), GRID, 8)
    spectrum = np.abs(np.fft.rfft(windows.read([1])[0] * np.hanning(GRID.samples)))
    expected_hz = 500 * 117.1875 / 130
    assert spectrum.argmax() * 8000 / GRID.samples == pytest.approx(expected_hz, abs=0.3)
    assert windows.read([1])[0].std() == pytest.approx(0.5 / np.sqrt(2), rel=0.01)


def test_both_channels_and_the_full_band_can_be_read(known_beats: dict[str, Beats], tmp_path: Path) -> None:
    known_beats["a"] = even_beats(130.0, 10, 44_100)
    corpus = make_corpus(tmp_path, {"a": 441_000}, rate_hz=44_100, channels=2)
    time_s = np.arange(441_000) / 44_100
    sides = np.stack([np.sin(2 * np.pi * hz * time_s) for hz in (500, 9000)], axis=1)
    np.save(audio_path(tmp_path, "a"), (16_000 * sides).astype(np.int16))
    windows = index_beat_windows(corpus, GRID, 8)
    both = windows.read([1], mono=False, rate_hz=44_100)[0]
    assert both.shape == (round(GRID.samples * 44_100 / 8000), 2)
    for side, hz in zip(both.T, (500, 9000), strict=True):
        spectrum = np.abs(np.fft.rfft(side * np.hanning(len(side))))
        assert spectrum.argmax() * 44_100 / len(side) == pytest.approx(hz * 117.1875 / 130, abs=0.3)
    low = soxr.resample(both.mean(axis=1), 44_100, 8000, quality="VHQ")  # begins where the other begins
    mono = windows.read([1])[0]
    assert np.abs(low[500:-500] - mono[500 : len(low) - 500]).max() < 0.005


def test_windows_start_on_downbeats_or_on_any_beat(known_beats: dict[str, Beats], tmp_path: Path) -> None:
    known_beats["a"] = even_beats(120.0, 30, 8000)  # 61 beats
    corpus = make_corpus(tmp_path, {"a": 30 * 8000})
    downbeats = index_beat_windows(corpus, GRID, 8)
    assert downbeats.start.tolist() == [16_000 * bar for bar in range(14)]
    assert downbeats.where(3) == ("a", 6.0)
    assert len(index_beat_windows(corpus, GRID, 8, "beat")) == 53


def test_unsure_and_uneven_beats_and_strange_tempos_are_left_out(
    known_beats: dict[str, Beats], tmp_path: Path
) -> None:
    corpus = make_corpus(tmp_path, {"a": 60 * 8000})
    beats = even_beats(120.0, 60, 8000)
    beats.sure[50:54] = False
    beats.sample[90] += 400
    known_beats["a"] = beats
    starts = np.rint(index_beat_windows(corpus, GRID, 8, "beat").start / 4000).astype(int)
    covered = {beat for start in starts for beat in range(start, start + 8)}
    assert covered == set(range(120)) - {50, 51, 52, 53, 90} - {89}  # a window may end on no odd beat either
    for bpm in (50.0, 220.0):
        known_beats["a"] = even_beats(bpm, 60, 8000)
        with pytest.raises(InputError, match="no 8 beats in a row are sure"):
            index_beat_windows(corpus, GRID, 8)


def test_no_window_reaches_over_a_cut_or_out_of_its_part(
    known_beats: dict[str, Beats], tmp_path: Path
) -> None:
    cut = 20 * 8000
    corpus = make_corpus(tmp_path, {"a": 60 * 8000}, segments={"a": [(0, cut), (cut, 60 * 8000)]})
    known_beats["a"] = even_beats(120.0, 60, 8000)
    windows = index_beat_windows(corpus, GRID, 8)
    starts = windows.start.tolist()
    assert {cut - 32_000, cut} <= set(starts)
    assert cut - 16_000 not in starts
    part = index_beat_windows(corpus, GRID, 8, spans={"a": [(40_000, 120_000)]})
    assert part.start.tolist() == [48_000, 64_000, 80_000]
    # What the frames cover beyond the cut is silence, not the other side of it.
    before, after = windows.read([starts.index(cut - 32_000), starts.index(cut)])
    assert np.abs(before[GRID.lead + GRID.clip_samples + 8 :]).max() < 0.05 < before.std()
    assert np.abs(after[: GRID.lead - 8]).max() < 0.05 < after.std()


def test_stereo_is_mixed_or_read_as_it_is(known_beats: dict[str, Beats], tmp_path: Path) -> None:
    corpus = make_corpus(tmp_path, {"a": 20 * 8000}, channels=2)
    known_beats["a"] = even_beats(117.1875, 20, 8000)
    windows = index_beat_windows(corpus, GRID, 8)
    start = 4 * BEAT  # the second bar
    expected = corpus.audio("a")[start : start + 32_000] / 32768
    inside = slice(GRID.lead, GRID.lead + 32_000)
    assert np.allclose(windows.read([1])[0, inside], expected.mean(axis=1), atol=2e-3)
    assert np.allclose(windows.read([1], mono=False)[0, inside], expected, atol=2e-3)
