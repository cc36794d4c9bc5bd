import contextlib
import io
import re
import struct

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from mixdream.audio.loop_chunks import LoopInfo, add_loop_chunks, read_loop_chunks
from mixdream.errors import InputError


def wav(samples: int = 1001, rate_hz: int = 44_100, channels: int = 1) -> bytes:
    """A 24-bit file as soundfile writes it; an odd number of samples needs a padding byte."""
    buffer = io.BytesIO()
    audio = np.random.default_rng(0).uniform(-0.5, 0.5, (samples, channels))
    soundfile.write(buffer, audio, rate_hz, subtype="PCM_24", format="WAV")
    return buffer.getvalue()


def fields(content: bytes) -> dict[str, str]:
    """What libsndfile found, line by line, and that its length fields fit."""
    log = soundfile.SoundFile(io.BytesIO(content)).extra_info
    assert "(should be" not in log  # its complaint about a wrong RIFF length
    return dict(re.findall(r"^ *([\w. ?]+?) *: (.*)$", log, re.MULTILINE))


@pytest.mark.parametrize(("samples", "channels"), [(1, 1), (1000, 1), (1001, 1), (777, 2)])
@pytest.mark.parametrize("root_note", [None, 69])
def test_libsndfile_reads_both_chunks(samples: int, channels: int, root_note: int | None) -> None:
    content = add_loop_chunks(wav(samples, 48_000, channels), LoopInfo(126.5, 8, root_note))
    found = fields(content)
    assert found["Period"] == "20833 nsec"
    assert found["Midi Note"] == str(root_note or 60)
    assert found["Loop Count"] == "1"
    loop = " ".join(found["Cue ID"].split())
    assert loop == f"0 Type : 0 Start : 0 End : {samples - 1} Fraction : 0 Count : 0"
    assert "(Loop," in found["Flags"] and "StretchOn" in found["Flags"]
    assert ("RootNoteValid" in found["Flags"]) == (root_note is not None)
    assert int(found["Root note"], 16) == (root_note or 60)
    assert (found["Beats"], found["Meter"]) == ("8", "4/4")
    assert float(found["Tempo"]) == 126.5


def test_the_audio_is_as_it_was() -> None:
    before = wav()
    after = add_loop_chunks(before, LoopInfo(120, 4))
    assert after[44 : len(before)] == before[44:]
    assert np.array_equal(soundfile.read(io.BytesIO(after))[0], soundfile.read(io.BytesIO(before))[0])
    assert struct.unpack_from("<I", after, 4) == (len(after) - 8,)


@given(
    samples=st.integers(1, 50),
    bpm=st.floats(40, 300, width=32),
    beats=st.integers(1, 64),
    root_note=st.none() | st.integers(0, 127),
)
def test_what_was_written_is_read(samples: int, bpm: float, beats: int, root_note: int | None) -> None:
    loop = LoopInfo(bpm, beats, root_note)
    assert read_loop_chunks(add_loop_chunks(wav(samples), loop)) == loop


def test_a_file_without_the_chunks_has_no_loop() -> None:
    assert read_loop_chunks(wav()) is None


WHOLE = add_loop_chunks(wav(5), LoopInfo(120, 4, 60))


@given(st.binary(max_size=200))
def test_any_bytes_are_refused(content: bytes) -> None:
    with pytest.raises(InputError, match="not a WAV file"):
        read_loop_chunks(content)


@given(st.binary(max_size=200))
def test_any_chunks_are_read_or_refused(content: bytes) -> None:
    for start in (b"", WHOLE[12:36], WHOLE[12:59]):
        with contextlib.suppress(InputError):
            assert read_loop_chunks(b"RIFF\0\0\0\0WAVE" + start + content) is None


@given(st.integers(0, len(WHOLE) - 1), st.binary(min_size=1, max_size=8), st.booleans())
def test_a_file_that_is_cut_or_damaged_is_read_or_refused(place: int, piece: bytes, cut: bool) -> None:
    content = WHOLE[:place] + (b"" if cut else piece + WHOLE[place + len(piece) :])
    try:
        loop = read_loop_chunks(content)
    except InputError as error:
        assert "\n" not in str(error)
    else:
        assert loop is None or loop.beats > 0


def test_what_is_no_loop_of_ours_is_explained() -> None:
    with pytest.raises(InputError, match="no audio"):
        add_loop_chunks(b"RIFF\0\0\0\0WAVE", LoopInfo(120, 4))
    with pytest.raises(InputError, match="its rate or its length is 0"):
        add_loop_chunks(wav(0), LoopInfo(120, 4))
    with pytest.raises(InputError, match="cut short"):
        read_loop_chunks(WHOLE[:-1])
    place = WHOLE.index(b"smpl") + 8 + 36 + 12
    with pytest.raises(InputError, match="from sample 0 to 3 of 5"):
        read_loop_chunks(WHOLE[:place] + struct.pack("<I", 3) + WHOLE[place + 4 :])
