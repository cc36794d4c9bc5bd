"""How a listening test is going: who came, who finished, where others left, how evenly clips were heard."""

import statistics
from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select

from mixdream.survey.design.design import Design
from mixdream.survey.rendering.clips import Clip
from mixdream.survey.serving.visits import ACTIVE
from mixdream.survey.storage.store import Store, now
from mixdream.survey.storage.tables import sessions, uses


def progress(store: Store, design: Design, clips: Sequence[Clip]) -> dict[str, Any]:
    """Numbers for the researcher; no answer is among them.

    Parameters
    ----------
    design : Design
        The one that is served; sessions of earlier versions count, too.

    Returns
    -------
    dict
        ``listeners`` (started, finished, listening, left), ``median_minutes`` or None, ``days``, ``left_at``
        (page and number) and ``clips`` (per block and condition: how often its clips were heard by listeners
        who finished; the least and the most heard one).
    """
    moment = now()
    with store.reading() as connection:
        columns = (sessions.c[name] for name in ("started", "finished", "last_seen", "page", "pages"))
        rows = connection.execute(select(*columns)).all()
        heard = connection.execute(
            select(uses.c.block, uses.c.clip, func.count())
            .join(sessions, sessions.c.id == uses.c.session_id)
            .where(sessions.c.finished.is_not(None))
            .group_by(uses.c.block, uses.c.clip)
        ).all()
    finished = [row for row in rows if row.finished is not None]
    active = [row for row in rows if row.finished is None and moment - row.last_seen < ACTIVE]
    left = [row for row in rows if row.finished is None and moment - row.last_seen >= ACTIVE]
    minutes = [(row.finished - row.started).total_seconds() / 60 for row in finished]
    return {
        "design": design.hash,
        "listeners": {
            "started": len(rows),
            "finished": len(finished),
            "listening": len(active),
            "left": len(left),
        },
        "median_minutes": round(statistics.median(minutes), 1) if minutes else None,
        "days": _days([row.started for row in rows], [row.finished for row in finished]),
        "left_at": [
            {"page": page + 1, "pages": pages, "listeners": count}
            for (page, pages), count in sorted(Counter((row.page, row.pages) for row in left).items())
        ],
        "clips": _usage(design, clips, {(block, clip): count for block, clip, count in heard}),
    }


def _days(started: list[Any], finished: list[Any]) -> list[dict[str, Any]]:
    begun, ended = (
        Counter(moment.date().isoformat() for moment in moments) for moments in (started, finished)
    )
    days = sorted(begun.keys() | ended.keys())
    return [{"day": day, "started": begun[day], "finished": ended[day]} for day in days]


def _usage(design: Design, clips: Sequence[Clip], heard: dict[tuple[str, str], int]) -> list[dict[str, Any]]:
    table = []
    for block in design.blocks:
        known = {clip.condition for clip in clips if (block.name, clip.id) in heard}
        for condition in sorted(known):
            counts = [heard.get((block.name, clip.id), 0) for clip in clips if clip.condition == condition]
            table.append(
                {
                    "block": block.name,
                    "condition": condition,
                    "clips": len(counts),
                    "heard": sum(counts),
                    "least": min(counts),
                    "most": max(counts),
                }
            )
    return table
