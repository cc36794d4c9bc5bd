import itertools
import json
from fractions import Fraction
from pathlib import Path
from typing import cast

import numpy as np
import pyloudnorm
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from mixdream.analysis.key import Key
from mixdream.analysis.seam import Seam
from mixdream.audio.limiter import StreamLimiter, true_peak
from mixdream.errors import InputError
from mixdream.generation import mix as mixes
from mixdream.generation.arrangement import Candidate, EnergyScale, arrange, choose
from mixdream.generation.decks import SWAP_S, BeatGrid, Deck, Setting, low_pass, play, setting_of
from mixdream.generation.generate import generate
from mixdream.generation.loops import Loop, LoopPlan, plan_loops
from mixdream.generation.mix import Pick, make_mix, mix_loops
from mixdream.generation.wish import Wish
from mixdream.runs.run import Run
from tests.conftest import tiny_recipe

GRID = BeatGrid(120.0, 8000)  # a bar is 16 000 samples
TWO_BARS = np.arange(32_000) / 8000
FULL = [Setting()] * 8


def deck(audio: np.ndarray, start: int = 0, settings: list[Setting] = FULL, cut: bool = False) -> Deck:
    return Deck(audio, 2, start, settings, not cut, not cut)


def tone(hz: float) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hz * TWO_BARS)


def noise(seed: int) -> np.ndarray:
    """White from 200 Hz on."""
    white = 0.1 * np.random.default_rng(seed).standard_normal(len(TWO_BARS))
    return white - low_pass(white, 150, 8000)


def heard(decks: list[Deck], grid: BeatGrid = GRID) -> np.ndarray:
    return np.concatenate(list(play(iter(decks), decks[-1].stop, grid)))


def level_db(audio: np.ndarray, hz: float) -> float:
    """Of a tone, beside one of amplitude 0.5."""
    wave = np.exp(-2j * np.pi * hz / 8000 * np.arange(len(audio))) * np.hanning(len(audio))
    return 20 * np.log10(abs((audio * wave).sum()) / np.hanning(len(audio)).sum() / 0.25 + 1e-9)


@given(st.floats(40, 300), st.integers(4000, 192_000), st.integers(0, 100_000))
def test_beats_never_drift(bpm: float, rate_hz: int, beat: int) -> None:
    exact = Fraction(beat) * 60 / Fraction(bpm) * rate_hz
    assert abs(BeatGrid(bpm, rate_hz).sample(beat) - exact) <= Fraction(1, 2) + Fraction(1, 1000)


def test_after_an_hour_loops_are_still_on_the_beat() -> None:
    grid = BeatGrid(127.3, 44_100)  # two bars are 166 284.4 samples
    samples = round(8 * 60 / 127.3 * 44_100)
    clicks = np.zeros(samples)
    clicks[[round(beat * samples / 8) for beat in range(8)]] = 1
    late = deck(clicks, start=1920)
    for bar in (1920, 1923, 1924):
        peaks = np.split(
            late.play(bar, grid), [grid.sample(4 * bar + k) - grid.bar(bar) - 9 for k in (1, 2, 3)]
        )
        for beat, piece in enumerate(peaks):
            begins = grid.bar(bar) if beat == 0 else grid.sample(4 * bar + beat) - 9
            assert abs(begins + int(piece.argmax()) - grid.sample(4 * bar + beat)) <= 1


def test_a_loop_repeats_exactly_and_its_bands_sum_to_it() -> None:
    audio = noise(0) + tone(50)
    mixed = heard([deck(audio, cut=True)])
    whole = len(mixed) - round(SWAP_S * 8000)
    assert mixed[:whole] == pytest.approx(np.tile(audio, 4)[:whole], abs=1e-12)


def test_where_two_bars_are_no_whole_samples_a_loop_still_has_no_seam() -> None:
    grid = BeatGrid(127.3, 8000)
    samples = round(8 * 60 / 127.3 * 8000)
    audio = np.sin(2 * np.pi * 800 * np.arange(samples) / samples)  # 212 Hz
    mixed = heard([deck(audio, cut=True)], grid)[: -round(SWAP_S * 8000)]
    steps = np.abs(np.diff(mixed))
    for bar in range(2, 8, 2):
        at = grid.bar(bar)
        assert steps[at - 20 : at + 20].max() <= 1.001 * np.abs(np.diff(audio)).max()


def test_a_fade_has_the_power_of_one_loop_and_the_bass_is_swapped_on_the_downbeat() -> None:
    one, other = noise(1) + tone(60), noise(2) + tone(90)
    mixed = heard([deck(one), deck(other, start=8)])
    rest = mixed - low_pass(mixed, 150, 8000)
    power_db = 10 * np.log10(np.square(rest[: 14 * 16_000]).reshape(-1, 8000).mean(axis=1))
    assert np.ptp(power_db) < 0.8  # of noise, in half bars
    downbeat, swap = 8 * 16_000, round(SWAP_S * 8000)
    before, after = mixed[downbeat - swap - 8000 : downbeat - swap], mixed[downbeat : downbeat + 8000]
    assert level_db(before, 60) == pytest.approx(0, abs=0.3) and level_db(before, 90) < -20
    assert level_db(after, 90) == pytest.approx(0, abs=0.3) and level_db(after, 60) < -20


def test_a_swap_of_the_bass_does_not_click() -> None:
    mixed = heard([deck(tone(50.25)), deck(tone(60.25), start=8, settings=[Setting(bass=False)] * 8)])
    around = mixed[8 * 16_000 - 4000 : 8 * 16_000 + 4000] * np.hanning(8000)
    power = np.abs(np.fft.rfft(around)) ** 2
    assert power[700:].sum() < 1e-6 * power.sum()


def test_what_drops_drops_at_once() -> None:
    mixed = heard([deck(0 * TWO_BARS, cut=True), deck(noise(3) + tone(60), start=8, cut=True)])
    assert not mixed[: 8 * 16_000 - round(SWAP_S * 8000)].any()
    assert mixed[8 * 16_000 :][:32_000] == pytest.approx((noise(3) + tone(60)), abs=1e-12)


def test_the_filter_opens_over_a_build_and_the_bass_goes_before_the_drop() -> None:
    settings = [setting_of("build", bar, 8) for bar in range(8)]
    chord = tone(60) + tone(300) + tone(1000) + tone(3500)
    mixed = heard([deck(chord, settings=settings, cut=True)]).reshape(8, 16_000)[:, :15_000]
    bass, low, middle, high = ([level_db(bar, hz) for bar in mixed] for hz in (60, 300, 1000, 3500))
    assert bass[:4] == pytest.approx([0] * 4, abs=0.1) and max(bass[4:]) < -100
    assert low == pytest.approx([0] * 8, abs=0.1)
    assert middle[0] < -100 and middle[4:] == pytest.approx([0] * 4, abs=0.1)
    assert max(high[:4]) < -100 and high[7] == pytest.approx(0, abs=0.1)
    assert middle == pytest.approx(sorted(middle), abs=0.1)
    assert high == pytest.approx(sorted(high), abs=0.1)


def test_the_bass_is_out_in_breaks_and_at_both_ends_of_the_mix() -> None:
    basses = {
        name: [setting_of(name, bar, 8).bass for bar in range(8)] for name in ("intro", "break", "outro")
    }
    assert basses == {
        "intro": [False] * 4 + [True] * 4,
        "break": [False] * 8,
        "outro": [True] * 4 + [False] * 4,
    }


@pytest.mark.parametrize("rate_hz", [8000, 44_100])
def test_the_limiter_does_not_hear_where_blocks_end(rate_hz: int) -> None:
    rng = np.random.default_rng(0)
    audio = rng.standard_normal(4 * rate_hz) * np.repeat([0.02, 0.6, 0.05, 0.4], rate_hz)
    given = []
    for ends in ([2 * rate_hz], [rate_hz // 3, rate_hz, 2 * rate_hz + 77]):
        limiter = StreamLimiter(rate_hz)
        blocks = list(limiter.limit(np.split(audio, ends)))
        assert [len(block) for block in blocks] == np.diff([0, *ends, len(audio)]).tolist()
        given.append(np.concatenate(blocks))
        assert true_peak(given[-1]) <= 10 ** (-1 / 20)
        assert limiter.true_peak == pytest.approx(true_peak(given[-1]), rel=0.01)
        assert limiter.limited_db > 3
    assert given[0] == pytest.approx(given[1], abs=2e-3)  # where the cut ends ring a little otherwise
    quiet = slice(0, rate_hz // 2)
    assert given[0][quiet] == pytest.approx(audio[quiet], abs=1e-12)


@given(st.integers(3, 2000))
def test_every_mix_has_its_sections_in_order(phrases: int) -> None:
    sections = arrange(phrases)
    names = [section.name for section in sections]
    assert (names[0], names[-1]) == ("intro", "outro")
    assert sum(section.phrases for section in sections) == phrases
    ends = [section.first + section.phrases for section in sections]
    assert [section.first for section in sections] == [0, *ends[:-1]]
    follows = {"intro": {"build", "drop"}, "build": {"drop"}, "drop": {"break", "outro"}}
    follows["break"] = {"build", "outro"}
    assert all(after in follows[name] for name, after in itertools.pairwise(names))
    assert all(1 <= section.phrases <= 8 for section in sections)
    drops = sum(section.phrases for section in sections if section.name == "drop")
    assert drops >= phrases / 5


def candidate(
    seed: int, bass_db: float = 0.0, pulse_db: float = 1.0, key: Key | None = None, seam: float = 1.0
) -> Candidate:
    loop = Loop(seed, np.ones(8, np.float32), pulse_db, 0.5, Seam(seam, 0.5))
    return Candidate(loop, cast("LoopPlan", None), key, bass_db)


def test_energy_is_the_share_with_less_bass_and_pulse() -> None:
    loops = [candidate(i, bass_db=i, pulse_db=i / 10) for i in range(11)]
    scale = EnergyScale(loops)
    assert [scale.energy(one) for one in loops] == pytest.approx([(i + 0.5) / 11 for i in range(11)])
    assert scale.energy(candidate(0, bass_db=20, pulse_db=2)) == 1
    for bass_db, pulse_db in ((10.1, 0.0), (0.1, 1.0)):  # much of the one and none of the other
        assert scale.energy(candidate(0, bass_db, pulse_db)) == pytest.approx(6 / 11)
    same = EnergyScale([candidate(0), candidate(1)])
    assert same.energy(candidate(2)) == 0.5


def test_the_loop_taken_has_the_energy_wanted_goes_with_the_key_and_has_rested() -> None:
    c, a_minor, f_sharp = Key(0, False, 1, 0), Key(9, True, 1, 0), Key(6, False, 1, 0)
    loops = [candidate(i, bass_db=i, pulse_db=i / 10) for i in range(10)]
    scale = EnergyScale(loops)
    assert [choose(loops, scale, wanted, None, []).loop.seed for wanted in (0, 0.5, 1)] == [0, 4, 9]
    assert choose(loops, scale, 1, None, [9, 8]).loop.seed == 7
    keyed = [candidate(0, 5, 0.5, f_sharp), candidate(1, 5, 0.5, a_minor), candidate(2, 9, 0.9, a_minor)]
    assert choose(keyed, scale, 0.5, c, []).loop.seed == 1
    assert choose(keyed, scale, 0.5, f_sharp, []).loop.seed == 0
    assert choose([candidate(3, 5, 0.5, None), *keyed], scale, 0.5, c, [1, 2]).loop.seed == 3
    assert choose([candidate(0, 5, 0.5, seam=3), candidate(1, 0, 0)], scale, 0.5, None, []).loop.seed == 1
    assert choose(keyed[:1], scale, 0.5, c, [0]).loop.seed == 0  # there is nothing else


@pytest.fixture
def run(bars_run: Run) -> Run:
    return bars_run


def test_a_mix_is_as_long_as_asked_and_its_loops_are_found_again(run: Run, tmp_path: Path) -> None:
    shares: list[float] = []
    mix = make_mix(
        run,
        tmp_path / "new" / "night.wav",
        0.5,
        Wish(seed=7, bpm=300, rate_hz=8000),
        report=lambda done, note: shares.append(done),
    )
    assert shares == sorted(shares) and shares[-1] == pytest.approx(1)
    audio, rate_hz = soundfile.read(mix["file"])
    assert (rate_hz, len(audio), mix["seconds"]) == (8000, 5 * 51_200, 32.0)  # phrases of 6.4 s
    written = {path.name for path in (tmp_path / "new").iterdir()}
    assert written == {f"night.{suffix}" for suffix in ("wav", "json", "txt", "cue")}
    beside = json.loads((tmp_path / "new" / "night.json").read_text())
    assert beside == {k: v for k, v in mix.items() if k != "file"}
    assert [section["name"] for section in mix["sections"]] == ["intro", "build", "drop", "break", "outro"]
    assert [section["start_s"] for section in mix["sections"]] == pytest.approx([6.4 * i for i in range(5)])
    assert mix["loudness_lufs"] == pytest.approx(pyloudnorm.Meter(8000).integrated_loudness(audio), abs=0.1)
    assert mix["loudness_lufs"] == pytest.approx(-14, abs=2)
    assert 20 * np.log10(true_peak(audio)) <= -1
    drop = mix["sections"][2]["phrases"][0]
    alone = generate(run, tmp_path / "loop", Wish(count=1, seed=drop["seed"], bpm=300, rate_hz=8000))[0]
    loop, _ = soundfile.read(alone["file"])
    inside = audio[2 * 51_200 :][: len(loop)]
    assert np.corrcoef(inside, loop)[0, 1] > 0.99
    assert drop["key"] == alone["key"]
    assert 7 <= drop["seed"] < 7 + 15


def test_loops_in_their_order_have_a_phrase_each_as_they_are_transposed(run: Run, tmp_path: Path) -> None:
    moves = {9: 0, 2: 5, 7: -3, 4: 0}
    picks = [
        Pick(plan_loops(run, Wish(bpm=300, rate_hz=8000, transpose=semitones)), seed)
        for seed, semitones in moves.items()
    ]
    mix = mix_loops(picks, tmp_path / "x.wav", None)
    said = [phrase for section in mix["sections"] for phrase in section["phrases"]]
    assert {phrase["seed"]: phrase["transpose"] for phrase in said} == moves
    assert [phrase["seed"] for phrase in said] == list(moves)
    assert (mix["bars"], said[0]["run"], said[0]["bars"]) == (4 * 8, run.name, 2)
    alone = generate(run, tmp_path, Wish(count=1, seed=7, bpm=300, rate_hz=8000, transpose=-3))[0]
    loop, _ = soundfile.read(alone["file"])
    drop, _ = soundfile.read(mix["file"], start=2 * 4 * len(loop), frames=len(loop))
    assert np.corrcoef(drop, loop)[0, 1] > 0.99
    assert said[2]["key"] == alone["key"]
    with pytest.raises(InputError, match="needs 3 loops, for intro, drop and outro: these are 2"):
        mix_loops(picks[:2], tmp_path / "y.wav", None)


def test_loops_of_several_lengths_play_whole_times_in_a_phrase(run: Run, tmp_path: Path) -> None:
    picks = [Pick(plan_loops(run, Wish(bpm=300, rate_hz=8000, bars=bars)), 5) for bars in (1, 2, 1)]
    mix = mix_loops(picks, tmp_path / "x.wav", None)
    said = [phrase for section in mix["sections"] for phrase in section["phrases"]]
    assert [phrase["bars"] for phrase in said] == [1, 2, 1] and mix["bars"] == 3 * 8


def test_a_mix_of_stereo_loops_is_in_stereo(run: Run, tmp_path: Path) -> None:
    """Left and right as the loops have them; one in mono stays in the middle."""
    own = Run.pretrained()
    bpm = float(own.info()["tempo_bpm"])
    stereo, mono = (plan_loops(one, Wish(bpm=bpm, rate_hz=16_000)) for one in (own, run))
    mix = mix_loops([Pick(mono, 0), Pick(stereo, 1), Pick(mono, 1)], tmp_path / "x.wav", None)
    audio, _ = soundfile.read(mix["file"])
    assert audio.shape == (mix["samples"], 2) and mix["channels"] == 2
    bars = np.array_split(audio[:, 0] - audio[:, 1], mix["bars"])
    assert max(np.abs(side).max() for side in [*bars[:7], *bars[17:]]) < 1e-6  # but for what fades
    made = generate(own, tmp_path, Wish(count=1, seed=1, bpm=bpm, rate_hz=16_000))[0]
    loop, _ = soundfile.read(made["file"])
    side = loop[:, 0] - loop[:, 1]
    drop = (audio[:, 0] - audio[:, 1])[BeatGrid(bpm, 16_000).bar(8) :][: len(side)]
    assert np.abs(side).max() > 0.005 and np.corrcoef(drop, side)[0, 1] > 0.99
    assert mix["loudness_lufs"] == pytest.approx(pyloudnorm.Meter(16_000).integrated_loudness(audio), abs=0.1)


def test_a_mix_is_a_function_of_its_seed_in_either_format(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mixes, "CANDIDATES", 1)
    for name, seed in (("a.wav", 0), ("b.flac", 0), ("c.wav", 50)):
        make_mix(run, tmp_path / name, 0.32, Wish(seed=seed, bpm=300, rate_hz=8000))
    a, b, c = (soundfile.read(tmp_path / name)[0] for name in ("a.wav", "b.flac", "c.wav"))
    assert np.abs(a - b).max() < 2**-22  # libsndfile rounds the last bit otherwise
    assert not np.array_equal(a, c)


def test_a_long_mix_goes_on_to_loops_of_later_seeds(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With room for two loops at a time, each phrase finds only the last two that were made."""
    for name, value in (("CANDIDATES", 1), ("MOST_CANDIDATES", 2), ("LATELY", 1)):
        monkeypatch.setattr(mixes, name, value)
    mix = make_mix(run, tmp_path / "x.wav", 0.53, Wish(seed=3, bpm=300, rate_hz=8000))
    seeds = [phrase["seed"] for section in mix["sections"] for phrase in section["phrases"]]
    assert all(3 + i <= seed <= 4 + i for i, seed in enumerate(seeds[:4]))


def test_an_interrupted_mix_leaves_nothing(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mixes, "CANDIDATES", 1)

    def interrupt(done: float, note: str) -> None:
        if note.startswith("bar 9"):
            assert [path.name for path in tmp_path.iterdir()] == [".x.wav.partial"]
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_mix(run, tmp_path / "x.wav", 0.5, Wish(bpm=300, rate_hz=8000), report=interrupt)
    assert list(tmp_path.iterdir()) == []


def test_wrong_wishes_are_explained(run: Run, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"mix of 0.2 minutes is not possible: .* 12.8 s each need 0.7 min"):
        make_mix(run, tmp_path / "x.wav", 0.2, Wish(bpm=150))
    with pytest.raises(InputError, match="nan minutes"):
        make_mix(run, tmp_path / "x.wav", float("nan"), Wish())
    with pytest.raises(InputError, match=r"ends in \.wav or \.flac"):
        make_mix(run, tmp_path / "x.mp3", 3, Wish())
    with pytest.raises(InputError, match="BPM is not possible"):
        make_mix(run, tmp_path / "x.wav", 3, Wish(bpm=3))
    with pytest.raises(InputError, match="cannot loop"):
        make_mix(Run(tmp_path, tiny_recipe("thesis-1")), tmp_path / "x.wav", 3, Wish())
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "x.flac").touch()
    with pytest.raises(InputError, match=r"x\.flac has the same name in another format"):
        make_mix(run, tmp_path / "x.wav", 3, Wish())
