"""Measuring: every collection of a report against the same real windows, in every embedding."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import wasserstein_distance

from mixdream.analysis.pulse import strongest_pulse
from mixdream.analysis.texture import descriptors, textures
from mixdream.errors import InputError
from mixdream.evaluation.clap import SMALLEST_STD as CLAP_STD
from mixdream.evaluation.clap import embed_audio_with_clap
from mixdream.evaluation.embedder import Space
from mixdream.evaluation.embedding import embed_audio, mixed, without_blur
from mixdream.evaluation.intervals import Statistic, block_weights, estimate
from mixdream.evaluation.judge import Sides, told_apart
from mixdream.evaluation.metrics import evaluate_embeddings
from mixdream.evaluation.random_net import SMALLEST_STD as RANDOM_STD
from mixdream.evaluation.random_net import embed_audio_randomly
from mixdream.evaluation.reference import RealWindows, Reference
from mixdream.evaluation.samples import Samples
from mixdream.evaluation.sections import CLAP, HANDCRAFTED, KINDS, RANDOM_NET, TEXTURE, Beat, Measures
from mixdream.evaluation.texture_findings import SMALLEST_STD as TEXTURE_STD
from mixdream.evaluation.texture_findings import texture_findings

_JUDGED = (RANDOM_NET, TEXTURE)  # embeddings whose features the judge hears


@dataclass(frozen=True)
class Placed:
    """Clips in every embedding, and the features that were embedded, shape (m, features)."""

    samples: dict[str, Samples]
    features: dict[str, np.ndarray]
    names: Sequence[str]  # of the minute that a real window is from; generated clips each have their own

    @property
    def judged(self) -> Sides:
        """What the judge hears."""
        return Sides(np.concatenate([self.features[name] for name in _JUDGED], axis=1), self.names)


@dataclass(frozen=True)
class Yardstick:
    """The real windows that every collection is compared with, embedded; from `make_yardstick`."""

    reference: Reference
    samples: int  # of each clip that are compared
    number: int  # clips of each collection and floor that are compared, where there are so many
    seed: int
    real: np.ndarray  # audio of the reference, shape (n, samples, channels)
    spaces: dict[str, Space]  # embeddings, fitted on it
    pulses: dict[str, np.ndarray]  # its own, see measure_pulses

    @property
    def space(self) -> Space:
        """The embedding that the verdict on collapse is based on."""
        return self.spaces[KINDS]

    def chosen(self, count: int) -> np.ndarray:
        """Rows of the clips to compare: ``number`` drawn at random, in order; all where there are fewer."""
        if count <= self.number:
            return np.arange(count)
        return np.sort(np.random.default_rng(self.seed).choice(count, self.number, replace=False))

    def place(
        self, clips: np.ndarray, windows: RealWindows | None = None, rows: np.ndarray | None = None
    ) -> Placed:
        """Embed clips, shape (m, samples, channels), in every space.

        Real ones are made from some rows of windows; generated clips are each their own block.
        """
        features = {name: space.embed(clips) for name, space in self.spaces.items() if name != KINDS}
        features[KINDS] = without_blur(features[HANDCRAFTED])
        blocks, names = None, [f"clip {i}" for i in range(len(clips))]
        if windows is not None and rows is not None:
            blocks, names = windows.blocks[rows], [windows.minutes[row] for row in rows]
        sides = {name: self.spaces[name].place_features(row, blocks) for name, row in features.items()}
        return Placed(sides, features, names)


def make_yardstick(
    reference: Reference, samples: int, number: int, seed: int, clap: Path | None = None
) -> Yardstick:
    """Fit every embedding on the reference; that of a CLAP checkpoint, too, where a folder is given."""
    rate_hz, blocks = reference.rate_hz, reference.train.blocks
    real = reference.train.audio[:, :samples]
    spaces = {
        HANDCRAFTED: Space.fit(lambda clips: embed_audio(mixed(clips), rate_hz), real, blocks),
        KINDS: Space.fit(lambda clips: without_blur(embed_audio(mixed(clips), rate_hz)), real, blocks),
        TEXTURE: Space.fit(lambda clips: textures(clips, rate_hz), real, blocks, TEXTURE_STD),
        RANDOM_NET: Space.fit(
            lambda clips: embed_audio_randomly(mixed(clips), rate_hz), real, blocks, RANDOM_STD
        ),
    }
    if clap is not None:
        spaces[CLAP] = Space.fit(
            lambda clips: embed_audio_with_clap(mixed(clips), rate_hz, clap), real, blocks, CLAP_STD
        )
    return Yardstick(reference, samples, number, seed, real, spaces, measure_pulses(real, rate_hz))


def measure(
    yardstick: Yardstick, clips: np.ndarray, placed: Placed, train: Measures | None = None
) -> Measures:
    """Compute metrics of clips, shape (m, samples, channels), in all embeddings, pulse, tempo and texture.

    ``placed`` is where `Yardstick.place` puts the clips; ``train`` is the floor of the same music.
    """
    seed = yardstick.seed
    embeddings = {
        name: evaluate_embeddings(space.reference, placed.samples[name], seed)
        for name, space in yardstick.spaces.items()
    }
    rng = np.random.default_rng(seed)
    weights = (
        block_weights(yardstick.reference.train.blocks, rng),
        block_weights(placed.samples[HANDCRAFTED].blocks, rng),
    )
    pulses = measure_pulses(clips, yardstick.reference.rate_hz)
    beat = {
        name: Beat(
            median=float(np.median(pulses[name])),
            real_median=float(np.median(real)),
            distance=estimate(_wasserstein_statistic(real, pulses[name]), *weights, (0.0, np.inf)),
        )
        for name, real in yardstick.pulses.items()
    }
    texture = texture_findings(
        descriptors(yardstick.reference.rate_hz, yardstick.real.shape[2]),
        (yardstick.spaces[TEXTURE].features, weights[0]),
        (placed.features[TEXTURE], weights[1]),
        train.texture if train else None,
    )
    real = {name: space.features for name, space in yardstick.spaces.items()}
    reference = Placed({}, real, yardstick.reference.train.minutes)
    try:
        told = told_apart(reference.judged, placed.judged, seed)
    except InputError:  # too few for it
        told = None
    return Measures(embeddings, beat, texture, told)


def measure_pulses(clips: np.ndarray, rate_hz: int) -> dict[str, np.ndarray]:
    """Strength in dB and tempo in BPM of each clip."""
    table = np.array([strongest_pulse(clip, rate_hz) for clip in mixed(clips)])
    return {"pulse_db": table[:, 0], "tempo_bpm": table[:, 1]}


def _wasserstein_statistic(real: np.ndarray, generated: np.ndarray) -> Statistic:
    return lambda w, v: float(wasserstein_distance(real, generated, w, v))
