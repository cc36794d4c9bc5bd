"""Denoising diffusion with the U-Net and the schedulers of diffusers (Ho et al. 2020; thesis 5.2)."""

from collections.abc import Sequence
from pathlib import Path

from diffusers import DDIMScheduler, DDPMPipeline, DDPMScheduler, DPMSolverMultistepScheduler, UNet2DModel
from diffusers.utils import SAFETENSORS_WEIGHTS_NAME
from safetensors.torch import save
from torch import Tensor, nn

from mixdream.files import write_atomically

_SAMPLERS = {"ddim": DDIMScheduler, "dpm-solver++": DPMSolverMultistepScheduler}


class Diffusion(nn.Module):
    """U-Net that predicts the noise in an image, and a sampler; see `mixdream.recipes.models.Unet`.

    Images have ``size`` (bins, frames) and values from ``low`` to ``high``, which become the network's
    [-1, 1]. Noise levels have a linear schedule of variances from 0.0001 to 0.02. The samplers are DDIM (Song
    et al. 2021) and the second-order solver of Lu et al. (2022), ``dpm-solver++``: neither adds noise on its
    way, so an image is a function of the noise that it starts from.
    """

    def __init__(
        self,
        size: tuple[int, int],
        channels: Sequence[int],
        attention_levels: int,
        layers: int,
        noise_levels: int,
        sampler: str,
        steps: int,
        low: float,
        high: float,
    ) -> None:
        super().__init__()
        plain = len(channels) - attention_levels
        self.unet = UNet2DModel(
            sample_size=size,
            in_channels=1,
            out_channels=1,
            layers_per_block=layers,
            block_out_channels=tuple(channels),
            down_block_types=("DownBlock2D",) * plain + ("AttnDownBlock2D",) * attention_levels,
            up_block_types=("AttnUpBlock2D",) * attention_levels + ("UpBlock2D",) * plain,
            norm_num_groups=_groups(channels),
        )
        self.training_noise = DDPMScheduler(num_train_timesteps=noise_levels)
        self.size, self.sampler, self.steps = size, sampler, steps
        self.middle, self.spread = (low + high) / 2, (high - low) / 2

    def forward(self, images: Tensor, level: Tensor | None = None) -> Tensor:
        """Predict the noise in images, shape (batch, 1, bins, frames), at noise levels, shape (batch,), int.

        Without levels, make images from noise, see `sample`.
        """
        return self.sample(images) if level is None else self.unet(images, level).sample

    def noisy(self, images: Tensor, noise: Tensor, level: Tensor) -> Tensor:
        """Bring scaled images to noise levels, shape (batch,)."""
        return self.training_noise.add_noise((images - self.middle) / self.spread, noise, level)

    def sample(self, noise: Tensor) -> Tensor:
        """Turn noise, shape (batch, bins * frames), N(0, 1), into images, shape (batch, 1, bins, frames)."""
        scheduler = _SAMPLERS[self.sampler].from_config(self.training_noise.config)
        scheduler.set_timesteps(self.steps, device=noise.device)
        images = noise.reshape(-1, 1, *self.size)
        for level in scheduler.timesteps:
            images = scheduler.step(self.unet(images, level).sample.float(), level, images).prev_sample
        return images.clamp(-1, 1) * self.spread + self.middle

    def save(self, folder: Path) -> None:
        """Write the folder that `diffusers.DDPMPipeline.from_pretrained` loads."""
        DDPMPipeline(unet=self.unet, scheduler=self.training_noise).save_config(folder)
        self.unet.save_config(folder / "unet")
        self.training_noise.save_config(folder / "scheduler")
        # Not save_pretrained: safetensors takes no name that is not UTF-8.
        weights = {name: value.contiguous() for name, value in self.unet.state_dict().items()}
        write_atomically(folder / "unet" / SAFETENSORS_WEIGHTS_NAME, save(weights, {"format": "pt"}))


def _groups(channels: Sequence[int]) -> int:
    """Groups of the normalisation: 32, or as many as divide narrow networks."""
    groups = 32
    while any(width % groups for width in channels):
        groups //= 2
    return groups
