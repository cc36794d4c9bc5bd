"""Grids: how a window of audio becomes a spectrogram of fixed size."""

import math
from typing import Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

Scaling = Literal["min-max", "as-is", "log", "log-standard", "waveform"]
InversionName = Literal["random-phase", "griffin-lim", "pghi", "pghi+gl"]

WIDTH_BANDS = 16
"""Bands that the width of stereo is known in, see mixdream.spectrogram.width."""

_THINNEST_COVER = 0.1  # of a Hann window's peak; under it a sample between frames all but vanishes


class Grid(BaseModel):
    """Analysis settings that turn a window of audio into ``bins x frames`` magnitudes.

    Frames are not padded: frame ``t`` covers samples ``t * hop`` to ``t * hop + n_fft`` of a window. It
    stands for the ``hop`` samples in its middle; the ``frames * hop`` samples that all frames stand for are
    the clip. A clip that is taken as periodic is a loop. Magnitudes are scaled so that a full-scale sine has
    at most magnitude 1. The default is the grid of the thesis: 4.05 s at 8 kHz, analysis windows of 32 ms
    with nearly no overlap, 128 x 128.

    >>> Grid().samples, Grid().clip_samples
    (32387, 32384)
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rate_hz: int = Field(8000, ge=1000, le=192_000)
    n_fft: int = Field(256, ge=16, le=16_384, multiple_of=2)  # samples of a frame
    hop: int = Field(253, ge=1)  # samples from one frame to the next
    bins: int = Field(128, ge=1)  # rows, from 0 Hz up: n_fft // 2 drops the Nyquist row, one more keeps it
    frames: int = Field(128, ge=1)  # columns
    window: Literal["rectangular", "hann"] = "rectangular"
    scaling: Scaling = "min-max"  # to what a model sees, see mixdream.spectrogram.scaling; or the waveform
    bands: int = Field(1, ge=1, le=16)  # of frequency, that a model sees as channels
    overlap: int = Field(0, ge=0)  # rows that neighbouring bands share; the highest rows are in none
    fold: Literal[1, 2] = 1  # frames in a column: of 2, a model sees mean and difference as channels
    channels: Literal[1, 2] = 1  # 2: stereo, whose width is one more channel

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.hop > self.n_fft:
            raise ValueError(f"hop {self.hop} is longer than n_fft {self.n_fft}: samples would be skipped")
        if self.bins not in (self.n_fft // 2, self.n_fft // 2 + 1):
            raise ValueError(
                f"bins {self.bins} does not fit n_fft {self.n_fft}: it must be {self.n_fft // 2} "
                f"(without the Nyquist row) or {self.n_fft // 2 + 1}"
            )
        if self.window == "hann" and 2 * self.hop > self.n_fft:
            cover = math.sin(math.pi * self.hop / self.n_fft) ** 2
            if cover < _THINNEST_COVER:
                raise ValueError(
                    f"hop {self.hop} is too long for a Hann window of {self.n_fft}: samples between frames "
                    f"would be lost; a quarter, {self.n_fft // 4}, is usual"
                )
        if self.bins % self.bands or self.frames % self.fold:
            raise ValueError(
                f"bins {self.bins} and frames {self.frames} do not divide into {self.bands} bands and "
                f"columns of {self.fold} frames"
            )
        if self.overlap > self.bins // self.bands // 2 or (self.overlap and self.bands == 1):
            raise ValueError(
                f"overlap {self.overlap} is more than half of a band's {self.bins // self.bands} rows, or "
                "there is one band only"
            )
        if self.scaling == "waveform" and (self.bands, self.fold, self.channels) != (1, 1, 1):
            raise ValueError(
                "a waveform is mono and has no bands and columns: set bands, fold and channels to 1"
            )
        if self.channels == 2 and (self.window != "hann" or 4 * self.hop > self.n_fft):
            raise ValueError("stereo takes a Hann window and a hop of at most a quarter of it")
        if self.channels == 2 and self.bins // self.bands % WIDTH_BANDS:
            raise ValueError(
                f"stereo has its width in {WIDTH_BANDS} bands, as many rows each: bins {self.bins} / bands "
                f"{self.bands} must be a multiple"
            )
        return self

    @classmethod
    def for_rate(cls, rate_hz: int) -> Self:
        """Return the thesis's grid carried over to another rate, for pictures of any corpus.

        Its analysis window is the largest power of two within 32 ms, so 128 frames last at most 4.05 s.

        >>> Grid.for_rate(8000) == Grid(), Grid.for_rate(44_100).n_fft
        (True, 1024)
        """
        n_fft = 1 << ((rate_hz * 32 // 1000).bit_length() - 1)
        return cls(rate_hz=rate_hz, n_fft=n_fft, hop=n_fft * 253 // 256, bins=n_fft // 2)

    @property
    def inversions(self) -> tuple[InversionName, ...]:
        """Inversions that the grid allows, the best last; reading phases off it takes a Hann window."""
        every: tuple[InversionName, ...] = get_args(InversionName)
        if self.window == "hann":
            return every
        return ("griffin-lim", "random-phase")

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Channels, rows and columns of the images that a model sees, see mixdream.spectrogram.folding.

        A waveform is a single row of samples, see mixdream.spectrogram.images.
        """
        if self.scaling == "waveform":
            return 1, 1, self.clip_samples
        channels = self.bands * self.fold + (self.channels == 2)
        return channels, self.bins // self.bands, self.frames // self.fold

    @property
    def samples(self) -> int:
        """Samples that the frames cover."""
        return (self.frames - 1) * self.hop + self.n_fft

    @property
    def clip_samples(self) -> int:
        """Samples that the frames stand for."""
        return self.frames * self.hop

    @property
    def lead(self) -> int:
        """Samples that the frames cover before the clip begins."""
        return (self.n_fft - self.hop) // 2

    @property
    def seconds(self) -> float:
        """Seconds that the frames cover."""
        return self.samples / self.rate_hz


NAMED_GRIDS: dict[str, Grid] = {
    "thesis": Grid(),
    "studio-8k": Grid(hop=64, frames=512, window="hann", scaling="log-standard"),
    "studio-16k": Grid(
        rate_hz=16_000, n_fft=512, hop=128, bins=256, frames=512, window="hann", scaling="log-standard"
    ),
    "studio-32k": Grid(
        rate_hz=32_000, n_fft=1024, hop=256, bins=512, frames=512, window="hann", scaling="log-standard"
    ),
}
"""Grids that recipes can name: the thesis's; 4.096 s in 512 frames with fourfold overlap at three rates."""
