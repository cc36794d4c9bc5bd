import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixdream.audio.write import AudioFormat, write_audio, write_blocks

RATE_HZ = 8000


def noise() -> Iterator[np.ndarray]:
    """A second at a time."""
    rng = np.random.default_rng(0)
    for _ in range(4):
        yield 0.1 * rng.standard_normal(RATE_HZ)


@pytest.mark.parametrize("form", ["wav", "flac"])
def test_blocks_are_one_file(form: AudioFormat, tmp_path: Path) -> None:
    write_blocks(tmp_path / f"mix.{form}", noise(), 4 * RATE_HZ, RATE_HZ, form)
    audio, rate_hz = soundfile.read(tmp_path / f"mix.{form}")
    assert rate_hz == RATE_HZ
    np.testing.assert_allclose(audio, np.concatenate(list(noise())), atol=2**-23)


@pytest.mark.parametrize("form", ["wav", "flac"])
def test_a_file_that_cannot_grow_is_told_once_and_goes(
    form: AudioFormat, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    limits = pytest.importorskip("tests.limits", reason="Unix has it", exc_type=ImportError)
    path, made = tmp_path / f"mix.{form}", []
    blocks = (made.append(1) or block for block in noise())  # type: ignore[func-returns-value]
    with pytest.raises(OSError, match="File too large") as raised, limits.largest_file(10_000):
        write_blocks(path, blocks, 4 * RATE_HZ, RATE_HZ, form)
    assert raised.value.filename == str(path)
    assert len(made) <= 2, "no more is made than it takes to see it"
    with pytest.raises(OSError, match="File too large") as raised, limits.largest_file(10_000):
        write_audio(path, next(noise()), RATE_HZ, form)
    assert raised.value.filename == str(path)
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr().err == "", "libsndfile prints what Python raises in it"


def test_what_passes_4_gb_becomes_rf64(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def blocks() -> Iterator[np.ndarray]:
        yield from (np.full(1000, 0.25), np.full(500, -0.25))

    monkeypatch.setattr("mixdream.audio.write._MOST_WAV_BYTES", 4499)
    write_blocks(tmp_path / "long.wav", blocks(), 1500, 8000)
    monkeypatch.setattr("mixdream.audio.write._MOST_WAV_BYTES", 4500)
    write_blocks(tmp_path / "short.wav", blocks(), 1500, 8000)
    assert soundfile.info(tmp_path / "long.wav").format == "RF64"
    assert soundfile.info(tmp_path / "short.wav").format == "WAV"
    long, short = (soundfile.read(tmp_path / name)[0] for name in ("long.wav", "short.wav"))
    assert np.array_equal(long, np.repeat([0.25, -0.25], [1000, 500])) and np.array_equal(long, short)


def test_ctrl_c_while_bytes_are_written_is_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Struck(io.FileIO):
        def write(self, data: object) -> int:
            raise KeyboardInterrupt

    monkeypatch.setattr(Path, "open", lambda path, *_how, **_more: Struck(path, "wb"))
    with pytest.raises(KeyboardInterrupt):
        write_blocks(tmp_path / "mix.wav", [np.zeros(1000)], 1000, 8000)
    assert list(tmp_path.iterdir()) == []
