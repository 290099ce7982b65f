"""Where Google is, and who asks: the signed-in sessions and Google's clients that go over them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from http.cookiejar import DefaultCookiePolicy
from threading import Lock
from typing import Any, Final, TypeVar

import requests
from google.auth.credentials import Credentials

from ..deferred import dataclass
from ..model.http import Traced
from .credentials import Found, metadata_base
from .deadline import Deadline
from .http_log import log_requests

C = TypeVar("C")

_POOL: Final = 32
"""Connections that are kept; as many as threads that read at once."""


@dataclass(frozen=True)
class SandboxAddress:
    """A sandbox that answers for every Google host."""

    base: str  # its base URL, on loopback
    operator: str  # the member that it says runs the tool
    now: int  # its clock, seconds since 1970


class Connection:
    """The way to Google Cloud of one user: credentials, endpoints, sessions, clients, and one deadline.

    Safe to share between threads.
    """

    def __init__(
        self,
        found: Found,
        deadline: Deadline,
        environ: Mapping[str, str],
        *,
        sandbox: SandboxAddress | None = None,
        traced: Traced | None = None,
    ) -> None:
        self.credentials = found.credentials
        self.minter = found.minter
        self.kind = found.kind
        self.origin = found.origin
        self.impersonated = found.impersonated
        self.deadline = deadline
        self.environ = environ
        self.sandbox = sandbox.base if sandbox else None
        self.operator = sandbox.operator if sandbox else None
        self._traced = traced
        self._lock = Lock()
        self._made: dict[str, Any] = {}
        self._signed_in = False

    def base(self, host: str) -> str:
        """Base URL of an API host, such as `run.googleapis.com`."""
        return f"{self.sandbox}/{host}" if self.sandbox else f"https://{host}"

    def metadata(self) -> str:
        """Base URL of the metadata server."""
        return f"{self.sandbox}/metadata.google.internal" if self.sandbox else metadata_base(self.environ)

    def session(self) -> requests.Session:
        """Return the session that sends authorized API calls, signed in."""
        return self._authorized("session", self.credentials)

    def minting_session(self) -> requests.Session:
        """Return the session that mints tokens of service accounts, signed in."""
        return self.session() if self.minter is self.credentials else self._authorized("minting", self.minter)

    def _authorized(self, name: str, credentials: Credentials) -> requests.Session:
        def make() -> requests.Session:
            session, request = self._harden(requests.Session()), self.request()

            def sign(prepared: requests.PreparedRequest) -> requests.PreparedRequest:
                credentials.before_request(request, prepared.method, prepared.url, prepared.headers)
                return prepared

            session.auth = sign
            return session

        session = self._once(name, make)
        self._sign_in()
        return session

    def plain_session(self) -> requests.Session:
        """Return a session that sends no credentials, nor reads any from a .netrc file."""
        return self._once("plain", lambda: self._harden(requests.Session()))

    def metadata_session(self) -> requests.Session:
        """Return a session for the metadata server: never through a proxy, which would answer with its own identity."""

        def make() -> requests.Session:
            session = self._harden(requests.Session())
            session.trust_env = False
            return session

        return self._once("metadata", make)

    def calling_session(self) -> requests.Session:
        """Return the session for test calls: through the user's proxies, or through the sandbox as a proxy."""

        def make() -> requests.Session:
            session = self._harden(requests.Session())
            if self.sandbox is not None:
                session.proxies = {"http": self.sandbox}
            return session

        return self._once("calling", make)

    def client(self, kind: type[C], host: str, hook: Callable[..., None]) -> C:
        """Return one of Google's clients, signed in."""

        def make() -> C:
            options = {"api_endpoint": self.base(host)} if self.sandbox else {}
            client: Any = kind(transport="rest", credentials=self.credentials, client_options=options)  # type: ignore[call-arg]
            # The transport has no public way to its session, and would let a .netrc file replace the token.
            session = client.transport._session  # noqa: SLF001
            self._harden(session)
            session.hooks["response"].append(hook)
            quiet_logs()
            return client  # type: ignore[no-any-return]

        client = self._once(kind.__name__, make)
        self._sign_in()
        return client

    def request(self) -> Callable[..., Any]:
        """Return what google-auth's credentials refresh themselves with, inside the deadline."""
        # Held without the connection, which holds the sessions: their sockets are closed when the last of it goes.
        plain, deadline = self.plain_session(), self.deadline

        def send(*args: Any, **kwargs: Any) -> Any:
            from google.auth.transport.requests import Request  # brings what signs, which a token alone does without

            kwargs["timeout"] = deadline.attempt()
            return Request(plain)(*args, **kwargs)

        return send

    def _harden(self, session: C) -> C:
        """Keep .netrc out, let users' proxies in, follow no redirect, and go to a sandbox directly."""
        assert isinstance(session, requests.Session)
        session.auth = _as_it_is
        # Google's libraries would follow one, and send a signed request again.
        session.get_redirect_target = _nowhere  # type: ignore[method-assign]
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        session.trust_env = self.sandbox is None
        if not getattr(session, "is_mtls", False):  # a client certificate lives in the adapter
            for scheme in ("https://", "http://"):
                session.mount(scheme, requests.adapters.HTTPAdapter(pool_maxsize=_POOL))
        if self._traced is not None:
            log_requests(session, self._traced)
        return session

    def _once(self, name: str, make: Callable[[], C]) -> C:
        found: C | None = self._made.get(name)
        if found is None:
            made = make()
            with self._lock:
                found = self._made.setdefault(name, made)
        return found

    def _sign_in(self) -> None:
        """Get the access token once, so that many threads do not each ask for it; a failure is the reads' to tell."""
        request = self.request()
        with self._lock:
            if self._signed_in or self.credentials.valid:
                return
            self._signed_in = True
            try:
                self.credentials.refresh(request)
            except Exception:  # noqa: BLE001 - each read meets it again, and makes it a fact
                return


def _nowhere(resp: requests.Response) -> str | None:
    """Return where an answer leads; see `requests.Session.get_redirect_target`."""
    del resp
    return None


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Authenticate by leaving the request alone: with any `auth`, requests does not look into .netrc."""
    return request


def quiet_logs() -> None:
    """Keep Google's libraries from logging whole answers, which hold tokens and variables of containers."""
    logging.getLogger("google").setLevel(logging.WARNING)
