"""When to stop a training early: a limit, a signal or the doctor, agreed on by all processes."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Literal, Self

import torch
from accelerate import Accelerator

Reason = Literal["time", "signal", "doctor"]


class StopWatch:
    """Says after each step whether to stop; a context, since it takes over the signals.

    The first SIGINT or SIGTERM asks for a stop after the step that is running; the second is not waited for.
    The time limit counts from the construction, without pauses.
    """

    def __init__(
        self, minutes: float | None, accelerator: Accelerator, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.minutes, self.accelerator, self._clock = minutes, accelerator, clock
        self._began, self._paused_s = clock(), 0.0
        self._signalled = False
        self._previous: dict[signal.Signals, signal._HANDLER] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():  # no other may
            for number in (signal.SIGINT, signal.SIGTERM):
                self._previous[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    @property
    def seconds(self) -> float:
        """Seconds since the construction, without pauses."""
        return self._clock() - self._began - self._paused_s

    @property
    def share(self) -> float:
        """Share of the time limit that is over, in [0, 1]; 0 without one."""
        return min(1.0, self.seconds / (60 * self.minutes)) if self.minutes else 0.0

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Leave out the time of this context."""
        began = self._clock()
        try:
            yield
        finally:
            self._paused_s += self._clock() - began

    def reason(self, done: bool = False) -> Reason | None:
        """Why to stop now, the same answer in every process; None to go on.

        ``done``: whether the doctor, who is in the first process, says that more training is of no use.
        """
        # Only the first process pauses, so the time is its own.
        timed_out = (
            self.minutes is not None
            and self.accelerator.is_main_process
            and self.seconds >= self.minutes * 60
        )
        flags = torch.tensor([self._signalled, timed_out, done], dtype=torch.float32)
        if self.accelerator.num_processes > 1:
            flags = self.accelerator.reduce(flags.to(self.accelerator.device), "sum").cpu()
        signalled, timed_out, done = (flags > 0).tolist()
        return "signal" if signalled else "time" if timed_out else "doctor" if done else None

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if self._signalled:
            raise KeyboardInterrupt
        self._signalled = True
