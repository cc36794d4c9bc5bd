from pathlib import Path

import numpy as np
import soundfile

from mixdream.analysis.fidelity import magnitude_snr_db, match_gain
from mixdream.audio.level import SILENCE
from mixdream.spectrogram.grid import NAMED_GRIDS
from mixdream.survey.rendering.clips import RATE_HZ
from mixdream.survey.rendering.treatments import anchor, through_grid
from tests.audio import media
from tests.conftest import write_set


def music(tmp_path: Path, rate_hz: int = RATE_HZ) -> np.ndarray:
    import soxr

    audio, own_hz = soundfile.read(write_set(tmp_path / "music.wav", 5))
    return soxr.resample(audio, own_hz, rate_hz)


def test_the_studio_grid_sounds_better_than_the_thesis(tmp_path: Path) -> None:
    audio = music(tmp_path)
    snr_db = {}
    for name in ("thesis", "studio-8k"):
        grid = NAMED_GRIDS[name]
        made = through_grid(audio, RATE_HZ, grid, seed=1)
        samples = grid.clip_samples * RATE_HZ // grid.rate_hz
        assert len(made) == samples
        inside = slice(480, samples - 480)
        original, made = audio[inside], made[inside]
        snr_db[name] = magnitude_snr_db(original, match_gain(original, made) * made, RATE_HZ)
        # In time with the original: the onsets are where they were.
        levels = [
            np.square(clip[: len(clip) // 960 * 960].reshape(-1, 960)).mean(axis=1)
            for clip in (original, made)
        ]
        shifts = [np.corrcoef(levels[0][5:-5], np.roll(levels[1], lag)[5:-5])[0, 1] for lag in range(-3, 4)]
        assert np.argmax(shifts) == 3
        assert not np.array_equal(through_grid(audio, RATE_HZ, grid, seed=2)[inside], made)
    assert snr_db["studio-8k"] > snr_db["thesis"] + 5
    assert snr_db["thesis"] > 2


def test_what_is_shorter_than_the_grid_keeps_its_length(tmp_path: Path) -> None:
    audio = music(tmp_path)[: 2 * RATE_HZ]
    for name in ("thesis", "studio-8k"):
        made = through_grid(audio, RATE_HZ, NAMED_GRIDS[name], seed=0)
        assert abs(len(made) - len(audio)) <= 6
        assert np.square(made[-4800:]).mean() > 0  # to its end
        assert np.abs(through_grid(np.zeros(RATE_HZ), RATE_HZ, NAMED_GRIDS[name], seed=0)).max() < SILENCE


def test_an_anchor_has_nothing_above_1500_hz_and_is_coarse(tmp_path: Path) -> None:
    for good in (music(tmp_path), media.noise(1.0, RATE_HZ, seed=3)[0]):
        bad = anchor(good[:, None], RATE_HZ)[:, 0]
        spectrum = np.square(np.abs(np.fft.rfft(bad * np.hanning(len(bad)))))
        hz = np.fft.rfftfreq(len(bad), 1 / RATE_HZ)
        assert spectrum[hz > 1500].sum() < 1e-6 * spectrum.sum()
        assert len(bad) == len(good)
    # What the low-pass lets through is 4 bits coarse: noise a good 20 dB under the tone, where it is heard.
    t = np.arange(RATE_HZ) / RATE_HZ
    tone = 0.1 * np.sin(2 * np.pi * 251 * t)[:, None]
    power = np.square(np.abs(np.fft.rfft(anchor(tone, RATE_HZ)[:, 0] * np.hanning(RATE_HZ))))
    noise_db = 10 * np.log10((power[20:240].sum() + power[262:1000].sum()) / power[240:262].sum())
    assert -30 < noise_db < -20
