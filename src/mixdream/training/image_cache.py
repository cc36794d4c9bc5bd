"""Images of windows, made once and kept on the disk for the epochs that follow."""

import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Lock

import numpy as np
import torch
from torch import Tensor

_MOST_BYTES = 16 * 2**30  # about a day of music at 32 kHz in stereo


class ImageCache:
    """Images of windows by their rows, in half precision, in a file without a name.

    To make an image takes about as long as to learn from it; to read it back takes a hundredth. Images are
    rounded to half precision whether they are read or made, so that it makes no difference to a training.
    The file goes with the process. What does not fit into 16 GiB, or into half of what is free on the disk,
    over all ``processes``, is made each time.
    """

    def __init__(
        self, count: int, shape: tuple[int, ...], folder: Path | None = None, processes: int = 1
    ) -> None:
        self._shape, self._bytes = shape, 2 * int(np.prod(shape))
        self._kept = np.zeros(count, bool)
        self._moving = Lock()  # a check-up reads while the next batch is made
        self._room = np.zeros(count, bool)
        there = folder and next(parent for parent in (folder, *folder.absolute().parents) if parent.is_dir())
        try:
            self._file = tempfile.TemporaryFile(dir=there, buffering=0)  # noqa: SIM115 - used as long as this
            most = min(_MOST_BYTES, shutil.disk_usage(there or tempfile.gettempdir()).free // 2)
            self._room[: most // processes // self._bytes] = True
        except OSError:
            pass  # no disk to write to: all is made each time

    def images(self, rows: np.ndarray, make: Callable[[np.ndarray], Tensor]) -> Tensor:
        """Images of rows, shape (rows, *shape), float16; ``make`` makes those that are not kept yet."""
        new = ~self._kept[rows]
        images = torch.empty(len(rows), *self._shape, dtype=torch.float16)
        if new.any():
            made = make(rows[new]).half().cpu().contiguous()
            images[torch.from_numpy(new)] = made
            for row, image in zip(rows[new].tolist(), made.numpy(), strict=True):
                self._keep(row, image)
        for place in np.flatnonzero(~new).tolist():
            with self._moving:
                self._file.seek(int(rows[place]) * self._bytes)
                content = self._file.read(self._bytes)
            images[place] = torch.frombuffer(bytearray(content), dtype=torch.float16).view(self._shape)
        return images

    def _keep(self, row: int, image: np.ndarray) -> None:
        if self._room[row]:
            with suppress(OSError):  # a full disk: the image is made again
                with self._moving:
                    self._file.seek(row * self._bytes)
                    written = self._file.write(image.tobytes())
                self._kept[row] = written == self._bytes
