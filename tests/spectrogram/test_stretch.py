from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixdream.analysis.fidelity import magnitude_snr_db
from mixdream.analysis.seam import seam_score
from mixdream.analysis.smear import rise_time_ms
from mixdream.audio.resample import resample_loop
from mixdream.spectrogram.stretch import _frame_counts, stretch_loop

RATE_HZ = 8000
SECONDS = np.arange(32_000) / RATE_HZ  # two bars at 120 BPM
TEMPOS = (0.8, 0.88, 0.94, 1.06, 1.12, 1.2)


def faster(audio: np.ndarray, tempo: float) -> np.ndarray:
    """A loop so many times as fast at the same pitch."""
    return stretch_loop(audio, round(audio.shape[-1] / tempo), audio.shape[-1], RATE_HZ)


def hits(every: int = 4000, decay: float = 60.0) -> np.ndarray:
    """Bursts of noise, eight of them, each as loud as the next."""
    burst = np.random.default_rng(0).standard_normal(1000) * np.exp(-np.arange(1000) / decay)
    audio = np.zeros(len(SECONDS))
    audio[every // 2 :: every] = 1
    return 0.2 * np.convolve(audio, burst)[: len(SECONDS)]


def chords() -> np.ndarray:
    """A bass, a chord that changes every second, and hits."""
    roots_hz = np.repeat([55.0, 65.41, 49.0, 55.0], RATE_HZ)
    tones = [np.sin(2 * np.pi * np.cumsum(k * roots_hz) / RATE_HZ) / k for k in (1, 4, 6, 8)]
    fade = np.minimum(1, 20 * (SECONDS % 1) * (1 - SECONDS % 1))
    return 0.2 * fade * np.sum(tones, axis=0) + hits()


def closing(hz: float, tempo: float) -> float:
    """Nearest frequency that has whole turns both in the loop and at the other tempo."""
    step_hz = Fraction(str(tempo)).numerator / SECONDS.size * RATE_HZ
    return step_hz * round(hz / step_hz)


def cents(audio: np.ndarray, hz: float) -> float:
    """How far the tone of a loop is from a frequency: middle of the power within 2 % of it."""
    power = np.abs(np.fft.rfft(audio * np.hanning(len(audio)), 8 * len(audio))) ** 2
    bins_hz = np.fft.rfftfreq(8 * len(audio), 1 / RATE_HZ)
    near = np.abs(bins_hz - hz) < max(1.5, 0.02 * hz)
    assert power[near].sum() > 0.97 * power.sum()
    return float(1200 * np.log2((power[near] * bins_hz[near]).sum() / power[near].sum() / hz))


@pytest.mark.parametrize("tempo", TEMPOS)
@pytest.mark.parametrize("about_hz", [45, 110, 440, 1000])
def test_a_tone_keeps_its_pitch_at_another_tempo(about_hz: int, tempo: float) -> None:
    hz = closing(about_hz, tempo)
    tone = faster(np.sin(2 * np.pi * hz * SECONDS), tempo)
    assert len(tone) == round(len(SECONDS) / tempo)
    assert abs(cents(tone, hz)) < 3
    assert np.sqrt(2 * np.square(tone).mean()) == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("tempo", TEMPOS)
def test_hits_stay_sharp_and_in_their_place(tempo: float) -> None:
    clicks = np.zeros(len(SECONDS))
    clicks[2000::4000] = 1
    made = np.square(faster(clicks, tempo))
    at = np.arange(len(made))
    places = (2000 + 4000 * np.arange(8)) / tempo
    near = np.abs(at[:, None] - places).min(axis=1)
    assert made[near < 0.003 * RATE_HZ].sum() > 0.9 * made.sum()
    for place in places:
        around = np.abs(at - place) < 0.03 * RATE_HZ
        middle = (made * (at - place))[around].sum() / made[around].sum()
        assert abs(middle) < 0.0015 * RATE_HZ
    own, other = hits(), faster(hits(), tempo)
    onsets_ms = (2000 + 4000 * np.arange(1, 7)) / RATE_HZ * 1000
    longer = rise_time_ms(other, RATE_HZ, np.round(onsets_ms / tempo).astype(int)) - rise_time_ms(
        own, RATE_HZ, np.round(onsets_ms).astype(int)
    )
    assert abs(longer) < 3


def vocoder(loop: np.ndarray, samples: int) -> np.ndarray:
    """A loop at another tempo by the plain phase vocoder, of three periods the middle one.

    Flanagan & Golden 1966, with windows of 512 samples: `librosa.effects.time_stretch` to 3e-9, which takes
    20 s to compile.
    """
    n_fft, hop, window = 512, 128, np.hanning(513)[:-1]
    padded = np.pad(np.tile(loop, 3), n_fft // 2)
    spectra = np.fft.rfft(window * np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop])
    at = np.arange(0, len(spectra) - 1, len(loop) / samples)
    before, after = spectra[at.astype(int)], np.pad(spectra, ((0, 1), (0, 0)))[at.astype(int) + 1]
    magnitudes = np.abs(before) + (at % 1)[:, None] * (np.abs(after) - np.abs(before))
    expected = 2 * np.pi * hop * np.fft.rfftfreq(n_fft)
    beyond = np.angle(after) - np.angle(before) - expected
    steps = expected + beyond - 2 * np.pi * np.round(beyond / (2 * np.pi))
    phases = np.angle(spectra[0]) + np.cumsum(steps, axis=0) - steps
    made = np.zeros((2, hop * len(at) + n_fft))
    for i, piece in enumerate(np.fft.irfft(magnitudes * np.exp(1j * phases))):
        made[:, i * hop : i * hop + n_fft] += window * np.stack([piece, window])
    return (made[0] / np.maximum(made[1], 1e-9))[n_fft // 2 :][samples : 2 * samples]


@pytest.mark.parametrize("tempo", [0.88, 1.12])
def test_there_and_back_is_nearer_than_by_a_phase_vocoder(tempo: float) -> None:
    audio = chords()

    samples = round(len(audio) / tempo)
    back = stretch_loop(faster(audio, tempo), len(audio), samples, RATE_HZ)
    other = vocoder(vocoder(audio, samples), len(audio))
    snr_db = magnitude_snr_db(audio, back, RATE_HZ)
    assert snr_db > 15
    assert snr_db > magnitude_snr_db(audio, other, RATE_HZ) + 3


@pytest.mark.parametrize("semitones", [-12, 3, 12])
def test_transposing_moves_the_pitch_and_not_the_time(semitones: int) -> None:
    factor = 2 ** (semitones / 12)

    def moved(audio: np.ndarray) -> np.ndarray:
        return stretch_loop(audio, len(audio), len(audio) / factor, RATE_HZ)

    tone = moved(np.sin(2 * np.pi * 220 * SECONDS))
    assert len(tone) == len(SECONDS) and abs(cents(tone, 220 * factor)) < 3
    loudness = np.square(moved(hits())).reshape(8, 8, 500).sum(axis=(0, 2))
    assert loudness.argmax() == 4, "hits begin in the middle of each half second"


def test_pitch_that_follows_is_plain_resampling() -> None:
    audio = chords()
    assert np.array_equal(stretch_loop(audio, 28_000, 28_000.0, RATE_HZ), resample_loop(audio, 28_000))


def test_a_loop_stays_a_loop_wherever_it_begins() -> None:
    """Nothing is heard at the seam of steady tones; a loop that is turned by half is made turned by half."""
    tones = faster(np.sin(2 * np.pi * np.outer((56, 224, 343), SECONDS)).sum(axis=0), 1.12)
    assert seam_score(tones, RATE_HZ).ratio < 1.5
    assert seam_score(tones[:-20], RATE_HZ).ratio > 5, "a seam that is open is seen"
    audio = chords()
    made = faster(audio, 1.12)
    turned = np.roll(faster(np.roll(audio, 16_000), 1.12), len(made) // 2 - len(made))
    assert magnitude_snr_db(made, turned, RATE_HZ) > 15


@pytest.mark.parametrize("tempo", [0.88, 1.12])
def test_the_mono_sum_of_stereo_is_the_middle_alone(tempo: float) -> None:
    middle, side = chords(), 0.3 * np.roll(hits(every=2000), 700)
    left, right = faster(np.stack([middle + side, middle - side]), tempo)
    assert np.abs((left + right) / 2 - faster(middle, tempo)).max() < 1e-4
    made_share = np.square(left - right).mean() / np.square(left + right).mean()
    assert made_share == pytest.approx(np.square(side).mean() / np.square(middle).mean(), rel=0.1)


def test_what_is_on_one_side_stays_there_and_mono_stays_mono() -> None:
    audio = chords()
    left, right = faster(np.stack([audio, np.zeros_like(audio)]), 1.12)
    assert np.square(right).mean() < 1e-3 * np.square(left).mean()
    left, right = faster(np.stack([audio, audio]), 1.12)
    assert np.array_equal(left, right)


def test_silence_stays_silent() -> None:
    assert not faster(np.zeros((2, 32_000)), 1.12).any()
    half = np.sin(2 * np.pi * 220 * SECONDS) * np.pad(np.hanning(16_000) ** 2, (0, 16_000))
    made = faster(half, 1.12)
    assert np.abs(made[14_700:-400]).max() < 1e-5 * np.abs(made).max()


@given(st.floats(0.5, 2.0), st.integers(172, 1000))
def test_a_pitch_is_met_to_cents_at_any_tempo(ratio: float, least: int) -> None:
    """With the least number of frames alone it would be up to 10 cents."""
    before, after = _frame_counts(least, ratio)
    assert least <= before <= 1.25 * least
    assert abs(1200 * np.log2(after / before / ratio)) < 700 / least
