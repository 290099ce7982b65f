"""A door before another one: it changes some answers, or keeps them, and hands on everything else."""

from __future__ import annotations

from typing import TypeVar

from ...gcp.deadline import Deadline
from ...gcp.door import Asked, Door, Minted
from ...google_json.json_access import Json
from ...model.fact import Fact, Known, Source, Unknown
from ...model.http import Response
from ...model.iam import Principal
from ...model.secret import Secret

T = TypeVar("T")


class WrappedDoor:
    """A door that asks another one everything."""

    def __init__(self, inner: Door) -> None:
        self.inner = inner

    def around(self, inner: Door) -> Door:
        """Return the same before another door."""
        return type(self)(inner)

    @property
    def deadline(self) -> Deadline:
        """By when everything is over."""
        return self.inner.deadline

    @property
    def sandbox(self) -> str | None:
        """Base URL of the sandbox that answers, if one does."""
        return self.inner.sandbox

    @property
    def impersonated(self) -> str | None:
        """E-mail of the service account that the operator acts as, if any."""
        return self.inner.impersonated

    def answer(self, asked: Asked) -> Json:
        """Return what was answered."""
        return self.inner.answer(asked)

    def source(self, read: str, target: str) -> Source:
        """Return where an answer comes from."""
        return self.inner.source(read, target)

    def part(self, asked: Asked) -> Json | None:
        """Return what is there only in part."""
        return self.inner.part(asked)

    def who(self) -> Fact[Principal]:
        """Return the member that runs the tool."""
        return self.inner.who()

    def mint(self, email: str, audience: str) -> Fact[Minted]:
        """Mint an ID token as a service account."""
        return self.inner.mint(email, audience)

    def mint_as_operator(self, audience: str) -> Fact[Minted]:
        """Mint an ID token as whoever runs the tool."""
        return self.inner.mint_as_operator(audience)

    def call(self, url: str, *, secret: Secret | None = None, own: frozenset[str] = frozenset()) -> Fact[Response]:
        """Make one call."""
        return self.inner.call(url, secret=secret, own=own)

    def within(self, seconds: float) -> Door:
        """Return the same with a new deadline, from now, and with no failures yet."""
        return self.around(self.inner.within(seconds))

    def sparing(self) -> Door:
        """Return the same for what is worth half of the time that is left."""
        return self.around(self.inner.sparing())

    def aside(self) -> Door:
        """Return the same for a read that may turn out to be needless."""
        return self.around(self.inner.aside())

    def noted(self, fact: Fact[T]) -> Fact[T]:
        """Keep in mind that a read failed; return it."""
        return self.inner.noted(fact)

    def excused(self, fact: Unknown) -> None:
        """Forget a failure."""
        self.inner.excused(fact)

    def failed(self) -> tuple[Unknown, ...]:
        """Return the reads that failed."""
        return self.inner.failed()

    def now(self) -> Known[int]:
        """Return the time of the call, seconds since 1970."""
        return self.inner.now()
