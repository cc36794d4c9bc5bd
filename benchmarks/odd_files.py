"""What ``mixdream corpus build`` says of files as people have them: one line a file.

Run ``python -m benchmarks.odd_files [SRC]``: the files are made of a built-in set, damaged, joined, cut short
and named oddly; SRC is the ``src`` folder of another checkout, for a column of what it said.
"""

import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import av
import numpy as np
from tests.audio import media
from tests.audio.test_chunk_sizes import with_size
from tests.audio.test_stream_tags import ID3V1, id3

from mixdream.audio.resample import to_rate
from mixdream.corpus.sources import source_text
from mixdream.demo.sets import RATE_HZ as RENDERED_HZ
from mixdream.demo.sets import render_set

RATE_HZ = 48_000
SECONDS = 16
_DAMAGED = (".ogg", ".mp3", ".flac", ".aac", ".opus", ".ts")
_OTHER_NAMES = {
    ".mkv": "a.weba",
    ".mp3": "b.mp3.part",
    ".ts": "c.m2ts",
    ".m4a": "d.3gp",
    ".ogg": "whole Vorbis without an ending",
}
_SAID = 150  # letters of a line


def write_files(folder: Path) -> None:
    """Write ``files/``, ``elsewhere/``, and a playlist and a cue sheet of what lies elsewhere."""
    files, elsewhere = folder / "files", folder / "elsewhere"
    files.mkdir()
    elsewhere.mkdir()
    sound = to_rate(render_set("techno")[0].T, RENDERED_HZ, RATE_HZ).T[:, : 2 * SECONDS * RATE_HZ]
    audio, later = sound[:, : SECONDS * RATE_HZ], sound[:, SECONDS * RATE_HZ :]
    content = {}
    for suffix in (*_DAMAGED, ".m4a", ".mkv", ".w64"):
        codec = "pcm_s16le" if suffix == ".w64" else None
        path = media.write(elsewhere / f"whole{suffix}", audio, RATE_HZ, codec)
        content[suffix] = path.read_bytes()
        path.unlink()
    samples = np.rint(32767 * audio.T).astype(np.int16)
    wav = media.write_wav(elsewhere / "whole.wav", samples, RATE_HZ)
    content[".wav"] = wav.read_bytes()
    wav.unlink()

    def add(name: str, data: bytes) -> None:
        (files / name).write_bytes(data)

    for suffix, name in _OTHER_NAMES.items():
        add(name, content[suffix])
    _add_damaged(files, content)
    add("size says 5 s.wav", with_size(content[".wav"], 5 * RATE_HZ * 4))
    add("shorter than its header.wav", content[".wav"][: len(content[".wav"]) // 2])
    add("shorter than its header.w64", content[".w64"][: len(content[".w64"]) // 2])
    add("cut off.mp3", content[".mp3"][: len(content[".mp3"]) // 2])
    mp3 = content[".mp3"][content[".mp3"].index(b"\xff\xfb") :]
    add("joined with covers.mp3", mp3 + ID3V1 + id3(3) + mp3 + ID3V1 + id3(4) + mp3)
    add("joined.ts", 2 * content[".ts"])
    low = media.write(elsewhere / "low.ogg", later[:1, ::2], RATE_HZ // 2)
    add("joined, other rate and channels.ogg", content[".ogg"] + low.read_bytes())
    low.unlink()
    add(os.fsdecode(b"n\xe4me.flac"), content[".flac"] + b"\0")
    _add_channels(files, later)
    _add_tracks(files / "two tracks.mkv", later, audio)
    _add_no_audio(files, content[".mp3"])
    (files / "link to this folder").symlink_to(files)
    for name, piece in (("listed", later[:, ::-1]), ("mix", sound[:, ::-1])):
        media.write(elsewhere / f"{name}.flac", np.ascontiguousarray(piece), RATE_HZ)
    (folder / "list.m3u8").write_text("#EXTM3U\nelsewhere/listed.flac\nelsewhere/gone.flac\n")
    (folder / "mix.cue").write_text(
        'FILE "elsewhere/mix.flac" WAVE\n  TRACK 01 AUDIO\n    TITLE "One"\n    INDEX 01 00:00:00\n'
        '  TRACK 02 AUDIO\n    TITLE "Two"\n    INDEX 01 00:16:00\n'
    )


def _add_damaged(files: Path, content: dict[str, bytes]) -> None:
    """1500 bytes are missing in the middle; others after a third of the file are overwritten."""
    noise = np.random.default_rng(0).bytes(1500)
    for suffix in _DAMAGED:
        for kind, part, instead in (("missing", 2, b""), ("overwritten", 3, noise)):
            at = len(content[suffix]) // part
            damaged = content[suffix][:at] + instead + content[suffix][at + 1500 :]
            (files / f"{kind}{suffix}").write_bytes(damaged)


def _add_channels(files: Path, audio: np.ndarray) -> None:
    """Channels whose mean is not what is heard, and samples that are no numbers."""
    front = np.zeros((6, audio.shape[1]), np.float32)
    front[:2] = audio
    broken = audio[0].copy()
    broken[1000:1010] = np.nan
    for name, wave in {
        "R is minus L.wav": np.stack([audio[0], -audio[0]]),
        "nearly R is minus L.wav": np.stack([audio[1], -0.98 * audio[1]]),
        "one channel is dead.wav": np.stack([audio[0][::-1], 0 * audio[0]]),
        "5.1, music in front.flac": front,
        "digital silence in between.wav": np.concatenate([audio, 0 * audio[:, : 5 * RATE_HZ], -audio], 1),
        "nothing but silence.wav": 0 * audio,
        "one second.wav": audio[:, :RATE_HZ],
    }.items():
        media.write(files / name, wave, RATE_HZ)
    media.write_wav(files / "not all are numbers.wav", broken, RATE_HZ)


def _add_tracks(path: Path, first: np.ndarray, second: np.ndarray) -> None:
    """A film with two sound tracks."""
    with av.open(str(path), "w") as container:
        streams = [container.add_stream("flac", rate=RATE_HZ, layout="stereo") for _ in range(2)]
        for stream, language in zip(streams, ("eng", "ger"), strict=True):
            stream.metadata["language"] = language
        for stream, audio in zip(streams, (first, second), strict=True):
            samples = np.ascontiguousarray(np.rint(32767 * audio.T).astype(np.int16)).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="stereo")
            frame.rate, frame.pts = RATE_HZ, 0
            container.mux([*stream.encode(frame), *stream.encode(None)])


def _add_no_audio(files: Path, mp3: bytes) -> None:
    (files / "text.mp3").write_text("not music at all\n" * 100)
    (files / "nothing.wav").touch()
    (files / "README").write_text("Recorded in the garden.\n" * 99)
    (files / "cover.jpg").write_bytes(b"\xff\xd8\xff\xe0companion")
    with zipfile.ZipFile(files / "archive.zip", "w") as archive:
        archive.write(files / "text.mp3", "inside.mp3")
    (files / "random.bin").write_bytes(mp3[:4096][::-1])


def build(folder: Path, corpus: Path, source: Path | None = None) -> dict[str, str]:
    """What is said of each file, by its path below the folder."""
    command = [sys.executable, "-m", "mixdream", "corpus", "build"]
    command += [str(folder / name) for name in ("files", "list.m3u8", "mix.cue")]
    command += ["-o", str(corpus), "--rate", "8000", "--channels", "1", "--json"]
    environment = os.environ | ({"PYTHONPATH": str(source)} if source else {})
    done = subprocess.run(command, capture_output=True, check=False, env=environment)
    if done.returncode:
        raise SystemExit(f"the build ended with {done.returncode}: {done.stderr.decode(errors='replace')}")
    made = json.loads(done.stdout.decode())
    said = {record["source"]: _of_set(record) for record in made["sets"]}
    for kind in ("rejected", "duplicates", "missing", "not_taken"):
        said |= {item["source"]: f"{kind.replace('_', ' ')}: {item['reason']}" for item in made.get(kind, ())}
    return {source.removeprefix(f"{folder}/"): text for source, text in said.items()}


def _of_set(record: dict[str, object]) -> str:
    dropped, warnings = record.get("dropped", ()), record.get("warnings", ())
    assert isinstance(dropped, list) and isinstance(warnings, list)
    spans = [f"{d['start_s']:.1f} to {d['stop_s']:.1f} s dropped ({d['reason']})" for d in dropped]
    kept_s = sum(stop - start for start, stop in record["segments"]) / 8000  # type: ignore[attr-defined]
    return "; ".join([f"{kept_s:.1f} s", *spans, *warnings])


def main() -> None:
    """Print the table."""
    other = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve() / "odd"
        folder.mkdir()
        write_files(folder)
        columns = [build(folder, folder.with_name("now"))]
        if other:
            columns.insert(0, build(folder, folder.with_name("before"), other))
        files = (path for place in ("files", "elsewhere") for path in (folder / place).iterdir())
        names = {source_text(path).removeprefix(f"{folder}/") for path in files}
        print(f"| file |{' before |' if other else ''} now |\n|---|{'---|' * len(columns)}")
        for file in sorted(names.union(*columns)):
            cells = [column.get(file, "not a word").replace(f"{folder}/", "")[:_SAID] for column in columns]
            print(f"| {file.removeprefix('files/')} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
