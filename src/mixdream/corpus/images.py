"""Spectrograms as PNG images that say what they show, for those who want the data set as images."""

import io
import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image, PngImagePlugin
from pydantic import BaseModel, ConfigDict, FiniteFloat, ValidationError
from torch import Tensor

from mixdream.corpus.store import Corpus
from mixdream.corpus.windows import spread_windows
from mixdream.errors import InputError, first_problem
from mixdream.files import all_or_none, naming, write_json, write_with
from mixdream.progress import Report, silent
from mixdream.spectrogram.grid import Grid
from mixdream.spectrogram.scaling import Scaler
from mixdream.spectrogram.transform import magnitudes

TEXT_FIELD = "mixdream"
"""Name of the PNG text field that holds an `ImageInfo` as JSON."""

_DEPTHS: dict[int, type[np.unsignedinteger]] = {8: np.uint8, 16: np.uint16}
_BATCH = 128


class ImageInfo(BaseModel):
    """What an image shows.

    Black is ``low`` and white is ``high``: magnitudes, or for a grid with a logarithmic scaling the values of
    ``log`` in [-1, 1]. So the level of each image survives, also for ``min-max``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    grid: Grid
    low: FiniteFloat
    high: FiniteFloat
    set: str
    start_s: FiniteFloat


def export_images(
    corpus: Corpus,
    folder: Path,
    number: int = 1000,
    bits: int = 8,
    grid: Grid | None = None,
    report: Report = silent,
) -> list[Path]:
    """Write windows, spread evenly over a corpus, as grayscale images; low frequencies are at the bottom.

    Into a new or empty folder, of 8 or 16 bits; the grid is by default the thesis's, at the rate of the
    corpus. 1000 is what the thesis trained its diffusion model on.
    """
    if bits not in _DEPTHS:
        raise InputError(f"bits is {bits}: 8 and 16 are possible")
    grid = grid or Grid.for_rate(corpus.rate_hz)
    if grid.rate_hz != corpus.rate_hz:
        raise InputError(f"the grid is for {grid.rate_hz} Hz, the corpus has {corpus.rate_hz} Hz")
    windows = spread_windows(corpus, grid.seconds, number)
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise InputError(f"'{folder}' is not empty: name a new or an empty folder for the images")
    paths = [folder / f"{row:06d}_{windows.where(row)[0]}.png" for row in range(len(windows))]
    with all_or_none(paths):  # the folder must be empty for the next try
        for first in range(0, len(windows), _BATCH):
            rows = range(first, min(first + _BATCH, len(windows)))
            for row, image in zip(rows, magnitudes(torch.from_numpy(windows.read(rows)), grid), strict=True):
                _write(paths[row], image, grid, bits, *windows.where(row))
            report((rows[-1] + 1) / len(windows), "")
    return paths


def _write(path: Path, image: Tensor, grid: Grid, bits: int, name: str, start_s: float) -> None:
    values = _scaler(grid).scale(image).numpy().astype(np.float64)
    info = ImageInfo(grid=grid, low=float(values.min()), high=float(values.max()), set=name, start_s=start_s)
    white = np.iinfo(_DEPTHS[bits]).max
    steps = np.rint((values - info.low) / ((info.high - info.low) or 1.0) * white).astype(_DEPTHS[bits])
    text = PngImagePlugin.PngInfo()
    text.add_itxt(TEXT_FIELD, info.model_dump_json())
    file = io.BytesIO()
    Image.fromarray(steps[::-1]).save(file, "PNG", pnginfo=text)
    with naming(path):
        path.write_bytes(file.getvalue())


def _scaler(grid: Grid) -> Scaler:
    """Images keep the level of a window, so nothing of a model or a corpus is needed to read them."""
    return Scaler("log" if grid.scaling.startswith("log") else "as-is")


def read_image(path: Path) -> tuple[np.ndarray, Grid]:
    """Read an image back: linear magnitudes, shape (bins, frames), float32, and their grid.

    InputError where it is no whole PNG, or none that mixdream wrote.
    """
    steps, info = _read(path)
    white = np.iinfo(steps.dtype).max
    values = info.low + steps[::-1].astype(np.float64) / white * (info.high - info.low)
    magnitudes = _scaler(info.grid).unscale(torch.from_numpy(values)).numpy()
    return magnitudes.astype(np.float32), info.grid


def read_images(folder: Path) -> tuple[np.ndarray, Grid]:
    """Read all images of a folder, in the order of their names, as `read_image` does: (N, bins, frames).

    InputError where there is none, one cannot be read, or they are of different grids.
    """
    if not folder.is_dir():
        raise InputError(f"'{folder}' is not a folder")
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".png")
    if not paths:
        raise InputError(f"no PNG images in '{folder}'")
    first, grid = read_image(paths[0])
    stack = np.empty((len(paths), *first.shape), np.float32)
    for i, path in enumerate(paths):
        stack[i], other = read_image(path) if i else (first, grid)
        if other != grid:
            names = [name for name in Grid.model_fields if getattr(other, name) != getattr(grid, name)]
            raise InputError(
                f"'{path}' has another grid than '{paths[0].name}' ({', '.join(names)} differ): "
                "keep images of one grid in a folder"
            )
    return stack, grid


def read_spectrograms(path: Path, grid: Grid) -> tuple[Tensor, Grid]:
    """Read linear magnitudes, shape (count, bins, frames), and their grid from a file.

    Parameters
    ----------
    path : Path
        ``.npy`` of shape (bins, frames) or (count, bins, frames), or a ``.png`` written by mixdream.
    grid : Grid
        Of a ``.npy`` without a ``.json`` beside it, which `mixdream corpus import-images` writes; a ``.png``
        says its own.

    Raises
    ------
    InputError
        Unreadable, of the wrong shape, complex, negative or not finite.
    """
    if path.suffix.lower() == ".png":
        image, grid = read_image(path)
        return torch.from_numpy(image)[None], grid
    if path.suffix.lower() != ".npy":
        raise InputError(f"{path} is no spectrogram: a .npy array or a .png image is wanted")
    try:
        values = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"{path} cannot be read: {str(error).splitlines()[0]}") from error
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "fiu":
        raise InputError(f"{path} must hold real numbers: linear magnitudes, one array")
    values = values[None] if values.ndim == 2 else values
    grid = read_grid(path) or grid
    if values.ndim != 3 or values.shape[1:] != (grid.bins, grid.frames):
        raise InputError(
            f"{path} has shape {values.shape}; the grid wants ({grid.bins}, {grid.frames}) or a stack of "
            "them: name another grid with --recipe"
        )
    if len(values) == 0:
        raise InputError(f"{path} holds no spectrogram: its shape is {values.shape}")
    with np.errstate(over="ignore"):
        values = values.astype(np.float32)
    if not np.isfinite(values).all() or (values < 0).any():
        raise InputError(
            f"{path} holds values that are negative or not finite; magnitudes are linear and >= 0"
        )
    return torch.from_numpy(values), grid


def save_stack(path: Path, magnitudes: np.ndarray, grid: Grid) -> None:
    """Write spectrograms, shape (count, bins, frames), as one .npy and their grid as .json beside it."""
    write_with(path, lambda file: np.save(file, magnitudes))
    write_json(path.with_suffix(".json"), {"grid": grid.model_dump(mode="json")})


def read_grid(path: Path) -> Grid | None:
    """Grid of a .npy that `save_stack` wrote; None where it says none."""
    try:
        content = json.loads(path.with_suffix(".json").read_text("utf-8"))
        return Grid.model_validate(content["grid"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(
            f"'{path.with_suffix('.json')}' is not the grid of '{path}': delete or repair it"
        ) from None


def _read(path: Path) -> tuple[np.ndarray, ImageInfo]:
    """Pixels, shape (bins, frames), uint8 or uint16, top row first, and what they mean."""
    try:
        with Image.open(path, formats=["PNG"]) as image:
            image.load()
            text = getattr(image, "text", {}).get(TEXT_FIELD)
            depth = {"L": 8, "I;16": 16, "I": 16}.get(image.mode)
            pixels = np.asarray(image)
    except FileNotFoundError:
        raise InputError(f"'{path}' is missing") from None
    except PermissionError:
        raise InputError(f"'{path}' cannot be read: Permission denied") from None
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError):
        raise InputError(f"'{path}' is not a PNG image, or it is damaged") from None
    if text is None or depth is None:
        raise InputError(
            f"'{path}' was not written by mixdream: it has no text field '{TEXT_FIELD}' or is not grayscale; "
            "tools that edit images drop such fields"
        )
    try:
        info = ImageInfo.model_validate_json(text)
    except ValidationError as error:
        problem = first_problem(error)
        raise InputError(f"'{path}' has a damaged text field '{TEXT_FIELD}': {problem}") from None
    if pixels.shape != (info.grid.bins, info.grid.frames):
        raise InputError(
            f"'{path}' has {pixels.shape[1]} x {pixels.shape[0]} pixels, but its grid has "
            f"{info.grid.frames} frames and {info.grid.bins} bins: was it resized?"
        )
    return pixels.astype(_DEPTHS[depth]), info
