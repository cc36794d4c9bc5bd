from pathlib import Path

import av
import numpy as np
import pytest

from mixdream.audio.decode import Decoder
from mixdream.audio.ts_packets import packet_bytes, read_losses
from tests.audio import media

RATE_HZ = 48_000
SECONDS = 8


@pytest.fixture(scope="module")
def streams(tmp_path_factory: pytest.TempPathFactory) -> dict[float, bytes]:
    """The same drums, with clocks that begin at different seconds."""
    folder = tmp_path_factory.mktemp("ts")
    path = media.write(folder / "a.ts", media.drums(SECONDS, RATE_HZ), RATE_HZ)
    content = {0.0: path.read_bytes()}
    for start_s in (10.5, 30.0, 1000.0):
        late = folder / f"{start_s}.ts"
        with av.open(str(path)) as source, av.open(str(late), "w") as target:
            stream = target.add_stream_from_template(source.streams.audio[0])
            for packet in source.demux(source.streams.audio[0]):
                if packet.size and packet.pts is not None:
                    packet.pts = packet.dts = packet.pts + round(start_s * 90_000)
                    packet.stream = stream
                    target.mux(packet)
        content[start_s] = late.read_bytes()
    return content


def decode(path: Path, content: bytes) -> Decoder:
    path.write_bytes(content)
    decoder = Decoder(path)
    for _ in decoder.blocks():
        pass
    return decoder


@pytest.mark.parametrize("starts_s", [(0.0, 0.0, 0.0), (0.0, 10.5), (0.0, 30.0), (0.0, 1000.0), (30.0, 0.0)])
def test_times_that_jump_where_streams_are_joined_are_no_damage(
    tmp_path: Path, streams: dict[float, bytes], starts_s: tuple[float, ...]
) -> None:
    damage = decode(tmp_path / "joined.ts", b"".join(streams[start_s] for start_s in starts_s)).damage
    assert (damage.corrupt_packets, damage.spots) == (0, [])
    assert damage.decoded_s == pytest.approx(SECONDS * len(starts_s), abs=0.2)


@pytest.mark.parametrize("packets", [1, 5, 40])
@pytest.mark.parametrize("wrapped", [False, True])
def test_lost_packets_are_told_at_their_place(
    tmp_path: Path, streams: dict[float, bytes], packets: int, wrapped: bool
) -> None:
    content = np.frombuffer(streams[0.0], np.uint8).reshape(-1, 188)
    lost = np.delete(content, slice(len(content) // 2, len(content) // 2 + packets), axis=0)
    if wrapped:  # as Blu-rays have them, with four bytes of a clock
        lost = np.pad(lost, ((0, 0), (4, 0)))
    assert packet_bytes(lost.tobytes()[:1024]) == (192 if wrapped else 188)
    damage = decode(tmp_path / f"lost.{'m2ts' if wrapped else 'ts'}", lost.tobytes()).damage
    (spot,) = damage.spots
    assert spot.start_s == pytest.approx(SECONDS / 2, abs=0.5)
    assert damage.corrupt_packets >= 1


def test_packets_are_found_again_behind_bytes_that_are_missing(
    tmp_path: Path, streams: dict[float, bytes]
) -> None:
    content = streams[0.0]
    middle = len(content) // 2 // 188 * 188
    path = tmp_path / "cut.ts"
    path.write_bytes(content[: middle + 50] + content[middle + 1000 :])
    with path.open("rb") as file:
        losses = read_losses(file, path.stat().st_size)
    assert all(middle < loss < middle + 20 * 188 for loss in losses) and losses
