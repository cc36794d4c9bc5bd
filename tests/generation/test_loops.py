import json
import math
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixdream.analysis.key import PITCH_CLASSES
from mixdream.analysis.seam import seam_score
from mixdream.audio.limiter import true_peak
from mixdream.audio.loop_chunks import LoopInfo
from mixdream.errors import InputError
from mixdream.generation.generate import generate
from mixdream.generation.wish import Wish
from mixdream.runs.run import Run
from tests.audio import media


@pytest.fixture
def run(bars_run: Run) -> Run:
    return bars_run


@pytest.mark.parametrize(
    ("bpm", "bars", "rate_hz", "samples"),
    [(126, None, 44_100, 168_000), (126.5, 1, 48_000, 91_067), (40, 2, 8000, 96_000), (300, 1, 8000, 6400)],
)
def test_a_loop_is_whole_bars_to_the_sample_and_says_so(
    bpm: float, bars: int | None, rate_hz: int, samples: int, run: Run, tmp_path: Path
) -> None:
    loop = generate(run, tmp_path, Wish(count=1, seed=5, bpm=bpm, bars=bars, rate_hz=rate_hz))[0]
    beats = 4 * (bars or 2)
    assert samples == round(beats * 60 / bpm * rate_hz) == loop["samples"]
    path = Path(loop["file"])
    info = soundfile.info(path)
    assert (info.frames, info.samplerate, info.subtype) == (samples, rate_hz, "PCM_24")
    root_note = 60 + PITCH_CLASSES.index(loop["key"].removesuffix("m")) if loop["key"] else None
    assert media.loop_of(path.read_bytes()) == LoopInfo(bpm, beats, root_note)
    key = f"_{loop['key']}_{loop['camelot']}" if loop["key"] else ""
    assert path.name == f"bars_5_{bpm:g}bpm{key}.wav"
    beside = json.loads(path.with_suffix(".json").read_text())
    assert beside == {k: v for k, v in loop.items() if k != "file"}
    assert (beside["bpm"], beside["beats"], beside["bars"]) == (bpm, beats, bars or 2)
    assert beside["checkpoint"] == run.latest_checkpoint().name


@pytest.mark.parametrize("inversion", ["griffin-lim", "random-phase"])
def test_the_end_of_the_file_meets_its_start(inversion: str, run: Run, tmp_path: Path) -> None:
    """Tiled as a DAW does; a clip that was not inverted as a loop has a seam that stands out."""
    for loop in generate(run, tmp_path, Wish(count=3, inversion=inversion)):
        audio, rate_hz = soundfile.read(loop["file"])
        seam = seam_score(audio, rate_hz)
        assert seam.ratio < 1.5
        assert loop["seam"]["ratio"] == pytest.approx(seam.ratio, rel=0.5)
        assert seam_score(audio[: -rate_hz // 100], rate_hz).ratio > seam.ratio
        tiled = np.tile(audio, 3)
        steps = np.abs(np.diff(tiled))
        assert steps[len(audio) - 1] <= 1.05 * np.abs(np.diff(audio)).max()


def test_loudness_and_true_peak_are_what_the_json_says(run: Run, tmp_path: Path) -> None:
    loop = generate(run, tmp_path / "loud", Wish(count=1))[0]
    audio, _ = soundfile.read(loop["file"])
    assert 20 * math.log10(true_peak(audio, loop=True)) == pytest.approx(loop["true_peak_dbtp"], abs=0.01)
    assert loop["true_peak_dbtp"] <= -1 + 1e-9
    assert max(loop["true_peak_dbtp"] + 1, loop["loudness_lufs"] + 14) == pytest.approx(0, abs=1e-6)
    kept = generate(run, tmp_path / "kept", Wish(count=1, keep_level=True))[0]
    same, _ = soundfile.read(kept["file"])
    assert kept["gain_db"] <= 0
    assert same * 10 ** ((loop["gain_db"] - kept["gain_db"]) / 20) == pytest.approx(audio, abs=1e-6)


def test_flac_loops_have_no_chunks_but_the_same_samples(run: Run, tmp_path: Path) -> None:
    flac = generate(run, tmp_path / "flac", Wish(count=1, form="flac"))[0]
    wav = generate(run, tmp_path / "wav", Wish(count=1))[0]
    one, other = (soundfile.read(loop["file"])[0] for loop in (flac, wav))
    assert len(one) == len(other)
    assert np.abs(one - other).max() < 2**-22  # libsndfile rounds the last bit otherwise


def test_the_run_s_own_tempo_is_the_default(run: Run, tmp_path: Path) -> None:
    info = run.info()
    assert 115 < info["tempo_bpm"] < 145
    loop = generate(run, tmp_path, Wish(count=1))[0]
    assert loop["bpm"] == round(info["tempo_bpm"])


def test_wrong_wishes_are_explained(run: Run, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"loops of 3 bars are not possible .* loops of 1 or 2"):
        generate(run, tmp_path, Wish(bars=3))
    for bpm in (39.9, 301, math.nan, math.inf):
        with pytest.raises(InputError, match="BPM is not possible: 40 to 300 BPM are"):
            generate(run, tmp_path, Wish(bpm=bpm))
    with pytest.raises(InputError, match="rate of 10 Hz"):
        generate(run, tmp_path, Wish(rate_hz=10))
    with pytest.raises(InputError, match="unknown inversion"):
        generate(run, tmp_path, Wish(inversion="magic"))
    assert not list(tmp_path.iterdir())
