"""Google as a door: what it answers, whose token it mints, and what a test call gets; and how to open it."""

from __future__ import annotations

import copy
import ipaddress
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TypeVar
from urllib.parse import urlsplit

import requests
from google.auth.credentials import Credentials

from ..deferred import dataclass
from ..google_json.json_access import Json
from ..model.fact import Fact, Known, Obstacle, ReadTiming, Source, Unknown
from ..model.http import Response, Traced
from ..model.iam import Principal
from ..model.secret import Secret
from ..redaction import shown_url
from . import identity, live, mint
from .call import send
from .connection import Connection, SandboxAddress, quiet_logs
from .credentials import (
    AccessToken,
    Found,
    NotConnectedError,
    NotSignedInError,
    counted_to,
    find,
    impersonating,
    of_account,
    refuse_other_universe,
)
from .deadline import Deadline
from .door import Asked, Minted, UnansweredError, scrub
from .settings import configurations, configured, settings

__all__ = ["Google", "NotConnectedError", "NotSignedInError", "connect"]

T = TypeVar("T")


@dataclass(frozen=True)
class Observers:
    """Who looks on, and who is asked; see `connect`."""

    heard: Callable[[object], None]
    stopped: Callable[[], bool]
    may_call: Callable[[str], bool]
    traced: Traced | None


class Google(Connection):
    """Google Cloud as one user sees it. Made by `connect`; see `Door` for what it answers."""

    def __init__(
        self,
        found: Found,
        seconds: float,
        environ: Mapping[str, str],
        observers: Observers,
        sandbox: SandboxAddress | None = None,
    ) -> None:
        deadline = Deadline(seconds, stopped=observers.stopped)
        super().__init__(found, deadline, environ, sandbox=sandbox, traced=observers.traced)
        self._heard = observers.heard
        self._may_call = observers.may_call
        self._now = sandbox.now if sandbox else None
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
        began = time.monotonic()
        source = Source(asked.row.read, asked.target)
        try:
            found = live.answer(self, asked)
        except UnansweredError as error:
            self._timed(source, began, error.fact)
            raise
        self._timed(source, began, Known(found, source))
        self._heard(found)
        return found

    def _timed(self, source: Source, began: float, fact: Fact[T]) -> Fact[T]:
        """Tell how long a read took, and what became of it."""
        if self._traced is not None:
            fate = fact.obstacle.value if isinstance(fact, Unknown) else "read" if isinstance(fact, Known) else "absent"
            self._traced(ReadTiming(source, began, time.monotonic() - began, fate))
        return fact

    def source(self, read: str, target: str) -> Source:
        """Return where an answer comes from."""
        return Source(read, target)

    def part(self, asked: Asked) -> None:
        """Return nothing: whatever Google answers is whole."""

    def who(self) -> Fact[Principal]:
        """Return the member that runs the tool."""
        return identity.operator(self)

    def mint(self, email: str, audience: str) -> Fact[Minted]:
        """Mint an ID token as a service account; never absent."""
        began = time.monotonic()
        found = mint.mint_as(self, email, audience)
        return self._timed(found.source, began, found)

    def mint_as_operator(self, audience: str) -> Fact[Minted]:
        """Mint an ID token as whoever runs the tool; never absent."""
        began = time.monotonic()
        found = mint.mint_as_operator(self, audience)
        return self._timed(found.source, began, found)

    def call(self, url: str, *, secret: Secret | None = None, own: frozenset[str] = frozenset()) -> Fact[Response]:
        """Make one call; never absent."""
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
    quiet_logs()
    if configuration is not None and configuration not in configurations(environ):
        there = ", ".join(configurations(environ)) or "none"
        raise NotSignedInError(f"gcloud has no configuration {configuration!r}. There is: {there}.")
    if sandbox is not None and account is not None:
        raise NotSignedInError("A sandbox has one operator, whom its world names: leave --account out.")
    environ = configured(environ, configuration)
    observers = Observers(heard, stopped, may_call, traced)
    if sandbox is not None:
        return _connect_sandbox(environ, sandbox.rstrip("/"), impersonate, seconds, observers)
    defaults = settings(environ)
    quota_project = quota_project or defaults.quota_project
    refuse_other_universe(defaults.universe, "The environment or gcloud's configuration is")
    account = account or (defaults.account if configuration is not None else None)
    found = of_account(environ, account) if account else find(environ)
    email = impersonate or defaults.impersonate
    if email:
        used = impersonating(found.credentials, email, "https://iamcredentials.googleapis.com")
        found = replace(found, credentials=used, minter=found.credentials, impersonated=email)
    used, minter = (counted_to(one, quota_project) for one in (found.credentials, found.minter))
    return Google(replace(found, credentials=used, minter=minter), seconds, environ, observers)


def _connect_sandbox(
    environ: Mapping[str, str], base: str, impersonate: str | None, seconds: float, observers: Observers
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
    source = AccessToken(token)
    used: Credentials = source
    if impersonate:
        used = impersonating(source, impersonate, f"{base}/iamcredentials.googleapis.com")
        operator = f"serviceAccount:{impersonate}"
    found = Found(used, source, impersonate, "sandbox operator", f"sandbox ({base})")
    return Google(found, seconds, environ, observers, SandboxAddress(base, operator, now))


def _refuse_remote(base: str) -> None:
    try:
        parts = urlsplit(base)
        is_loopback = parts.hostname == "localhost" or ipaddress.ip_address(parts.hostname or "").is_loopback
        is_plain = parts.scheme == "http" and not parts.username and not parts.path
    except ValueError:
        is_loopback = is_plain = False
    if not is_loopback or not is_plain:
        raise NotConnectedError("A sandbox is reached over loopback only: http://127.0.0.1:PORT.")
