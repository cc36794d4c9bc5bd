"""Test media: files of every format, written with PyAV, and signals whose physics is known."""

import io
import re
from pathlib import Path

import av
import numpy as np
import soundfile

from mixdream.audio.loop_chunks import LoopInfo

LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}
CODECS = {
    ".mp3": "libmp3lame",
    ".m4a": "aac",
    ".mp4": "aac",
    ".mkv": "libopus",
    ".flac": "flac",
    ".ogg": "",
    ".opus": "libopus",
    ".aac": "aac",
    ".ts": "aac",
    ".wav": "pcm_s16le",
    ".aiff": "pcm_s16be",
    ".caf": "alac",
}


def tone(
    frequency_hz: float, seconds: float, rate_hz: int, level: float = 0.5, channels: int = 1
) -> np.ndarray:
    """Sine, shape (channels, n), float32."""
    time_s = np.arange(round(seconds * rate_hz)) / rate_hz
    wave = level * np.sin(2 * np.pi * frequency_hz * time_s)
    return np.repeat(wave[None], channels, axis=0).astype(np.float32)


def noise(seconds: float, rate_hz: int, seed: int = 0, level: float = 0.1, channels: int = 1) -> np.ndarray:
    """White noise, shape (channels, n), float32."""
    rng = np.random.default_rng(seed)
    return rng.uniform(-level, level, (channels, round(seconds * rate_hz))).astype(np.float32)


def write(
    path: Path,
    audio: np.ndarray,
    rate_hz: int,
    codec: str | None = None,
    metadata: dict[str, str] | None = None,
    picture: bool = False,
) -> Path:
    """Encode audio, shape (channels, n), full scale +-1; with a picture the file has a video stream too."""
    if path.suffix == ".ogg":  # PyAV's wheels have no Vorbis encoder
        with soundfile.SoundFile(path, "w", rate_hz, len(audio), format="OGG", subtype="VORBIS") as file:
            for start in range(0, audio.shape[1], rate_hz):  # libsndfile crashes on long pieces
                file.write(audio[:, start : start + rate_hz].T)
        return path
    with av.open(str(path), "w", format={".opus": "ogg", ".aac": "adts"}.get(path.suffix)) as container:
        container.metadata.update(metadata or {})
        layout = LAYOUTS[len(audio)]
        stream = container.add_stream(codec or CODECS[path.suffix], rate=rate_hz, layout=layout)
        assert isinstance(stream, av.AudioStream)
        if stream.codec_context.codec.lossy and not stream.codec_context.codec.lossless and len(audio) <= 2:
            stream.codec_context.bit_rate = 192_000 if rate_hz > 24_000 else 64_000
        if picture:
            video = container.add_stream("mpeg4", rate=25)
            video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
            for i in range(5):
                image = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 40 * i, np.uint8), format="rgb24")
                image.pts = i
                container.mux(video.encode(image))
            container.mux(video.encode(None))
        resampler = av.AudioResampler(format=stream.format, layout=layout, rate=rate_hz)
        for start in range(0, audio.shape[1], rate_hz):  # packed: PyAV 18.1 crashes on 8 planes
            piece = np.ascontiguousarray(audio[:, start : start + rate_hz].T).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(piece, format="flt", layout=layout)
            frame.rate, frame.pts = rate_hz, start
            for made in resampler.resample(frame):
                container.mux(stream.encode(made))
        for made in resampler.resample(None):
            container.mux(stream.encode(made))
        container.mux(stream.encode(None))
    return path


def write_wav(path: Path, samples: np.ndarray, rate_hz: int) -> Path:
    """Write int16 or float32 samples, shape (n,) or (n, channels), bit for bit."""
    samples = samples if samples.ndim == 2 else samples[:, None]
    kind, channels, width = (1 if samples.dtype == np.int16 else 3), samples.shape[1], samples.dtype.itemsize
    data = samples.tobytes()
    head = (
        np.array([kind, channels], "<u2").tobytes()
        + np.array([rate_hz, rate_hz * channels * width], "<u4").tobytes()
    )
    head += np.array([channels * width, 8 * width], "<u2").tobytes()
    size = np.array([36 + len(data)], "<u4").tobytes()
    chunks = (
        b"fmt " + np.array([16], "<u4").tobytes() + head + b"data" + np.array([len(data)], "<u4").tobytes()
    )
    path.write_bytes(b"RIFF" + size + b"WAVE" + chunks + data)
    return path


def amplitude(wave: np.ndarray, frequency_hz: float, rate_hz: int) -> float:
    """Amplitude of a sine in a signal, by a Hann-windowed projection."""
    window = np.hanning(len(wave))
    phase = np.exp(-2j * np.pi * frequency_hz * np.arange(len(wave)) / rate_hz)
    return float(2 * abs(np.sum(wave * window * phase)) / window.sum())


def libsndfile_log(wav: bytes) -> dict[str, str]:
    """What libsndfile says of a WAV file's chunks, by field."""
    log = soundfile.SoundFile(io.BytesIO(wav)).extra_info
    assert "(should be" not in log  # its complaint about a wrong RIFF length
    return dict(re.findall(r"^ *([\w. ?]+?) *: (.*)$", log, re.MULTILINE))


def loop_of(wav: bytes) -> LoopInfo | None:
    """What a WAV file tells of its loop, as libsndfile reads it; None where it has no such chunks."""
    fields = libsndfile_log(wav)
    if "Loop Count" not in fields or "Beats" not in fields:
        return None
    root_note = int(fields["Root note"], 16) if "RootNoteValid" in fields["Flags"] else None
    return LoopInfo(float(fields["Tempo"]), int(fields["Beats"]), root_note)


def drums(seconds: float, rate_hz: int, bpm: float = 134, seed: int = 0) -> np.ndarray:
    """Bass drum, snare, hi-hat and a bass, shape (2, n), float32: block sizes of encoders change with it."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(round(seconds * rate_hz)) / rate_hz
    beat_s = 60 / bpm
    kick, hat = time_s % beat_s, (time_s + beat_s / 2) % beat_s
    snare = time_s % (2 * beat_s) - beat_s
    wave = 0.7 * np.exp(-18 * kick) * np.sin(2 * np.pi * (50 * kick + 4 * (1 - np.exp(-30 * kick))))
    wave += (snare >= 0) * np.exp(-25 * np.abs(snare)) * rng.normal(0, 0.25, len(time_s))
    wave += np.exp(-80 * hat) * rng.normal(0, 0.15, len(time_s))
    wave += 0.1 * np.sin(2 * np.pi * 55 * time_s * (1 + time_s // (8 * beat_s) % 3))
    return (np.stack([wave, 0.9 * wave]) * 0.9 / np.abs(wave).max()).astype(np.float32)
