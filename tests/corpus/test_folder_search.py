"""What is taken from a folder, what is not, and what is said of it."""

import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from mixdream.corpus import folder_search
from mixdream.corpus.build import build_corpus
from mixdream.corpus.folder_search import NotTaken, search_folder, sum_up
from tests.audio import media

ENCODED = {  # container and codec by the ending of a file that plays
    "a.weba": ("webm", "libopus"),
    "b.eac3": ("eac3", "eac3"),
    "c.m2ts": ("mpegts", "ac3"),
    "d.3gp": ("3gp", "aac"),
    "e.mpga": ("mp3", "libmp3lame"),
    "f.adts": ("adts", "aac"),
    "g.mp3.part": ("mp3", "libmp3lame"),
    "h.bwf": ("wav", "pcm_s16le"),
    "j.flac_": ("flac", "flac"),
    "k": ("ogg", "libopus"),
    "l.x": ("matroska", "flac"),
}


def encode(path: Path, container: str, codec: str, seconds: float = 4.5) -> Path:
    rate_hz = 48_000
    with av.open(str(path), "w", format=container) as file:
        stream = file.add_stream(codec, rate=rate_hz, layout="stereo")
        assert isinstance(stream, av.AudioStream)
        resampler = av.AudioResampler(format=stream.format, layout="stereo", rate=rate_hz)
        samples = np.ascontiguousarray(media.noise(seconds, rate_hz, len(path.name), channels=2))
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="stereo")
        frame.rate = rate_hz
        fifo = av.AudioFifo()
        for piece in resampler.resample(frame):
            fifo.write(piece)
        size = stream.codec_context.frame_size or 4096
        while (part := fifo.read(size, partial=True)) is not None:
            file.mux(stream.encode(part))
        file.mux(stream.encode(None))
    return path


def names(paths: list[Path], folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in paths)


def reasons(not_taken: list[NotTaken], folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): reason for path, reason in not_taken}


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Audio with endings that say nothing, and everything else that lies in folders of music."""
    folder = tmp_path_factory.mktemp("odd")
    for name, (container, codec) in ENCODED.items():
        encode(folder / name, container, codec)
    rng = np.random.default_rng(0)
    with zipfile.ZipFile(folder / "archive.zip", "w") as archive:
        archive.write(folder / "e.mpga", "inside.mp3")  # stored as it is: FFmpeg would find it
    (folder / "paper.pdf").write_bytes(b"%PDF-1.7\n" + rng.bytes(9999))
    (folder / "README").write_text("Recorded in the garden.\n" * 99)
    (folder / "lyrics.sub").write_text("1\n00:00:01,000 --> 00:00:02,000\nla\n")
    (folder / "random.bin").write_bytes(rng.bytes(200_000))
    (folder / "nothing").touch()
    picture = np.full((64, 64, 3), 99, np.uint8)
    with av.open(str(folder / "cover"), "w", format="image2", options={"update": "1"}) as file:
        stream = file.add_stream("mjpeg", rate=1)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuvj420p"
        file.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        file.mux(stream.encode(None))
    film = media.write(folder / "film.x.mkv", media.noise(1, 48_000), 48_000, picture=True)
    film.rename(folder / "film")
    companions = "cover.jpg back.PNG mix.cue mix.nfo info.txt list.m3u list.m3u8 mix.sfv rip.log Thumbs.db"
    for name in [*companions.split(), ".DS_Store", "._a.weba", ".gitkeep", "mix.asd", "corpus.json"]:
        (folder / name).write_bytes(b"\0\1\2companion")
    return folder


NO_AUDIO = ["README", "archive.zip", "cover", "lyrics.sub", "nothing", "paper.pdf", "random.bin"]


def test_files_are_taken_by_content_and_companions_make_no_noise(odd: Path) -> None:
    files, not_taken = search_folder(odd)
    assert names(files, odd) == sorted([*ENCODED, "film"])
    assert reasons(not_taken, odd) == dict.fromkeys(NO_AUDIO, "is no audio")
    assert sum_up(not_taken) == ["7 files are no audio (no ending 3, .zip 1, .sub 1, .pdf 1, .bin 1)"]


def test_a_folder_of_odd_files_is_built(odd: Path, tmp_path: Path) -> None:
    result = build_corpus([odd], tmp_path / "out", jobs=1)
    assert {Path(record.source).name for record in result.corpus.sets} == set(ENCODED)
    assert [Path(item.source).name for item in result.rejected] == ["film"], "it is too short"
    assert len(result.not_taken) == len(NO_AUDIO)
    again = build_corpus([odd], tmp_path / "out", jobs=1)
    assert again.built == ()
    assert again.not_taken == result.not_taken


def test_links_to_folders_are_followed_once(tmp_path: Path) -> None:
    inside, outside = tmp_path / "sets", tmp_path / "drive" / "more"
    for path in (inside / "z/a.wav", outside / "b.wav", outside / "deep/c.wav"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    links = {
        "a-link-to-z": inside / "z",
        "more": outside,
        "again": outside / "deep",
        "z/loop": inside,
        "self": inside / "self",
        "gone.wav": tmp_path / "unplugged.wav",
        "up": tmp_path,
    }
    for name, target in links.items():
        (inside / name).symlink_to(target)
    (outside / "round").symlink_to(outside)
    files, not_taken = search_folder(inside)
    assert names(files, inside) == ["again/c.wav", "more/b.wav", "z/a.wav"]
    said = reasons(not_taken, inside)
    assert said.pop("self").startswith("cannot be read: ")
    assert said == {
        "gone.wav": "is a link to something that is missing",
        "up": f"is a link to a folder that '{inside}' is in",
    }
    (tmp_path / "link").symlink_to(inside)
    assert len(search_folder(tmp_path / "link")[0]) == 3, "the folder itself may be a link"


def test_what_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("good.wav", "locked/inside.wav", "secret"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    os.mkfifo(tmp_path / "pipe.wav")

    def scandir(path: Path) -> Iterator[os.DirEntry[str]]:
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied")
        return real(path)

    def look(path: Path) -> bool:
        raise OSError(5, "Input/output error")

    real = os.scandir
    monkeypatch.setattr(os, "scandir", scandir)
    monkeypatch.setattr(folder_search, "has_audio", look)
    files, not_taken = search_folder(tmp_path)
    assert names(files, tmp_path) == ["good.wav"]
    assert reasons(not_taken, tmp_path) == {
        "locked": "cannot be read: Permission denied",
        "secret": "cannot be read: Input/output error",
        "pipe.wav": "is not a file",
    }
    assert sum_up(not_taken)[0] == f"'{not_taken[0].path}' {not_taken[0].reason}"


def test_much_of_one_kind_shares_a_line() -> None:
    files = [*(Path(f"{n}.pdf") for n in range(10)), Path("a.ZIP"), Path("b.zip")]
    for reason, line in (
        ("is no audio", "12 files are no audio (.pdf 10, .zip 2)"),
        ("is not a file", "'0.pdf' and 11 more: is not a file"),
    ):
        assert sum_up(NotTaken(path, reason) for path in files) == [line]
