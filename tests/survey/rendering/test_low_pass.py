"""Anchors of MUSHRA: their edges, their levels, and that they are in time."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixdream.audio.level import loudness_lufs
from mixdream.survey.design.blocks import Multi
from mixdream.survey.design.design import Condition, Design
from mixdream.survey.design.question import Question
from mixdream.survey.rendering.clips import RATE_HZ, RENDERED
from mixdream.survey.rendering.render import render_clips
from mixdream.survey.rendering.treatments import low_passed
from tests.audio import media

SLIDER = Question(name="q", ask="How close?", kind="scale", lowest=0, highest=100)


@pytest.mark.parametrize("edge_hz", [3500, 7000])
def test_an_anchor_is_as_the_recommendation_has_it(edge_hz: int) -> None:
    pulse = np.zeros((RATE_HZ, 1))
    pulse[RATE_HZ // 2] = 1
    made = low_passed(pulse, RATE_HZ, edge_hz)[:, 0]
    level_db = 20 * np.log10(np.abs(np.fft.rfft(made)) + 1e-9)  # a bin a hertz
    assert np.abs(level_db[:edge_hz]).max() < 0.1
    assert 1 < np.argmax(level_db < -3) / edge_hz < 1.05
    # At least 25 dB at 4 kHz and 50 dB at 4.5 kHz for the edge of 3.5 kHz.
    assert level_db[edge_hz * 8 // 7 :].max() < -60
    # Without delay: symmetrical about where the pulse was.
    assert np.argmax(made) == RATE_HZ // 2
    assert made[RATE_HZ // 2 + 1 :] == pytest.approx(made[1 : RATE_HZ // 2][::-1], abs=1e-12)


def design(folder: str) -> Design:
    block = Multi(
        kind="multi", name="m", reference="real", conditions=("real", "mid", "low"), pages=1, question=SLIDER
    )
    conditions = {
        "real": Condition(folder=folder),
        "mid": Condition(folder=folder, lowpass_hz=7000),
        "low": Condition(folder=folder, lowpass_hz=3500),
    }
    texts = dict.fromkeys(("title", "consent", "volume", "withdrawal"), "x")
    return Design.model_validate({"version": 1, **texts, "conditions": conditions, "blocks": [block]})


def test_anchors_are_as_loud_as_the_reference_and_of_its_time(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    for i in range(2):
        audio = media.noise(1.5, 44_100, i, 0.1 + 0.2 * i, 2) * np.linspace(1, 0.2, 66_150)
        soundfile.write(tmp_path / "real" / f"{i}.wav", audio.T, 44_100)
    clips = render_clips(design("real"), tmp_path)
    assert sorted((clip.condition, clip.item) for clip in clips) == [
        (name, item) for name in ("low", "mid", "real") for item in "01"
    ]
    made = {
        (clip.condition, clip.item): soundfile.read(tmp_path / RENDERED / f"{clip.id}.flac")[0].T
        for clip in clips
    }
    levels = [loudness_lufs(audio, RATE_HZ) for audio in made.values()]
    known = [level for level in levels if level is not None]
    assert len(known) == 6 and max(known) - min(known) < 0.1
    for item in "01":
        reference = made["real", item]
        for name, edge_hz in (("low", 3500), ("mid", 7000)):
            anchor = made[name, item]
            assert anchor.shape == reference.shape
            power = np.square(np.abs(np.fft.rfft(anchor[0])))
            hz = np.fft.rfftfreq(anchor.shape[1], 1 / RATE_HZ)
            assert power[hz > 1.1 * edge_hz].sum() < 1e-4 * power.sum()
            # Sample by sample where the reference is, but for its gain.
            spectra = np.fft.rfft(anchor[0]), np.fft.rfft(reference[0])
            aligned = np.fft.irfft(spectra[0] * spectra[1].conj())
            assert np.argmax(aligned) == 0
    assert len({(tmp_path / RENDERED / f"{clip.id}.flac").stat().st_size for clip in clips}) == 1
