import numpy as np

from mixdream.audio.limiter import StreamLimiter, true_peak

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
