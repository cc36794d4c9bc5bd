from pathlib import Path

import numpy as np
import pytest

from mixdream.corpus.ingest import ingest
from mixdream.corpus.store import SetRecord, SourceFile, sha256_of
from mixdream.errors import InputError
from tests.audio import media


def run(path: Path, channels: int = 1, rate_hz: int = 8000) -> tuple[SetRecord, np.ndarray]:
    """Record and audio, as floats of full scale 1, of an ingested file."""
    target = path.with_suffix(".npy")
    beats = path.with_suffix(".beats")
    record = ingest(path, SourceFile(name="x", source=str(path)), target, beats, rate_hz, channels)
    audio = np.load(target)
    assert audio.dtype == np.int16 and audio.shape == (record.samples, channels)
    assert record.audio_sha256 == sha256_of(target) and record.beats_sha256 == sha256_of(beats)
    return record, audio / 32768


def test_int16_without_dc_is_kept_bit_for_bit(tmp_path: Path) -> None:
    samples = np.random.default_rng(0).integers(-32767, 32768, 25_000).astype(np.int16)
    samples = np.concatenate([samples, -samples])
    record, audio = run(media.write_wav(tmp_path / "a.wav", samples, 8000))
    assert np.array_equal(np.rint(audio[:, 0] * 32768), samples)
    assert (record.gain_db, record.dc, record.warnings, record.dropped) == (0, (0.0,), (), ())


def test_an_overshoot_is_kept_unclipped_by_one_gain(tmp_path: Path) -> None:
    wave = media.tone(100, 6, 8000, 1.25)[0]
    record, audio = run(media.write_wav(tmp_path / "a.wav", wave, 8000))
    assert record.peak == pytest.approx(1.25, abs=1e-3)
    assert record.gain_db == pytest.approx(-20 * np.log10(1.25), abs=0.01)
    assert np.allclose(audio[:, 0], wave / record.peak, atol=2 / 32768)


def test_dc_is_removed(tmp_path: Path) -> None:
    wave = media.tone(100, 6, 8000, 0.5)[0] + 0.1
    record, audio = run(media.write_wav(tmp_path / "a.wav", wave, 8000))
    assert record.dc[0] == pytest.approx(0.1, abs=1e-4)
    assert abs(audio.mean()) < 1e-4 and record.peak == pytest.approx(0.5, abs=1e-3)


def test_silence_over_two_seconds_is_dropped_and_the_times_stay_right(tmp_path: Path) -> None:
    tone = media.tone(100, 6, 8000)[0]
    gap, pause = np.zeros(5 * 8000, np.float32), np.zeros(12_000, np.float32)
    wave = np.concatenate([gap, tone, pause, tone, gap, tone])
    record, audio = run(media.write_wav(tmp_path / "a.wav", wave, 8000))
    assert [(round(d.start_s, 2), round(d.stop_s, 2), d.reason) for d in record.dropped] == [
        (0, 5, "digital silence"),
        (18.5, 23.5, "digital silence"),
    ]
    assert record.samples == len(audio) == pytest.approx(13.5 * 8000 + 6 * 8000, abs=3)
    assert len(record.segments) == 2 and record.seconds == pytest.approx(len(wave) / 8000)
    for sample in (0, 50_000, record.segments[0][1] - 1, record.segments[1][0], record.samples - 1):
        source = round(record.source_time_s(sample) * 8000)
        assert abs(audio[sample, 0] - wave[source]) <= 1 / 32768
    with pytest.raises(ValueError, match="outside set"):
        record.source_time_s(record.samples)


def test_silence_at_a_dc_offset_is_silence_too(tmp_path: Path) -> None:
    wave = np.concatenate([media.tone(100, 6, 8000)[0] + 0.1, np.full(30_000, 0.1, np.float32)])
    record, _ = run(media.write_wav(tmp_path / "a.wav", wave, 8000))
    assert len(record.dropped) == 1 and record.dc[0] == pytest.approx(0.1, abs=1e-4)


def test_stereo_levels(tmp_path: Path) -> None:
    wave = np.stack([media.tone(100, 6, 8000)[0], media.tone(150, 6, 8000, 0.25)[0] - 0.05], axis=1)
    record, audio = run(media.write_wav(tmp_path / "a.wav", wave, 8000), channels=2)
    assert record.dc == pytest.approx((0, -0.05), abs=1e-3)
    assert record.rms_dbfs == pytest.approx(10 * np.log10((0.5**2 + 0.25**2) / 4), abs=0.01)
    assert np.abs(audio[:, 1]).max() == pytest.approx(0.25, abs=1e-3)


def test_quiet_noise_has_a_level_but_no_loudness(tmp_path: Path) -> None:
    record, _ = run(media.write_wav(tmp_path / "a.wav", media.noise(6, 8000, level=2e-4)[0], 8000))
    assert record.loudness_lufs is None and record.rms_dbfs < -70


def many_bad(count: int) -> np.ndarray:
    wave = media.noise(10, 8000)[0]
    wave[np.random.default_rng(0).choice(len(wave), count, replace=False)] = np.nan
    return wave


@pytest.mark.parametrize(
    ("wave", "reason"),
    [
        (np.zeros(80_000, np.float32), "10.0 s of nothing but digital silence"),
        (np.full(80_000, 0.3, np.float32), "nothing but digital silence"),
        (media.noise(4, 8000)[0], "4.00 s of audio, shorter than a window of 4.05 s"),
        (np.tile(np.concatenate([media.noise(4, 8000)[0], np.zeros(20_000, np.float32)]), 3), "in one piece"),
        (many_bad(1200), r"1\.5% of its samples are not numbers"),
        (media.noise(10, 8000, level=32768)[0], "scaled like integers"),
        (np.zeros(0, np.float32), "holds no audio"),
    ],
)
def test_what_cannot_be_used_is_rejected_with_the_reason(
    tmp_path: Path, wave: np.ndarray, reason: str
) -> None:
    with pytest.raises(InputError, match=reason):
        run(media.write_wav(tmp_path / "a.wav", wave, 8000))


def test_a_few_bad_samples_are_said(tmp_path: Path) -> None:
    record, audio = run(media.write_wav(tmp_path / "a.wav", many_bad(100), 8000))
    assert record.nonfinite_samples == 100 and np.abs(audio).max() < 0.11
    assert any("100 samples" in warning for warning in record.warnings)


@pytest.mark.parametrize(("share", "accepted"), [(0.003, True), (0.05, False)])
@pytest.mark.parametrize("suffix", [".mp3", ".flac", ".ogg"])
def test_more_than_one_percent_corrupt_is_rejected(
    tmp_path: Path, suffix: str, share: float, accepted: bool
) -> None:
    path = media.write(tmp_path / f"a{suffix}", media.noise(30, 44_100), 44_100)
    content = bytearray(path.read_bytes())
    size = round(share * len(content))
    content[len(content) // 2 : len(content) // 2 + size] = np.random.default_rng(0).bytes(size)
    path.write_bytes(content)
    if accepted:
        record, _ = run(path)
        assert record.corrupt_packets > 0 and "corrupt or missing packets" in record.warnings[0]
    else:
        with pytest.raises(InputError, match="1 % is allowed"):
            run(path)


def test_a_cut_off_file_is_used_and_said(tmp_path: Path) -> None:
    path = media.write(tmp_path / "a.mp3", media.noise(30, 44_100), 44_100)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    record, _ = run(path)
    assert record.seconds == pytest.approx(15, abs=1)
    assert any("is it cut off?" in warning for warning in record.warnings)


def test_opposite_channels_are_no_silence(tmp_path: Path) -> None:
    wave = np.rint(9000 * media.tone(100, 6, 8000, 1)[0]).astype(np.int16)
    record, audio = run(media.write_wav(tmp_path / "a.wav", np.stack([wave, -wave], axis=1), 8000))
    assert np.abs(audio[:, 0] - wave / 32768).max() < 1e-4
    assert record.dropped == () and record.seconds == pytest.approx(6)
    assert "left and right cancel each other (their mix is silent)" in record.warnings[0]
