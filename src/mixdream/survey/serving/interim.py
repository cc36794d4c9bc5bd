"""Interim results on a page of their own, behind the researcher's secret link."""

import time
from threading import Lock
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from mixdream.survey.serving.progress import allowed
from mixdream.survey.serving.site import Site
from mixdream.survey.serving.views import chrome
from mixdream.survey.storage.store import now

router = APIRouter()

_KEPT_S = 60.0  # listeners need the processor, too


class Interim:
    """Interim results, found anew once a minute at most."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._found: dict[str, Any] = {}
        self._at = -float("inf")

    def of(self, site: Site) -> dict[str, Any]:
        """Results of the design that is served."""
        # Here, because it takes its time to import; listeners need not wait for it.
        from mixdream.survey.analysis.interim import interim_results
        from mixdream.survey.exporting.read_rows import Gathered

        with self._lock:
            if time.monotonic() - self._at > _KEPT_S:
                store = site.store
                gathered = Gathered(list(store.answers()), store.sessions(), store.designs(), "")
                found = interim_results(gathered, site.settings.design_hash, now().date())
                self._found = found | {"found": now().isoformat(timespec="seconds")}
                self._at = time.monotonic()
            return self._found


@router.get("/progress/{token}/results")
def results_page(request: Request, token: str) -> Response:
    """A table for people."""
    site = allowed(request, token)
    content = chrome(site.design, site.design.languages[0], "../../")
    return HTMLResponse(site.render("results.html", results=_interim(request).of(site), **content))


@router.get("/progress/{token}/results/json")
def results_json(request: Request, token: str) -> Response:
    """The same for programs."""
    return JSONResponse(_interim(request).of(allowed(request, token)))


def _interim(request: Request) -> Interim:
    return request.app.state.interim
