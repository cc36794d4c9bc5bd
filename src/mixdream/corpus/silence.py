"""Digital silence: spans where a stream does not change at all."""

from typing import NamedTuple

import numpy as np


class Silence(NamedTuple):
    """Span of constant samples ``[start, stop)`` and their value, shape (channels,)."""

    start: int
    stop: int
    value: np.ndarray


class SilenceFinder:
    """Finds long constant spans in audio that is pushed block by block.

    Constant means: the same 16-bit value in every channel. That is what an empty stretch of a recording
    decodes to, at whatever DC offset; the quietest passage of music is not. Spans shorter than
    ``min_samples`` are not reported.

    >>> finder = SilenceFinder(min_samples=3)
    >>> finder.push(np.array([[0.5], [0.0], [0.0]]))
    >>> finder.push(np.array([[0.0], [0.0], [0.5]]))
    >>> [(span.start, span.stop) for span in finder.finish()]
    [(1, 5)]
    """

    def __init__(self, min_samples: int) -> None:
        self.min_samples = min_samples
        self._spans: list[Silence] = []
        self._position = 0
        self._run_start = 0
        self._run_value: np.ndarray | None = None

    def push(self, samples: np.ndarray) -> None:
        """Look at the next samples, shape (n, channels), full scale +-1."""
        if not len(samples):
            return
        if self._run_value is None:
            self._run_value = samples[0].copy()
        # Channels first: numpy goes along rows several times as fast as down columns.
        steps = np.rint(np.concatenate([self._run_value[:, None], samples.T], axis=1) * 32768)
        changes = np.flatnonzero((steps[:, 1:] != steps[:, :-1]).any(axis=0))
        edges = np.concatenate([[self._run_start - self._position], changes, [len(samples)]])
        for i in np.flatnonzero(np.diff(edges[:-1]) >= self.min_samples):
            self._report(int(edges[i]), int(edges[i + 1]), samples)
        if len(changes):
            self._run_start = self._position + int(changes[-1])
            self._run_value = samples[changes[-1]].copy()
        self._position += len(samples)

    def finish(self) -> list[Silence]:
        """Return all spans, in order."""
        if self._position - self._run_start >= self.min_samples and self._run_value is not None:
            self._spans.append(Silence(self._run_start, self._position, self._run_value))
            self._run_start = self._position
        return self._spans

    def _report(self, start: int, stop: int, samples: np.ndarray) -> None:
        """Note a run given relative to the current block, where it may have begun before."""
        value = self._run_value if start < 0 or self._run_value is None else samples[start].copy()
        self._spans.append(Silence(self._position + start, self._position + stop, np.asarray(value)))
