"""Fit the network that hears what is struck in a loop.

Run ``python -m benchmarks.lines.fit OUT.safetensors [--loops N] [--minutes M]``, from loops made up.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from joblib import Parallel, delayed
from safetensors.numpy import save_file
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.lines.made_up import make_up
from benchmarks.lines.sounds import RATE_HZ
from mixdream.analysis.lines.struck import BLOCKS, STEPS_PER_BEAT, STRUCK, WINDOW, struck_features

WIDTH = 96
FRAMES = sum(WINDOW)
_PLACES = 4 * STEPS_PER_BEAT
_FIRST_SEED = 2_000_000
_BATCH = 32
_ROUNDS = ((0.62, 3e-3), (0.38, 2e-3))  # shares of the time, and the rates that fall in them


class StruckNet(nn.Module):
    """As `mixdream.analysis.lines.struck` computes it."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.first = nn.Linear(features, WIDTH, bias=False)
        self.place = nn.Parameter(torch.zeros(_PLACES, WIDTH))
        self.blocks = nn.ModuleList(nn.Linear(3 * WIDTH, WIDTH) for _ in BLOCKS)
        self.last = nn.Linear(WIDTH, len(STRUCK))

    def forward(self, features: Tensor) -> Tensor:
        """Features, shape (batch, steps, features), to logits, shape (batch, steps, len(STRUCK))."""
        places = self.place[torch.arange(features.shape[1]) % _PLACES]
        x = F.relu(self.first(F.dropout(features, 0.2, self.training)) + places)
        for block, reach in zip(self.blocks, BLOCKS, strict=True):
            around = torch.cat([x.roll(reach, 1), x, x.roll(-reach, 1)], dim=2)
            x = x + F.dropout(F.relu(block(around)), 0.2, self.training)
        return self.last(x)


def example(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Features and what is struck, shape (steps, ...), of a loop made up."""
    loop = make_up(seed)
    steps = loop.struck.shape[1]
    return struck_features(loop.audio, RATE_HZ, steps).astype(np.float16), loop.struck.T


def fit(features: Tensor, struck: Tensor, minutes: float) -> StruckNet:
    """Fit a network by cross-entropy; every twentieth example is kept apart: scores, and `lean`.

    The rate falls twice; the weights are the mean of both ends (Izmailov et al. 2018, "Averaging weights
    leads to wider optima and better generalization").
    """
    torch.manual_seed(0)
    net = StruckNet(features.shape[2])
    apart = torch.arange(len(features)) % 20 == 0
    ends = []
    for share, rate in _ROUNDS:
        _descend(net.train(), features[~apart], struck[~apart], share * minutes, rate)
        ends.append({name: weights.clone() for name, weights in net.state_dict().items()})
        print(_scores(net, features[apart], struck[apart]), flush=True)
    net.load_state_dict({name: torch.stack([end[name] for end in ends]).mean(0) for name in ends[0]})
    lean(net.eval(), features[apart], struck[apart])
    print(_scores(net, features[apart], struck[apart]), flush=True)
    return net


def _descend(net: StruckNet, features: Tensor, struck: Tensor, minutes: float, rate: float) -> None:
    """Fit for some minutes, with a rate that falls to a hundredth."""
    optimizer = torch.optim.AdamW(net.parameters(), rate, weight_decay=0.02)
    began, step = time.monotonic(), 0
    while (done := (time.monotonic() - began) / 60 / minutes) < 1:
        for group in optimizer.param_groups:
            group["lr"] = rate * min(1, step / 100) * (0.5 * (1 + np.cos(np.pi * done)) + 0.01)
        rows = torch.randint(len(features), (_BATCH,))
        turn = int(torch.randint(2, ())) * _PLACES  # either bar comes first
        bands = features.shape[2] // FRAMES
        colour = (0.25 * torch.randn(_BATCH, 1, bands)).repeat_interleave(FRAMES, 2)  # 5 dB
        heard = features[rows].float().roll(turn, 1) + colour + 0.3 * torch.randn(_BATCH, 1, 1)
        heard += 0.05 * torch.randn(heard.shape)
        loss = F.binary_cross_entropy_with_logits(net(heard), struck[rows].roll(turn, 1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        step += 1


def lean(net: StruckNet, features: Tensor, struck: Tensor) -> None:
    """Add log odds to each kind such that what is over a half has the best F measure.

    A hit that is as likely as half of that measure pays (Lipton et al. 2014, "Optimal thresholding of
    classifiers to maximize F1 measure").
    """
    with torch.no_grad():
        logits = net(features.float()).flatten(0, 1)
    for kind, (odds, hit) in enumerate(zip(logits.T, struck.flatten(0, 1).T > 0, strict=True)):
        offsets = torch.arange(-1, 3, 0.05)
        found = odds[:, None] + offsets > 0
        scores = 2 * (found & hit[:, None]).sum(0) / (found.sum(0) + hit.sum())
        net.last.bias.data[kind] += offsets[scores.argmax()]


def _scores(net: StruckNet, features: Tensor, struck: Tensor) -> str:
    """F measure of each kind."""
    net.eval()
    with torch.no_grad():
        found = net(features.float()) > 0
    right = (found & (struck > 0)).sum((0, 1))
    scores = 2 * right / (found.sum((0, 1)) + struck.sum((0, 1)))
    return ", ".join(f"{kind} {score:.3f}" for kind, score in zip(STRUCK, scores.tolist(), strict=True))


def save(net: StruckNet, path: Path) -> None:
    """Write a network as `mixdream.analysis.lines.struck` reads it."""
    tensors = {"first": net.first.weight.T, "place": net.place}
    for number, block in enumerate(net.blocks):
        assert isinstance(block, nn.Linear)
        tensors |= {f"block.{number}": block.weight.T, f"bias.{number}": block.bias}
    tensors |= {"last": net.last.weight.T, "last_bias": net.last.bias}
    save_file(
        {name: np.ascontiguousarray(t.detach().numpy().astype(np.float16)) for name, t in tensors.items()},
        path,
    )


def main() -> None:
    """Make examples, fit the network, write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--loops", type=int, default=40_000)
    parser.add_argument("--minutes", type=float, default=24)
    chosen = parser.parse_args()
    seeds = range(_FIRST_SEED, _FIRST_SEED + chosen.loops)
    made = Parallel(n_jobs=-1, batch_size=50)(delayed(example)(seed) for seed in seeds)
    features, struck = (torch.from_numpy(np.stack(part)) for part in zip(*made, strict=True))
    save(fit(features, struck, chosen.minutes), chosen.out)


if __name__ == "__main__":
    main()
