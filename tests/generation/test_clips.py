import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from mixdream.audio.limiter import true_peak
from mixdream.audio.write import AudioFormat
from mixdream.corpus.images import read_spectrograms, save_stack
from mixdream.errors import InputError
from mixdream.generation.clips import write_spectrogram
from mixdream.generation.generate import generate
from mixdream.generation.wish import Wish
from mixdream.runs.run import Run
from mixdream.spectrogram.grid import Grid
from mixdream.spectrogram.transform import magnitudes


def test_clips_are_24_bit_files_with_a_json_beside_each(seconds_run: Run, tmp_path: Path) -> None:
    shares: list[float] = []
    wish = Wish(count=3, seed=20)
    clips = generate(seconds_run, tmp_path / "clips", wish, report=lambda done, note: shares.append(done))
    assert shares == sorted(shares) and shares[-1] == pytest.approx(1)
    assert [Path(c["file"]).name for c in clips] == [f"seconds_{seed}.wav" for seed in (20, 21, 22)]
    for clip in clips:
        info = soundfile.info(clip["file"])
        assert (info.samplerate, info.channels, info.subtype) == (44_100, 1, "PCM_24")
        assert info.duration == pytest.approx(clip["seconds"], abs=1e-4)
        audio, _ = soundfile.read(clip["file"])
        assert true_peak(audio) == pytest.approx(10 ** (clip["true_peak_dbtp"] / 20), abs=1e-5)
        assert max(clip["true_peak_dbtp"] + 1, clip["loudness_lufs"] + 14) == pytest.approx(0, abs=1e-6)
        beside = json.loads(Path(clip["file"]).with_suffix(".json").read_text())
        assert beside == {k: v for k, v in clip.items() if k != "file"}
        assert beside["checkpoint"] == seconds_run.latest_checkpoint().name
        assert beside["run_folder"] == str(seconds_run.folder)
    assert len(list((tmp_path / "clips").iterdir())) == 6


@pytest.mark.parametrize("kind", ["seconds", "bars"])
def test_a_clip_is_a_function_of_its_seed_not_of_the_count(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    run = request.getfixturevalue(f"{kind}_run")
    many = generate(run, tmp_path / "many", Wish(count=3, seed=15))
    alone = generate(run, tmp_path / "alone", Wish(count=1, seed=17))
    assert Path(many[2]["file"]).read_bytes() == Path(alone[0]["file"]).read_bytes()
    assert Path(many[1]["file"]).read_bytes() != Path(alone[0]["file"]).read_bytes()


@pytest.mark.parametrize(("form", "rate_hz"), [("flac", 48_000), ("wav", 8000), ("flac", 192_000)])
def test_formats_and_rates(seconds_run: Run, tmp_path: Path, form: AudioFormat, rate_hz: int) -> None:
    clip = generate(seconds_run, tmp_path, Wish(count=1, rate_hz=rate_hz, form=form))[0]
    info = soundfile.info(clip["file"])
    assert (info.samplerate, info.format.lower(), info.subtype) == (rate_hz, form, "PCM_24")
    assert clip["seconds"] == pytest.approx(256 * 128 / 8000, abs=0.01)


def test_a_tone_keeps_its_pitch_at_another_rate(tmp_path: Path) -> None:
    spectrogram = torch.zeros(128, 128)
    spectrogram[32] = 0.25
    clip = write_spectrogram(tmp_path, "tone", spectrogram, Grid(), Wish(inversion="random-phase"), {})
    audio, rate_hz = soundfile.read(clip["file"])
    peak_hz = np.abs(np.fft.rfft(audio * np.hanning(len(audio)))).argmax() * rate_hz / len(audio)
    assert peak_hz == pytest.approx(1000, abs=0.5)


def test_silence_is_written_as_silence_and_said(tmp_path: Path) -> None:
    clip = write_spectrogram(tmp_path, "s", torch.zeros(128, 128), Grid(), Wish(inversion="griffin-lim"), {})
    assert clip["silent"] is True
    assert clip["true_peak_dbtp"] is None and clip["gain_db"] == 0
    assert np.abs(soundfile.read(clip["file"])[0]).max() == 0


def test_what_cannot_be_is_explained(seconds_run: Run, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="rate of 10 Hz is not possible"):
        generate(seconds_run, tmp_path, Wish(count=1, rate_hz=10))
    with pytest.raises(InputError, match="unknown inversion"):
        generate(seconds_run, tmp_path, Wish(count=1, inversion="magic"))
    with pytest.raises(InputError, match=r"cannot loop: .* windows\.beats, such as 'loops'"):
        generate(seconds_run, tmp_path, Wish(bars=2))
    with pytest.raises(InputError, match=r"has no tempo: .* leave --bpm out"):
        generate(seconds_run, tmp_path, Wish(bpm=120))
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written"):
        generate(seconds_run, tmp_path / "file", Wish(count=1))
    broken = torch.full((128, 128), torch.nan)
    with pytest.raises(InputError, match="NaN"):
        write_spectrogram(tmp_path, "x", broken, Grid(), Wish(inversion="random-phase"), {})


def test_npy_spectrograms(tmp_path: Path) -> None:
    grid = Grid()
    values = magnitudes(torch.rand(2, 32_400), grid).numpy()
    np.save(tmp_path / "many.npy", values)
    np.save(tmp_path / "one.npy", values[0])
    assert np.allclose(read_spectrograms(tmp_path / "many.npy", grid)[0], values)
    assert read_spectrograms(tmp_path / "one.npy", grid)[0].shape == (1, 128, 128)


def test_imported_images_bring_their_grid(tmp_path: Path) -> None:
    own = Grid(rate_hz=16_000, hop=128, window="hann")
    values = np.ones((2, 128, 128), np.float32)
    save_stack(tmp_path / "stack.npy", values, own)
    magnitudes, grid = read_spectrograms(tmp_path / "stack.npy", Grid())
    assert grid == own
    assert np.array_equal(magnitudes.numpy(), values)
    (tmp_path / "stack.json").write_text("{}")
    with pytest.raises(InputError, match="is not the grid of"):
        read_spectrograms(tmp_path / "stack.npy", Grid())


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros((128, 64)), "has shape"),
        (np.full((128, 128), -1.0), "negative or not finite"),
        (np.full((128, 128), np.inf), "negative or not finite"),
        (np.zeros((128, 128), complex), "real numbers"),
        (np.array(["a"]), "real numbers"),
        (np.full((128, 128), 1e300), "negative or not finite"),
        (np.zeros((0, 128, 128)), "holds no spectrogram"),
        (np.array([{}]), "cannot be read"),
    ],
)
def test_npy_files_that_are_no_spectrograms(values: np.ndarray, message: str, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", values, allow_pickle=True)
    with pytest.raises(InputError, match=message):
        read_spectrograms(tmp_path / "x.npy", Grid())


def test_other_files_are_no_spectrograms(tmp_path: Path) -> None:
    (tmp_path / "x.npy").write_bytes(b"")
    (tmp_path / "x.png").write_bytes(b"no picture")
    for name in ("x.npy", "x.png", "x.txt", "missing.npy"):
        with pytest.raises(InputError, match=r"x\.|missing"):
            read_spectrograms(tmp_path / name, Grid())
