"""What a listener asks the server for: pages, clips, saving answers, deleting them."""

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from pydantic import Field
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import Message, Receive, Scope, Send

from mixdream.survey.design.panel import CODE, filled
from mixdream.survey.design.question import in_language
from mixdream.survey.serving.site import Site
from mixdream.survey.serving.submission import Id, Refused, Strict, Submission
from mixdream.survey.serving.views import chrome, negotiated, page_view
from mixdream.survey.serving.visits import Visit, find, given, is_full, save, score, start

router = APIRouter()

_COOKIE_S = 180 * 24 * 3600  # how long a browser may show its listener the link for deletion


class Begin(Strict):
    """Consent was given."""

    id: Id  # made once for a consent page: the secret of the session
    language: Annotated[str, Field(max_length=6)]
    new: bool = False  # another listener than the one whose session the browser has
    panel: dict[str, Annotated[str, Field(max_length=2000)]] = Field({}, max_length=40)  # of the link


class ClipResponse(FileResponse):
    """A clip without its age and fingerprint, which would say what other clip it is like."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""

        async def send_less(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                del headers["etag"], headers["last-modified"]
            await send(message)

        await super().__call__(scope, receive, send_less)


class Nothing(Strict):
    """A request without content: its address says all."""


async def _site(request: Request) -> Site:
    return request.app.state.site


async def _token(request: Request, site: "SiteOf") -> str:
    return request.cookies.get(site.cookie, "")


SiteOf = Annotated[Site, Depends(_site)]
Token = Annotated[str, Depends(_token)]


@router.get("/")
def first_page(request: Request, site: SiteOf, token: Token, language: str | None = None) -> Response:
    """The page where the listener is; consent before the session begins."""
    visit = find(site.store, token) if token else None
    if visit is None:
        return _consent(request, site, language)
    design = site.design_of(visit.design_hash)
    content = chrome(design, visit.language) | {"link": f"s/{token}", "withdraw": f"withdraw/{token}"}
    if visit.is_late(design):
        return HTMLResponse(site.render("message.html", name="late", onward="", **content))
    named = visit.panel | {CODE: visit.code if design.completion.own_code else design.completion.code or ""}
    if visit.screened_out:
        onward = filled(design.panel.screened_out_url, named)
        return HTMLResponse(site.render("message.html", name="screened", onward=onward, **content))
    if visit.finished is None:
        practised = visit.page > 0 and visit.plan[visit.page - 1].practice
        answered = given(site.store, visit, visit.page - 1) if practised else {}
        return HTMLResponse(site.render("page.html", **content, **page_view(design, visit, answered)))
    done = design.completion
    content |= {"code": named[CODE], "onward": filled(design.panel.return_url, named)}
    content |= {"score": score(site.store, visit) if done.show_score else None}
    content |= {"text": in_language(done.text, visit.language), "session": visit.public}
    content |= {"withdrawal": in_language(design.withdrawal, visit.language)}
    return HTMLResponse(site.render("done.html", **content))


@router.get("/new")
def new_listener(request: Request, site: SiteOf, language: str | None = None) -> Response:
    """The consent page, even if somebody listened in this browser before; for a room with one computer."""
    return _consent(request, site, language, new=True)


@router.post("/start")
async def begin(request: Request, site: SiteOf, token: Token, consent: Begin) -> Response:
    """Begin a session, or go on with the one that was begun; its secret is kept in a cookie."""
    token = await site.write(_begun, site, token, consent)
    response = JSONResponse({"started": True})
    _remember(request, response, site, token)
    return response


def _begun(site: Site, token: str, consent: Begin) -> str:
    """The secret of the session that a listener has now."""
    design = site.design
    if consent.language not in design.languages:
        raise Refused(422, "the test is not in this language")
    visit = find(site.store, token) if token and not consent.new else None
    if visit is not None and visit.screened_out:
        return token
    if visit is None or visit.finished or visit.is_late(site.design_of(visit.design_hash)):
        token = consent.id
        start(site.store, design, site.clips, consent.language, token, site.usage, consent.panel)
    return token


@router.get("/s/{token}")
def go_on(request: Request, site: SiteOf, token: str) -> Response:
    """The listener's own link: go on in this browser."""
    if find(site.store, token) is None:
        raise HTTPException(404)
    response = RedirectResponse("../", 303)
    _remember(request, response, site, token)
    return response


@router.post("/answers")
async def answer(site: SiteOf, token: Token, submission: Submission) -> Response:
    """Save the answers of a page; what is confirmed is on the disk."""
    saved = await site.write(save, site.store, token, site.design_of, submission)
    return JSONResponse({"saved": saved.isoformat(), "page": submission.page})


@router.get("/clips/{slot}")
def clip(site: SiteOf, token: Token, slot: str) -> Response:
    """A clip of a page that the listener has come to."""
    path = site.clip_file(_visit(site, token), slot)
    if path is None or not path.is_file():
        raise HTTPException(404)
    # Slots are of one session: what a browser keeps is never another listener's.
    cache = {"Cache-Control": "private, max-age=86400, immutable"}
    return ClipResponse(path, headers=cache, media_type="audio/flac")


@router.get("/withdraw/{token}")
def withdrawal(site: SiteOf, token: str) -> Response:
    """Ask whether all answers are to be deleted."""
    visit = _visit(site, token)
    content = chrome(site.design_of(visit.design_hash), visit.language, "../")
    return HTMLResponse(site.render("withdraw.html", **content))


@router.post("/withdraw/{token}")
async def withdraw(request: Request, site: SiteOf, token: str, _nothing: Nothing) -> Response:
    """Delete a session and all its answers."""
    await site.write(lambda: site.store.delete(_visit(site, token).public))
    response = JSONResponse({"deleted": True})
    if request.cookies.get(site.cookie) == token:
        response.delete_cookie(site.cookie, path=_path(request))
    return response


def _consent(request: Request, site: Site, wanted: str | None, new: bool = False) -> Response:
    design = site.design
    language = negotiated(design, wanted, request.headers.get("accept-language", ""))
    panel = design.panel.kept(request.query_params)
    if is_full(site.store, design):
        texts = chrome(design, language) | {"withdraw": "", "onward": filled(design.panel.full_url, panel)}
        return HTMLResponse(site.render("message.html", name="full", **texts))
    content: dict[str, Any] = chrome(design, language) | {
        "consent": in_language(design.consent, language),
        "withdrawal": in_language(design.withdrawal, language),
        "languages": design.languages if len(design.languages) > 1 else (),
        "new": new,
        "panel": panel,
        "query": "".join(f"&{name}={quote(value, safe='')}" for name, value in panel.items()),
    }
    return HTMLResponse(site.render("consent.html", **content), headers={"Vary": "Accept-Language"})


def _visit(site: Site, token: str) -> Visit:
    visit = find(site.store, token) if token else None
    if visit is None:
        raise HTTPException(404)
    return visit


def _remember(request: Request, response: Response, site: Site, token: str) -> None:
    response.set_cookie(
        site.cookie,
        token,
        max_age=_COOKIE_S,
        path=_path(request),
        secure=request.url.scheme == "https" or site.is_framed,
        httponly=True,
        # In another site's frame a browser sends no other cookie.
        samesite="none" if site.is_framed else "lax",
    )


def _path(request: Request) -> str:
    return request.scope.get("root_path", "").rstrip("/") + "/"
