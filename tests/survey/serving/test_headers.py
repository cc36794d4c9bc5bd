"""What every response has: headers, cookies, links; and what responses with clips have not."""

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from mixdream.errors import InputError
from mixdream.survey.serving.app import create_app
from tests.survey.example import example_design, settings_for
from tests.survey.serving.conftest import Open
from tests.survey.walk import answer, consent, seen, token_of, walk


def test_ranges_of_clips(open_client: Open) -> None:
    client = open_client()
    client.post("/start", json=consent())
    page = seen(client.get("/").text)
    assert page is not None
    whole = client.get(f"/clips/{page.slots[0]}")
    part = client.get(f"/clips/{page.slots[0]}", headers={"Range": "bytes=10-19"})
    assert whole.content[:4] == b"fLaC"
    assert (part.status_code, part.content) == (206, whole.content[10:20])
    assert whole.headers["content-type"] == "audio/flac"
    assert whole.headers["cache-control"].startswith("private")
    for response in (whole, part):
        assert not {"etag", "last-modified", "content-disposition"} & response.headers.keys()


def test_headers_are_strict_everywhere(open_client: Open) -> None:
    client = open_client()
    walk(client)
    paths = ("/", "/new", "/static/survey.js", "/nothing", "/clips/x", "/docs", "/openapi.json")
    responses = [client.get(path) for path in paths] + [client.post("/answers", content=b"x")]
    for response in responses:
        policy = response.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self';")
        assert "unsafe" not in policy and "frame-ancestors 'none'" in policy
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "no-referrer"
    assert {response.status_code for response in responses[3:7]} == {404}
    assert client.get("/").headers["cache-control"] == "no-store"
    for path in ("/", "/new"):
        page = client.get(path).text
        assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son\w+=", page)


def test_the_cookie_is_the_same_under_a_new_link_to_the_progress(open_client: Open, folder: Path) -> None:
    client = open_client()
    client.post("/start", json=consent())
    answer(client)
    (folder / "progress-token").unlink()
    again = open_client()
    again.cookies = client.cookies
    page = seen(again.get("/").text)
    assert page is not None and page.position == 1


def test_without_the_key_of_the_clips_nothing_is_served(folder: Path) -> None:
    (folder / "rendered" / "secret").unlink()
    with pytest.raises(InputError, match="secret is missing: bring it back"):
        create_app(settings_for(folder, example_design()))


def test_the_cookie_is_for_the_server_alone(open_client: Open) -> None:
    plain = open_client().post("/start", json=consent()).headers["set-cookie"]
    assert "HttpOnly" in plain and "SameSite=lax" in plain and "Secure" not in plain
    behind = open_client(proxy=True)
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
    assert "Secure" in behind.post("/start", json=consent(), headers=forwarded).headers["set-cookie"]
    # Without a proxy nobody's word is taken for it.
    proto = [("X-Forwarded-Proto", "https"), ("X-Forwarded-Proto", "http")]
    appended = open_client(proxy=True).post("/start", json=consent(), headers=proto)
    assert "Secure" not in appended.headers["set-cookie"]
    spoofed = open_client().post("/start", json=consent(), headers=forwarded)
    assert "Secure" not in spoofed.headers["set-cookie"]


def test_under_a_prefix_every_link_is_relative(folder: Path) -> None:
    app = create_app(settings_for(folder, example_design()))
    with TestClient(app, base_url="http://testserver/tests/one/", root_path="/tests/one") as client:
        started = client.post("start", json=consent())
        assert "Path=/tests/one/" in started.headers["set-cookie"]
        token = token_of(client)
        for path in ("./", "new", f"withdraw/{token}", "no/such/page"):
            page = client.get(path, headers={"Accept": "text/html"})
            for link in re.findall(r'(?:href|src)="([^"]+)"', page.text):
                assert not link.startswith("/")
                target = page.url.join(link)
                assert target.path.startswith("/tests/one/")
                assert client.get(str(target)).status_code == 200
        assert client.get(f"s/{token}", follow_redirects=False).headers["location"] == "../"
