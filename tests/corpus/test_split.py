import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixdream.corpus.split import split_corpus
from mixdream.corpus.store import Corpus
from mixdream.corpus.windows import index_windows
from mixdream.errors import InputError
from tests.corpus.small import imagined_corpus

WINDOW_S = 4.05
GAP = 32_400


def check(corpus: Corpus, held_out: float) -> float:
    """Check every rule of a split; returns the fraction that is held out."""
    split = split_corpus(corpus, WINDOW_S, held_out)
    held = 0
    for record in corpus.sets:
        train, blocks = split.train.get(record.name, []), split.held_out.get(record.name, [])
        for start, stop in blocks:
            assert 0 <= start < stop <= record.samples
            assert stop - start >= 60 * 8000 or (start, stop) == (0, record.samples)
            held += stop - start
            for first, last in train:
                assert 0 <= first < last <= record.samples
                assert last <= start - GAP or first >= stop + GAP
        covered = sum(stop - start for start, stop in train + blocks)
        assert covered + 2 * GAP * len(blocks) >= record.samples
    assert split.train and split.held_out
    return held / sum(record.samples for record in corpus.sets)


@given(st.lists(st.floats(150, 8000), min_size=1, max_size=25), st.sampled_from([0.05, 0.1, 0.2, 0.5]))
def test_the_rules_hold_for_any_corpus(lengths_s: list[float], held_out: float) -> None:
    check(imagined_corpus({f"set-{i:02d}": length for i, length in enumerate(lengths_s)}), held_out)


def test_the_fraction_is_about_right() -> None:
    assert check(imagined_corpus({"a": 6825.7, "b": 4263.85, "c": 3363.9}), 0.1) == pytest.approx(
        0.1, abs=0.01
    )
    tracks = imagined_corpus({f"track {i}": 180 + 17 * i for i in range(9)})
    assert check(tracks, 0.1) == pytest.approx(0.1, abs=0.05)
    many = imagined_corpus({f"track {i}": 180 + 7 * i for i in range(40)})
    assert check(many, 0.1) == pytest.approx(0.1, abs=0.04)


def test_ten_sets_or_more_are_split_by_whole_sets() -> None:
    lengths = {f"track {i}": 200.0 for i in range(30)}
    split = split_corpus(imagined_corpus(lengths), WINDOW_S, 0.1)
    assert not set(split.train) & set(split.held_out)
    assert len(split.held_out) == 3
    more = split_corpus(imagined_corpus({**lengths, "new": 200.0}), WINDOW_S, 0.1)
    assert len(set(split.held_out) ^ set(more.held_out)) <= 2


def test_the_same_audio_gives_the_same_split() -> None:
    corpus = imagined_corpus({"a": 3000, "b": 2000})
    assert split_corpus(corpus, WINDOW_S) == split_corpus(corpus, WINDOW_S)


def test_no_window_of_one_part_touches_the_other() -> None:
    corpus = imagined_corpus({"a": 3000, "b": 2000})
    split = split_corpus(corpus, WINDOW_S, 0.1)
    train, held = (
        index_windows(corpus, WINDOW_S, slide_ms=100, spans=part) for part in (split.train, split.held_out)
    )
    for i, start in zip(held.set_index, held.start, strict=True):
        same = train.start[train.set_index == i]
        assert ((same + GAP <= start) | (same >= start + GAP)).all()


def test_nothing_held_out_trains_on_everything() -> None:
    split = split_corpus(imagined_corpus({"a": 30}), WINDOW_S, 0)
    assert split.train == {"a": [(0, 240_000)]} and split.held_out == {}


def test_sets_too_short_for_a_block_are_trained_on() -> None:
    split = split_corpus(imagined_corpus({"long": 900, "short": 50}), WINDOW_S, 0.1)
    assert split.train["short"] == [(0, 400_000)] and list(split.held_out) == ["long"]


def test_where_all_are_short_one_whole_set_is_held_out() -> None:
    split = split_corpus(imagined_corpus({"a": 60, "b": 50}), WINDOW_S, 0.1)
    assert split.held_out == {"b": [(0, 400_000)]} and list(split.train) == ["a"]


def test_one_short_set_cannot_be_split() -> None:
    with pytest.raises(InputError, match="second set"):
        split_corpus(imagined_corpus({"a": 60}), WINDOW_S, 0.1)


@pytest.mark.parametrize("held_out", [-0.1, 0.51, float("nan")])
def test_impossible_fractions_are_refused(held_out: float) -> None:
    with pytest.raises(InputError, match=r"0 to 0\.5"):
        split_corpus(imagined_corpus({"a": 600}), WINDOW_S, held_out)
