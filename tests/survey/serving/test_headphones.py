"""Whoever cannot tell tones apart that only headphones keep apart is not asked any further."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from fastapi.testclient import TestClient
from pydantic import ValidationError

from mixdream.survey.design.design import Headphones
from mixdream.survey.rendering.clips import RATE_HZ, RENDERED, read_clips
from mixdream.survey.rendering.headphones import PLACES, headphone_tones
from mixdream.survey.rendering.render import render_clips
from mixdream.survey.serving.app import create_app
from tests.survey.example import answers_in, example_design, settings_for, write_rendered, write_test
from tests.survey.walk import answer, consent, listen, seen, submission


def levels_db(audio: np.ndarray) -> list[float]:
    """Level of each of the three tones."""
    middles = [round((1.5 * i + 0.5) * RATE_HZ) for i in range(3)]
    power = [np.square(audio[m - 4800 : m + 4800]).mean() for m in middles]
    return [10 * float(np.log10(one + 1e-12)) for one in power]


@pytest.mark.parametrize("quietest", PLACES)
def test_headphones_hear_one_tone_as_the_quietest_and_loudspeakers_another(quietest: int) -> None:
    for opposite in {1, 2, 3} - {quietest}:
        tones = headphone_tones(quietest, opposite, RATE_HZ)
        for ear in tones.T:
            heard = levels_db(ear)
            assert np.argmin(heard) == quietest - 1
            assert sorted(heard)[1] - min(heard) == pytest.approx(6, abs=0.01)
        # Of loudspeakers far away both channels arrive together.
        assert np.argmin(levels_db(tones.sum(axis=1))) == opposite - 1


def test_rendered_tones_keep_both_channels_and_the_size_of_all(tmp_path: Path) -> None:
    folder = write_test(tmp_path / "test", example_design(headphones={}))
    clips = render_clips(example_design(headphones={}), folder)
    tones = [clip for clip in clips if clip.condition == "headphones"]
    assert sorted(clip.item for clip in tones) == ["1", "1", "2", "2", "3", "3"]
    assert len({path.stat().st_size for path in (folder / RENDERED).glob("*.flac")}) == 1
    for clip in tones:
        audio, _ = soundfile.read(folder / RENDERED / f"{clip.id}.flac", always_2d=True)
        assert audio.shape == (4 * RATE_HZ, 2)
        assert np.argmin(levels_db(audio[:, 0])) == int(clip.item) - 1
        assert np.argmin(levels_db(audio.sum(axis=1))) != int(clip.item) - 1


@pytest.mark.parametrize(("wrong", "passes"), [(0, True), (1, True), (2, False)])
def test_the_pass_mark_of_the_design_decides(tmp_path: Path, wrong: int, passes: bool) -> None:
    design = example_design(headphones={"trials": 6, "pass_mark": 5})
    write_rendered(tmp_path, design)
    clips = {clip.id: clip for clip in read_clips(tmp_path)}
    sounds = {path.read_bytes(): clips[path.stem].item for path in (tmp_path / RENDERED).glob("*.flac")}
    with TestClient(create_app(settings_for(tmp_path, design))) as client:
        client.post("/start", json=consent()).raise_for_status()
        answer(client)
        asked = 0
        while (page := seen(client.get("/").text)) and "headphones" in page.questions:
            right = sounds[client.get(f"clips/{page.slots[0]}").content]
            value = right if asked >= wrong else str(int(right) % 3 + 1)
            content = submission(page, listen(client, page)) | {"answers": {"headphones": value}}
            client.post("/answers", json=content).raise_for_status()
            asked += 1
        assert asked == 6
        assert ("for other listeners" not in client.get("/").text) == passes
    with answers_in(tmp_path) as store:
        (session,) = store.sessions()
        assert (session.screened_out is None) == passes
        rows = list(store.answers())
    assert sum(row.value == row.right for row in rows) == 6 - wrong
    assert len({row.clips[0].clip for row in rows}) == 6


def test_a_pass_mark_above_the_trials_is_refused() -> None:
    with pytest.raises(ValidationError, match="5 of 4 cannot be right"):
        Headphones(trials=4)
