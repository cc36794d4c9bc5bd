"""Small corpora made without decoding anything."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from mixdream.corpus.store import Corpus, CorpusIndex, SetRecord, audio_path, sha256_of
from mixdream.files import write_json


def make_corpus(
    folder: Path,
    samples: Mapping[str, int],
    *,
    channels: int = 1,
    rate_hz: int = 8000,
    segments: Mapping[str, Sequence[tuple[int, int]]] | None = None,
) -> Corpus:
    """Noise of given lengths; between segments one second of the source was dropped."""
    (folder / "sets").mkdir(parents=True)
    records = []
    for i, (name, length) in enumerate(sorted(samples.items())):
        audio = np.random.default_rng(i).integers(-9999, 9999, (length, channels)).astype(np.int16)
        np.save(audio_path(folder, name), audio)
        cuts = tuple((segments or {}).get(name, [(0, length)]))
        records.append(_record(name, sha256_of(audio_path(folder, name)), cuts, rate_hz, channels))
    index = CorpusIndex(complete=True, rate_hz=rate_hz, channels=channels, sets=tuple(records))
    write_json(folder / "corpus.json", index.model_dump(mode="json"))
    return Corpus.open(folder)


def imagined_corpus(seconds: Mapping[str, float], rate_hz: int = 8000) -> Corpus:
    """Corpus of records only: for questions that need no audio."""
    records = [
        _record(name, f"audio of {name}", ((0, round(length_s * rate_hz)),), rate_hz, 1)
        for name, length_s in sorted(seconds.items())
    ]
    return Corpus(Path("nowhere"), rate_hz, 1, tuple(records))


def _record(
    name: str, audio_sha256: str, segments: tuple[tuple[int, int], ...], rate_hz: int, channels: int
) -> SetRecord:
    samples = segments[-1][1]
    return SetRecord(
        name=name,
        source=f"/music/{name}.wav",
        sha256=name,
        audio_sha256=audio_sha256,
        codec="pcm_s16le",
        source_rate_hz=rate_hz,
        source_channels=channels,
        rate_hz=rate_hz,
        seconds=samples / rate_hz + len(segments) - 1,
        samples=samples,
        segments=segments,
        segment_starts_s=tuple(start / rate_hz + k for k, (start, _) in enumerate(segments)),
        gain_db=0,
        peak=0.3,
        dc=(0.0,) * channels,
        rms_dbfs=-15,
        loudness_lufs=None,
        corrupt_packets=0,
        nonfinite_samples=0,
    )
