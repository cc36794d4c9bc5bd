"""How a listening test is going, on a page behind a secret link: who came, finished and left."""

import secrets
import statistics
from collections import Counter
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy import func, select
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, Response

from mixdream.survey.design.design import Design
from mixdream.survey.rendering.clips import Clip
from mixdream.survey.serving.site import Site
from mixdream.survey.serving.usage import ACTIVE
from mixdream.survey.serving.views import chrome
from mixdream.survey.storage.store import Store, now
from mixdream.survey.storage.tables import sessions, uses

router = APIRouter()


@router.get("/progress/{token}")
def progress_page(request: Request, token: str) -> Response:
    """Tables for people."""
    site = allowed(request, token)
    numbers = progress(site.store, site.design, site.clips)
    content = chrome(site.design, site.design.languages[0], "../")
    return HTMLResponse(site.render("progress.html", numbers=numbers, token=token, **content))


@router.get("/progress/{token}/json")
def progress_json(request: Request, token: str) -> Response:
    """The same for programs."""
    site = allowed(request, token)
    return JSONResponse(progress(site.store, site.design, site.clips))


def allowed(request: Request, token: str) -> Site:
    """The site, for whoever has the researcher's link; 404 for others."""
    site: Site = request.app.state.site
    if not secrets.compare_digest(token.encode("utf-8", "replace"), site.progress_token.encode()):
        raise HTTPException(404)
    return site


def progress(store: Store, design: Design, clips: Sequence[Clip]) -> dict[str, Any]:
    """Numbers for the researcher; no answer is among them, and sessions of earlier designs count, too.

    ``clips`` says, by block and condition, how often clips were heard by listeners who finished.
    """
    moment = now()
    with store.reading() as connection:
        columns = (
            sessions.c[name] for name in ("started", "finished", "last_seen", "page", "pages", "screened_out")
        )
        rows = connection.execute(select(*columns)).all()
        heard = connection.execute(
            select(uses.c.block, uses.c.clip, func.count())
            .join(sessions, sessions.c.id == uses.c.session_id)
            .where(sessions.c.finished.is_not(None))
            .group_by(uses.c.block, uses.c.clip)
        ).all()
    finished = [row for row in rows if row.finished is not None]
    screened_out = [row for row in rows if row.screened_out is not None]
    going = [row for row in rows if row.finished is None and row.screened_out is None]
    left = [row for row in going if moment - row.last_seen >= ACTIVE]
    gone = len(finished) + len(left)
    minutes = [(row.finished - row.started).total_seconds() / 60 for row in finished]
    return {
        "design": design.hash,
        "listeners": {
            "started": len(rows),
            "finished": len(finished),
            "listening": len(going) - len(left),
            "left": len(left),
            "screened_out": len(screened_out),
        },
        "quota": design.panel.quota,
        "completed_percent": round(100 * len(finished) / gone) if gone else None,
        "median_minutes": round(statistics.median(minutes), 1) if minutes else None,
        "days": _days([row.started for row in rows], [row.finished for row in finished]),
        "left_at": [
            {"page": page + 1, "pages": pages, "listeners": count}
            for (page, pages), count in sorted(Counter((row.page, row.pages) for row in left).items())
        ],
        "clips": _usage(design, clips, {(block, clip): count for block, clip, count in heard}),
    }


def _days(started: list[Any], finished: list[Any]) -> list[dict[str, Any]]:
    begun, ended = (Counter(moment.date().isoformat() for moment in times) for times in (started, finished))
    days = sorted(begun.keys() | ended.keys())
    return [{"day": day, "started": begun[day], "finished": ended[day]} for day in days]


def _usage(design: Design, clips: Sequence[Clip], heard: dict[tuple[str, str], int]) -> list[dict[str, Any]]:
    table = []
    for block in design.blocks:
        known = {clip.condition for clip in clips if (block.name, clip.id) in heard}
        for condition in sorted(known):
            counts = [heard.get((block.name, clip.id), 0) for clip in clips if clip.condition == condition]
            use = {"clips": len(counts), "heard": sum(counts), "least": min(counts), "most": max(counts)}
            table.append({"block": block.name, "condition": condition} | use)
    return table
