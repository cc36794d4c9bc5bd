"""The part of a recipe that says which model is trained, one section for each family."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mixdream.spectrogram.grid import Grid

Width = Annotated[int, Field(ge=1, le=16_384)]
FiveWidths = Annotated[tuple[Width, ...], Field(min_length=5, max_length=5)]


class Section(BaseModel):
    """Part of a recipe: keys it does not know are errors, values never change."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Conditional(Section):
    """A family that can learn with conditions, see `mixdream.runs.conditions`.

    A share of the descriptors is ``untold``: networks learn music that they are told little of, too.
    """

    conditions: bool = False
    untold: float = Field(0.0, ge=0, lt=1)

    @model_validator(mode="after")
    def _tells_what_there_is(self) -> Self:
        if self.untold and not self.conditions:
            raise ValueError("model.untold is for model.conditions, which are off: set it to 0")
        return self


class Dcgan(Conditional):
    """Two convolutional networks against each other, see `mixdream.training.gan`."""

    family: Literal["dcgan"] = "dcgan"
    latent: int = Field(100, ge=1, le=16_384)  # values of the latent vector
    noise: Literal["normal", "uniform"] = "normal"  # N(0, 1) or [0, 1)
    speckle: bool = False  # noise for each cell, added inside of the generator
    generator: FiveWidths  # channels after layers 1 to 5
    discriminator: FiveWidths
    loss: Literal["cross-entropy", "wasserstein", "relativistic"] = "cross-entropy"
    penalty: float = Field(0.0, ge=0, le=10_000)  # weight: of WGAN-GP usually 10; of R1 and R2 gamma
    penalty_every: int = Field(1, ge=1, le=1000)  # steps; each weighs so many times as much
    critic_steps: int = Field(1, ge=1, le=100)  # of the discriminator for each of the generator
    normalise_discriminator: bool = True  # batch normalisation, which the generator always has

    @model_validator(mode="after")
    def _single_images(self) -> Self:
        if self.normalise_discriminator and (self.penalty or self.loss == "relativistic"):
            raise ValueError(
                f"loss {self.loss} with penalty {self.penalty:g} judges single images, which batch "
                "normalisation mixes: set model.normalise_discriminator=false"
            )
        if self.speckle and self.noise == "uniform":
            raise ValueError("speckle is normal noise: set model.noise=normal or model.speckle=false")
        if self.penalty and self.loss == "cross-entropy":
            raise ValueError("cross-entropy has no penalty: set model.penalty=0 or another model.loss")
        if self.critic_steps > 1 and self.loss == "relativistic":
            raise ValueError("relativistic trains both networks in each step: set model.critic_steps=1")
        return self

    def check_grid(self, grid: Grid) -> None:
        """Raise ValueError where the networks cannot make images of this grid."""
        _, rows, columns = grid.image_shape
        if rows % 32 or columns % 32:
            raise ValueError(
                f"grid.bins {grid.bins} / grid.bands {grid.bands} and grid.frames {grid.frames} / grid.fold "
                f"{grid.fold} must be multiples of 32 for a DCGAN"
            )
        if self.conditions and grid.scaling != "log-standard":
            raise ValueError(
                "conditions need levels that can be compared, scaling log-standard; this grid has "
                f"{grid.scaling}"
            )


class Flow(Conditional):
    """Rectified flow by a network over time with frequency as channels, see `mixdream.models.flow`."""

    family: Literal["flow"]
    width: int = Field(ge=64, le=16_384, multiple_of=64)  # channels
    depth: int = Field(ge=1, le=100)  # blocks of attention over time and a gated network
    patch: int = Field(ge=1, le=64)  # frames that make one step in time
    shift: float = Field(0.5, ge=-5, le=5)  # noise levels of the training are drawn as sigmoid(N(shift, 1))
    steps: int = Field(16, ge=1, le=1000)  # of the sampler

    def check_grid(self, grid: Grid) -> None:
        """Raise ValueError where the network cannot make images of this grid."""
        _check_one_channel(grid)
        if grid.frames % self.patch:
            raise ValueError(f"grid.frames {grid.frames} must be a multiple of model.patch {self.patch}")
        if grid.scaling != "log-standard":
            raise ValueError(
                f"a flow needs values of even spread, scaling log-standard; this grid has {grid.scaling}"
            )


class LatentFlow(Conditional):
    """A codec with one vector for each sixteenth, and a flow over these.

    See `mixdream.models.latent_flow`.
    """

    family: Literal["latent-flow"]
    latent: int = Field(ge=1, le=1024)  # values of a vector
    encoder: FiveWidths  # channels after layers 1 to 5
    decoder: FiveWidths  # channels before layers 1 to 5
    crop: int = Field(64, ge=32, le=16_384, multiple_of=32)  # columns of images that the codec learns from
    width: int = Field(ge=64, le=16_384, multiple_of=64)  # channels of the flow
    depth: int = Field(ge=1, le=100)  # its blocks
    patch: int = Field(ge=1, le=64)  # patterns in time that it takes as one
    shift: float = Field(0.5, ge=-5, le=5)  # its noise levels are drawn as sigmoid(N(shift, 1))
    steps: int = Field(16, ge=1, le=1000)  # of its sampler
    guidance: float = Field(1.0, ge=1, le=10)  # how far the sampler goes beyond what is asked for

    @model_validator(mode="after")
    def _guided_by_what_is_told(self) -> Self:
        if self.guidance != 1 and not self.conditions:
            raise ValueError(
                "model.guidance leads to what is asked for: set model.conditions=true or it to 1"
            )
        return self

    def check_grid(self, grid: Grid) -> None:
        """Raise ValueError where the networks cannot make images of this grid."""
        channels, rows, columns = grid.image_shape
        if rows % 32 or columns % 32 or columns < self.crop:
            raise ValueError(
                f"grid.bins {grid.bins} / grid.bands {grid.bands} and grid.frames {grid.frames} / grid.fold "
                f"{grid.fold} must be multiples of 32 for a codec, and no fewer columns than model.crop "
                f"{self.crop}"
            )
        # Of each channel a spectrum, and courses of 16 groups of rows within 8 columns.
        components = channels * (rows + 16 * 8)
        if self.latent > components:
            raise ValueError(
                f"model.latent {self.latent} is more than the {components} components that images of this "
                "grid have: lower it"
            )
        positions = columns // 8
        if positions & (positions - 1) or positions % self.patch:
            raise ValueError(
                f"grid.frames {grid.frames} / grid.fold {grid.fold} are {positions} vectors of 8 columns: a "
                f"flow over them takes a power of two, and a multiple of model.patch {self.patch}"
            )
        if grid.scaling != "log-standard":
            raise ValueError(
                f"a codec needs values of even spread, scaling log-standard; this grid has {grid.scaling}"
            )


class Unet(Section):
    """Denoising diffusion by a U-Net of diffusers, see `mixdream.models.unet`."""

    family: Literal["unet"]
    channels: Annotated[tuple[Width, ...], Field(min_length=1, max_length=8)]  # of levels, each half as large
    attention_levels: int = Field(1, ge=0, le=8)  # the lowest ones
    layers: int = Field(2, ge=1, le=8)  # residual blocks per level
    noise_levels: int = Field(1000, ge=2, le=10_000)  # of the training
    sampler: Literal["ddim", "dpm-solver++"] = "ddim"
    steps: int = Field(50, ge=1, le=10_000)  # of the sampler

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.attention_levels > len(self.channels):
            raise ValueError(f"{self.attention_levels} levels of attention, but {len(self.channels)} levels")
        if self.steps > self.noise_levels:
            raise ValueError(f"steps {self.steps} are more than the {self.noise_levels} noise levels")
        return self

    def check_grid(self, grid: Grid) -> None:
        """Raise ValueError where the network cannot make images of this grid."""
        _check_one_channel(grid)
        halved = 2 ** (len(self.channels) - 1)
        if grid.bins % halved or grid.frames % halved:
            raise ValueError(
                f"grid.bins {grid.bins} and grid.frames {grid.frames} must be multiples of {halved} for a "
                f"U-Net of {len(self.channels)} levels"
            )
        if grid.scaling == "as-is":
            raise ValueError(
                "diffusion needs values of a known range: choose another grid.scaling than as-is"
            )


class WaveGan(Section):
    """Two networks of samples against each other, without a spectrogram, see `mixdream.models.wavegan`."""

    family: Literal["wavegan"]
    latent: int = Field(100, ge=1, le=16_384)  # values of the latent vector
    noise: Literal["uniform"] = "uniform"  # [0, 1), which the generator takes as [-1, 1)
    width: int = Field(ge=1, le=1024)  # channels of the layers with most samples
    shuffle: int = Field(2, ge=0, le=8)  # samples that the discriminator shifts clips by at most
    loss: Literal["wasserstein"] = "wasserstein"
    penalty: float = Field(10.0, ge=0, le=10_000)  # weight, of WGAN-GP
    penalty_every: int = Field(1, ge=1, le=1000)  # steps; each weighs so many times as much
    critic_steps: int = Field(5, ge=1, le=100)  # of the discriminator for each of the generator

    def check_grid(self, grid: Grid) -> None:
        """Raise ValueError where the networks cannot make waveforms of this grid."""
        samples = grid.clip_samples
        if samples < 64 or samples & (samples - 1):
            raise ValueError(
                f"grid.frames {grid.frames} x grid.hop {grid.hop} are {samples} samples, which must be a "
                "power of two from 64 up for a WaveGAN"
            )


def _check_one_channel(grid: Grid) -> None:
    if grid.image_shape[0] > 1:
        raise ValueError(
            f"grid.bands {grid.bands}, grid.fold {grid.fold} and grid.channels {grid.channels} are for a "
            "DCGAN or a latent flow: set them to 1"
        )
