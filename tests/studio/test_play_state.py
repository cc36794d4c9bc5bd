import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixdream.errors import InputError
from mixdream.studio.play.play_state import MOST_HISTORY, Pad, PlayState, bar_of, bpm_of, check_bar

LOOPS = st.sampled_from(["a", "b", "c", None])


@given(
    st.lists(st.one_of(LOOPS.map(lambda loop: ("put", loop)), st.sampled_from([("undo", 0), ("redo", 0)])))
)
def test_a_pad_remembers_as_two_stacks_do(steps: list[tuple[str, object]]) -> None:
    pad = Pad()
    back: list[object] = []
    now: object = None
    forth: list[object] = []
    for step, loop in steps:
        if step == "put" and loop != now:
            back, now, forth = [*back, now][-MOST_HISTORY + 1 :], loop, []
        if step == "put":
            pad.put(loop)  # type: ignore[arg-type]
        elif step == "undo":
            if back:
                pad.step(-1)
                back, now, forth = back[:-1], back[-1], [now, *forth]
            else:
                with pytest.raises(InputError, match="nothing to undo"):
                    pad.step(-1)
        elif forth:
            pad.step(1)
            back, now, forth = [*back, now], forth[0], forth[1:]
        else:
            with pytest.raises(InputError, match="nothing to redo"):
                pad.step(1)
        assert (pad.loop, pad.undo, pad.redo) == (now, bool(back), bool(forth))
        assert Pad.model_validate(pad.model_dump()) == pad


def test_a_pad_forgets_the_oldest() -> None:
    pad = Pad()
    for number in range(MOST_HISTORY + 5):
        pad.put(str(number))
    assert len(pad.history) == MOST_HISTORY and pad.loop == str(MOST_HISTORY + 4)


def test_what_was_changed_is_there_the_next_time(tmp_path: Path) -> None:
    path = tmp_path / "new" / "studio.json"
    state = PlayState(path)
    assert state.is_new and not path.exists()
    with state.changing() as table:
        table.bar_samples = bar_of(140)
        table.pads[3].put("x")
        table.pads[3].volume = 0.25
        table.hearts = ["x", "y"]
        table.scenes[1].name = "Dröhnen <b>"
        table.corners = ["x", None, "y", None]
        table.midi = {"cc7": {"pad": 3}}
    again = PlayState(path)
    assert again.table == state.table and not again.is_new and again.note is None
    assert again.table.pads[3].loop == "x"


def test_an_error_leaves_everything_as_it_was(tmp_path: Path) -> None:
    state = PlayState(tmp_path / "studio.json")
    with state.changing() as table:
        table.hearts = ["x"]
    before = (tmp_path / "studio.json").read_bytes()
    with pytest.raises(ValueError, match="less than or equal to 1"), state.changing() as table:
        table.hearts = []
        table.pads[0].volume = 1.5
    assert state.table.hearts == ["x"] and (tmp_path / "studio.json").read_bytes() == before


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        '{"bar_samples": 1}',
        '{"pads": []}',
        '{"unknown": 1}',
        '{"bar_samples": NaN}',
        "[" * 100_000,
        json.dumps({"pads": [{"history": [None], "at": 1}] * 16}),
    ],
)
def test_a_damaged_file_is_put_aside_and_not_lost(tmp_path: Path, content: str) -> None:
    path = tmp_path / "studio.json"
    (tmp_path / "studio-damaged-1.json").write_text("older")
    path.write_text(content)
    state = PlayState(path)
    assert state.is_new and state.note is not None
    assert state.note.startswith("studio.json was damaged (") and "studio-damaged-2.json" in state.note
    assert (tmp_path / "studio-damaged-2.json").read_text() == content
    assert (tmp_path / "studio-damaged-1.json").read_text() == "older"
    with state.changing() as table:
        table.hearts = ["x"]
    assert PlayState(path).table.hearts == ["x"]


@given(st.floats(40, 300))
def test_a_bar_is_whole_samples_and_says_its_tempo(bpm: float) -> None:
    check_bar(bar_of(bpm))
    assert bpm_of(bar_of(bpm)) == pytest.approx(bpm, abs=0.006)
    assert bar_of(bpm_of(bar_of(bpm))) == bar_of(bpm) or bpm_of(bar_of(bpm)) > 300


def test_impossible_bars_are_refused() -> None:
    for samples in (35_279, 264_601, 0, -5):
        with pytest.raises(InputError, match="35280 to 264600 are, 300 to 40 BPM"):
            check_bar(samples)
