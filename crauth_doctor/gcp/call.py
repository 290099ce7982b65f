"""The test call: one request to a service, sent so that nothing can carry its token anywhere else."""

from __future__ import annotations

import time
from importlib.metadata import PackageNotFoundError, version
from typing import Final
from urllib.parse import unquote, urlsplit, urlunsplit

import requests
from urllib3.util import parse_url

from ..deferred import regex
from ..model.fact import Fact, Obstacle, Source, Unknown
from ..model.http import AGENT, BODY_LIMIT, Response
from ..model.secret import HIDDEN, Secret
from ..redaction import is_secret_name, shown_url, without_this, without_tokens
from .connection import Connection
from .door import JUNK
from .errors import read, retrying
from .own_urls import is_own

_HOST: Final = regex(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
_UNSAFE: Final = regex(r"[\x00-\x20\x7f\\]")
_NOT_KEPT: Final = frozenset({"set-cookie", "set-cookie2", "authorization", "proxy-authorization", "cookie"})
_CHUNK: Final = 8192


class _Bearer(requests.auth.AuthBase):
    """Puts a token on a request. Given as `auth`, a .netrc file does not replace it, as it does a header."""

    def __init__(self, secret: Secret | None) -> None:
        self._secret = secret

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._secret is not None:
            request.headers["Authorization"] = f"Bearer {self._secret.reveal()}"
        return request


def send(
    connection: Connection, url: str, *, secret: Secret | None = None, own: frozenset[str] = frozenset()
) -> Fact[Response]:
    """Make one call, follow no redirect, read at most `BODY_LIMIT` bytes; never absent.

    `JUNK` may go anywhere, any other secret only to the service's `own` base URLs, of `own_urls`.

    Returns:
        The answer, or unknown: not asked, where sending would be careless.
    """
    source = Source("call", _shown(url))
    address = _normal(url)
    reason = _objection(address, secret, own)
    if reason is not None:
        return Unknown(source, Obstacle.NOT_ASKED, reason)
    return read(source, lambda: retrying(connection.deadline, lambda _: _send(connection, address, secret)))


def _normal(url: str) -> str:
    """The URL as it will be sent, so that what is judged is what is called; empty where it is none."""
    if _UNSAFE.search(url):
        return ""
    try:
        return requests.Request("GET", url).prepare().url or ""
    except (requests.RequestException, ValueError):
        return ""


def _objection(url: str, secret: Secret | None, own: frozenset[str]) -> str | None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "this is not a URL"
    climbs = any(segment in {".", ".."} for segment in unquote(parts.path).split("/"))
    if climbs or parts.username is not None or not _HOST.fullmatch(parts.hostname or ""):
        return "this URL is not one that can be called safely"
    if parts.scheme != "https" or port not in {None, 443}:
        return "only https on its usual port is called"
    if secret is None or secret is JUNK:
        return None
    if not is_own(url, own):
        return "a token is never sent to a host that is not this service's own"
    return None


def _send(connection: Connection, url: str, secret: Secret | None) -> Response:
    session = connection.calling_session()
    # a sandbox on loopback, asked as a forward proxy, takes http alone
    address = urlunsplit(urlsplit(url)._replace(scheme="http")) if connection.sandbox else url
    prepared = session.prepare_request(requests.Request("GET", address, auth=_Bearer(secret), headers=_HEADERS))
    # Two parsers that disagree about a URL are how a token goes astray: this is the one that opens the connection.
    if parse_url(prepared.url or "").host != urlsplit(url).hostname:
        raise ValueError("this URL reads differently to different parsers")
    settings = session.merge_environment_settings(prepared.url, {}, True, None, None)
    began = time.monotonic()
    # A container may take long to start: unlike a read, a call may use all the time that is left.
    with session.send(
        prepared, timeout=max(0.05, connection.deadline.left()), allow_redirects=False, **settings
    ) as answer:
        body = _body(answer)
    return _clean(answer, body, secret, time.monotonic() - began)


def _agent() -> str:
    """Name this tool and its version, so that logs tell its calls from the caller's."""
    try:
        return f"{AGENT}/{version(AGENT)}"
    except PackageNotFoundError:
        return AGENT


_HEADERS: Final = {"User-Agent": _agent(), "Accept": "*/*", "Accept-Encoding": "identity"}


def _body(answer: requests.Response) -> str:
    body = b""
    for chunk in answer.iter_content(_CHUNK):
        body += chunk
        if len(body) >= BODY_LIMIT:
            break
    return body[:BODY_LIMIT].decode(answer.encoding or "utf-8", errors="replace")


def _clean(answer: requests.Response, body: str, secret: Secret | None, seconds: float) -> Response:
    headers = {
        name.lower(): _header(name.lower(), value, secret)
        for name, value in answer.headers.items()
        if name.lower() not in _NOT_KEPT
    }
    return Response(answer.status_code, headers, _hide(body, secret), round(seconds, 3))


def _header(name: str, value: str, secret: Secret | None) -> str:
    """What a header's name calls a credential is one; where a redirect leads to is told without its query."""
    if name == "location":
        return _hide(_shown(value), secret)
    return HIDDEN if is_secret_name(name) else _hide(value, secret)


def _hide(text: str, secret: Secret | None) -> str:
    """An application may echo what it was sent, with the signature cut off or in whatever encoding."""
    if secret is not None and secret is not JUNK:
        text = without_this(text, secret.reveal())
    return without_tokens(text)


def _shown(url: str) -> str:
    """A URL without its query and fragment, and without what stands for a user in it."""
    return shown_url(url.partition("?")[0].partition("#")[0])
