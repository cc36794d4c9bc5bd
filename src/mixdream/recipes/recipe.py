"""The typed form of a recipe: what each key means and what it may be."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from mixdream.corpus.beat_windows import StartOn
from mixdream.corpus.hints import FASTEST_BPM, SLOWEST_BPM
from mixdream.recipes.models import Conditional, Dcgan, Flow, LatentFlow, Section, Unet, WaveGan
from mixdream.spectrogram.grid import Grid, InversionName

Slide = Annotated[float, Field(gt=0, le=3_600_000)]
Beta = Annotated[float, Field(ge=0, lt=1)]


class Windows(Section):
    """Which windows of the corpus are trained on: of a length in seconds, or of a number of beats."""

    seconds: float | None = Field(None, gt=0, le=60)  # length of a window
    slide_ms: Slide | dict[str, Slide] | None = None  # between starts; for all sets, or for each by its name
    total: int | None = Field(None, ge=1, le=10**9)  # instead of a slide: windows over all sets
    beats: int | None = Field(None, ge=4, le=64, multiple_of=4)  # which varispeed makes fill the grid
    start_on: StartOn = "downbeat"  # of windows of beats
    held_out: float = Field(0.0, ge=0, le=0.5)  # share kept out of training, in blocks of at least a minute

    @model_validator(mode="after")
    def _one_rule(self) -> Self:
        if (self.seconds is None) == (self.beats is None):
            raise ValueError("give either seconds or beats, and only one of them")
        if self.seconds is not None and (self.slide_ms is None) == (self.total is None):
            raise ValueError("give either slide_ms or total, and only one of them")
        if self.beats is not None and not (self.slide_ms is None and self.total is None):
            raise ValueError("windows of beats start on beats: slide_ms and total go with seconds")
        return self

    @property
    def longest_s(self) -> float:
        """Longest time in a set that a window may take, in seconds."""
        return self.seconds or (self.beats or 0) * 60 / SLOWEST_BPM


class Training(Section):
    """How the networks are trained."""

    epochs: int = Field(ge=1, le=10**6)
    batch: int = Field(100, ge=2, le=10**5)  # windows per step, over all processes together
    optimizer: Literal["sgd", "adam"] = "sgd"
    learning_rate: float = Field(0.0002, gt=0, le=10)
    rate_falls_after: int | None = Field(None, ge=1)  # steps; then with the square root of their number
    betas: tuple[Beta, Beta] = (0.5, 0.999)  # of Adam; SGD has no momentum
    real_label: float = Field(1.0, gt=0.5, le=1)  # for real windows; under 1 D cannot become too sure
    ema: float | None = Field(None, ge=0, lt=1)  # decay per step of the averaged generator that makes clips
    precision: Literal["auto", "bf16", "fp32"] = "auto"  # bf16 where a matrix product is faster in it
    checkpoint_minutes: float = Field(5.0, gt=0, le=10_000)  # longest time between checkpoints


class Recipe(Section):
    """Everything that decides what a training does."""

    name: str  # of the file it came from
    about: str = ""  # one line for `mixdream recipes`
    # Of generated spectrograms, unless the user asks for another; of waveforms none.
    inversion: Literal[InversionName, "none"]
    grid: Grid
    windows: Windows
    model: Annotated[Dcgan | Flow | LatentFlow | Unet | WaveGan, Field(discriminator="family")]
    training: Training

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.windows.seconds is not None:
            window_samples = round(self.windows.seconds * self.grid.rate_hz)
            if window_samples < self.grid.samples:
                raise ValueError(
                    f"windows of {self.windows.seconds} s are {window_samples} samples, but the grid needs "
                    f"{self.grid.samples} ({self.grid.seconds:.4f} s): lengthen windows.seconds or lower "
                    "grid.frames"
                )
        if self.tempo_bpm is not None and not SLOWEST_BPM <= self.tempo_bpm <= FASTEST_BPM:
            raise ValueError(
                f"{self.windows.beats} beats in {self.grid.clip_samples / self.grid.rate_hz:.3f} s of the "
                f"grid are {self.tempo_bpm:.0f} BPM, which must be {SLOWEST_BPM:.0f} to {FASTEST_BPM:.0f}: "
                "change windows.beats or grid.frames"
            )
        waveform = self.grid.scaling == "waveform", self.inversion == "none", self.model.family == "wavegan"
        if any(waveform) and not all(waveform):
            raise ValueError(
                "grid.scaling waveform, inversion none and model.family wavegan go together, here are "
                f"{self.grid.scaling}, {self.inversion} and {self.model.family}: set all three, or none"
            )
        if self.inversion not in (*self.grid.inversions, "none"):
            raise ValueError(
                f"inversion {self.inversion} needs a grid with a Hann window, this is {self.grid.window}: "
                f"choose {' or '.join(self.grid.inversions)}"
            )
        self.model.check_grid(self.grid)
        if self.windows.beats is None and self.has_conditions:
            raise ValueError("model.conditions are for windows of whole bars: set windows.beats")
        return self

    def with_training(self, **changes: Any) -> Self:
        """Return the same with other values in its section on training, which are not checked."""
        return self.model_copy(update={"training": self.training.model_copy(update=changes)})

    @property
    def sampler_steps(self) -> int | None:
        """Steps from noise to music; None where a model takes one."""
        return None if isinstance(self.model, Dcgan | WaveGan) else self.model.steps

    @property
    def noise_values(self) -> int:
        """Values of the noise that the generator makes an image from, without conditions."""
        model, (_, rows, columns) = self.model, self.grid.image_shape
        if isinstance(model, Flow | Unet):
            return self.grid.bins * self.grid.frames
        if isinstance(model, WaveGan):
            return model.latent
        # Here, because torch takes its time to import; who only reads recipes need not wait for it.
        if isinstance(model, LatentFlow):
            from mixdream.models.latent_flow import latent_values

            return latent_values(model.latent, self.grid)
        from mixdream.models.dcgan import speckle_values

        return model.latent + (speckle_values(model.generator, (rows, columns)) if model.speckle else 0)

    @property
    def has_conditions(self) -> bool:
        """Whether clips can be asked for by descriptors."""
        return isinstance(self.model, Conditional) and self.model.conditions

    @property
    def tempo_bpm(self) -> float | None:
        """Tempo at which the windows' beats fill the grid; None for windows of seconds.

        Eight beats on a studio grid: 8 * 60 s / 4.096 s = 117.1875.
        """
        if self.windows.beats is None:
            return None
        return self.windows.beats * 60 * self.grid.rate_hz / self.grid.clip_samples
