import math
import os
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from mixdream.audio.channels import Mixdown, downmix
from mixdream.audio.decode import Decoder, read_audio
from mixdream.audio.resample import Resampler
from mixdream.errors import InputError
from tests.audio import media


def decode(path: Path, rate_hz: int = 8000, channels: int = 1) -> tuple[np.ndarray, Decoder]:
    """Decoded and resampled audio, shape (n, channels)."""
    decoder = Decoder(path, Mixdown(channels))
    resampler = Resampler(rate_hz, channels)
    parts = [resampler.push(block.samples, block.rate_hz) for block in decoder.blocks()]
    return np.concatenate([*parts, resampler.finish()]), decoder


FORMATS = [
    *(
        (suffix, channels, 48_000)
        for suffix in (".m4a", ".mp4", ".mkv", ".flac", ".opus")
        for channels in (1, 2, 6, 8)
    ),
    *((suffix, channels, 44_100) for suffix in (".wav", ".aiff") for channels in (1, 2, 6, 8)),
    *((suffix, channels, 44_100) for suffix in (".mp3", ".ogg") for channels in (1, 2)),
    *((".caf", channels, 44_100) for channels in (1, 2, 6)),
    *((".flac", 2, rate_hz) for rate_hz in (8000, 11_025, 16_000, 22_050, 96_000, 192_000)),
    *((".mp3", 2, rate_hz) for rate_hz in (8000, 11_025, 22_050)),
]


@pytest.mark.parametrize(("suffix", "channels", "rate_hz"), FORMATS)
def test_a_tone_comes_back_as_the_same_tone(tmp_path: Path, suffix: str, channels: int, rate_hz: int) -> None:
    audio = media.tone(440, 3, rate_hz, channels=channels)
    path = media.write(tmp_path / f"tone{suffix}", audio, rate_hz)
    out, decoder = decode(path)
    assert decoder.source_channels == channels
    assert len(out) == pytest.approx(3 * 8000, abs=200)  # AAC pads its last frame
    middle = out[4000:20_000, 0]
    names = {1: ["FC"], 2: ["FL", "FR"], 6: ["FL", "FR", "FC", "LFE", "BL", "BR"]}
    weights = downmix(names.get(channels, [*names[6], "SL", "SR"]), 1)
    assert media.amplitude(middle, 440, 8000) == pytest.approx(0.5 * weights.sum(), rel=0.06)
    rest = np.sqrt(2 * np.mean(middle**2)) - media.amplitude(middle, 440, 8000)
    assert abs(rest) < 0.02
    assert decoder.damage.corrupt_packets == decoder.nonfinite_samples == 0


@pytest.mark.parametrize(
    "codec",
    ["pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_s64le", "pcm_f32le", "pcm_f64le", "adpcm_ms"],
)
def test_every_sample_format_has_the_same_level(tmp_path: Path, codec: str) -> None:
    path = media.write(tmp_path / "tone.wav", media.tone(440, 2, 8000), 8000, codec)
    out, _ = decode(path)
    assert media.amplitude(out[:, 0], 440, 8000) == pytest.approx(0.5, abs=0.005)


def test_int16_at_the_same_rate_comes_back_bit_for_bit(tmp_path: Path) -> None:
    samples = np.random.default_rng(0).integers(-32768, 32768, 50_000).astype(np.int16)
    out, _ = decode(media.write_wav(tmp_path / "noise.wav", samples, 8000))
    assert np.array_equal(np.rint(out[:, 0] * 32768).astype(np.int16), samples)


@pytest.mark.parametrize("frequency_hz", [4300, 5000, 7560, 15_000, 20_000])
def test_nothing_above_nyquist_folds_down(tmp_path: Path, frequency_hz: int) -> None:
    path = media.write(tmp_path / "high.wav", media.tone(frequency_hz, 3, 44_100, 0.9), 44_100, "pcm_f32le")
    out, _ = decode(path)
    assert np.abs(out[1000:-1000]).max() < 0.9 * 10 ** (-90 / 20)


def test_content_below_nyquist_is_kept(tmp_path: Path) -> None:
    path = media.write(tmp_path / "tone.wav", media.tone(3500, 3, 44_100), 44_100, "pcm_f32le")
    out, _ = decode(path)
    assert media.amplitude(out[4000:20_000, 0], 3500, 8000) == pytest.approx(0.5, rel=0.001)


def test_stereo_stays_stereo_and_surround_folds_to_its_sides(tmp_path: Path) -> None:
    left = media.tone(440, 2, 48_000, channels=6)
    left[1:] = 0  # front left only
    out, _ = decode(media.write(tmp_path / "left.flac", left, 48_000), channels=2)
    assert np.abs(out[:, 1]).max() < 1e-4 < np.abs(out[:, 0]).max()
    mono, _ = decode(media.write(tmp_path / "mono.flac", media.tone(440, 2, 48_000), 48_000), channels=2)
    assert np.array_equal(mono[:, 0], mono[:, 1])


def test_a_layout_in_custom_order_does_not_end_the_process(tmp_path: Path) -> None:
    path = media.write(tmp_path / "eight.aiff", media.tone(440, 5, 48_000, channels=8), 48_000)
    for _ in range(5):
        out, decoder = decode(path, channels=2)
        assert decoder.source_channels == 8
    left = 0.5 * (1 + 3 * math.sqrt(0.5))  # front; centre, back and side
    assert media.amplitude(out[4000:30_000, 0], 440, 8000) == pytest.approx(left, rel=0.01)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_video_gives_its_sound(tmp_path: Path, suffix: str) -> None:
    path = media.write(tmp_path / f"video{suffix}", media.tone(440, 3, 48_000), 48_000, picture=True)
    out, _ = decode(path)
    assert media.amplitude(out[4000:20_000, 0], 440, 8000) == pytest.approx(0.5, rel=0.05)


@pytest.mark.parametrize(("default", "place", "channels"), [(0, "first", 2), (1, "second", 6)])
def test_of_two_sound_tracks_the_default_is_taken_and_said(
    tmp_path: Path, default: int, place: str, channels: int
) -> None:
    with av.open(str(tmp_path / "x.mkv"), "w") as container:
        for number, (codec, language, layout) in enumerate([("aac", "eng", "stereo"), ("ac3", "ger", "5.1")]):
            stream = container.add_stream(codec, rate=48_000, layout=layout)
            stream.metadata["language"] = language
            stream.disposition = av.stream.Disposition(number == default)
        for stream in container.streams.audio:
            silence = np.zeros((stream.codec_context.channels, 48_000), np.float32)
            frame = av.AudioFrame.from_ndarray(
                silence, format="fltp", layout=stream.codec_context.layout.name
            )
            frame.rate, frame.pts = 48_000, 0
            container.mux([*stream.encode(frame), *stream.encode(None)])
    decoder = Decoder(tmp_path / "x.mkv")
    assert sum(len(block.samples) for block in decoder.blocks()) > 40_000
    assert decoder.source_channels == channels
    assert decoder.notes == [f"has 2 sound tracks (eng stereo aac, ger 5.1 ac3): the {place} was taken"]


def test_tags_that_are_not_utf8_and_a_cover_picture_are_no_obstacle(tmp_path: Path) -> None:
    path = media.write(tmp_path / "tone.mp3", media.tone(440, 3, 44_100), 44_100)
    title = b"TIT2" + (6).to_bytes(4, "big") + b"\0\0" + b"\3\xff\xe9\x80\xfe\xa0"
    picture = b"\0image/png\0\3\0" + b"\x89PNG\r\n\x1a\n" + bytes(50)
    frames = title + b"APIC" + len(picture).to_bytes(4, "big") + b"\0\0" + picture
    path.write_bytes(
        b"ID3\3\0\0" + bytes([0, 0, len(frames) >> 7, len(frames) & 127]) + frames + path.read_bytes()
    )
    out, _ = decode(path)
    assert media.amplitude(out[4000:20_000, 0], 440, 8000) == pytest.approx(0.5, rel=0.05)


def test_a_file_name_that_is_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"s\xe9t\xff.wav")
    out, _ = decode(media.write_wav(path, np.full(8000, 1000, np.int16), 8000))
    assert len(out) == 8000


def test_a_change_of_rate_and_channels_in_the_middle(tmp_path: Path) -> None:
    first = media.write(tmp_path / "a.mp3", media.tone(440, 3, 44_100, channels=2), 44_100)
    second = media.write(tmp_path / "b.mp3", media.tone(440, 3, 22_050), 22_050)
    path = tmp_path / "joined.mp3"
    path.write_bytes(first.read_bytes() + second.read_bytes())
    out, _ = decode(path)
    assert len(out) == pytest.approx(6 * 8000, abs=1200)
    for half in (out[4000:20_000, 0], out[28_000:44_000, 0]):
        assert media.amplitude(half, 440, 8000) == pytest.approx(0.5, rel=0.06)


def test_each_link_of_a_chained_ogg_is_decoded_at_its_own_rate(tmp_path: Path) -> None:
    first = media.write(tmp_path / "a.ogg", media.tone(440, 3, 44_100, channels=2), 44_100)
    second = media.write(tmp_path / "b.ogg", media.tone(440, 3, 22_050), 22_050)
    path = tmp_path / "joined.ogg"
    path.write_bytes(first.read_bytes() + second.read_bytes())
    out, decoder = decode(path)
    assert len(out) == pytest.approx(6 * 8000, abs=200)
    assert decoder.damage.corrupt_packets == 0
    for half in (out[4000:20_000, 0], out[28_000:44_000, 0]):
        assert media.amplitude(half, 440, 8000) == pytest.approx(0.5, rel=0.06)


@pytest.mark.parametrize("suffix", [".mp3", ".m4a", ".flac", ".ogg", ".opus"])
@pytest.mark.parametrize("place", [0.02, 0.5, 0.97])
def test_corrupt_packets_are_skipped_and_counted(tmp_path: Path, suffix: str, place: float) -> None:
    path = media.write(tmp_path / f"noise{suffix}", media.noise(20, 48_000), 48_000)
    content = bytearray(path.read_bytes())
    # What MP4 keeps at its end is the index, without which there is no audio.
    start = round(min(place, 0.9 if suffix == ".m4a" else 1) * len(content))
    content[start : start + 2000] = np.random.default_rng(1).bytes(2000)
    path.write_bytes(content)
    out, decoder = decode(path)
    assert 18 * 8000 <= len(out) <= 20 * 8000 + 200
    assert decoder.damage.corrupt_packets <= 100  # two pages of Opus
    if place == 0.5:
        assert decoder.damage.corrupt_packets > 0 and decoder.damage.spots[0].start_s == pytest.approx(
            10, abs=2
        )


def test_a_cut_off_file_is_read_to_where_it_ends(tmp_path: Path) -> None:
    path = media.write(tmp_path / "noise.mp3", media.noise(30, 44_100), 44_100)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    out, decoder = decode(path)
    assert len(out) == pytest.approx(15 * 8000, rel=0.02)
    assert decoder.claimed_s == pytest.approx(30, abs=1)


def test_a_length_field_that_lies_is_not_believed(tmp_path: Path) -> None:
    samples = np.random.default_rng(0).integers(-9999, 9999, 40_000).astype(np.int16)
    path = media.write_wav(tmp_path / "stream.wav", samples, 8000)
    content = bytearray(path.read_bytes())
    content[4:8] = content[40:44] = b"\xff\xff\xff\xff"  # as recorders write that were switched off
    path.write_bytes(content)
    assert len(decode(path)[0]) == 40_000


def test_what_is_not_a_number_becomes_silence_and_is_counted(tmp_path: Path) -> None:
    samples = media.tone(440, 2, 8000)[0]
    samples[[10, 100, 1000]] = [np.nan, np.inf, -np.inf]
    samples[5000] = 1e30
    out, decoder = decode(media.write_wav(tmp_path / "nan.wav", samples, 8000))
    assert decoder.nonfinite_samples == 4
    assert np.isfinite(out).all() and np.abs(out).max() <= 0.51
    assert (out[[10, 100, 1000, 5000]] == 0).all()


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("empty.mp3", b"", "empty"),
        ("text.mp3", b"not music at all\n" * 100, "not a media file"),
        ("tag.mp3", b"ID3\4\0\0\0\0\x10\0" + bytes(2048), "not a media file"),
        (
            "list.mp3",
            b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://127.0.0.1:9/a.mp3\n",
            "not a media file",
        ),
    ],
)
def test_what_is_no_media_is_refused_in_one_line(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=reason) as caught:
        decode(path)
    assert "\n" not in str(caught.value) and name in str(caught.value)


def test_missing_folders_pipes_and_silent_films_are_refused(tmp_path: Path) -> None:
    unusable = [(tmp_path / "no.wav", "missing"), (tmp_path, "not a file")]
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.wav")
        unusable.append((tmp_path / "pipe.wav", "not a"))
    for path, reason in unusable:
        with pytest.raises(InputError, match=reason):
            decode(path)
    import av

    with av.open(str(tmp_path / "film.mp4"), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        container.mux(
            stream.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24"))
        )
        container.mux(stream.encode(None))
    with pytest.raises(InputError, match="no audio, only"):
        decode(tmp_path / "film.mp4")


def test_the_end_of_a_file_is_that_of_the_whole(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    soundfile.write(tmp_path / "x.flac", rng.uniform(-0.5, 0.5, 3_000_000), 44_100)
    whole, _ = read_audio(tmp_path / "x.flac", 44_100)
    end, _ = read_audio(tmp_path / "x.flac", 44_100, last_s=2.0)
    assert whole.shape == (3_000_000, 1)
    assert 2.0 * 44_100 <= len(end) < 1_000_000
    np.testing.assert_array_equal(end, whole[-len(end) :])


def test_rates_need_not_be_whole(tmp_path: Path) -> None:
    t = np.arange(44_100 * 2) / 44_100
    soundfile.write(tmp_path / "tone.wav", np.stack([np.sin(2 * np.pi * 440 * t)] * 2, 1) / 2, 44_100)
    audio, nonfinite = read_audio(tmp_path / "tone.wav", 8601.6, channels=2)
    assert nonfinite == 0
    assert audio.shape == (round(2 * 8601.6), 2)
    spectrum = np.abs(np.fft.rfft(audio[:, 0] * np.hanning(len(audio))))
    assert abs(np.argmax(spectrum) * 8601.6 / len(audio) - 440) < 1
