from pathlib import Path

import pytest

from mixdream.audio.decode import Decoder
from mixdream.audio.ogg_pages import Link, Page, read_links, read_pages
from tests.audio import media


@pytest.fixture(scope="module")
def vorbis(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """40 s of drums."""
    return media.write(tmp_path_factory.mktemp("ogg") / "drums.ogg", media.drums(40, 48_000), 48_000)


def pages_and_links(path: Path) -> tuple[list[Page], list[Link]]:
    with path.open("rb") as file:
        return list(read_pages(file)), read_links(file)


def decode(path: Path) -> Decoder:
    decoder = Decoder(path)
    for _ in decoder.blocks():
        pass
    return decoder


def test_pages_fill_a_good_file(vorbis: Path) -> None:
    pages, links = pages_and_links(vorbis)
    assert [page.start for page in pages] == [0, *(page.stop for page in pages[:-1])]
    assert links == [Link(0, vorbis.stat().st_size, [])]


def test_good_vorbis_with_short_and_long_blocks_has_no_damage(vorbis: Path) -> None:
    damage = decode(vorbis).damage
    assert (damage.corrupt_packets, damage.spots) == (0, [])
    assert damage.decoded_s == pytest.approx(40, abs=0.01)


@pytest.mark.parametrize("dropped", [1, 8])
def test_dropped_pages_are_missed_where_they_were(vorbis: Path, tmp_path: Path, dropped: int) -> None:
    pages, _ = pages_and_links(vorbis)
    content = vorbis.read_bytes()
    path = tmp_path / "gap.ogg"
    path.write_bytes(content[: pages[30].start] + content[pages[30 + dropped].start :])
    assert pages_and_links(path)[1][0].losses == [pages[30].start]
    damage = decode(path).damage
    (spot,) = damage.spots
    kept = decode_up_to(vorbis, content, pages[30].start, tmp_path)
    assert spot.stop_s == pytest.approx(kept, abs=0.05)
    lost_s = 40 - damage.decoded_s
    assert damage.share == pytest.approx(lost_s / 40, rel=0.1)


def decode_up_to(path: Path, content: bytes, stop: int, folder: Path) -> float:
    """Seconds that the first bytes of a file hold."""
    (folder / f"start{path.suffix}").write_bytes(content[:stop])
    return decode(folder / f"start{path.suffix}").damage.decoded_s


def test_a_flipped_bit_costs_its_page(vorbis: Path, tmp_path: Path) -> None:
    pages, _ = pages_and_links(vorbis)
    content = bytearray(vorbis.read_bytes())
    content[pages[30].stop - 500] ^= 4
    path = tmp_path / "flipped.ogg"
    path.write_bytes(content)
    assert pages_and_links(path)[1][0].losses == [pages[31].start]
    assert len(decode(path).damage.spots) == 1


def test_a_last_page_that_is_cut_off_is_missed(vorbis: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.ogg"
    path.write_bytes(vorbis.read_bytes()[:-100])
    damage = decode(path).damage
    assert damage.corrupt_packets == 1
    assert [spot.stop_s for spot in damage.spots] == [pytest.approx(damage.decoded_s)]


def test_links_begin_where_streams_do(vorbis: Path, tmp_path: Path) -> None:
    content = vorbis.read_bytes()
    path = tmp_path / "chain.ogg"
    path.write_bytes(content + b"junk between" + content)
    size = len(content)
    assert pages_and_links(path)[1] == [Link(0, size), Link(size + 12, 2 * size + 12)]
    assert decode(path).damage.decoded_s == pytest.approx(80, abs=0.02)
