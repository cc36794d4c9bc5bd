from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, PngImagePlugin

from mixdream.corpus.figures import draw_figures
from mixdream.corpus.images import TEXT_FIELD, ImageInfo, export_images, read_image, read_images
from mixdream.corpus.windows import spread_windows
from mixdream.errors import InputError
from mixdream.spectrogram.grid import Grid
from mixdream.spectrogram.transform import magnitudes
from tests.corpus.small import make_corpus


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("scaling", ["min-max", "as-is", "log"])
def test_the_round_trip_is_exact_to_the_quantisation(tmp_path: Path, bits: int, scaling: str) -> None:
    corpus = make_corpus(tmp_path / "c", {"a": 80_000, "b": 60_000})
    grid = Grid(scaling=scaling)
    written = export_images(corpus, tmp_path / "i", number=5, bits=bits, grid=grid)
    stack, read_grid = read_images(tmp_path / "i")
    windows = spread_windows(corpus, grid.seconds, 5)
    expected = magnitudes(torch.from_numpy(windows.read(range(5))), grid).numpy()
    assert read_grid == grid and stack.shape == (5, 128, 128) and stack.dtype == np.float32
    step = 1 / (2**bits - 1)
    if scaling == "log":
        heard = expected > 10 ** (-79 / 20)
        error = np.abs(20 * np.log10(np.maximum(stack, 1e-9) / expected))[heard]
        assert error.max() <= 80 * step
    else:
        span = np.ptp(expected, axis=(1, 2))[:, None, None]
        assert (np.abs(stack - expected) <= 0.5 * step * span + 1e-7).all()
    info = ImageInfo.model_validate_json(Image.open(written[2]).info[TEXT_FIELD])
    assert (info.set, info.start_s) == windows.where(2)


def test_low_frequencies_are_at_the_bottom(tmp_path: Path) -> None:
    corpus = make_corpus(tmp_path / "c", {"a": 40_000})
    path = export_images(corpus, tmp_path / "i", number=1)[0]
    image, _ = read_image(path)
    pixels = np.asarray(Image.open(path)).astype(float)
    assert np.corrcoef(pixels[::-1].ravel(), image.ravel())[0, 1] > 0.999


def spoil(path: Path, **changes: object) -> Path:
    """Write an image again with other pixels or text."""
    with Image.open(path) as image:
        pixels, text = np.asarray(image), image.info[TEXT_FIELD]
    info = PngImagePlugin.PngInfo()
    if changes.get("text", text) is not None:
        info.add_itxt(TEXT_FIELD, str(changes.get("text", text)))
    Image.fromarray(np.asarray(changes.get("pixels", pixels))).save(path, pnginfo=info)
    return path


def test_images_that_are_not_ours_are_refused_in_one_line(tmp_path: Path) -> None:
    corpus = make_corpus(tmp_path / "c", {"a": 40_000})
    paths = export_images(corpus, tmp_path / "i", number=8)
    paths[0].write_bytes(paths[0].read_bytes()[:300])
    paths[1].write_bytes(b"no image")
    spoil(paths[2], text=None)
    spoil(paths[3], text="{")
    spoil(paths[4], text='{"grid": {"n_fft": 3}}')
    spoil(paths[5], pixels=np.zeros((64, 64), np.uint8))
    spoil(paths[6], pixels=np.zeros((128, 128, 3), np.uint8))
    reasons = [
        "damaged",
        "not a PNG",
        "not written by mixdream",
        "damaged text",
        "damaged text",
        "resized",
        "grayscale",
    ]
    for path, reason in zip([*paths[:7]], reasons, strict=True):
        with pytest.raises(InputError, match=reason) as caught:
            read_image(path)
        assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="missing"):
        read_image(tmp_path / "none.png")


def test_images_of_different_grids_are_not_mixed(tmp_path: Path) -> None:
    corpus = make_corpus(tmp_path / "c", {"a": 40_000})
    export_images(corpus, tmp_path / "i", number=2)
    other = export_images(corpus, tmp_path / "j", number=1, grid=Grid(hop=200))[0]
    other.rename(tmp_path / "i/z.png")
    with pytest.raises(InputError, match="hop differ"):
        read_images(tmp_path / "i")


def test_wrong_export_options_are_refused(tmp_path: Path) -> None:
    corpus = make_corpus(tmp_path / "c", {"a": 40_000})
    with pytest.raises(InputError, match="8 and 16"):
        export_images(corpus, tmp_path / "i", bits=12)
    with pytest.raises(InputError, match="not empty"):
        export_images(corpus, tmp_path / "c")
    with pytest.raises(InputError, match="no PNG images"):
        read_images(tmp_path)
    with pytest.raises(InputError, match="16000 Hz"):
        export_images(corpus, tmp_path / "i", grid=Grid(rate_hz=16_000))


def test_figures_are_drawn_for_any_name_and_any_cut(tmp_path: Path) -> None:
    sets = {"日本 $x^$": 60_000, "b": 100_000}
    corpus = make_corpus(tmp_path / "c", sets, segments={"b": [(0, 50_000), (50_000, 100_000)]})
    paths = draw_figures(corpus, tmp_path / "f")
    assert [path.name for path in paths] == [
        "3-1-waveform.png",
        "3-2-spectrum.png",
        "3-3-spectrogram.png",
        "3-5-spectrograms.png",
        "3-6-spectrograms-rescaled.png",
        "set-b.png",
        "set-日本 $x^$.png",
    ]
    for path in paths:
        assert np.ptp(np.asarray(Image.open(path).convert("L"))) > 100
