import numpy as np
import pytest

from mixdream.training.convergence import read_convergence

EPOCHS = 180


def history(
    loss_d: np.ndarray, loss_g: np.ndarray, d_real: float = 0.7, d_fake: float = 0.3
) -> dict[str, np.ndarray]:
    count = len(loss_d)
    return {
        "epoch": np.arange(1.0, count + 1),
        "loss_d": loss_d,
        "loss_g": loss_g,
        "d_real": np.full(count, d_real),
        "d_fake_before": np.full(count, d_fake),
    }


def settling(at: int, around: float, start: float, count: int = EPOCHS) -> np.ndarray:
    epoch = np.arange(1, count + 1)
    ramp = np.clip(epoch / at, 0, 1)
    noise = np.random.default_rng(at).normal(0, 0.05 * around, count)
    return start + (around - start) * ramp + noise + 0.1 * around * np.sin(epoch)


def test_thesis_model_1_settles_after_epoch_50_around_5_and_2_5() -> None:
    """Section 4.1: "converging a little bit after the 50th epoch", G around 5, D around 2.5."""
    result = read_convergence(history(settling(50, 2.5, 0.3), settling(50, 5.0, 12.0)))
    assert result.verdict == "converged"
    assert result.from_epoch == pytest.approx(50, abs=15)
    assert result.loss_g == pytest.approx(5, rel=0.05)
    assert result.loss_d == pytest.approx(2.5, rel=0.05)
    assert "G around 5" in result.sentence


def test_a_recurrent_oscillation_counts_as_settled() -> None:
    wave = 1 + 0.5 * np.sin(np.arange(EPOCHS) * 2 * np.pi / 6)
    assert read_convergence(history(wave, 2 * wave)).verdict == "converged"


def test_thesis_model_4_converges_then_diverges() -> None:
    """Section 4.4: around epoch 100 both losses meet near 4, then lose their balance."""
    apart = np.concatenate([np.full(150, 4.0), 4 + np.linspace(0, 12, 150)])
    together = np.concatenate([np.full(150, 4.0), np.linspace(4, 0.5, 150)])
    result = read_convergence(history(together, apart))
    assert result.verdict == "converged, then diverged"
    assert result.to_epoch == pytest.approx(150, abs=25)
    assert result.loss_g == pytest.approx(4, rel=0.1)


def test_losses_that_never_settle() -> None:
    drift = np.linspace(1, 20, EPOCHS)
    assert read_convergence(history(drift, drift[::-1])).verdict == "non-convergence"


def test_a_discriminator_that_wins_is_not_a_plateau() -> None:
    flat = read_convergence(history(np.full(EPOCHS, 0.01), np.full(EPOCHS, 9.0), d_real=0.99, d_fake=0.01))
    assert flat.verdict == "diminished gradient"
    assert flat.from_epoch is None


def test_a_short_history_is_not_judged() -> None:
    assert read_convergence(history(np.ones(5), np.ones(5))).verdict == "too short"
    few_epochs = history(np.ones(50), np.ones(50)) | {"epoch": np.linspace(0.01, 0.5, 50)}
    assert read_convergence(few_epochs).verdict == "too short"
