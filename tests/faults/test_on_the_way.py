"""Google behind a proxy that refuses, breaks off, hangs, or answers for it: nothing is made up, and no token leaves.

Everything is as with Google itself: a key file, its token endpoint, HTTPS_PROXY, and TLS.
"""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from crauth_doctor.cli.main import main
from tests.patience import PATIENCE, SLOWNESS

TOKEN: Final = "ya29.planted-access-token"
CONNECTED: Final = b"HTTP/1.1 200 Connection established\r\n\r\n"
REFUSED: Final = b"HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\ncontent-length: 0\r\n\r\n"
FORBIDDEN: Final = b"HTTP/1.1 403 Forbidden\r\ncontent-type: text/html\r\ncontent-length: 5\r\n\r\nnope!"
WHERE: Final = ("--project", "shop-prod", "--region", "us-central1", "--caller", "ck@shop-prod.iam.gserviceaccount.com")


@dataclass
class Proxy:
    """A proxy with one kind of trouble.

    Args:
        trouble: what becomes of a connection, after its CONNECT was read.
        heard: everything that it was sent.
        over: set when it ends, for what hangs.
    """

    trouble: Callable[[Proxy, socket.socket], None]
    certificate: Path
    heard: list[bytes] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def serve(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=self.handle, args=(listener.accept()[0],), daemon=True).start()

    def handle(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            self.hear(client)
            self.trouble(self, client)

    def hear(self, client: socket.socket) -> None:
        self.heard.append(client.recv(65536))


def says(answer: bytes) -> Callable[[Proxy, socket.socket], None]:
    return lambda _, client: client.sendall(answer)


def hangs(proxy: Proxy, _: socket.socket) -> None:
    proxy.over.wait(PATIENCE)


def hangs_in_tls(proxy: Proxy, client: socket.socket) -> None:
    client.sendall(CONNECTED)
    proxy.over.wait(PATIENCE)


def is_no_tls(proxy: Proxy, client: socket.socket) -> None:
    client.sendall(CONNECTED)
    proxy.hear(client)
    client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\nhello")


def resets(proxy: Proxy, client: socket.socket) -> None:
    client.sendall(CONNECTED)
    proxy.hear(client)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def answers_for_google(proxy: Proxy, client: socket.socket) -> None:
    client.sendall(CONNECTED)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(proxy.certificate)
    with context.wrap_socket(client, server_side=True) as inside:
        proxy.heard.append(inside.recv(65536))
        inside.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}")


TROUBLES: Final = {
    "407": says(REFUSED),
    "403": says(FORBIDDEN),
    "closed": lambda *_: None,
    "hangs": hangs,
    "hangs in TLS": hangs_in_tls,
    "no TLS": is_no_tls,
    "reset in TLS": resets,
    "certificate of its own": answers_for_google,
}


class Endpoint(ThreadingHTTPServer):
    """Gives an access token to whoever asks, or sends them elsewhere.

    Args:
        elsewhere: where it sends them.
    """

    def __init__(self, elsewhere: str = "") -> None:
        super().__init__(("127.0.0.1", 0), TokenEndpoint)
        self.elsewhere = elsewhere
        self.asked = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/token"

    @contextmanager
    def served(self) -> Iterator[Endpoint]:
        with self:
            threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
            yield self
            self.shutdown()


class TokenEndpoint(BaseHTTPRequestHandler):
    """What an `Endpoint` does with a request."""

    server: Endpoint

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.server.asked += 1
        if self.server.elsewhere:
            self.send_response(307)
            self.send_header("location", self.server.elsewhere)
            self.send_header("content-length", "0")
            self.end_headers()
            return
        body = json.dumps({"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a service account's key, and a certificate that nobody trusts."""
    folder, key = tmp_path_factory.mktemp("keys"), rsa.generate_private_key(65537, 2048)
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "run.googleapis.com")]), datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(1), now + timedelta(1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName("*.googleapis.com")]), critical=False)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    certificate = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    (folder / "certificate.pem").write_bytes(certificate + private)
    (folder / "key.pem").write_bytes(private)
    return folder


def key_file(keys: Path, folder: Path, token_uri: str) -> Path:
    """A key file whose tokens a server here gives out."""
    key = {
        "type": "service_account",
        "project_id": "shop-prod",
        "private_key_id": "k",
        "private_key": (keys / "key.pem").read_text(),
        "client_email": "dev@shop-prod.iam.gserviceaccount.com",
        "client_id": "1",
        "token_uri": token_uri,
    }
    file = folder / "key.json"
    file.write_text(json.dumps(key))
    return file


@pytest.mark.parametrize("trouble", TROUBLES)
def test_trouble_on_the_way_to_google(
    trouble: str, keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    proxy = Proxy(TROUBLES[trouble], keys / "certificate.pem")
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        stack.callback(proxy.over.set)
        threading.Thread(target=proxy.serve, args=(listener,), daemon=True).start()
        endpoint = stack.enter_context(Endpoint().served())
        environ = {
            "HTTPS_PROXY": f"http://127.0.0.1:{listener.getsockname()[1]}",
            "NO_PROXY": "127.0.0.1",
            "GOOGLE_APPLICATION_CREDENTIALS": str(key_file(keys, tmp_path, endpoint.url)),
            "HOME": str(tmp_path),
            "NO_GCE_CHECK": "true",
        }
        for name in ("https_proxy", "no_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.delenv(name, raising=False)
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        began = time.monotonic()
        status = main(["check", "orders", *WHERE, "--timeout", "1", "--format", "json"], environ)
        took = time.monotonic() - began
    shown = capfd.readouterr()
    told = json.loads(shown.out)
    assert proxy.heard, "the proxy was asked"
    assert (status, told["exit"], told["cause"]) == (11, 11, None)
    assert told["conclusion"] in {"undecided", "unexplained"}
    assert "run.services.get" in {one["read"] for one in told["unread"]}
    assert all(one["obstacle"] in {"unreachable", "timed-out", "not-understood"} for one in told["unread"]), told
    assert TOKEN not in shown.out + shown.err
    assert not any(TOKEN.encode() in heard or b"authorization" in heard.lower() for heard in proxy.heard)
    assert took < PATIENCE / 3 * SLOWNESS


def test_a_signed_request_for_a_token_goes_along_no_redirect(
    keys: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """With 307 its body, in which the key has signed who asks, would be sent again."""
    with Endpoint().served() as elsewhere, Endpoint(elsewhere.url).served() as endpoint:
        file = key_file(keys, tmp_path, endpoint.url)
        environ = {"GOOGLE_APPLICATION_CREDENTIALS": str(file), "HOME": str(tmp_path), "NO_GCE_CHECK": "true"}
        status = main(["check", "orders", *WHERE, "--timeout", "5", "--format", "json"], environ)
    told = json.loads(capfd.readouterr().out)
    assert (status, told["cause"]) == (11, None)
    assert endpoint.asked
    assert not elsewhere.asked
