"""The server itself against what no client should send: every request gets an answer, and the next one too."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from typing import Any

import pytest
import requests

from crauth_doctor.sandbox import serve
from crauth_doctor.sandbox.http.server import MOST_CONNECTIONS

DEEP = b"[" * 100_000
ODD = {
    "a length in another script": (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: \xb2\r\n\r\n{}", 411),
    "a length of 5,000 digits": (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n", 411),
    "a negative length": (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 411),
    "a signed length": (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +2\r\n\r\n{}", 411),
    "two lengths": (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 50\r\n\r\n{}", 411),
    "no length": (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
    "too long": (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n\r\n", 411),
    "half an IPv6 host": (b"GET / HTTP/1.1\r\nHost: [\r\n\r\n", 400),
    "half an IPv6 URL": (b"GET http://[::1/ HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "no HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    "an unknown host": (b"GET /x\x1b]0;pwn\x07 HTTP/1.1\r\nHost: no\x1bhost\r\n\r\n", 502),
    "a header of 70,000 bytes": (b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 70_000 + b"\r\n\r\n", 431),
    "200 headers": (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"A%d: x\r\n" % n for n in range(200)) + b"\r\n", 431),
    "deep JSON for an API": (
        b"POST /v2/projects/shop-prod/locations/us-central1/services/orders:setIamPolicy HTTP/1.1\r\n"
        b"Host: run.googleapis.com\r\nAuthorization: Bearer %(token)s\r\nContent-Length: 100000\r\n\r\n" + DEEP,
        400,
    ),
}


def sent(port: int, data: bytes) -> bytes:
    """What comes back for these bytes, to the end of the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        found = b""
        while got := _more(connection):
            found += got
    return found


def _more(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65_536)
    except ConnectionError:  # what was not read is thrown away after the answer
        return b""


@pytest.mark.parametrize("name", ODD)
def test_every_request_gets_an_answer_and_no_traceback(
    open_shop: Any, world: dict[str, Any], capfd: Any, name: str
) -> None:
    shop = open_shop(world)
    data, status = ODD[name]
    found = sent(shop.sandbox.port, data.replace(b"%(token)s", shop.sandbox.operator_token.encode()))
    first = found.split(b"\r\n")[0].decode("latin-1")
    assert first.split(" ")[1:2] == [str(status)] or (status == 400 and b"Error code: 400" in found), found[:300]
    assert requests.get(f"{shop.sandbox.base}/_sandbox", timeout=10).status_code == 200
    err = capfd.readouterr().err
    assert "Traceback" not in err
    assert not set("\x1b\x07") & set(err)


def test_what_breaks_the_sandbox_is_a_500_and_one_line(open_shop: Any, world: dict[str, Any], capfd: Any) -> None:
    orders = "//run.googleapis.com/projects/shop-prod/locations/us-central1/services/orders"
    world["apps"] = {orders: [{"status": "teapot"}]}
    shop = open_shop(world)
    answer = shop.invoke()
    assert (answer.status_code, answer.text) == (500, "The sandbox itself failed on this request.\n")
    err = capfd.readouterr().err
    assert err.count("\n") == 1
    assert "GET broke the sandbox: ValueError at front_end.py:" in err


def half(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
    return connection


def test_connections_are_bounded(world: dict[str, Any]) -> None:
    with serve(world) as sandbox, ExitStack() as stack:
        opened = [stack.enter_context(half(sandbox.port)) for _ in range(MOST_CONNECTIONS)]
        late = stack.enter_context(half(sandbox.port))
        assert late.recv(100).startswith(b"HTTP/1.1 503 ")
        opened[0].sendall(b"Connection: close\r\n\r\n")
        while _more(opened[0]):  # to its end: then there is room again
            pass
        assert requests.get(f"{sandbox.base}/_sandbox", timeout=10).status_code == 200


def test_one_that_sends_nothing_gives_way(world: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crauth_doctor.sandbox.http.server._GRACE", 0.0)
    with serve(world) as sandbox, ExitStack() as stack:
        opened = [stack.enter_context(half(sandbox.port)) for _ in range(MOST_CONNECTIONS)]
        assert requests.get(f"{sandbox.base}/_sandbox", timeout=10).status_code == 200
        assert _more(opened[0]) == b""
        opened[-1].sendall(b"Connection: close\r\n\r\n")
        assert _more(opened[-1]).startswith(b"HTTP/1.1 ")
