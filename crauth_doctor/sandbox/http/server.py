"""One loopback port that is every host of a world: a forward proxy that answers by itself."""

from __future__ import annotations

import re
import socket
import socketserver
import struct
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..apis.iam_credentials import key_of
from ..callers import send_as
from ..edge import tokens
from ..edge.signing_keys import private_pem
from ..state.clock import http_date
from ..state.cloud import AnsweredRequest, Cloud
from ..state.world import Json, World, parse_world
from . import admin_api, client_env, router
from .messages import HttpRequest, Reply, text_reply

_LARGEST_BODY = 4 * 1024 * 1024
_LENGTH = re.compile(r"[0-9]{1,7}", re.ASCII)
MOST_CONNECTIONS = 128
_IDLE = 30.0  # seconds without a byte, after which a connection is closed
_GRACE = 2.0  # seconds for a request to come, after which a connection gives way when there are too many
_TOO_MANY = b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
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
    def requests(self) -> list[AnsweredRequest]:
        """What was asked so far, in the order in which it was answered."""
        return list(self.cloud.requests)

    @property
    def permissions(self) -> list[str]:
        """Every permission that something took that the operator did, held or not."""
        return sorted(self.cloud.asked_for)

    def now(self) -> datetime:
        """The sandbox's clock."""
        return self.cloud.now()

    def advance(self, seconds: float) -> None:
        """Let time pass in the sandbox."""
        self.cloud.clock.advance(seconds)

    def exports(self, directory: Path) -> dict[str, str]:
        """Environment variables that point gcloud, curl and client libraries at this sandbox."""
        return client_env.write(self.cloud, self.port, Path(directory))

    def access_token(self, member: str) -> str:
        """An access token of any principal."""
        return self.cloud.new_access_token(self.cloud.principal(member))

    def id_token(self, member: str, audience: str, **claims: Any) -> str:
        """An ID token of any principal; `claims` replace those that Google would write (`None` leaves one out)."""
        return tokens.mint(self.cloud, self.cloud.principal(member), audience, **claims)

    def fire(self, caller: str, **asked: Any) -> Json:
        """Let a resource of the world send its request: the answer as `POST /_sandbox/fire` tells it."""
        return send_as.fire(self.cloud, {"caller": caller, **asked}, router.answer)

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
    thread = threading.Thread(target=server.serve_until_closed, daemon=True, name="crauth-doctor-sandbox")
    thread.start()
    try:
        yield Sandbox(cloud, server.server_port)
    finally:
        cloud.closing.set()
        server.ended.set()
        with suppress(OSError), socket.create_connection(("127.0.0.1", server.server_port), _GRACE):
            pass  # it wakes the thread that waits for a connection
        thread.join()
        server.server_close()
        server.hang_up()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, cloud: Cloud, port: int) -> None:
        self.cloud = cloud
        self.began = time.monotonic()
        self.ended = threading.Event()
        self.connections: dict[socket.socket, _Connection] = {}
        self.guard = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)

    def serve_until_closed(self) -> None:
        """Answer until it is ended: unlike `serve_forever`, without waking up in between to look."""
        while not self.ended.is_set():
            self.handle_request()

    def server_bind(self) -> None:
        """Bind without HTTPServer's look-up of its own name, which may ask a name server."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "localhost", int(self.server_address[1])

    def verify_request(self, request: Any, client_address: Any) -> bool:  # noqa: ARG002  (socketserver's signature)
        """Keep at most `MOST_CONNECTIONS`: one that sends nothing gives way, else the new one is turned away."""
        if self.ended.is_set():
            return False
        with self.guard:
            if len(self.connections) >= MOST_CONNECTIONS and not self._drop_idle():
                with suppress(OSError):
                    request.sendall(_TOO_MANY)
                return False
            self.connections[request] = _Connection(time.monotonic())
        return True

    def _drop_idle(self) -> bool:
        """Close the connection that has been waiting longest for a request."""
        waiting = [(each.waiting_since, key) for key, each in self.connections.items() if each.waiting_since]
        since, oldest = min(waiting, default=(None, None), key=lambda each: each[0])
        if since is None or oldest is None or time.monotonic() - since < _GRACE:
            return False
        del self.connections[oldest]
        with suppress(OSError):
            oldest.shutdown(socket.SHUT_RDWR)
        return True

    def shutdown_request(self, request: Any) -> None:
        """Forget a connection when it is closed."""
        with self.guard:
            self.connections.pop(request, None)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002  (socketserver's signature)
        """Clients that go away in the middle are nothing to report; anything else is one line."""
        error = sys.exception()
        if not isinstance(error, OSError):
            sys.stderr.write(f"crauth-doctor sandbox: a connection broke: {error!r}\n")

    def hang_up(self) -> None:
        """Close what keep-alive has left open, and wait for the threads behind it."""
        with self.guard:
            left = dict(self.connections)
        for connection in left:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for each in left.values():
            if each.thread is not None:
                each.thread.join(2.0)


@dataclass
class _Connection:
    """An open connection: since when it has been waiting for a request (`None`: one is being answered)."""

    waiting_since: float | None
    thread: threading.Thread | None = None


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = _IDLE

    def setup(self) -> None:
        super().setup()
        with self.server.guard:
            self._state = self.server.connections.setdefault(self.connection, _Connection(None))
            self._state.thread = threading.current_thread()

    def finish(self) -> None:
        with suppress(OSError):
            super().finish()

    def handle_one_request(self) -> None:
        """Read one request, which may take long to come, and answer it."""
        if self._state.waiting_since is None:  # else it has been waiting since it was accepted
            self._state.waiting_since = time.monotonic()
        super().handle_one_request()

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
        self._state.waiting_since = None
        if request is None:
            return
        try:
            reply = self._answer(request)
        except Exception as error:  # noqa: BLE001  (whatever was sent: the client gets an answer, and the next one too)
            place = (traceback.extract_tb(error.__traceback__) or [None])[-1]
            at = f" at {Path(place.filename).name}:{place.lineno}" if place else ""
            sys.stderr.write(f"crauth-doctor sandbox: {self.command} broke the sandbox: {type(error).__name__}{at}\n")
            reply = text_reply(500, "The sandbox itself failed on this request.\n")
        self._write(reply)

    def _answer(self, request: HttpRequest) -> Reply:
        cloud, started = self.server.cloud, time.monotonic()
        port, by_proxy = self.server.server_port, "://" in self.path[:8]
        if admin_api.is_control(request.path) and (not by_proxy or admin_api.is_own(request.host, port)):
            refusal = admin_api.refusal(request, port)
            if refusal is not None:
                return refusal
        request = router.addressed(cloud, request, port)
        reply, who = router.answer(cloud, request)
        ended = time.monotonic()
        if request.host:
            began = self.server.began
            asked = AnsweredRequest(
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
        return reply

    def _read(self) -> HttpRequest | None:
        """The request as it was sent, or `None` if it has been refused already."""
        lengths = self.headers.get_all("content-length") or ["0"]
        length = int(lengths[0]) if len(lengths) == 1 and _LENGTH.fullmatch(lengths[0]) else _LARGEST_BODY + 1
        if self.headers.get("transfer-encoding") or length > _LARGEST_BODY:
            self._refuse(411, "The sandbox reads bodies of a stated length, up to 4 MiB.\n")
            return None
        body = self.rfile.read(length) if length else b""
        try:
            parts = urlsplit(self.path if "://" in self.path[:8] else f"//{self.headers.get('host', '')}{self.path}")
        except ValueError:
            self._refuse(400, "The sandbox cannot read which host this request is for.\n")
            return None
        headers = tuple((key, value) for key, value in self.headers.items())
        return HttpRequest(self.command, parts.netloc.lower(), parts.path or "/", parts.query, headers, body)

    def _refuse(self, status: int, text: str) -> None:
        self.close_connection = True
        self._write(text_reply(status, text))

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
