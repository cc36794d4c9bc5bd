"""Space: an embedding, fitted on the reference, that clips are placed in; and their pulses."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mixdream.analysis.pulse import strongest_pulse
from mixdream.evaluation.embedder import SMALLEST_STD, Embedder
from mixdream.evaluation.evaluate import Samples


@dataclass(frozen=True)
class Space:
    """An embedding fitted on the reference, and the reference in it."""

    embed: Callable[[np.ndarray], np.ndarray]
    embedder: Embedder
    reference: Samples

    @classmethod
    def fit(
        cls,
        embed: Callable[[np.ndarray], np.ndarray],
        real: np.ndarray,
        blocks: np.ndarray,
        smallest_std: float = SMALLEST_STD,
    ) -> "Space":
        """Fit on the reference, in whatever form ``embed`` takes it."""
        features = embed(real)
        embedder = Embedder.fit(features, smallest_std)
        return cls(embed, embedder, Samples(embedder.transform(features), blocks))

    def place(self, clips: np.ndarray, blocks: np.ndarray | None = None) -> Samples:
        """Embed clips; generated ones are each their own block."""
        embeddings = self.embedder.transform(self.embed(clips))
        return Samples(embeddings, np.arange(len(embeddings)) if blocks is None else blocks)


def measure_pulses(audio: np.ndarray, rate_hz: int) -> dict[str, np.ndarray]:
    """Strength in dB and tempo in BPM of each clip."""
    table = np.array([strongest_pulse(clip, rate_hz) for clip in audio])
    return {"pulse_db": table[:, 0], "tempo_bpm": table[:, 1]}
