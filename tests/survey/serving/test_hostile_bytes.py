"""What no client library sends, byte by byte to the real server."""

import socket

import pytest

from mixdream.survey.serving.guard import MAX_BODY
from tests.survey.example import Server

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
