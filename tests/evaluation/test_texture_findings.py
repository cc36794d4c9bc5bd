import numpy as np

from mixdream.analysis.texture import Descriptor, descriptors
from mixdream.evaluation.intervals import block_weights
from mixdream.evaluation.sections import TextureFinding
from mixdream.evaluation.texture_findings import texture_findings

NAMES = descriptors(32_000, 2)
NUMBER = 60


def found(*, bands: bool = False, **moved: float) -> dict[tuple[str, float], TextureFinding]:
    """Findings where quantities above 8 kHz, or in every band, are moved by so much."""
    rng = np.random.default_rng(0)
    real, other, clips = (rng.normal(size=(NUMBER, len(NAMES))) for _ in range(3))
    for i, name in enumerate(NAMES):
        if bands or name.band is None or name.band[0] == 8000:
            clips[:, i] += moved.get(name.quantity.replace(" ", "_"), 0.0)
    weights = block_weights(np.arange(NUMBER), np.random.default_rng(1))
    floor = texture_findings(NAMES, (real, weights), (other, weights))
    findings = texture_findings(NAMES, (real, weights), (clips, weights), floor)
    return {(each.quantity, (each.band or (0.0,))[0]): each for each in findings}


def test_a_difference_has_its_size_its_interval_and_a_sentence() -> None:
    findings = found(attack=-5.0, mono_loss=2.0)
    softer = findings["attack", 8000.0]
    assert softer.beyond and softer.difference.low < -5 < softer.difference.high
    assert softer.sentence is not None
    assert softer.sentence.startswith("Above 8 kHz (cymbals and air): attacks ")
    assert "dB softer than in your music" in softer.sentence
    loss = findings["mono loss", 0.0]
    assert loss.sentence is not None and "more lost in mono than in your music" in loss.sentence
    spoken = [key for key, each in findings.items() if each.sentence]
    assert set(spoken) == {("attack", 8000.0), ("mono loss", 0.0)}


def test_what_is_chance_or_small_has_no_sentence() -> None:
    assert not any(each.sentence for each in found(attack=-0.6).values())


def test_of_an_empty_band_only_that_is_said() -> None:
    findings = found(level=-45.0, attack=-9.0, flatness=5.0)
    said = findings["level", 8000.0].sentence
    assert said is not None and "next to nothing" in said
    assert findings["attack", 8000.0].beyond and findings["attack", 8000.0].sentence is None


def test_mono_is_said_once() -> None:
    said = [each.sentence for each in found(width=-15.0, bands=True).values() if each.sentence]
    assert len(said) == 1 and said[0].startswith("All bands: nearly mono, the sides up to 15 dB weaker")


def test_one_row_for_each_quantity_and_band() -> None:
    findings = found()
    assert len(findings) == 6 * 5 + 1 == len({(name.quantity, name.band) for name in NAMES})
    assert Descriptor("mono loss", None) in NAMES
