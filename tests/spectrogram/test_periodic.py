import numpy as np
import pytest

from mixdream.spectrogram.periodic import PeriodicTransform


@pytest.mark.parametrize(("samples", "size", "hop"), [(1000, 256, 64), (997, 128, 64), (300, 512, 100)])
def test_spectra_that_are_not_changed_give_the_signal_again(samples: int, size: int, hop: int) -> None:
    stereo = np.random.default_rng(samples).standard_normal((2, samples))
    transform = PeriodicTransform(samples, size, hop)
    assert np.allclose(transform.inverse(transform(stereo)), stereo, atol=1e-12)


def test_there_is_no_edge() -> None:
    """A tone of whole cycles looks the same in the frame over the seam as in any other."""
    tone = np.sin(2 * np.pi * 50 * np.arange(2000) / 2000)
    magnitudes = np.abs(PeriodicTransform(2000, 256, 64)(tone))
    peak = magnitudes[:, 6:8].max(axis=1)
    assert peak.std() < 0.01 * peak.mean()
    assert np.allclose(magnitudes[0], magnitudes[magnitudes.shape[0] // 2], atol=0.02 * peak.mean())
