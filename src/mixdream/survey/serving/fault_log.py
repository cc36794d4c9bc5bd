"""What goes wrong while a test is served, on stderr: one line a fault, and a kind of them once a minute."""

import logging
import time
from collections.abc import Callable

LOG = logging.getLogger("mixdream.survey")

EVERY_S = 60.0
_KINDS = 200  # remembered at most
_OTHERS = ("uvicorn.error", "asyncio")


class Seldom(logging.Filter):
    """Lets a message through once a minute, with the number of those that were held back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._seen: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a message is written."""
        kind = record.name, record.getMessage().partition("\n")[0][:80]
        moment = self._clock()
        last, held = self._seen.get(kind, (-EVERY_S, 0))
        if moment - last < EVERY_S:
            self._seen[kind] = last, held + 1
            return False
        if len(self._seen) >= _KINDS:
            self._seen.clear()
        self._seen[kind] = moment, 0
        if held:
            record.msg, record.args = f"{record.getMessage()} ({held} more of this kind since)", ()
        return True


def keep_quiet() -> None:
    """Have this process's faults told seldom, with the time of each."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s mixdream survey: %(message)s"))
    handler.addFilter(Seldom())
    LOG.handlers = [handler]
    LOG.propagate = False
    for name in _OTHERS:
        logger = logging.getLogger(name)
        if not any(isinstance(one, Seldom) for one in logger.filters):
            logger.addFilter(Seldom())
