"""A small listening test, and the real server that serves it."""

import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from mixdream.survey.design.design import Design
from mixdream.survey.design.read_design import read_design
from mixdream.survey.rendering.clips import RENDERED, Clip
from mixdream.survey.rendering.render import render_clips
from mixdream.survey.serving.settings import Settings
from mixdream.survey.storage.store import Store

CONDITIONS = ("sincerereal", "machinemade", "ruinedanchor")
ITEMS = ("itemalpha", "itembeta", "itemgamma", "itemdelta")
SECRET_WORDS = CONDITIONS + ITEMS
"""Nothing that a listener gets may have them."""
CLIP_S = 0.5


def example_design(**changes: Any) -> Design:
    """A test with every kind of block and question: eleven pages."""
    content: dict[str, Any] = {
        "version": 1,
        "title": {"en": "Which one is it?", "de": "Welches ist es?"},
        "languages": ["en", "de"],
        "seed": 7,
        "consent": {
            "en": "We ask what you hear.\n\nTaking part is voluntary.",
            "de": "Wir fragen, was Sie hören.",
        },
        "volume": "Play the clip and set your volume.",
        "withdrawal": "You can have your answers deleted with your own link.",
        "demographics": [
            {
                "name": "age",
                "ask": {"en": "How old are you?", "de": "Wie alt sind Sie?"},
                "options": [{"value": "young", "label": "18 to 39"}, {"value": "older", "label": "from 40"}],
            },
            {"name": "instrument", "ask": "Which instrument do you play?", "kind": "text", "required": False},
        ],
        "conditions": {
            CONDITIONS[0]: {"folder": CONDITIONS[0]},
            CONDITIONS[1]: {"folder": CONDITIONS[1], "generated": True},
            CONDITIONS[2]: {"folder": CONDITIONS[0], "anchor": True},
        },
        "blocks": [
            {
                "kind": "detect",
                "name": "which",
                "intro": "You hear two clips at a time.",
                "trials": [[CONDITIONS[1], CONDITIONS[0]], [CONDITIONS[0], CONDITIONS[1]]],
                "ask": "Which of the two, if any, sound generated?",
                "shuffle_clips": True,
            },
            {
                "kind": "rate",
                "name": "quality",
                "conditions": [CONDITIONS[0], CONDITIONS[2]],
                "per_condition": 1,
                "attention": 1,
                "questions": [
                    {
                        "name": "quality",
                        "ask": "How good is the sound?",
                        "kind": "scale",
                        "lowest_label": "bad",
                        "highest_label": "excellent",
                    },
                    {"name": "why", "ask": "Why?", "kind": "text", "required": False},
                ],
            },
            {
                "kind": "abx",
                "name": "same",
                "pairs": [[CONDITIONS[0], CONDITIONS[1]]],
                "per_pair": 1,
                "same_item": True,
                "ask": "Which of A and B is X?",
            },
            {
                "kind": "ask",
                "name": "last",
                "questions": [
                    {"name": "effort", "ask": "How hard?", "kind": "scale", "lowest": 0, "highest": 100},
                    {"name": "remark", "ask": "Anything else?", "kind": "text", "required": False},
                ],
            },
        ],
        "completion": {"code": "THANKS-42", "show_score": True},
    }
    return Design.model_validate(content | changes)


def write_sources(folder: Path, items: int = len(ITEMS)) -> None:
    """Sound files of the example's two folders: tones of different pitch."""
    names = (*ITEMS, *(f"item{i}" for i in range(len(ITEMS), items)))[:items]
    for c, condition in enumerate(CONDITIONS[:2]):
        (folder / condition).mkdir(parents=True)
        for i, item in enumerate(names):
            t = np.arange(round(CLIP_S * 24_000)) / 24_000
            tone = 0.2 * np.sin(2 * np.pi * (220 + 60 * i + 20 * c) * t)
            soundfile.write(folder / condition / f"{item}.wav", tone, 24_000)


def write_test(folder: Path, design: Design | None = None, items: int = len(ITEMS)) -> Path:
    """A folder to serve from: ``survey.yaml`` and sources, not rendered yet."""
    write_sources(folder, items)
    content = (design or example_design()).model_dump(mode="json", exclude_none=True)
    (folder / "survey.yaml").write_text(json.dumps(content), "utf-8")  # JSON is YAML
    return folder


@cache
def _tone(n: int) -> bytes:
    """The nth clip of every rendered test."""
    tone = 0.1 * np.sin(2 * np.pi * (200 + 10 * n) * np.arange(round(CLIP_S * 8000)) / 8000)
    soundfile.write(content := io.BytesIO(), tone, 8000, format="FLAC")
    return content.getvalue()


def rendered(folder: Path) -> Path:
    """A test whose clips are rendered here: a server that finds them need not import what renders."""
    render_clips(read_design(folder), folder)
    return folder


def write_rendered(folder: Path, design: Design) -> list[Clip]:
    """Rendered clips, as `render_clips` leaves them, made without it."""
    (folder / RENDERED).mkdir(parents=True)
    names = [(condition, item) for condition in design.conditions for item in ITEMS]
    names += [("attention", str(count)) for count in (2, 3, 4, 5)]
    names += [("headphones", str(place)) for place in (1, 2, 3) for _ in range(2)]
    clips = [
        Clip(f"{7919 * (n + 1):016x}", condition, item, CLIP_S) for n, (condition, item) in enumerate(names)
    ]
    for n, clip in enumerate(clips):
        (folder / RENDERED / f"{clip.id}.flac").write_bytes(_tone(n))
    (folder / RENDERED / "secret").write_text("5" * 32, "utf-8")
    content = {"clips": [vars(clip) for clip in clips]}
    (folder / RENDERED / "clips.json").write_text(json.dumps(content), "utf-8")
    return clips


def settings_for(folder: Path, design: Design, db: str | None = None, proxy: bool = False) -> Settings:
    """Settings of a rendered test whose design is in its database."""
    url = db or f"sqlite:///{folder / 'answers.sqlite'}"
    with Store(url, create=True) as store:
        store.add_design(design)
    return Settings(str(folder), url, design.hash, proxy)


def answers_in(folder: Path) -> Store:
    """The database beside a design."""
    return Store(f"sqlite:///{folder / 'answers.sqlite'}")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Server:
    """``mixdream survey serve`` in a process group of its own, which can be killed and started again."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.options = options
        self.url = f"http://127.0.0.1:{self.port}/"
        self.process: subprocess.Popen[str] | None = None

    def __enter__(self) -> "Server":
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.kill()

    def start(self, before: str = "") -> None:
        """Start it, after some Python if wanted, and wait until it answers."""
        begin = ["-m", "mixdream"]
        if before:
            begin = ["-c", f"{before}\nfrom mixdream.cli.main import main; main()"]
        command = [sys.executable, *begin, "survey", "serve", str(self.folder)]
        command += ["--port", str(self.port), *self.options]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
        )
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=2).close()
                return
            except OSError:
                pass
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError("the server did not start")
            time.sleep(0.05)

    def kill(self) -> None:
        """End it and its workers as a power cut does."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.communicate(timeout=30)

    def stop(self) -> tuple[int, str]:
        """End it as Ctrl-C does; exit code and what it printed."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        output, _ = self.process.communicate(timeout=30)
        return self.process.returncode, output
