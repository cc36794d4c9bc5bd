import numpy as np
import pytest

from mixdream.analysis.key import PITCH_CLASSES
from mixdream.analysis.key_finder import KeyProfiles, chroma_by_register, find_key, find_main_key
from mixdream.analysis.notes import HIGHEST, LOWEST, note_levels
from mixdream.demo.sets import RATE_HZ
from tests.audio import media
from tests.demo.rendered import rendered_set

KEYS = [(tonic, minor) for minor in (False, True) for tonic in range(12)]
MODES_WITH_MINOR_THIRD = ("minor", "dorian", "phrygian")


def tones(
    notes: tuple[float, ...], seconds: float, rate_hz: int, fall: float = 2.0, harmonics: int = 4
) -> np.ndarray:
    """MIDI notes, each with harmonics that fall."""
    t = np.arange(round(seconds * rate_hz)) / rate_hz
    pitches_hz = [440 * 2 ** ((note - 69) / 12) for note in notes]
    partials = [
        np.sin(2 * np.pi * k * f * t + k) / k**fall for f in pitches_hz for k in range(1, harmonics + 1)
    ]
    return np.sum(partials, axis=0) / 8


def cadence(tonic: int, minor: bool, rate_hz: int = 8000, cents: float = 0.0) -> np.ndarray:
    """I IV V I, in minor i iv V i, half a second each, triads over a bass note."""
    chords = []
    for step, third in ((0, 3 if minor else 4), (5, 3 if minor else 4), (7, 4), (0, 3 if minor else 4)):
        root = 48 + tonic + step + cents / 100
        chords.append(tones((root - 12, root, root + third, root + 7), 0.5, rate_hz))
    return np.concatenate(chords)


@pytest.mark.parametrize("cents", [0, 35, -45])
def test_cadences_in_all_24_keys_are_found_whatever_their_tuning(cents: float) -> None:
    for tonic, minor in KEYS:
        key = find_key(cadence(tonic, minor, cents=cents), 8000)
        assert key is not None
        assert (key.tonic, key.minor) == (tonic, minor)
        assert key.tuning_cents == pytest.approx(cents, abs=5)


def test_the_key_is_that_of_the_notes_not_of_the_drums() -> None:
    audio = cadence(9, True)
    drums = np.zeros_like(audio)
    burst = media.noise(0.1, 8000, level=0.6)[0] * np.exp(-np.arange(800) / 100)
    for start in range(0, len(audio), 2000):
        drums[start : start + 800] += burst
    key = find_key(audio + drums, 8000)
    assert key is not None and key.name == "Am"
    assert find_key(drums, 8000) is None


def test_varispeed_moves_the_key() -> None:
    """Read at a rate that is two semitones higher, D minor is E minor."""
    key = find_key(cadence(2, True), round(8000 * 2 ** (2 / 12)))
    assert key is not None and key.name == "Em"


def test_what_has_no_key_gets_none() -> None:
    noise = media.noise(4, 8000)[0]
    for audio in (np.zeros(32_000), noise, np.cumsum(noise - noise.mean()), noise[:100]):
        assert find_key(audio, 8000) is None


def test_a_loop_has_one_key_wherever_it_begins() -> None:
    loop = np.concatenate([cadence(4, True), cadence(4, True)])
    keys = [find_key(np.roll(loop, turn), 8000, loop=True) for turn in (0, 3333, 9000)]
    assert {key.name for key in keys if key} == {"Em"}
    probabilities = [key.probability for key in keys if key]
    assert np.ptp(probabilities) < 0.05


def test_overtones_are_no_notes() -> None:
    """Those of a sawtooth: its third harmonic is a fifth, its fifth a major third."""
    heard = note_levels(tones((40,), 2, 8000, fall=1, harmonics=8), 8000)
    assert heard is not None
    levels, tuning = heard
    assert tuning == pytest.approx(0, abs=0.03)
    assert LOWEST + int(levels.argmax()) == 40
    fifth, third = (levels[40 + above - LOWEST] for above in (19, 28))
    assert max(fifth, third) < 0.05 * levels.max()


def test_profiles_turn_with_the_tonic() -> None:
    levels = np.random.default_rng(0).random(HIGHEST - LOWEST + 1)
    chroma = chroma_by_register(levels)
    assert np.linalg.norm(chroma, axis=1) == pytest.approx(1)
    profiles = KeyProfiles.load()
    before = profiles.probabilities(chroma)
    after = profiles.probabilities(np.roll(chroma, 5, axis=1))
    assert before.sum() == pytest.approx(1)
    assert np.roll(before.reshape(2, 12), 5, axis=1).ravel() == pytest.approx(after)


def test_demo_sets_over_eight_bars() -> None:
    """Right or a near relation (relative, parallel, fifth) where a key is named at all."""
    near = {(0, 0), (7, 0), (5, 0), (3, 1), (9, 1), (0, 1)}  # semitones up, and whether the mode differs
    named = right = 0
    for name in ("jungle", "ambient"):
        audio, truth = rendered_set(name)
        samples = round(8 * 240 / truth.bpm * RATE_HZ)
        tonic, mode = truth.key.split()
        for start in range(0, audio.shape[1] - samples, samples):
            key = find_key(audio[:, start : start + samples].mean(axis=0), RATE_HZ)
            if key is None:
                continue
            wrong_mode = int(key.minor != (mode in MODES_WITH_MINOR_THIRD))
            steps = (key.tonic - PITCH_CLASSES.index(tonic)) % 12
            named += 1
            right += (steps, wrong_mode) == (0, 0)
            assert (steps, wrong_mode) in near, (name, start, key)
    assert named >= 4
    assert right / named >= 0.7


def test_the_main_key_is_that_of_most_of_the_time() -> None:
    am, eb = cadence(9, True, cents=20), cadence(3, False, cents=20)
    mostly = find_main_key([eb, am, am, np.zeros(16_000), am, eb], 8000)
    assert mostly is not None and mostly.name == "Am"
    assert 0.3 < mostly.probability < 0.7  # silence is no part of it: three of five
    assert mostly.tuning_cents == pytest.approx(20, abs=5)
    alone = find_main_key([am], 8000)
    once = find_key(am, 8000)
    assert alone is not None and once is not None and alone == once
    assert alone.probability == pytest.approx(once.probability)


def test_a_set_through_many_keys_has_no_main_one() -> None:
    everywhere = [cadence(tonic, True) for tonic in range(0, 12, 2)]
    assert find_main_key(everywhere, 8000) is None
    for nothing in ([], [np.zeros(16_000)]):
        assert find_main_key(nothing, 8000) is None
