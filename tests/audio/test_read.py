from pathlib import Path

import numpy as np
import soundfile

from mixdream.audio.read import read_audio


def test_the_end_of_a_file_is_that_of_the_whole(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    soundfile.write(tmp_path / "x.flac", rng.uniform(-0.5, 0.5, 3_000_000), 44_100)
    whole, _ = read_audio(tmp_path / "x.flac", 44_100)
    end, _ = read_audio(tmp_path / "x.flac", 44_100, last_s=2.0)
    assert whole.shape == (3_000_000, 1)
    assert 2.0 * 44_100 <= len(end) < 1_000_000
    np.testing.assert_array_equal(end, whole[-len(end) :])


def test_rates_need_not_be_whole(tmp_path: Path) -> None:
    t = np.arange(44_100 * 2) / 44_100
    soundfile.write(tmp_path / "tone.wav", np.stack([np.sin(2 * np.pi * 440 * t)] * 2, 1) / 2, 44_100)
    audio, nonfinite = read_audio(tmp_path / "tone.wav", 8601.6, channels=2)
    assert nonfinite == 0
    assert audio.shape == (round(2 * 8601.6), 2)
    spectrum = np.abs(np.fft.rfft(audio[:, 0] * np.hanning(len(audio))))
    assert abs(np.argmax(spectrum) * 8601.6 / len(audio) - 440) < 1
