import numpy as np
import pytest

from mixdream.audio.limiter import StreamLimiter, oversampled, peaks_around, true_peak

RATE_HZ = 8000


def limited(audio: np.ndarray) -> tuple[np.ndarray, StreamLimiter]:
    limiter = StreamLimiter(RATE_HZ)
    blocks = limiter.limit(np.split(audio, [5000, 9000, 20_000], axis=-1))
    return np.concatenate(list(blocks), axis=-1), limiter


def test_both_sides_are_turned_down_together_by_what_the_louder_one_needs() -> None:
    rng = np.random.default_rng(0)
    left = rng.standard_normal(3 * RATE_HZ) * np.repeat([0.02, 0.6, 0.05], RATE_HZ)
    right = 0.1 * rng.standard_normal(3 * RATE_HZ)
    (both, stereo), (alone, mono) = limited(np.stack([left, right])), limited(left)
    assert np.array_equal(both[0], alone) and stereo.limited_db == mono.limited_db > 3
    loud = np.abs(left) > 1e-3
    assert np.allclose((both[1] / right)[loud], (alone / left)[loud])
    assert np.abs(both[1] / right).min() < 0.7  # quiet as it is
    assert true_peak(both[0]) <= 10 ** (-1 / 20) and abs(stereo.true_peak - true_peak(both[0])) < 0.01


def test_nothing_is_limited_to_nothing() -> None:
    assert [len(block) for block in StreamLimiter(RATE_HZ).limit([])] == [0]


@pytest.mark.parametrize("samples", [64, 75])
def test_between_samples_lies_the_sum_of_sines_that_they_are_of(samples: int) -> None:
    rng = np.random.default_rng(0)
    cycles, sizes, turns = np.arange(1, 31), rng.uniform(0, 1, (2, 30)), rng.uniform(0, 6, (2, 30))

    def at(moments: np.ndarray) -> np.ndarray:
        angles = 2 * np.pi * cycles[:, None] * moments / samples
        return (sizes[..., None] * np.cos(angles + turns[..., None])).sum(axis=1)

    moments = np.arange(4 * samples) / 4
    fine = oversampled(at(np.arange(samples)))
    between = np.abs(at(moments))
    assert np.allclose(fine, np.moveaxis(between.reshape(2, samples, 4), -1, 0))
    around = (np.arange(samples)[:, None] * 4 + np.arange(-4, 5)) % (4 * samples)
    assert np.allclose(peaks_around(fine), between[:, around].max(axis=-1))
