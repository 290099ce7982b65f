"""Where Google is, who asks, and how long it may take."""

from __future__ import annotations

import copy
import ipaddress
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from http.cookiejar import DefaultCookiePolicy
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, TypedDict, TypeVar
from urllib.parse import urlsplit

import requests
from google.auth.credentials import Credentials
from google.auth.transport.requests import AuthorizedSession, Request
from google.oauth2.credentials import Credentials as UserCredentials

from ..google_json.json_access import Json
from ..model.fact import Fact, Known, Obstacle, ReadTiming, Source, Unknown
from ..model.http import Response, Traced
from ..model.iam import Principal
from ..model.secret import Secret
from ..redaction import shown_url
from .credentials import (
    NotConnectedError,
    NotSignedInError,
    counted_to,
    find,
    impersonating,
    metadata_base,
    of_account,
    refuse_other_universe,
)
from .deadline import Deadline
from .door import Asked, Minted, UnansweredError, scrub
from .errors import genuine
from .http_log import log_requests
from .settings import configurations, configured, settings

if TYPE_CHECKING:
    from google.cloud.iam_credentials_v1 import IAMCredentialsClient
    from google.cloud.iam_v2 import PoliciesClient
    from google.cloud.run_v2 import ServicesClient

__all__ = ["Google", "NotConnectedError", "NotSignedInError", "connect"]

C = TypeVar("C")
T = TypeVar("T")

_POOL: Final = 32
"""Connections that are kept; as many as threads that read at once."""


class Watched(TypedDict):
    """Who looks on; see `connect`."""

    heard: Callable[[object], None]
    stopped: Callable[[], bool]
    may_call: Callable[[str], bool]
    traced: Traced | None


class Google:
    """Google Cloud as one user sees it: credentials, endpoints, clients, and one deadline.

    Safe to share between threads. Made by `connect`.

    Args:
        credentials: whose rights are used.
        seconds: the time for everything, from now.
        environ: the environment, for the metadata server's address.
        sandbox: base URL of a sandbox that answers for every Google host, or None.
        operator: the member that the sandbox says runs the tool.
        now: the sandbox's clock, seconds since 1970.
        minter: credentials that may impersonate, where they are not the same.
        impersonated: e-mail of the service account that `credentials` stand for through impersonation.
        heard: is told all that was answered: JSON, bodies and headers of test calls.
        stopped: whether whoever asked has gone, so that nothing more is read.
        may_call: whether a test call may be sent to a URL.
        traced: is told each read and each request; None for nobody.
        kind: what kind of credentials they are.
        origin: where they were found.
    """

    def __init__(
        self,
        credentials: Credentials,
        seconds: float,
        *,
        environ: Mapping[str, str],
        sandbox: str | None = None,
        operator: str | None = None,
        now: int | None = None,
        minter: Credentials | None = None,
        impersonated: str | None = None,
        heard: Callable[[object], None] = lambda _: None,
        stopped: Callable[[], bool] = lambda: False,
        may_call: Callable[[str], bool] = lambda _: True,
        traced: Traced | None = None,
        kind: str = "",
        origin: str = "",
    ) -> None:
        self.credentials = credentials
        self.minter = minter or credentials
        self.deadline = Deadline(seconds, stopped=stopped)
        self._heard = heard
        self._may_call = may_call
        self._traced = traced
        self.kind = kind
        self.origin = origin
        self.impersonated = impersonated
        self.environ = environ
        self.sandbox = sandbox
        self.operator = operator
        self._now = now
        self._lock = Lock()
        self._made: dict[str, Any] = {}
        self._signed_in = False
        self._failed: dict[Unknown, None] = {}

    def within(self, seconds: float) -> Google:
        """Return the same Google with a new deadline, from now, and with no failures yet."""
        other = copy.copy(self)
        other.deadline = Deadline(seconds, stopped=self.deadline.stopped)
        other._failed = {}  # noqa: SLF001 - another of this very class
        return other

    def sparing(self) -> Google:
        """Return the same Google for what is worth half of the time that is left, and no more."""
        other = copy.copy(self)
        other.deadline = self.deadline.half()
        return other

    def aside(self) -> Google:
        """Return the same Google for a read that may turn out to be needless: its failure is noted where it is used."""
        other = copy.copy(self)
        other._failed = {}  # noqa: SLF001 - another of this very class
        return other

    def noted(self, fact: Fact[T]) -> Fact[T]:
        """Keep in mind that a read failed, whatever becomes of the fact; return it."""
        if isinstance(fact, Unknown):
            self._heard(fact.detail)
            with self._lock:
                self._failed[fact] = None
        return fact

    def excused(self, fact: Unknown) -> None:
        """Forget a failure that tells what was to be known all the same, or of a read that was not needed after all."""
        with self._lock:
            self._failed.pop(fact, None)

    def failed(self) -> tuple[Unknown, ...]:
        """The reads that failed since the deadline was set, in an order that does not depend on which came first."""
        with self._lock:
            return tuple(sorted(self._failed, key=lambda one: (one.source.read, one.source.target, one.detail)))

    def answer(self, asked: Asked) -> Json:
        """Return what Google answers; see `Door`."""
        from .live import answer

        began = time.monotonic()
        source = Source(asked.row.read, asked.target)
        try:
            found = answer(self, asked)
        except UnansweredError as error:
            self._timed(source, began, error.fact)
            raise
        self._timed(source, began, Known(found, source))
        self._heard(found)
        return found

    def _timed(self, source: Source, began: float, fact: Fact[T]) -> Fact[T]:
        """Tell how long a read took, and what became of it."""
        if self._traced is not None:
            self._traced(ReadTiming.of(source, began, time.monotonic() - began, fact))
        return fact

    def source(self, read: str, target: str) -> Source:
        """Return where an answer comes from."""
        return Source(read, target)

    def part(self, asked: Asked) -> None:
        """Return nothing: whatever Google answers is whole."""

    def who(self) -> Fact[Principal]:
        """Return the member that runs the tool."""
        from .identity import operator

        return operator(self)

    def mint(self, email: str, audience: str) -> Fact[Minted]:
        """Mint an ID token as a service account; never absent."""
        from .mint import mint_as

        began = time.monotonic()
        found = mint_as(self, email, audience)
        return self._timed(found.source, began, found)

    def mint_as_operator(self, audience: str) -> Fact[Minted]:
        """Mint an ID token as whoever runs the tool; never absent."""
        from .mint import mint_as_operator

        began = time.monotonic()
        found = mint_as_operator(self, audience)
        return self._timed(found.source, began, found)

    def call(self, url: str, *, secret: Secret | None = None, own: frozenset[str] = frozenset()) -> Fact[Response]:
        """Make one call; never absent."""
        from .call import send

        if not self._may_call(url):
            source = Source("call", shown_url(url.partition("?")[0]))
            return Unknown(source, Obstacle.NOT_ASKED, "nobody agreed to a call of this path")
        began = time.monotonic()
        found = self._timed(Source("call", shown_url(url)), began, send(self, url, secret=secret, own=own))
        if isinstance(found, Known):
            self._heard([found.value.body, *found.value.headers.values()])
        return found

    def __repr__(self) -> str:
        return f"Google(sandbox={self.sandbox!r})"

    def now(self) -> Known[int]:
        """The time of the call, seconds since 1970: the sandbox's, or this machine's."""
        if self._now is not None:
            return Known(self._now, Source("clock", "the sandbox"))
        return Known(int(time.time()), Source("clock", "this machine"))

    def base(self, host: str) -> str:
        """Base URL of an API host, such as `run.googleapis.com`."""
        return f"{self.sandbox}/{host}" if self.sandbox else f"https://{host}"

    def metadata(self) -> str:
        """Base URL of the metadata server."""
        return f"{self.sandbox}/metadata.google.internal" if self.sandbox else metadata_base(self.environ)

    def session(self) -> AuthorizedSession:
        """Return the session that sends authorized API calls, signed in."""

        def make() -> AuthorizedSession:
            return self._harden(AuthorizedSession(self.credentials, auth_request=self._refresher()))

        session = self._once("session", make)
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

    def services(self) -> ServicesClient:
        """Return the client of Cloud Run's services."""

        def make() -> ServicesClient:
            from google.cloud.run_v2 import ServicesClient

            return self._client(ServicesClient, "run.googleapis.com", self.credentials)

        client = self._once("services", make)
        self._sign_in()
        return client

    def minting(self) -> IAMCredentialsClient:
        """Return the client that mints tokens of service accounts."""

        def make() -> IAMCredentialsClient:
            from google.cloud.iam_credentials_v1 import IAMCredentialsClient

            return self._client(IAMCredentialsClient, "iamcredentials.googleapis.com", self.minter)

        client = self._once("minting", make)
        self._sign_in()
        return client

    def deny_policies(self) -> PoliciesClient:
        """Return the client of IAM deny policies."""

        def make() -> PoliciesClient:
            from google.cloud.iam_v2 import PoliciesClient

            return self._client(PoliciesClient, "iam.googleapis.com", self.credentials)

        client = self._once("deny", make)
        self._sign_in()
        return client

    def request(self) -> Callable[..., Any]:
        """Return what google-auth's credentials refresh themselves with, inside the deadline."""
        refresher = self._refresher()

        def send(*args: Any, **kwargs: Any) -> Any:
            kwargs["timeout"] = self.deadline.attempt()
            return refresher(*args, **kwargs)

        return send

    def _refresher(self) -> Request:
        return Request(self.plain_session())

    def _client(self, kind: type[C], host: str, credentials: Credentials) -> C:
        options = {"api_endpoint": self.base(host)} if self.sandbox else {}
        client: Any = kind(transport="rest", credentials=credentials, client_options=options)  # type: ignore[call-arg]
        # The transport has no public way to its session, and would let a .netrc file replace the token.
        session = client.transport._session  # noqa: SLF001
        self._harden(session)
        session.hooks["response"].append(genuine)
        _quiet()
        return client  # type: ignore[no-any-return]

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


def connect(
    environ: Mapping[str, str],
    *,
    impersonate: str | None = None,
    quota_project: str | None = None,
    sandbox: str | None = None,
    seconds: float = 20.0,
    account: str | None = None,
    configuration: str | None = None,
    heard: Callable[[object], None] = lambda _: None,
    stopped: Callable[[], bool] = lambda: False,
    may_call: Callable[[str], bool] = lambda _: True,
    traced: Traced | None = None,
) -> Google:
    """Open the door. Nothing is sent to Google yet, except to a metadata server when no other credentials are found.

    Args:
        environ: the environment.
        impersonate: e-mail of a service account to act as; left out: gcloud's setting.
        quota_project: id of the project that API calls are counted to.
        sandbox: base URL of a sandbox, loopback only.
        seconds: the time for everything.
        account: e-mail of the account that gcloud is signed in with, whose rights are used; left out: that of the
            configuration that is named, else Application Default Credentials.
        configuration: name of a configuration of gcloud; left out: the active one.
        heard: is told all that was answered.
        stopped: whether whoever asked has gone, so that nothing more is read.
        may_call: whether a test call may be sent to a URL.
        traced: is told each read and each request; None for nobody.

    Raises:
        NotSignedInError: there is no such account or configuration.
        NotConnectedError: no credentials, or no sandbox there; the message says what to do.
    """
    _quiet()
    if configuration is not None and configuration not in configurations(environ):
        there = ", ".join(configurations(environ)) or "none"
        raise NotSignedInError(f"gcloud has no configuration {configuration!r}. There is: {there}.")
    if sandbox is not None and account is not None:
        raise NotSignedInError("A sandbox has one operator, whom its world names: leave --account out.")
    environ = configured(environ, configuration)
    watched: Watched = {"heard": heard, "stopped": stopped, "may_call": may_call, "traced": traced}
    if sandbox is not None:
        return _connect_sandbox(environ, sandbox.rstrip("/"), impersonate, seconds, watched)
    defaults = settings(environ)
    quota_project = quota_project or defaults.quota_project
    refuse_other_universe(defaults.universe, "The environment or gcloud's configuration is")
    account = account or (defaults.account if configuration is not None else None)
    found = of_account(environ, account) if account else find(environ)
    email = impersonate or defaults.impersonate
    if email:
        used = impersonating(found.credentials, email, "https://iamcredentials.googleapis.com")
        found = replace(found, credentials=used, minter=found.credentials, impersonated=email)
    return Google(
        counted_to(found.credentials, quota_project),
        seconds,
        environ=environ,
        minter=counted_to(found.minter, quota_project),
        impersonated=found.impersonated,
        kind=found.kind,
        origin=found.origin,
        **watched,
    )


def _connect_sandbox(
    environ: Mapping[str, str], base: str, impersonate: str | None, seconds: float, watched: Watched
) -> Google:
    _refuse_remote(base)
    try:
        with requests.Session() as session:
            session.trust_env = False
            told = session.get(f"{base}/_sandbox", timeout=min(5.0, seconds)).json()
        operator, token = str(told["operator"]), str(told["token"])
        now = int(datetime.fromisoformat(str(told["now"])).timestamp())
    except (requests.RequestException, KeyError, TypeError, ValueError) as error:
        raise NotConnectedError(f"No sandbox answers at {base} ({scrub(type(error).__name__)}).") from None
    source = UserCredentials(token=token)
    used: Credentials = source
    if impersonate:
        used = impersonating(source, impersonate, f"{base}/iamcredentials.googleapis.com")
        operator = f"serviceAccount:{impersonate}"
    return Google(
        used,
        seconds,
        environ=environ,
        sandbox=base,
        operator=operator,
        now=now,
        minter=source,
        impersonated=impersonate,
        kind="sandbox operator",
        origin=f"sandbox ({base})",
        **watched,
    )


def _refuse_remote(base: str) -> None:
    try:
        parts = urlsplit(base)
        is_loopback = parts.hostname == "localhost" or ipaddress.ip_address(parts.hostname or "").is_loopback
        is_plain = parts.scheme == "http" and not parts.username and not parts.path
    except ValueError:
        is_loopback = is_plain = False
    if not is_loopback or not is_plain:
        raise NotConnectedError("A sandbox is reached over loopback only: http://127.0.0.1:PORT.")


def _nowhere(resp: requests.Response) -> str | None:
    """Return where an answer leads; see `requests.Session.get_redirect_target`."""
    del resp
    return None


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Authenticate by leaving the request alone: with any `auth`, requests does not look into .netrc."""
    return request


def _quiet() -> None:
    """Google's libraries log whole answers when debugging is on: tokens, and the variables of containers."""
    logging.getLogger("google").setLevel(logging.WARNING)
