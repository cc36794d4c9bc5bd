"""Likeness: what each loop is nearest to in the project's music, found in the background while it plays."""

import os
import re
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from mixdream.corpus.store import INDEX_NAME, Corpus
from mixdream.errors import InputError
from mixdream.generation.similarity import Similarity
from mixdream.project_folder import ProjectFolder
from mixdream.studio.play.maker import Maker
from mixdream.studio.play.shelf import Made, Shelf

COMPARED_WITH = "compared_with"
"""What the JSON of a loop calls the corpus, by its hash, that its nearest moment was sought in."""

_NICE = 10  # what is played goes first


class _Closed(Exception):
    """The studio closes."""


class Likeness:
    """Compares loops with the project's corpus, whichever model made them, and adds it to their JSON.

    One thread does it, the newest loop first. What real music is like to itself is measured once for each
    corpus and length; where the model is the bundled one, that is kept in ``kept``.

    Parameters
    ----------
    told : callable
        Called whenever a loop's JSON says more than before.
    """

    def __init__(
        self, project: ProjectFolder, shelf: Shelf, maker: Maker, kept: Path, told: Callable[[], object]
    ) -> None:
        self._project, self._shelf, self._maker, self._kept, self._told = project, shelf, maker, kept, told
        self._waiting: dict[str, Made | None] = {}
        self._failed: dict[str, tuple[int, str]] = {}
        self._changed = threading.Condition()
        self._closed = False
        self._hash: tuple[int, str | None] = (0, None)
        self._thread: threading.Thread | None = None

    def ask(self, loop_id: str, made: Made | None = None) -> None:
        """Have a loop compared, where there is music that it was not tried with.

        What was just made need not be made again for it.
        """
        corpus_ns = self._corpus_ns()
        with self._changed:
            if self._closed or not corpus_ns or self._failed.get(loop_id, (0, ""))[0] == corpus_ns:
                return
            if self._waiting.setdefault(loop_id, made) is None:
                self._waiting[loop_id] = made
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="likeness", daemon=True)
                self._thread.start()
            self._changed.notify()

    def verdict(self, loop_id: str, about: dict[str, Any]) -> str:
        """One sentence of what a loop is near to, from what its JSON says."""
        if not self.is_known(about):
            if loop_id in self._failed:
                return f"It cannot be compared: {self._failed[loop_id][1]}."
            about = {}
        return verdict(about, self._corpus_ns() > 0)

    def is_known(self, about: dict[str, Any]) -> bool:
        """Whether a loop's JSON says what it is nearest to in the sets as they are.

        While there are none, or they are being read, what it says is believed.
        """
        now = self._corpus_hash()
        return "nearest" in about and (now is None or about.get(COMPARED_WITH) == now)

    def close(self) -> None:
        """Leave off, and wait for that."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _work(self) -> None:
        if sys.platform == "linux":  # where it can be said of a thread, and the threads that it starts
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closed)
                if self._closed:
                    return
                loop_id, made = list(self._waiting.items())[-1]
            corpus_ns, problem = self._corpus_ns(), ""
            try:
                if likeness := self._compare(loop_id, made):
                    self._shelf.note(loop_id, likeness)
                else:
                    problem = "it is too short"
            # What reading that goes on leaves behind for a moment must not end all comparing.
            except _Closed:
                return
            except (InputError, OSError, ValueError, LookupError, RuntimeError) as error:
                problem = " ".join(str(error).split()) or type(error).__name__
            with self._changed:
                self._waiting.pop(loop_id, None)
                if problem:
                    self._failed[loop_id] = corpus_ns, problem
            self._told()

    def _compare(self, loop_id: str, made: Made | None) -> dict[str, Any]:
        made = made or self._maker.again(self._shelf.get(loop_id))
        corpus, run = Corpus.open(self._project.corpus), made.plan.run
        kept = self._kept if made.finished.about["run_folder"] is None else None
        similarity = Similarity(run, corpus, judge=True, kept=kept)
        likeness = similarity.compare(made.loop.audio[None].astype(np.float32), self._go_on)[0]
        return likeness and likeness | {COMPARED_WITH: corpus.hash}

    def _go_on(self, _done: float, _note: str) -> None:
        """End what is being compared when the studio closes: a long corpus takes a while."""
        if self._closed:
            raise _Closed

    def _corpus_ns(self) -> int:
        """When the corpus was changed last; 0 where there is none."""
        try:
            return (self._project.corpus / INDEX_NAME).stat().st_mtime_ns
        except OSError:
            return 0

    def _corpus_hash(self) -> str | None:
        """What the corpus is told apart from others by; None where there is none that is whole."""
        corpus_ns = self._corpus_ns()
        if self._hash[0] != corpus_ns:
            try:
                self._hash = corpus_ns, Corpus.open(self._project.corpus).hash
            except InputError:
                self._hash = corpus_ns, None
        return self._hash[1]


def verdict(about: dict[str, Any], has_music: bool) -> str:
    """One sentence of what a loop is near to, from what its JSON says.

    >>> nearest = {"set": "Set A", "time": "0:12:31.4"}
    >>> verdict({"nearest": nearest, "copy": False}, True)
    'Nearest: Set A at 12:31.4; not a copy.'
    >>> verdict({"nearest": nearest | {"time": "0:00:16.3"}, "copy": True}, True)
    'A copy of Set A at 0:16.3.'
    >>> verdict({}, False)
    'Nothing to compare with: no sets yet.'
    """
    if "nearest" not in about:
        return "Being compared with your music." if has_music else "Nothing to compare with: no sets yet."
    nearest = about["nearest"]
    if not isinstance(nearest, dict):
        return "Silent or one steady tone: there is nothing to compare."
    moment = f"{nearest.get('set')} at {re.sub('^0:0?', '', str(nearest.get('time')))}"
    if about.get("copy") is None:
        return f"Nearest: {moment}; there is too little music to say whether it is a copy."
    return f"A copy of {moment}." if about["copy"] else f"Nearest: {moment}; not a copy."
