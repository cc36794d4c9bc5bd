"""Fit the networks that read bars.

Run ``python -m benchmarks.bars.fit MUSIC OUT.safetensors [--pieces N] [--minutes M] [--networks K]``: MUSIC
is the folder of the tracks of ``tests/analysis/beats/real_downbeats.tsv``; it learns from those alone whose
licence lets a model be handed on, beside music made up.
"""

import argparse
import csv
import time
from pathlib import Path

import numpy as np
import torch
from joblib import Parallel, delayed
from safetensors.numpy import save_file
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.bars.examples import UNKNOWN, Example, made_up_examples, real_examples
from mixdream.analysis.beats.bar_net import STATES
from mixdream.analysis.beats.slots import FEATURES

PERMISSIVE = ("BSD", "CC-BY-3.0", "CC-BY-4.0", "CC0", "Public domain", "Zlib")
DILATIONS = (1, 2, 4, 8, 16, 32, 64, 128)
WIDTH = 48

_FIRST_SEED = 1_000_000
_SLOTS, _BATCH = 768, 24
_REAL = 0.2  # of a batch
_RATE, _WARM_UP = 2e-3, 100


class BarNet(nn.Module):
    """Residual blocks of dilated convolutions between two layers; see `mixdream.analysis.beats.bar_net`."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv1d(FEATURES, WIDTH, 3, padding=1)
        self.wide = nn.ModuleList(nn.Conv1d(WIDTH, WIDTH, 5, padding=2 * d, dilation=d) for d in DILATIONS)
        self.narrow = nn.ModuleList(nn.Conv1d(WIDTH, WIDTH, 1) for _ in DILATIONS)
        self.last = nn.Conv1d(WIDTH, STATES + 1, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Features, shape (batch, FEATURES, slots), to logits of states, shape (batch, STATES + 1, slots)."""
        x = F.relu(self.first(features))
        for wide, narrow in zip(self.wide, self.narrow, strict=True):
            x = x + narrow(F.dropout(F.relu(wide(x)), 0.1, self.training))
        return self.last(F.relu(x))

    def convolutions(self) -> list[nn.Module]:
        """All layers in the order they are passed."""
        pairs = [layer for pair in zip(self.wide, self.narrow, strict=True) for layer in pair]
        return [self.first, *pairs, self.last]


def fit(made_up: list[Example], real: list[Example], minutes: float, seed: int) -> BarNet:
    """Fit a network by cross-entropy, for so many minutes."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    net = BarNet().train()
    optimizer = torch.optim.AdamW(net.parameters(), _RATE, weight_decay=0.01)
    share = np.array([len(example.state) for example in real], float)
    share /= max(share.sum(), 1)
    began, step = time.monotonic(), 0
    while (done := (time.monotonic() - began) / 60 / minutes) < 1:
        for group in optimizer.param_groups:
            group["lr"] = _RATE * min(1, step / _WARM_UP) * (0.5 * (1 + np.cos(np.pi * done)) + 0.01)
        batch = []
        for _ in range(_BATCH):
            if real and rng.random() < _REAL:
                batch.append(_augmented(real[rng.choice(len(real), p=share)], rng))
            else:
                batch.append(_augmented(made_up[rng.integers(len(made_up))], rng))
        features, states = (torch.from_numpy(np.stack(part)) for part in zip(*batch, strict=True))
        loss = F.cross_entropy(net(features), states, ignore_index=UNKNOWN, label_smoothing=0.02)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        step += 1
        if step % 100 == 0:
            print(f"network {seed}, step {step}: cross-entropy {loss.item():.3f}", flush=True)
    return net.eval()


def _augmented(example: Example, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A part of an example, its features scaled, dropped and noisy; the last one, the tempo, stays."""
    slots = len(example.state)
    first = int(rng.integers(max(1, slots - _SLOTS + 1)))
    part = slice(first, first + _SLOTS)
    features = np.zeros((FEATURES, _SLOTS), np.float32)
    state = np.full(_SLOTS, UNKNOWN, np.int64)
    count = min(slots - first, _SLOTS)
    features[:, :count], state[:count] = example.features[:, part], example.state[part]
    heard = features[:-1]
    heard *= np.exp(0.2 * rng.standard_normal((FEATURES - 1, 1)))
    if rng.random() < 0.3:
        heard[rng.integers(FEATURES - 1)] = 0
    if rng.random() < 0.2:
        heard[12:] = 0  # changes of notes
    heard += 0.15 * rng.standard_normal(heard.shape)
    return features, state


def permissive(folder: Path) -> set[str]:
    """Files of a folder of music that a model which is handed on may learn from."""
    with (folder / "MANIFEST.tsv").open(encoding="utf-8") as manifest:
        rows = list(csv.DictReader(manifest, delimiter="\t"))
    return {
        row["file"]
        for row in rows
        if row["licence"].startswith(PERMISSIVE) and "not in author list" not in row["licence"]
    }


def save(networks: list[BarNet], path: Path) -> None:
    """Write networks as `mixdream.analysis.beats.bar_net` reads them."""
    tensors = {}
    for number, net in enumerate(networks):
        for i, layer in enumerate(net.convolutions()):
            assert isinstance(layer, nn.Conv1d)
            assert layer.bias is not None
            tensors[f"{number}.kernel.{i}"] = layer.weight.detach().numpy().astype(np.float16)
            tensors[f"{number}.bias.{i}"] = layer.bias.detach().numpy().astype(np.float16)
    dilations = [1, *(dilation for each in DILATIONS for dilation in (each, 1)), 1]
    save_file(tensors | {"dilations": np.array(dilations, np.int16)}, path)


def main() -> None:
    """Make examples, fit networks, write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("music", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--pieces", type=int, default=10_000, help="of made-up music, 48 s each")
    parser.add_argument("--minutes", type=float, default=30, help="of fitting each network")
    parser.add_argument("--networks", type=int, default=3)
    chosen = parser.parse_args()
    seeds = range(_FIRST_SEED, _FIRST_SEED + chosen.pieces)
    made_up = [
        example
        for examples in Parallel(n_jobs=-1)(delayed(made_up_examples)(seed) for seed in seeds)
        for example in examples
    ]
    real = real_examples(chosen.music, permissive(chosen.music))
    print(f"{len(made_up)} examples made up, {len(real)} of real music")
    networks = [fit(made_up, real, chosen.minutes, seed) for seed in range(chosen.networks)]
    save(networks, chosen.out)


if __name__ == "__main__":
    main()
