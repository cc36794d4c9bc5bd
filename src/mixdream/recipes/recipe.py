"""The typed form of a recipe: what each key means and what it may be."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mixdream.spectrogram.grid import Grid, InversionName

Slide = Annotated[float, Field(gt=0, le=3_600_000)]
FiveWidths = Annotated[tuple[Annotated[int, Field(ge=1, le=16_384)], ...], Field(min_length=5, max_length=5)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Windows(_Section):
    """Which windows of the corpus are trained on.

    Parameters
    ----------
    seconds : float
        Length of a window.
    slide_ms : float or {set name: float}, optional
        Distance between starts; one for all sets or one per set.
    total : int, optional
        Instead of a slide: the wanted number of windows over all sets.
    held_out : float in [0, 0.5]
        Share of the corpus that is kept out of training, in blocks of at least a minute.
    """

    seconds: float = Field(gt=0, le=60)
    slide_ms: Slide | dict[str, Slide] | None = None
    total: int | None = Field(None, ge=1, le=10**9)
    held_out: float = Field(0.0, ge=0, le=0.5)

    @model_validator(mode="after")
    def _one_rule(self) -> Self:
        if (self.slide_ms is None) == (self.total is None):
            raise ValueError("give either slide_ms or total, and only one of them")
        return self


class Dcgan(_Section):
    """Networks, see `mixdream.models.dcgan`.

    Parameters
    ----------
    latent : int
        Size of the latent vector.
    noise : {"normal", "uniform"}
        Latent values are drawn from N(0, 1) or from [0, 1).
    generator, discriminator : 5 int each
        Channels after layers 1 to 5.
    """

    latent: int = Field(100, ge=1, le=16_384)
    noise: Literal["normal", "uniform"] = "normal"
    generator: FiveWidths
    discriminator: FiveWidths


class Training(_Section):
    """How the networks are trained.

    Parameters
    ----------
    epochs : int
    batch : int
        Windows per step, over all processes together.
    optimizer : {"sgd", "adam"}
    learning_rate : float
    betas : (float, float)
        Of Adam; SGD has no momentum.
    real_label : float in (0.5, 1]
        What the discriminator is taught to say of real windows; under 1 it cannot become too sure.
    ema : float in [0, 1), optional
        Decay per step of the averaged generator that clips are made with; without it, the last one.
    precision : {"auto", "bf16", "fp32"}
        ``auto`` takes bf16 autocast where a matrix product is faster in it on this machine.
    checkpoint_minutes : float
        Longest time between checkpoints.
    """

    epochs: int = Field(ge=1, le=10**6)
    batch: int = Field(100, ge=2, le=10**5)
    optimizer: Literal["sgd", "adam"] = "sgd"
    learning_rate: float = Field(0.0002, gt=0, le=10)
    betas: tuple[Annotated[float, Field(ge=0, lt=1)], Annotated[float, Field(ge=0, lt=1)]] = (0.5, 0.999)
    real_label: float = Field(1.0, gt=0.5, le=1)
    ema: float | None = Field(None, ge=0, lt=1)
    precision: Literal["auto", "bf16", "fp32"] = "auto"
    checkpoint_minutes: float = Field(5.0, gt=0, le=10_000)


class Recipe(_Section):
    """Everything that decides what a training does.

    Parameters
    ----------
    name : str
        Of the file it came from.
    about : str
        One line for `mixdream recipes`.
    inversion : str
        How generated spectrograms become audio unless the user asks for another.
    """

    name: str
    about: str = ""
    inversion: InversionName
    grid: Grid
    windows: Windows
    model: Dcgan
    training: Training

    @model_validator(mode="after")
    def _fits(self) -> Self:
        window_samples = round(self.windows.seconds * self.grid.rate_hz)
        if window_samples < self.grid.samples:
            raise ValueError(
                f"windows of {self.windows.seconds} s are {window_samples} samples, but the grid needs "
                f"{self.grid.samples} ({self.grid.seconds:.4f} s): lengthen windows.seconds or lower "
                "grid.frames"
            )
        if self.grid.bins % 32 or self.grid.frames % 32:
            raise ValueError(
                f"grid.bins {self.grid.bins} and grid.frames {self.grid.frames} must be multiples of 32 "
                "for a DCGAN"
            )
        return self
