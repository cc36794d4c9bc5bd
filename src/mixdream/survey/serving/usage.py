"""How often clips were used, counted aside: whoever begins keeps nobody waiting while that is done."""

import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from threading import Lock

from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select

from mixdream.survey.storage.store import Store, now
from mixdream.survey.storage.tables import sessions, uses

ACTIVE = timedelta(hours=1)
"""Who was seen within it is taken to be still listening."""

_ACTIVE_WEIGHT = 0.5  # of a session that may yet be finished; whoever dropped out counts for nothing
_SELDOM = 20  # times as long as counting takes goes by before it is done again

Loads = Counter[tuple[str, str]]


class Usage:
    """Uses of each clip in each block, by whoever finished or may yet finish."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._lock = Lock()
        self._counted: Loads = Counter()
        self._last = -1  # id of the last session that was counted
        self._again_at = -float("inf")

    def count(self) -> None:
        """Count all sessions, unless that was done a moment ago; to be called outside of a transaction."""
        with self._lock:
            began = self._clock()
            if began < self._again_at:
                return
            with self._store.reading() as connection:
                last = connection.execute(select(func.coalesce(func.max(sessions.c.id), -1))).scalar_one()
                self._counted, self._last = _loads(connection, sessions.c.id <= last), last
            moment = self._clock()
            self._again_at = moment + _SELDOM * (moment - began)

    def loads(self, connection: Connection) -> Loads:
        """What was counted, and the few sessions that began since."""
        with self._lock:
            counted, last = self._counted, self._last
        return counted + _loads(connection, sessions.c.id > last)


def _loads(connection: Connection, which: ColumnElement[bool]) -> Loads:
    finished = sessions.c.finished.is_not(None)
    active = and_(sessions.c.last_seen > now() - ACTIVE, sessions.c.screened_out.is_(None))
    query = (
        select(uses.c.block, uses.c.clip, func.sum(case((finished, 1.0), else_=_ACTIVE_WEIGHT)))
        .join(sessions, sessions.c.id == uses.c.session_id)
        .where(which, or_(finished, active))
        .group_by(uses.c.block, uses.c.clip)
    )
    return Counter({(block, clip): float(load) for block, clip, load in connection.execute(query)})
