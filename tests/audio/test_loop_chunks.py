import io
import struct

import numpy as np
import pytest
import soundfile

from mixdream.audio.loop_chunks import LoopInfo, add_loop_chunks
from tests.audio import media


def wav(samples: int = 1001, rate_hz: int = 44_100, channels: int = 1) -> bytes:
    """A 24-bit file as soundfile writes it; an odd number of samples needs a padding byte."""
    buffer = io.BytesIO()
    audio = np.random.default_rng(0).uniform(-0.5, 0.5, (samples, channels))
    soundfile.write(buffer, audio, rate_hz, subtype="PCM_24", format="WAV")
    return buffer.getvalue()


@pytest.mark.parametrize(("samples", "channels"), [(1, 1), (1000, 1), (1001, 1), (777, 2)])
@pytest.mark.parametrize("root_note", [None, 69])
def test_libsndfile_reads_both_chunks(samples: int, channels: int, root_note: int | None) -> None:
    loop = LoopInfo(126.5, 8, root_note)
    content = add_loop_chunks(wav(samples, 48_000, channels), samples, 48_000, loop)
    assert media.loop_of(content) == loop
    fields = media.libsndfile_log(content)
    assert (fields["Period"], fields["Midi Note"], fields["Loop Count"]) == (
        "20833 nsec",
        str(root_note or 60),
        "1",
    )
    cue = " ".join(fields["Cue ID"].split())
    assert cue == f"0 Type : 0 Start : 0 End : {samples - 1} Fraction : 0 Count : 0"
    assert "(Loop," in fields["Flags"] and "StretchOn" in fields["Flags"]
    assert int(fields["Root note"], 16) == (root_note or 60) and fields["Meter"] == "4/4"


def test_the_audio_is_as_it_was() -> None:
    before = wav()
    after = add_loop_chunks(before, 1001, 44_100, LoopInfo(120, 4))
    assert after[44 : len(before)] == before[44:]
    assert np.array_equal(soundfile.read(io.BytesIO(after))[0], soundfile.read(io.BytesIO(before))[0])
    assert struct.unpack_from("<I", after, 4) == (len(after) - 8,)
