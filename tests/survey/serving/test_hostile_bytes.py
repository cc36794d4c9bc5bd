"""What no client library sends, byte by byte to the real server."""

import contextlib
import socket
import time
from pathlib import Path

import httpx
import pytest

from mixdream.survey.serving.connections import HEAD_S
from mixdream.survey.serving.guard import MAX_BODY
from tests.survey.example import Server, answers_in, rendered, write_test
from tests.survey.walk import walk

PATHS = (
    "/clips/../survey.yaml",
    "/clips/..%2fsurvey.yaml",
    "/clips/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "/clips/..\\..\\survey.yaml",
    "/clips//etc/passwd",
    "/clips/clips.json",
    "/clips/%00",
    "/clips/" + "a" * 5000,
    "/static/../app.py",
    "/static/..%2fapp.py",
    "/static/%2e%2e/answers.sqlite",
    "/static/",
    "/rendered/clips.json",
    "/answers.sqlite",
    "/progress-token",
    "/survey.yaml",
    "/s/../progress",
    "/.git/config",
)


@pytest.mark.parametrize("path", PATHS)
def test_paths_lead_nowhere(server: Server, path: str) -> None:
    """As they are, which no client library sends."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nConnection: close\r\n\r\n"
        connection.sendall(request.encode())
        answered = b"".join(iter(lambda: connection.recv(65536), b""))
    status = int(answered.split()[1])
    assert status in (400, 404, 405)
    assert b"root:" not in answered and b"SQLite" not in answered and b"version:" not in answered


@pytest.mark.parametrize("length", [MAX_BODY + 1, 10 * MAX_BODY])
def test_a_body_that_comes_in_chunks_is_cut_off(server: Server, length: int) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        head = (
            f"POST /answers HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
            "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        connection.sendall(head.encode())
        try:
            for begin in range(0, length, 4096):
                size = min(4096, length - begin)
                connection.sendall(f"{size:x}\r\n".encode() + b" " * size + b"\r\n")
            connection.sendall(b"0\r\n\r\n")
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert connection.recv(4096).startswith(b"HTTP/1.1 413")


def test_a_body_that_says_it_is_large_is_not_read(server: Server) -> None:
    for claimed in (str(MAX_BODY + 1), "99999999999999999999"):
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
            connection.sendall(
                f"POST /start HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {claimed}\r\n\r\n".encode()
            )
            assert connection.recv(4096).split()[1] in (b"413", b"400")


@pytest.mark.parametrize("files", ["(256, 4096)", "(256, 256)"], ids=["more allowed", "no more allowed"])
def test_half_sent_heads_stop_nobody_and_are_given_up_in_silence(tmp_path: Path, files: str) -> None:
    """With few files to open, as some systems have it: 300 half-open connections beside a listener."""
    server = Server(rendered(write_test(tmp_path / "test")))
    server.start(f"import resource; resource.setrlimit(resource.RLIMIT_NOFILE, {files})")
    head = b"GET / HTTP/1.1\r\nHost: x\r\nX-Half: "
    opened = []
    try:
        began = time.monotonic()
        for _ in range(300):
            opened.append(socket.create_connection(("127.0.0.1", server.port), timeout=10))
            opened[-1].sendall(head)
        with httpx.Client(base_url=server.url, timeout=10) as client:
            assert len(walk(client)) == 10
        trickling = opened[-5:]
        while time.monotonic() - began < HEAD_S + 5 and trickling:
            for one in list(trickling):
                try:
                    one.sendall(b"x")
                except OSError:
                    trickling.remove(one)
            time.sleep(0.5)
        assert not trickling  # a byte now and then is no head
        opened[-9].settimeout(10)
        with contextlib.suppress(ConnectionResetError):
            assert opened[-9].recv(1) == b""
    finally:
        for one in opened:
            one.close()
        code, printed = server.stop()
    assert code == 0 and len(printed) < 2000
    with answers_in(server.folder) as store:
        assert len(list(store.answers())) == 12
