import numpy as np
import pytest

from mixdream.audio.channels import Mixdown, downmix, mix
from tests.audio import media

RATE_HZ = 8000
STEREO = ["FL", "FR"]
SURROUND = ["FL", "FR", "FC", "LFE", "SL", "SR"]


def blocks(data: np.ndarray) -> list[np.ndarray]:
    return np.array_split(data.astype(np.float32), 40, axis=1)


def better(data: np.ndarray, names: list[str] = STEREO, channels: int = 1) -> tuple[np.ndarray, str]:
    """Mixed by what a first look finds best, shape (n, channels), and why it is not the default."""
    mixdown = Mixdown(channels)
    first = [mixdown.mix(block, names) for block in blocks(data)]
    second = mixdown.better()
    if second is None:
        return np.concatenate(first), ""
    return np.concatenate([second.mix(block, names) for block in blocks(data)]), "; ".join(second.reasons)


def rms_db(wave: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(np.square(wave, dtype=np.float64))))


left, other = media.drums(8, RATE_HZ)[0], media.noise(8, RATE_HZ)[0]


@pytest.mark.parametrize("leak", [0.0, 0.003, 0.3])
def test_where_channels_cancel_one_is_taken(leak: float) -> None:
    out, reason = better(np.stack([left, -left + leak * other]))
    assert np.array_equal(out[:, 0], left) or leak
    assert rms_db(out) >= rms_db(left) - 0.01
    assert reason.startswith("left and right cancel each other (their mix is ")
    assert reason.endswith("alone was taken")


def test_stereo_whose_mono_sum_would_cancel_is_one_channel_twice() -> None:
    mixdown = Mixdown(2)
    mixdown.mix(np.stack([left, -left]), ["FL", "FR"])
    better = mixdown.better()
    assert better is not None and "cancel each other" in better.reasons[0]
    assert np.array_equal(better.mix(np.stack([left, -left]), ["FL", "FR"]), np.stack([left, left], 1))
    kept = Mixdown(2)
    kept.mix(np.stack([left, other]), ["FL", "FR"])
    assert kept.better() is None, "wide stereo stays as it is"


def test_dc_does_not_hide_that_channels_cancel() -> None:
    out, reason = better(np.stack([left + 0.3, -left + 0.3]))
    assert "cancel" in reason and np.allclose(out[:, 0], left + 0.3)


@pytest.mark.parametrize("share", [0.04, 0.2])
def test_cancelled_parts_count_from_a_tenth_on(share: float) -> None:
    data = np.stack([left, left])
    data[1, : round(share * len(left))] *= -1
    out, reason = better(data)
    assert ("in 20% of the file" in reason) == (share > 0.1)
    if reason:
        assert np.array_equal(out[:, 0], left)


@pytest.mark.parametrize("silent", [0, 1])
def test_a_silent_channel_is_not_averaged_in(silent: int) -> None:
    data = np.stack([left, left])
    data[silent] = 1e-4 * other
    out, reason = better(data)
    assert np.array_equal(out[:, 0], left)
    assert reason == f"{(STEREO[silent] == 'FL' and 'left') or 'right'} is silent, so " + (
        "right alone was taken" if silent == 0 else "left alone was taken"
    )


@pytest.mark.parametrize("correlation", [1.0, 0.5, 0.0, -0.3])
def test_ordinary_stereo_stays_the_mean(correlation: float) -> None:
    a, b = media.noise(8, RATE_HZ, 1)[0], media.noise(8, RATE_HZ, 2)[0]
    data = np.stack([a, correlation * a + np.sqrt(1 - correlation**2) * b])
    out, reason = better(data)
    assert reason == ""
    assert np.allclose(out[:, 0], data.mean(axis=0), atol=1e-7)


def test_silence_has_nothing_to_improve() -> None:
    assert better(np.zeros((2, 8000)))[1] == ""
    assert better(np.zeros((1, 8000)), ["FC"])[1] == ""


def test_music_in_front_only_keeps_its_level() -> None:
    data = np.zeros((6, len(left)))
    data[:2] = left
    out, reason = better(data, SURROUND)
    assert reason == "" and np.allclose(out[:, 0], left, atol=1e-6)


def test_music_in_the_centre_only_keeps_its_level() -> None:
    data = np.zeros((6, len(left)))
    data[2] = left
    out, reason = better(data, SURROUND)
    assert np.array_equal(out[:, 0], left)
    assert reason.endswith("are silent, so centre alone was taken")


def test_surround_becomes_stereo_as_the_recommendation_has_it() -> None:
    weights = downmix(SURROUND, 2)
    half = np.sqrt(0.5)
    assert np.allclose(weights, [[1, 0, half, 0, half, 0], [0, 1, half, 0, 0, half]])
    data = np.stack([media.noise(1, RATE_HZ, seed)[0] for seed in range(6)])
    assert np.allclose(mix(data, weights), (weights @ data).T, atol=1e-6)


def test_unknown_places_are_averaged() -> None:
    assert np.allclose(downmix(["NONE"] * 3, 2), 1 / 3)
    assert downmix(["NONE"] * 2, 2).tolist() == [[1, 0], [0, 1]]
    assert downmix(["FC"], 2).tolist() == [[1], [1]]
