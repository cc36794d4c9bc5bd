import io
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixdream.analysis.seam import seam_score
from mixdream.project import Project
from mixdream.studio.play.play_state import RATE_HZ
from mixdream.studio.play.played import Played, play_loop
from mixdream.studio.play.shelf import Shelf
from tests.studio.playing import BAR, impulses, write_known


def tone(hz_in_loop: int, samples: int = BAR) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hz_in_loop * np.arange(samples) / samples)


def strongest_hz(audio: np.ndarray) -> float:
    """Of a loop, to a turn in all of it."""
    return float(np.abs(np.fft.rfft(audio)).argmax() * RATE_HZ / len(audio))


@pytest.mark.parametrize("pitch", ["keep", "follow"])
@pytest.mark.parametrize("bar_samples", [83_999, 84_001, 84_047, 78_261, 100_003])
def test_a_played_loop_has_whole_bars_and_no_seam(bar_samples: int, pitch: str) -> None:
    audio = np.stack([tone(400), tone(600)])
    played = play_loop(audio, RATE_HZ, bar_samples, pitch)  # type: ignore[arg-type]
    assert played.shape == (2, bar_samples) and played.dtype == np.float32
    kept = pitch == "keep" and abs(bar_samples / BAR - 1) > 1e-3
    for channel, turns in zip(played, (400, 600), strict=True):
        own_hz = turns * RATE_HZ / (BAR if kept else bar_samples)
        assert strongest_hz(channel) == pytest.approx(own_hz, abs=0.6 * RATE_HZ / bar_samples)
        assert seam_score(channel.astype(np.float64), RATE_HZ).ratio < 2
    if not kept:  # a tone is found again to the last bit of 32
        exact = 0.5 * np.sin(2 * np.pi * 400 * np.arange(bar_samples) / bar_samples)
        assert np.allclose(played[0], exact, rtol=0, atol=1e-6)


@pytest.mark.parametrize("bars", [1, 2])
def test_the_file_is_exactly_as_many_samples_in_32_bit_stereo(tmp_path: Path, bars: int) -> None:
    project = Project(tmp_path)
    loop_id = write_known(project.loops, "x", impulses(100, 21_100, samples=bars * BAR))
    played = Played(Shelf(project))
    content = played.wav(loop_id, 83_999, "keep")
    info = soundfile.info(io.BytesIO(content))
    assert (info.frames, info.channels, info.samplerate, info.subtype) == (bars * 83_999, 2, RATE_HZ, "FLOAT")
    own, _ = soundfile.read(io.BytesIO(played.wav(loop_id, BAR, "keep")))
    assert np.allclose(own[:, 0], impulses(100, 21_100, samples=bars * BAR), rtol=0, atol=2**-23)
    assert np.array_equal(own[:, 0], own[:, 1])


def test_what_was_played_is_remembered(tmp_path: Path) -> None:
    project = Project(tmp_path)
    played = Played(Shelf(project))
    loop_id = write_known(project.loops, "x", impulses(5))
    first = played.audio(loop_id, BAR, "keep")
    assert played.audio(loop_id, BAR, "keep") is first
    assert played.audio(loop_id, BAR + 1, "keep") is not first


def test_a_loop_that_took_the_place_of_another_is_heard(tmp_path: Path) -> None:
    project = Project(tmp_path)
    shelf = Shelf(project)
    played, heard, versions = Played(shelf), [], []
    for hz in (400, 600):
        loop_id = write_known(project.loops, "x", tone(hz), checkpoint=f"step-{hz}")
        versions.append(shelf.get(loop_id).version)
        heard.append(soundfile.read(io.BytesIO(played.wav(loop_id, BAR, "keep")))[0][:, 0])
    assert len(set(versions)) == 2
    assert [strongest_hz(audio) for audio in heard] == pytest.approx([210, 315])
