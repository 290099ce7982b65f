"""One loopback port that is every host of a world: a forward proxy that answers by itself."""

from __future__ import annotations

import socket
import socketserver
import struct
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from . import exports, fire, router, tokens
from .clock import http_date
from .cloud import Asked, Cloud
from .iam_credentials import key_of
from .keys import private_pem
from .wire import Reply, Request, text_reply
from .world import Json, World, parse_world

_POLL = 0.02
_LARGEST_BODY = 4 * 1024 * 1024
_REASONS = {code: names[0] for code, names in BaseHTTPRequestHandler.responses.items()}


class Sandbox:
    """A world that is being served."""

    def __init__(self, cloud: Cloud, port: int) -> None:
        self.cloud = cloud
        self.port = port
        self.base = f"http://127.0.0.1:{port}"

    @property
    def operator_token(self) -> str:
        """The operator's access token; it does not expire."""
        return self.cloud.operator_token

    @property
    def requests(self) -> list[Asked]:
        """What was asked so far, in the order in which it was answered."""
        return list(self.cloud.requests)

    def now(self) -> datetime:
        """The sandbox's clock."""
        return self.cloud.now()

    def advance(self, seconds: float) -> None:
        """Let time pass in the sandbox."""
        self.cloud.clock.advance(seconds)

    def exports(self, directory: Path) -> dict[str, str]:
        """Environment variables that point gcloud, curl and client libraries at this sandbox."""
        return exports.write(self.cloud, self.port, Path(directory))

    def access_token(self, member: str) -> str:
        """An access token of any principal."""
        return self.cloud.new_access_token(self.cloud.principal(member))

    def id_token(self, member: str, audience: str, **claims: Any) -> str:
        """An ID token of any principal; `claims` replace those that Google would write (`None` leaves one out)."""
        return tokens.mint(self.cloud, self.cloud.principal(member), audience, **claims)

    def fire(self, caller: str, **asked: Any) -> Json:
        """Let a resource of the world send its request: the answer as `POST /_sandbox/fire` tells it."""
        return fire.fire(self.cloud, {"caller": caller, **asked}, router.answer)

    def service_account_key(self, email: str) -> Json:
        """A key file of a service account, whose token endpoint is this sandbox."""
        found = self.cloud.account(email)
        return {
            "type": "service_account",
            "project_id": found[1]["projectId"] if found else "",
            "private_key_id": key_of(email),
            "private_key": private_pem(),
            "client_email": email,
            "client_id": found[1]["uniqueId"] if found else "",
            "token_uri": f"{self.base}/oauth2.googleapis.com/token",
        }


@contextmanager
def serve(world: World | dict[str, Any], port: int = 0) -> Iterator[Sandbox]:
    """Serve a world on 127.0.0.1 until the block ends. Port 0 is any free one."""
    cloud = Cloud(world if isinstance(world, World) else parse_world(world))
    server = _Server(cloud, port)
    thread = threading.Thread(target=server.serve_forever, args=(_POLL,), daemon=True, name="crauth-doctor-sandbox")
    thread.start()
    try:
        yield Sandbox(cloud, server.server_port)
    finally:
        cloud.closing.set()
        server.shutdown()
        server.server_close()
        server.hang_up()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, cloud: Cloud, port: int) -> None:
        self.cloud = cloud
        self.began = time.monotonic()
        self.connections: dict[socket.socket, threading.Thread] = {}
        self.guard = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)

    def server_bind(self) -> None:
        """Bind without HTTPServer's look-up of its own name, which may ask a name server."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "localhost", int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away in the middle are nothing to report."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)

    def hang_up(self) -> None:
        """Close what keep-alive has left open, and wait for the threads behind it."""
        with self.guard:
            left = dict(self.connections)
        for connection in left:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in left.values():
            thread.join(2.0)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 120

    def setup(self) -> None:
        super().setup()
        with self.server.guard:
            self.server.connections[self.connection] = threading.current_thread()

    def finish(self) -> None:
        with suppress(OSError):
            super().finish()
        with self.server.guard:
            self.server.connections.pop(self.connection, None)

    def log_message(self, format: str, *args: Any) -> None:
        """The request log is kept as data, not printed."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def _serve(self) -> None:
        if self.command == "CONNECT":
            self._write(text_reply(501, "The sandbox serves plain http only: use http:// endpoints (no CONNECT).\n"))
            self.close_connection = True
            return
        request = self._read()
        if request is None:
            return
        cloud, started = self.server.cloud, time.monotonic()
        request = router.addressed(cloud, request, self.server.server_port)
        reply, who = router.answer(cloud, request)
        ended = time.monotonic()
        if request.host:
            began = self.server.began
            asked = Asked(
                request.method,
                request.host,
                request.path,
                who.member,
                reply.status,
                started - began,
                ended - began,
                cloud.timestamp(),
            )
            with cloud.lock:
                cloud.requests.append(asked)
        self._write(reply)

    def _read(self) -> Request | None:
        """The request as it was sent, or `None` if it has been refused already."""
        length = self.headers.get("content-length", "0")
        if self.headers.get("transfer-encoding") or not length.isdigit() or int(length) > _LARGEST_BODY:
            self._write(text_reply(411, "The sandbox reads bodies of a stated length, up to 4 MiB.\n"))
            self.close_connection = True
            return None
        body = self.rfile.read(int(length)) if int(length) else b""
        parts = urlsplit(self.path if "://" in self.path[:8] else f"//{self.headers.get('host', '')}{self.path}")
        headers = tuple((key, value) for key, value in self.headers.items())
        return Request(self.command, parts.netloc.lower(), parts.path or "/", parts.query, headers, body)

    def _write(self, reply: Reply) -> None:
        if reply.drop == "reset":
            self._reset()
            return
        moment = http_date(self.server.cloud.now())
        head = [f"HTTP/1.1 {reply.status} {_REASONS.get(reply.status, '')}", f"date: {moment}"]
        head += [f"{name}: {value}" for name, value in reply.headers.items()]
        if reply.status not in (204, 304):
            head.append(f"content-length: {len(reply.body)}")
        body = b"" if self.command == "HEAD" or reply.status in (204, 304) else reply.body
        if reply.drop == "truncate":
            body = body[: len(body) // 2]
            self.close_connection = True
        if self.close_connection:
            head.append("connection: close")
        self.wfile.write("\r\n".join([*head, "", ""]).encode("latin-1", "replace") + body)

    def _reset(self) -> None:
        """Break the connection the hard way (RST), as a failing network does."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RD)
        self.connection.close()
        self.close_connection = True
