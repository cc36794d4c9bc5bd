import numpy as np
import pytest

from mixdream.errors import InputError
from mixdream.evaluation.embedder import Embedder


def test_reference_becomes_standard() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(7, 3, size=(400, 40))
    found = Embedder.fit(features).transform(features)
    np.testing.assert_allclose(found.mean(0), 0, atol=1e-9)
    assert found.var(0).sum() == pytest.approx(0.95 * 40, rel=0.05)


def test_components_hold_the_stated_share() -> None:
    rng = np.random.default_rng(0)
    features = 10 * rng.normal(size=(300, 5)) @ rng.normal(size=(5, 115)) + rng.normal(size=(300, 115))
    embedder = Embedder.fit(features)
    assert embedder.components.shape == (32, 115)  # five would do: the least is 32
    assert embedder.kept_share > 0.95
    distances = np.linalg.norm(
        embedder.transform(features)[:50] - embedder.transform(features)[50:100], axis=1
    )
    whole = (features - embedder.mean) / embedder.std
    np.testing.assert_allclose(distances, np.linalg.norm(whole[:50] - whole[50:100], axis=1), rtol=0.1)


def test_few_clips_give_few_dims() -> None:
    embedder = Embedder.fit(np.random.default_rng(0).normal(size=(10, 115)))
    assert len(embedder.components) == 9
    assert embedder.kept_share == pytest.approx(1)


def test_what_does_not_vary_is_not_blown_up_and_outliers_are_bounded() -> None:
    features = np.random.default_rng(0).normal(size=(100, 3))
    features[:, 0] = 5.0
    embedder = Embedder.fit(features)
    near, far = embedder.transform(np.array([[5.1, 0, 0], [1e9, 0, 0]]))
    centre = embedder.transform(np.array([[5.0, 0, 0]]))[0]
    assert np.linalg.norm(near - centre) == pytest.approx(0.0, abs=0.21)
    assert np.linalg.norm(far - centre) < 11


def test_errors_say_what_to_do() -> None:
    embedder = Embedder.fit(np.random.default_rng(0).normal(size=(10, 5)))
    with pytest.raises(InputError, match="fitted on 5"):
        embedder.transform(np.zeros((2, 6)))
    with pytest.raises(InputError, match="all clips of the reference are the same"):
        Embedder.fit(np.ones((10, 5)))
    with pytest.raises(InputError, match=r"row 1"):
        embedder.transform(np.array([[0.0] * 5, [np.nan] * 5]))
