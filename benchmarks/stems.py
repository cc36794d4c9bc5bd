"""How far apart the stems of `mixdream export` are: SI-SDR against the built-in sets' own parts.

Run ``python -m benchmarks.stems``. Beside ours: the loop itself as every stem; median filtering alone
(`librosa.decompose.hpss`), what is tonal below 200 Hz as bass; a low-pass at 200 Hz as bass, the rest by
median filtering; and a Wiener mask that knows the parts, near the best that masks on this spectrogram can do.
"""

from collections.abc import Callable

import librosa
import numpy as np

from benchmarks.parts import STEMS, Window, windows
from mixdream.analysis.stems.stems import split_stems
from mixdream.audio.crossover import low_pass_gain
from mixdream.audio.resample import resample_loop
from mixdream.demo.synth import RATE_HZ
from mixdream.spectrogram.periodic import PeriodicTransform

_BASS_HZ = 200.0
_SIZE, _HOP = 2048, 512
_LOW_HZ = 8000

Parts = dict[str, np.ndarray]


def si_sdr_db(estimate: np.ndarray, truth: np.ndarray) -> float:
    """Scale-invariant ratio of signal to distortion (Le Roux et al. 2019, equation 3)."""
    target = truth * (np.vdot(estimate, truth) / np.vdot(truth, truth))
    return float(10 * np.log10(np.sum(target**2) / np.sum((estimate - target) ** 2)))


def below(audio: np.ndarray, rate_hz: int) -> np.ndarray:
    """What of one period lies below the crossover."""
    hz = np.fft.rfftfreq(audio.shape[-1], 1 / rate_hz)
    return np.fft.irfft(np.fft.rfft(audio) * low_pass_gain(hz, _BASS_HZ), audio.shape[-1])


def median_filtering(audio: np.ndarray, rate_hz: int) -> Parts:
    """Tonal and percussive parts (Fitzgerald 2010), the tonal one below the crossover as bass."""
    transform = PeriodicTransform(audio.shape[-1], _SIZE, _HOP)
    spectra = transform(audio)
    tonal, percussive = librosa.decompose.hpss(np.abs(spectra).mean(axis=0).T, mask=True)
    bass = below(transform.inverse(spectra * tonal.T), rate_hz)
    music = transform.inverse(spectra * tonal.T) - bass
    return {"drums": transform.inverse(spectra * percussive.T), "bass": bass, "music": music}


def low_pass(audio: np.ndarray, rate_hz: int) -> Parts:
    """Everything below the crossover is bass."""
    bass = below(audio, rate_hz)
    return {**median_filtering(audio - bass, rate_hz), "bass": bass}


def knowing(window: Window) -> Parts:
    """Masks from the true parts."""
    transform = PeriodicTransform(window.audio.shape[-1], _SIZE, _HOP)
    powers = {stem: np.square(np.abs(transform(audio))).sum(axis=0) for stem, audio in window.stems.items()}
    whole, total = transform(window.audio), sum(powers.values())
    return {stem: transform.inverse(whole * power / (total + 1e-20)) for stem, power in powers.items()}


def main() -> None:
    """Print the means over all windows, full band in stereo and at 8 kHz in mono; ours window by window."""
    made = list(windows())
    ours: Callable[[np.ndarray, int], Parts] = lambda audio, rate_hz: split_stems(audio, rate_hz)._asdict()  # noqa: E731
    ways: dict[str, Callable[[np.ndarray, int], Parts]] = {
        "the loop itself": lambda audio, _: dict.fromkeys(STEMS, audio),
        "median filtering": median_filtering,
        "low-pass": low_pass,
        "mixdream": ours,
    }
    print("SI-SDR in dB: " + ", ".join(STEMS))
    for name, split in ways.items():
        scores = []
        for window in made:
            parts = split(window.audio, RATE_HZ)
            scores.append([si_sdr_db(parts[stem], window.stems[stem]) for stem in STEMS])
            if split is ours:
                print(f"  {window.title}: " + ", ".join(f"{score:.1f}" for score in scores[-1]))
        print(f"{name}: " + ", ".join(f"{score:.1f}" for score in np.mean(scores, axis=0)))
    known = [[si_sdr_db(knowing(window)[stem], window.stems[stem]) for stem in STEMS] for window in made]
    print("masks that know: " + ", ".join(f"{score:.1f}" for score in np.mean(known, axis=0)))
    low = []
    for window in made:
        mono = {
            stem: resample_loop(audio.mean(axis=0), round(audio.shape[-1] * _LOW_HZ / RATE_HZ))
            for stem, audio in window.stems.items()
        }
        parts = ours(np.sum(list(mono.values()), axis=0), _LOW_HZ)
        low.append([si_sdr_db(parts[stem], mono[stem]) for stem in STEMS])
    print("mixdream, 8 kHz mono: " + ", ".join(f"{score:.1f}" for score in np.mean(low, axis=0)))


if __name__ == "__main__":
    main()
