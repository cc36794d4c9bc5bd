import io
import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyloudnorm
import pytest
import soundfile

from mixdream.audio.decode import read_audio
from mixdream.audio.limiter import true_peak
from mixdream.errors import InputError
from mixdream.survey.design.blocks import Rate
from mixdream.survey.design.design import Condition, Design
from mixdream.survey.design.question import ATTENTION, Question
from mixdream.survey.rendering.clips import RATE_HZ, RENDERED, Clip, read_clips
from mixdream.survey.rendering.render import clip_notes, render_clips
from mixdream.survey.rendering.tones import COUNTS, SECONDS
from tests.audio import media
from tests.survey.rendering.test_tones import count_tones

GOOD = Question(name="q", ask="How good?", kind="scale")


def write_noise(
    path: Path, seconds: float = 1.0, seed: int = 0, level: float = 0.1, channels: int = 1
) -> None:
    path.parent.mkdir(exist_ok=True)
    soundfile.write(path, media.noise(seconds, 22_050, seed, level, channels).T, 22_050)


def design(*blocks: Any, **changes: Any) -> Design:
    """Ratings of the conditions real and model, unless blocks are given."""
    rate = Rate(kind="rate", name="r", conditions=("real", "model"), per_condition=1, questions=(GOOD,))
    values = {
        "version": 1,
        **dict.fromkeys(("title", "consent", "volume", "withdrawal"), "x"),
        "conditions": {
            "real": Condition(folder="real"),
            "model": Condition(folder="../model", generated=True),
        },
        "blocks": blocks or (rate,),
    }
    return Design.model_validate(values | changes)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three real clips beside a design, two generated ones, one of them of the same name, next to it."""
    for i, level in enumerate((0.5, 0.1, 0.001)):
        write_noise(tmp_path / "test" / "real" / f"take {i}.wav", seed=i, level=level)
    write_noise(tmp_path / "model" / "take 0.flac", seed=7)
    write_noise(tmp_path / "model" / "other.ogg", seed=8)
    (tmp_path / "model" / "notes.txt").write_text("no sound")
    return tmp_path / "test"


@pytest.fixture(autouse=True)
def _folders(tmp_path: Path) -> None:
    (tmp_path / "test" / "real").mkdir(parents=True)


def audio_of(folder: Path, clip: Clip) -> np.ndarray:
    """Samples of a rendered clip, shape (samples, channels)."""
    audio, rate_hz = soundfile.read(folder / RENDERED / f"{clip.id}.flac", always_2d=True)
    assert rate_hz == RATE_HZ
    return audio


def test_clips_come_to_one_loudness_whatever_they_are(folder: Path) -> None:
    clips = render_clips(design(), folder)
    assert clips == read_clips(folder) == sorted(clips, key=lambda clip: clip.id)
    assert sorted((clip.condition, clip.item, clip.seconds) for clip in clips) == [
        ("model", "other", 1.0),
        ("model", "take 0", 1.0),
        *(("real", f"take {i}", 1.0) for i in range(3)),
    ]
    for clip in clips:
        audio = audio_of(folder, clip)
        assert audio.shape == (RATE_HZ, 1)
        loudness_lufs = pyloudnorm.Meter(RATE_HZ).integrated_loudness(audio)
        assert loudness_lufs == pytest.approx(-20, abs=0.1)
        assert audio[0] == 0 and abs(audio[-1]) < 0.01
        assert soundfile.info(folder / RENDERED / f"{clip.id}.flac").subtype == "PCM_16"
    assert clip_notes(design(), folder) == []


def test_ids_and_files_say_nothing(folder: Path) -> None:
    clips = render_clips(design(), folder)
    assert len({clip.id for clip in clips}) == 5
    for clip in clips:
        assert len(clip.id) == 16 and set(clip.id) <= set("0123456789abcdef")
        content = (folder / RENDERED / f"{clip.id}.flac").read_bytes()
        kinds: list[int] = []
        position = 4
        while not kinds or not kinds[-1] & 0x80:
            kinds.append(content[position])
            length = int.from_bytes(content[position + 1 : position + 4], "big")
            if kinds[-1] & 0x7F == 4:  # a comment: the encoder's name, and no more
                text = content[position + 4 : position + 4 + length]
                assert text.startswith(length_of(text)) and text.endswith(b"\0\0\0\0")
            position += 4 + length
        assert {kind & 0x7F for kind in kinds} <= {0, 1, 3, 4}  # stream, padding, seek table, comment
        for word in (b"real", b"model", b"take", b"other", b"wav"):
            assert word not in content[:position]
    names = {path.name for path in (folder / RENDERED).iterdir()}
    assert names == {f"{clip.id}.flac" for clip in clips} | {"clips.json", "secret"}
    assert (folder / RENDERED / "secret").stat().st_mode & 0o077 == 0
    # The same test elsewhere has other ids: without the secret they cannot be computed.
    shutil.copytree(folder, folder.with_name("again"), ignore=shutil.ignore_patterns(RENDERED))
    others = render_clips(design(), folder.with_name("again"))
    assert not {clip.id for clip in clips} & {clip.id for clip in others}


def length_of(text: bytes) -> bytes:
    """Length of the encoder's name, as the comment has it before its name."""
    return (len(text) - 8).to_bytes(4, "little")


def stamps(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in (folder / RENDERED).iterdir()}


def test_what_is_there_is_not_made_again(folder: Path) -> None:
    clips = render_clips(design(), folder)
    before = stamps(folder)
    assert render_clips(design(title="Another"), folder) == clips
    assert stamps(folder) == before
    lost = folder / RENDERED / f"{clips[2].id}.flac"
    content = lost.read_bytes()
    lost.unlink()
    made: list[str] = []
    assert render_clips(design(), folder, lambda _done, item: made.append(item)) == clips
    assert made == [clips[2].item] and lost.read_bytes() == content
    # A new one may be larger: the others grow, and sound as they did.
    write_noise(folder / "real" / "take 3.wav", seed=3)
    heard = {clip: audio_of(folder, clip).tobytes() for clip in clips}
    more = render_clips(design(), folder, lambda _done, item: made.append(item))
    assert set(clips) < set(more) and made[1:] == ["take 3"]
    assert heard == {clip: audio_of(folder, clip).tobytes() for clip in clips}


def test_other_settings_or_content_make_other_clips(folder: Path) -> None:
    clips = render_clips(design(), folder)
    quieter = render_clips(design(loudness_lufs=-23), folder)
    assert not {clip.id for clip in clips} & {clip.id for clip in quieter}
    meter = pyloudnorm.Meter(RATE_HZ)
    assert meter.integrated_loudness(audio_of(folder, quieter[0])) == pytest.approx(-23, abs=0.1)
    # The earlier ones are still there, for sessions that have begun.
    assert all((folder / RENDERED / f"{clip.id}.flac").is_file() for clip in clips)
    assert render_clips(design(), folder) == clips
    write_noise(folder / "real" / "take 1.wav", seed=99)
    changed = set(clips) ^ set(render_clips(design(), folder))
    assert [clip.item for clip in changed] == ["take 1", "take 1"]


def test_an_interrupted_rendering_goes_on(folder: Path) -> None:
    class Stop(Exception):
        pass

    def stop(done: float, note: str) -> None:
        raise Stop

    with pytest.raises(Stop):
        render_clips(design(), folder, stop)
    with pytest.raises(InputError, match="not rendered yet"):
        read_clips(folder)
    made = {path.stem: soundfile.read(path)[0].tobytes() for path in (folder / RENDERED).glob("*.flac")}
    assert made
    clips = render_clips(design(), folder)
    assert len(clips) == 5
    for name, audio in made.items():
        assert soundfile.read(folder / RENDERED / f"{name}.flac")[0].tobytes() == audio


def test_rendered_clips_can_be_moved_without_their_sources(folder: Path) -> None:
    clips = render_clips(design(), folder)
    shutil.rmtree(folder / "real")
    assert render_clips(design(title="Another"), folder) == clips
    with pytest.raises(InputError, match=r"condition real: '.*real' is no folder"):
        render_clips(design(loudness_lufs=-23), folder)
    (folder / RENDERED / f"{clips[0].id}.flac").unlink()
    with pytest.raises(InputError, match="is no folder"):
        render_clips(design(), folder)


def test_only_conditions_that_are_used_are_rendered(folder: Path) -> None:
    conditions = {"real": {"folder": "real"}, "model": {"folder": "nowhere"}}
    rate = Rate(kind="rate", name="r", conditions=("real",), per_condition=3, questions=(GOOD,))
    assert len(render_clips(design(rate, conditions=conditions), folder)) == 3


def test_clips_are_stereo_where_all_sources_are(folder: Path, tmp_path: Path) -> None:
    for path in [
        *folder.rglob("*.wav"),
        *(tmp_path / "model").glob("take*"),
        *(tmp_path / "model").glob("*.ogg"),
    ]:
        path.unlink()
    for name in ("a", "b"):
        write_noise(folder / "real" / f"{name}.wav", channels=2)
        write_noise(tmp_path / "model" / f"{name}.wav", channels=2, seed=5)
    clips = render_clips(design(), folder)
    for clip in clips:
        audio = audio_of(folder, clip)
        assert audio.shape == (RATE_HZ, 2)
        assert pyloudnorm.Meter(RATE_HZ).integrated_loudness(audio) == pytest.approx(-20, abs=0.1)
    through = {"real": {"folder": "real", "through": "thesis"}, "model": {"folder": "../model"}}
    write_noise(tmp_path / "model" / "c.wav", channels=1)
    for changes in ({}, {"conditions": through}):
        assert {audio_of(folder, clip).shape[1] for clip in render_clips(design(**changes), folder)} == {1}


def test_peaks_that_leave_no_room_make_all_clips_quieter_and_the_notes_say_so(folder: Path) -> None:
    clicks = media.noise(2, 22_050, level=0.001)[0]
    clicks[::5000] = 0.9
    soundfile.write(folder / "real" / "clicks.wav", clicks, 22_050)
    soundfile.write(folder / "real" / "silence.wav", np.zeros(22_050), 22_050)
    by_item = {clip.item: clip for clip in render_clips(design(loudness_lufs=-12), folder)}
    audio = audio_of(folder, by_item["clicks"])
    assert true_peak(audio[:, 0]) == pytest.approx(10 ** (-1 / 20), rel=0.012)
    assert not audio_of(folder, by_item["silence"]).any()
    lengths, silent, lower = clip_notes(design(loudness_lufs=-12), folder)
    assert (
        lengths.startswith("clips can be told apart by their length (") and "real 1.00 to 2.00 s" in lengths
    )
    assert silent == "1 clips are silent, such as 'silence.wav'"
    level = float(lower.split("all clips are at ")[1].split()[0])
    assert lower.endswith(" LUFS instead of -12: more would have clipped the peaks of 'clicks.wav'")
    # None is quieter than its pair: within 0.1 LU.
    heard = [audio_of(folder, clip) for item, clip in by_item.items() if item != "silence"]
    levels = [pyloudnorm.Meter(RATE_HZ).integrated_loudness(audio) for audio in heard]
    assert levels == pytest.approx([level] * 5, abs=0.1)
    # The next time nothing is made again, and what was tried first is not kept.
    before = stamps(folder)
    assert len([name for name in before if name.endswith(".flac")]) == 7
    render_clips(design(loudness_lufs=-12), folder)
    assert stamps(folder) == before
    # As soon as the file is gone all are as loud as the design says.
    (folder / "real" / "clicks.wav").unlink()
    assert not any("instead of" in note for note in clip_notes_of(design(loudness_lufs=-12), folder))


def test_what_an_earlier_test_rendered_outlives_a_try_at_its_level(folder: Path) -> None:
    """Sessions of the test at -12 LUFS go on while it is at -23, and back with high peaks."""
    clips = render_clips(design(loudness_lufs=-12), folder)
    render_clips(design(loudness_lufs=-23), folder)
    before = {path.name for path in (folder / RENDERED).glob("*.flac")}
    clicks = media.noise(2, 22_050, level=0.001)[0]
    clicks[::5000] = 0.9
    soundfile.write(folder / "real" / "clicks.wav", clicks, 22_050)
    lower = render_clips(design(loudness_lufs=-12), folder)
    assert not set(clips) & set(lower)
    after = {path.name for path in (folder / RENDERED).glob("*.flac")}
    assert after == before | {f"{clip.id}.flac" for clip in lower}


def test_every_file_has_the_same_size_and_sounds_as_before(folder: Path) -> None:
    write_noise(folder / "real" / "quiet at the end.wav", seed=5)
    tone = 0.1 * np.sin(2 * np.pi * 440 * np.arange(22_050) / 22_050)
    soundfile.write(folder / "real" / "tone.wav", tone, 22_050)
    clips = render_clips(design(), folder)
    paths = sorted((folder / RENDERED).glob("*.flac"))
    content = {path: path.read_bytes() for path in paths}
    assert len(paths) == len(clips) == 7
    assert len({len(one) for one in content.values()}) == 1
    padding = [one.count(b"\0") for one in content.values()]
    assert max(padding) > 20_000  # of the tone
    # A longer one is added: all grow.
    write_noise(folder / "real" / "long.wav", seconds=2.0)
    render_clips(design(), folder)
    sizes = {path.stat().st_size for path in (folder / RENDERED).glob("*.flac")}
    assert len(sizes) == 1 and min(sizes) > len(content[paths[0]])
    # Nor did it change what is heard, by another reader than the one that wrote it.
    for path in paths:
        again, before = read_audio(path, RATE_HZ)[0], soundfile.read(io.BytesIO(content[path]))[0]
        assert np.array_equal(np.rint(again[:, 0] * 32768), np.rint(before * 32768))


def clip_notes_of(changed: Design, folder: Path) -> list[str]:
    render_clips(changed, folder)
    return clip_notes(changed, folder)


def test_attention_clips(folder: Path) -> None:
    rate = Rate(kind="rate", name="r", attention=1, conditions=("real",), per_condition=1, questions=(GOOD,))
    clips = [clip for clip in render_clips(design(rate), folder) if clip.condition == ATTENTION]
    assert Counter(clip.item for clip in clips) == {str(number): 3 for number in COUNTS}
    for clip in clips:
        assert count_tones(audio_of(folder, clip)[:, 0], RATE_HZ) == int(clip.item)
        assert clip.seconds == SECONDS
    sounds = {audio_of(folder, clip).tobytes() for clip in clips}
    assert len(sounds) == len(clips)


@pytest.mark.parametrize(
    ("name", "seconds", "message"),
    [
        ("long.wav", 60.5, "'.*long.wav' lasts more than 60 s, the most for a clip: cut it"),
        ("short.wav", 0.4, "'.*short.wav' lasts 0.40 s, a clip 0.5 s at least"),
        ("take 0.ogg", 1.0, "'take 0.ogg' and 'take 0.wav' in '.*real' are the same item"),
    ],
)
def test_files_that_are_no_clips(folder: Path, name: str, seconds: float, message: str) -> None:
    write_noise(folder / "real" / name, seconds)
    with pytest.raises(InputError, match=message):
        render_clips(design(), folder)
    assert not (folder / RENDERED / "clips.json").exists()


def test_folders_that_hold_no_clips(folder: Path, tmp_path: Path) -> None:
    (folder / "real" / "broken.mp3").write_bytes(b"no sound at all" * 100)
    with pytest.raises(InputError, match=r"broken.mp3' is not a media file"):
        render_clips(design(), folder)
    shutil.rmtree(tmp_path / "model")
    (folder / "real" / "broken.mp3").unlink()
    with pytest.raises(InputError, match=r"condition model: '.*model' is no folder; folders are given from"):
        render_clips(design(), folder)
    (tmp_path / "model" / "deeper").mkdir(parents=True)
    write_noise(tmp_path / "model" / "deeper" / "a.wav")
    with pytest.raises(
        InputError, match=r"condition model: no sound file in '.*model' \(folders in it are not"
    ):
        render_clips(design(), folder)


def test_a_damaged_list_is_an_error_with_advice(folder: Path) -> None:
    render_clips(design(), folder)
    (folder / RENDERED / "clips.json").write_text("{")
    with pytest.raises(InputError, match=r"damaged .* delete the folder, it is made again"):
        render_clips(design(), folder)
    with pytest.raises(InputError, match="damaged"):
        read_clips(folder)
    (folder / RENDERED / "clips.json").write_text(json.dumps({"clips": [{"id": "x"}]}))
    with pytest.raises(InputError, match="damaged"):
        read_clips(folder)


def test_too_few_clips_are_found_before_anything_is_rendered(folder: Path) -> None:
    rate = Rate(kind="rate", name="r", conditions=("real",), per_condition=4, questions=(GOOD,))
    with pytest.raises(InputError, match="wants 4 clips of real, there are 3"):
        render_clips(design(rate), folder)
    assert not list((folder / RENDERED).glob("*.flac"))
