"""The DJ's crossfade, on tones and in the set of two tracks."""

from zlib import crc32

import numpy as np
import pytest

from mixdream.demo.mixing import crossfade, mix_tracks
from mixdream.demo.specs import SET_SPECS, TRANCE
from mixdream.demo.synth import RATE_HZ, fixed_filter, sine
from mixdream.demo.track import render_track
from tests.demo.rendered import Rendered

HOUSE = SET_SPECS["house"]


def levels(audio: np.ndarray, second: int) -> list[float]:
    """Amplitudes at 50, 100, 2000 and 3000 Hz within one second."""
    part = audio[0, second * RATE_HZ : (second + 1) * RATE_HZ]
    spectrum = 2 * np.abs(np.fft.rfft(part)) / RATE_HZ
    return [float(spectrum[hz]) for hz in (50, 100, 2000, 3000)]


def test_crossfade_swaps_basses_and_blends_the_rest() -> None:
    samples = 16 * RATE_HZ
    outgoing = np.stack([sine(50.0, samples) + sine(2000.0, samples)] * 2)
    incoming = np.stack([sine(100.0, samples) + sine(3000.0, samples)] * 2)
    mixed = crossfade(outgoing, incoming)
    near = pytest.approx
    assert levels(mixed, 0) == near([1.0, 0.0, 1.0, 0.0], abs=0.12)
    assert levels(mixed, 15) == near([0.0, 1.0, 0.0, 1.0], abs=0.12)
    # A quarter of the way both melodies sound, but still one bass.
    low_out, low_in, high_out, high_in = levels(mixed, 4)
    assert low_out > 5 * low_in
    assert high_out**2 + high_in**2 == near(1.0, abs=0.05)
    assert 0.3 < high_in < high_out
    low_out, low_in, _, _ = levels(mixed, 11)
    assert low_in > 5 * low_out


def test_tracks_of_different_tempo_are_refused() -> None:
    tracks = (HOUSE.tracks[0], TRANCE)
    with pytest.raises(ValueError, match="share one tempo"):
        mix_tracks(tracks, [], overlap_bars=4)


def test_both_tracks_are_heard_in_the_mix(house: Rendered) -> None:
    audio, truth = house
    rng = np.random.default_rng([0, crc32(b"house")])
    first, second = (render_track(track, rng)[0] for track in HOUSE.tracks)
    (mix,) = [section for section in truth.sections if section.name == "mix"]
    start, stop = round(mix.start_s * RATE_HZ), round(mix.end_s * RATE_HZ)
    length = stop - start
    heard, old, new = (
        fixed_filter(sound, 400.0, "high")[0]
        for sound in (audio[:, start:stop], first[:, -length:], second[:, :length])
    )

    def shares(part: slice) -> tuple[float, float]:
        basis = np.stack([old[part], new[part]], axis=1)
        weights = np.linalg.lstsq(basis, heard[part], rcond=None)[0]
        explained = 1 - np.var(heard[part] - basis @ weights) / np.var(heard[part])
        assert explained > 0.8, "the mix is made of these two tracks and nothing else"
        return float(weights[0]), float(weights[1])

    old_early, new_early = shares(slice(length // 8, length // 4))
    old_mid, new_mid = shares(slice(3 * length // 8, 5 * length // 8))
    old_late, new_late = shares(slice(3 * length // 4, 7 * length // 8))
    assert old_early > 2 * new_early > 0
    assert new_mid / old_mid == pytest.approx(1.0, abs=0.35)
    assert new_late > 2 * old_late > 0


def test_track_spans_overlap_where_they_are_mixed(house: Rendered) -> None:
    _, truth = house
    first, second = truth.tracks
    (mix,) = [section for section in truth.sections if section.name == "mix"]
    assert (second.start_s, first.end_s) == pytest.approx((mix.start_s, mix.end_s))
    assert mix.end_s - mix.start_s == pytest.approx(HOUSE.overlap_bars * 4 * 60 / truth.bpm)
    assert first.key != second.key
