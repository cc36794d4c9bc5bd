"""Damage that is planted into encoded drums is told, at its place, and no window crosses it."""

from pathlib import Path

import numpy as np
import pytest

from mixdream.audio.damage import Damage, Spot
from mixdream.audio.decode import Decoder
from mixdream.corpus.cuts import cut
from mixdream.corpus.silence import Silence
from mixdream.corpus.source_check import check_damage, source_warnings
from tests.audio import media

SECONDS = 16
SUFFIXES = (".ogg", ".mp3", ".flac", ".aac", ".opus", ".m4a", ".mkv", ".ts")


@pytest.fixture(scope="module")
def encoded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Drums in each format."""
    folder = tmp_path_factory.mktemp("encoded")
    audio = media.drums(SECONDS, 48_000)
    return {suffix: media.write(folder / f"drums{suffix}", audio, 48_000) for suffix in SUFFIXES}


def decode(path: Path) -> Decoder:
    decoder = Decoder(path)
    for _ in decoder.blocks():
        pass
    return decoder


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_is_good_has_no_damage(encoded: dict[str, Path], suffix: str) -> None:
    damage = decode(encoded[suffix]).damage
    assert (damage.corrupt_packets, damage.spots) == (0, [])
    assert damage.decoded_s == pytest.approx(SECONDS, abs=0.1)


@pytest.mark.parametrize("kind", ["missing", "overwritten"])
@pytest.mark.parametrize("suffix", [suffix for suffix in SUFFIXES if suffix not in (".m4a", ".mkv")])
def test_damage_is_told_and_cut_out(encoded: dict[str, Path], tmp_path: Path, suffix: str, kind: str) -> None:
    content = bytearray(encoded[suffix].read_bytes())
    middle, size = len(content) // 2, 1500
    content[middle : middle + size] = b"" if kind == "missing" else np.random.default_rng(0).bytes(size)
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content)
    decoder = decode(path)
    assert 0 < decoder.damage.corrupt_packets < 110  # Opus has a second in a page, and this may hit two
    (spot,) = decoder.damage.spots
    assert spot.start_s == pytest.approx(SECONDS / 2, abs=1.1)
    assert "corrupt or missing packets, at " in next(source_warnings(decoder, 1.0))
    samples = round(8000 * decoder.damage.decoded_s)
    segments, (dropped,) = cut([], decoder.damage.spots, samples, 8000)
    assert dropped.reason == "damaged" and len(segments) == 2
    assert dropped.start_s < spot.start_s <= spot.stop_s < dropped.stop_s < spot.stop_s + 0.2


def test_times_that_step_to_and_fro_with_the_block_size_are_no_holes() -> None:
    damage = Damage()
    end_s = 0.0
    for i in range(2000):  # Vorbis: a packet's time is that of the block before
        length_s = 0.0232 if i % 7 else 0.0116
        damage.frame(end_s + (0.0102 if i % 5 else 0.0), length_s)
        damage.packet(100)
        end_s += length_s
    damage.settle(None)
    assert (damage.corrupt_packets, damage.spots) == (0, [])


def test_a_clock_that_drifts_is_no_hole_but_a_lost_frame_is() -> None:
    damage = Damage()
    for i in range(200_000):
        if i != 100_000:
            damage.frame(i * 0.02 * 1.0005, 0.02)
            damage.packet(100)
    damage.settle(None)
    assert damage.corrupt_packets == 1
    assert [spot.start_s for spot in damage.spots] == [pytest.approx(2000)]


def test_damage_inside_silence_is_silence() -> None:
    silence = Silence(100, 200, np.zeros(1))
    segments, dropped = cut([silence], [Spot(15, 15), Spot(19.97, 19.97), Spot(30, 31)], 400, 10)
    assert segments == [(0, 100), (202, 298), (312, 400)]
    assert [(span.start_s, span.reason) for span in dropped] == [
        (10, "digital silence"),
        (20, "damaged"),
        (29.8, "damaged"),
    ]


def test_a_second_at_one_spot_is_forgiven() -> None:
    decoder = Decoder(Path("x"))
    damage = decoder.damage
    for i in range(1000):
        if not 500 <= i < 540:
            damage.frame(i * 0.025, 0.025)
            damage.packet(100)
    damage.settle(None)
    assert damage.share == pytest.approx(0.04)
    check_damage(decoder)
