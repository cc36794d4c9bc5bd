"""What the page asks of sets: naming, removing and reading them, and what they sound like."""

from typing import Any

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import Response, StreamingResponse

from mixdream.corpus.store import Corpus, SetRecord
from mixdream.errors import InputError
from mixdream.studio.routes.asked import Asked, Body, Nothing
from mixdream.studio.sets.set_audio import SetWav, asked_range, moment, peaks
from mixdream.studio.sets.sets import open_corpus
from mixdream.studio.studio import Studio

router = APIRouter()


class Named(Body):
    """A path that the owner types."""

    path: str


class Removed(Body):
    """A set by its name."""

    name: str


@router.post("/api/sets")
def name_set(studio: Asked, body: Named) -> dict[str, Any]:
    """Take in a file or a folder that lies elsewhere."""
    sources = studio.sources
    sources.name(body.path)
    return {"named": sources.named}


@router.post("/api/sets/remove")
def remove_set(studio: Asked, body: Removed) -> dict[str, Any]:
    """Remove a set; while a training learns from it that is refused."""
    if studio.jobs.is_running("training"):
        raise InputError("a training learns from these sets: stop it first, then remove the set")
    studio.sources.remove(body.name)
    return {"removed": body.name}


@router.post("/api/jobs/reading")
def read_sets(studio: Asked, _body: Nothing) -> dict[str, Any]:
    """Begin to read what is new."""
    studio.jobs.start("reading", {})
    return studio.publish_jobs()


@router.get("/api/sets/{name}/audio.wav")
def audio(request: Request, studio: Asked, name: str) -> Response:
    """A set as the corpus has it, or a part of its bytes."""
    corpus, record = _find(studio, name)
    wav = SetWav(corpus, record)
    tag = f'"{record.audio_sha256}"'
    headers = {"Accept-Ranges": "bytes", "ETag": tag, "Cache-Control": "private, no-cache"}
    same = request.headers.get("if-range", tag) == tag  # else the rest of another set is asked for
    try:
        asked = asked_range(request.headers.get("range"), wav.bytes) if same else None
    except InputError:
        return Response(status_code=416, headers=headers | {"Content-Range": f"bytes */{wav.bytes}"})
    start, stop = asked or (0, wav.bytes)
    headers["Content-Length"] = str(stop - start)
    if asked:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{wav.bytes}"
    return StreamingResponse(wav.read(start, stop), 206 if asked else 200, headers, "audio/wav")


@router.get("/api/sets/{name}/moment.wav")
def moment_of(studio: Asked, name: str, at_s: float, seconds: float, speed: float = 1.0) -> Response:
    """See `mixdream.studio.sets.set_audio.moment`."""
    corpus, record = _find(studio, name)
    return Response(moment(corpus, record, at_s, seconds, speed), media_type="audio/wav")


@router.get("/api/sets/{name}/peaks.json")
def peaks_of(studio: Asked, name: str) -> dict[str, Any]:
    """See `mixdream.studio.sets.set_audio.peaks`."""
    corpus, record = _find(studio, name)
    return {"peaks": peaks(corpus.folder, record)}


def _find(studio: Studio, name: str) -> tuple[Corpus, SetRecord]:
    corpus = open_corpus(studio.project)
    for record in corpus.sets if corpus else ():
        if corpus and record.name == name:
            return corpus, record
    raise HTTPException(404)
