"""Only its owner's own pages may ask anything of a studio."""

import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from mixdream.studio.guard import MOST_JSON, MOST_UPLOAD
from mixdream.studio.studio import Studio
from tests.studio.conftest import ORIGIN, PORT

PLACES = ("/", "/static/main.js", "/api/events", "/api/nothing", "/docs", "/openapi.json")


@pytest.mark.parametrize("path", PLACES)
def test_nothing_is_answered_without_the_link(stranger: TestClient, path: str) -> None:
    for url in (path, f"{path}?token=", f"{path}?token=guess", f"{path}?token=%ff"):
        answer = stranger.get(url)
        assert answer.status_code == 403
        assert answer.text == "Open the link that 'mixdream studio' printed."
        assert "set-cookie" not in answer.headers


def test_the_token_opens_the_first_page_only_and_hides_in_a_cookie(
    studio: Studio, stranger: TestClient
) -> None:
    token = studio.token()
    assert stranger.get(f"/static/main.js?token={token}").status_code == 403
    assert stranger.post(f"/?token={token}", json={}).status_code == 403
    answer = stranger.get(f"/?token={token}", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert re.search(r"HttpOnly;.* SameSite=strict", answer.headers["set-cookie"])
    assert token not in stranger.get("/").text
    assert stranger.get("/static/main.js").headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "host", ["evil.example", f"evil.example:{PORT}", f"127.0.0.1.evil.example:{PORT}", "127.0.0.1:80", ""]
)
def test_another_host_is_refused_with_the_cookie_too(client: TestClient, host: str) -> None:
    del client.headers["Origin"]  # browsers name it where something is to be changed
    cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    for name, status in ((host, 403), (f"localhost:{PORT}", 200)):
        assert client.get("/", headers={"Host": name, "Cookie": cookie}).status_code == status


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize(
    "origin", ["null", "http://evil.example", "http://127.0.0.1:80", f"https://127.0.0.1:{PORT}"]
)
def test_another_origin_changes_nothing(client: TestClient, method: str, origin: str) -> None:
    headers = {"Origin": origin, "Content-Type": "application/json"}
    assert client.request(method, "/api/play", headers=headers, content="{}").status_code == 403


def test_who_names_no_origin_changes_nothing(client: TestClient) -> None:
    del client.headers["Origin"]
    assert client.post("/api/play", json={}).status_code == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_reads_nothing(client: TestClient, site: str) -> None:
    assert client.get("/", headers={"Sec-Fetch-Site": site}).status_code == 403
    for own in ("none", "same-origin"):
        assert client.get("/", headers={"Sec-Fetch-Site": own}).status_code == 200


def test_bodies_are_of_their_kind_and_end(client: TestClient) -> None:
    nowhere, kind = "/api/nothing", {"Content-Type": "application/json"}
    assert client.post(nowhere, data={"a": "b"}).status_code == 415
    assert client.put(nowhere, json={}).status_code == 415
    large = b" " * (MOST_JSON + 1)
    assert client.post(nowhere, content=large, headers=kind).status_code == 413
    claims = {"Content-Type": "application/octet-stream", "Content-Length": str(MOST_UPLOAD + 1)}
    assert client.put(nowhere, content=b"", headers=claims).status_code == 413
    assert client.post(nowhere, json={}).json() == {"error": "there is no such thing"}


def test_every_answer_has_strict_headers(client: TestClient) -> None:
    for path in PLACES[:2] + PLACES[3:]:
        headers = client.get(path).headers
        assert "script-src 'self';" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize("path", ["../app.py", "..%2fapp.py", "%2e%2e/app.py", "/etc/passwd", "..%5capp.py"])
def test_static_files_end_at_their_folder(client: TestClient, path: str) -> None:
    assert client.get(f"/static/{path}").status_code == 404


def test_the_token_is_its_owners_and_stays(studio: Studio) -> None:
    token = studio.token()
    assert studio.token() == token and len(token) >= 32
    assert (studio.own_folder / "token").stat().st_mode & 0o077 == 0


def test_the_name_of_a_project_is_text(tmp_path: Path, studio: Studio, client: TestClient) -> None:
    folder = studio.project.folder
    folder.mkdir(exist_ok=True)
    evil = tmp_path / "<img src=x onerror=alert(1)>"
    folder.rename(evil)
    object.__setattr__(studio.project, "folder", evil)
    page = client.get("/").text
    assert "<img" not in page and "&lt;img src=x" in page
    assert ORIGIN not in page  # nothing absolute
