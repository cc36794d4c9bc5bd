"""Sets of tunes that go their own way at every note, and corpora of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from mixdream.corpus.store import Corpus, audio_path
from tests.corpus.small import make_corpus

RATE_HZ = 8000


def tune(seed: int, seconds: float, rate_hz: int = RATE_HZ) -> np.ndarray:
    """Two voices of notes drawn at random, eight a second, over a kick twice a second and hiss."""
    rng = np.random.default_rng(seed)
    length = rate_hz // 8
    time_s = np.arange(length) / rate_hz
    count = int(np.ceil(seconds * 8))
    hz = 110 * 2 ** (rng.integers(48, size=(2, count, 1)) / 12)
    voices = (np.exp(-8 * time_s) * np.sin(2 * np.pi * hz * time_s)).sum(axis=0)
    voices *= rng.uniform(0.3, 1, (count, 1))
    voices[::4] += np.exp(-30 * time_s) * np.sin(2 * np.pi * 55 * time_s)
    audio = voices.reshape(-1)[: round(seconds * rate_hz)]
    return 0.25 * audio + 0.003 * rng.standard_normal(len(audio))


def tune_corpus(
    folder: Path,
    tunes: Mapping[str, np.ndarray],
    *,
    channels: int = 1,
    rate_hz: int = RATE_HZ,
    segments: Mapping[str, Sequence[tuple[int, int]]] | None = None,
) -> Corpus:
    """Corpus of given audio, the same in all channels."""
    lengths = {name: len(audio) for name, audio in tunes.items()}
    corpus = make_corpus(folder, lengths, channels=channels, rate_hz=rate_hz, segments=segments)
    for name, audio in tunes.items():
        np.save(audio_path(folder, name), np.repeat((audio * 32767).astype(np.int16)[:, None], channels, 1))
    return corpus
