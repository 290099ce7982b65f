"""Doors before another one, which change some answers, or keep them, and hand on everything else."""

from __future__ import annotations

from contextlib import suppress
from threading import Lock
from typing import Final, TypeVar

from ...gcp import methods
from ...gcp.deadline import Deadline
from ...gcp.door import Asked, Door, Minted, UnansweredError
from ...google_json.json_access import Json
from ...model.fact import Absent, Fact, Known, Obstacle, Source, Unknown
from ...model.http import Response
from ...model.iam import Principal
from ...model.secret import Secret
from .document import DocumentDoor

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


_LASTING: Final = frozenset(
    {Obstacle.FORBIDDEN, Obstacle.API_DISABLED, Obstacle.NO_CREDENTIALS, Obstacle.NOT_IN_DOCUMENT}
)
"""Why a read failed that would fail again at once; a time-out is one call's alone."""


class SharedReads:
    """What was answered in one run, by what was asked. Safe to share between threads."""

    def __init__(self) -> None:
        self._answers: dict[str, Json | Absent | Unknown] = {}
        self._lock = Lock()

    def find(self, key: str) -> Json | Absent | Unknown | None:
        """Return the answer; None where there is none yet."""
        with self._lock:
            return self._answers.get(key)

    def keep(self, key: str, answer: Json | Absent | Unknown) -> None:
        """Keep an answer, but a failure that may be over the next time."""
        if isinstance(answer, Unknown) and answer.obstacle not in _LASTING:
            return
        with self._lock:
            self._answers[key] = answer


class SharedDoor(WrappedDoor):
    """A door whose answers serve all calls of one run. Test calls and tokens are no reads: they are made anew."""

    def __init__(self, inner: Door, reads: SharedReads | None = None) -> None:
        super().__init__(inner)
        self._reads = SharedReads() if reads is None else reads

    def around(self, inner: Door) -> Door:
        """Return the same before another door."""
        return SharedDoor(inner, self._reads)

    def answer(self, asked: Asked) -> Json:
        """Return what was answered, now or before.

        Raises:
            UnansweredError: nothing is there, or it cannot be seen.
        """
        key = repr((asked.row, asked.target, sorted(asked.names.items()), asked.body, asked.page_token))
        found = self._reads.find(key)
        if found is None:
            try:
                found = self.inner.answer(asked)
            except UnansweredError as error:
                found = error.fact
            self._reads.keep(key, found)
        if isinstance(found, Absent | Unknown):
            raise UnansweredError(found)
        return found


class DoorOverDocument(WrappedDoor):
    """A door with a document behind it. What was read stands; what was refused stays told, also where it is given.

    `behind` is asked where `inner` cannot tell.
    """

    def __init__(self, inner: Door, behind: DocumentDoor, given: set[tuple[str, str]] | None = None) -> None:
        super().__init__(inner)
        self._behind = behind
        self._given = set() if given is None else given

    def around(self, inner: Door) -> Door:
        """Return the same before another door."""
        return DoorOverDocument(inner, self._behind, self._given)

    def answer(self, asked: Asked) -> Json:
        """Return what was answered, or what the document holds.

        Raises:
            UnansweredError: neither tells.
        """
        try:
            found = self.inner.answer(asked)
        except UnansweredError as error:
            if isinstance(error.fact, Absent) or asked.page_token:
                raise
            with suppress(UnansweredError):
                shown = self._shown(asked)
                self.inner.noted(_at(error.fact, asked))
                return shown
            raise
        if asked.row == methods.TASKS and not found.get(asked.row.items):
            with suppress(UnansweredError):
                return self._shown(asked)  # a task that was done is in no list any more
        return found

    def _shown(self, asked: Asked) -> Json:
        found = self._behind.answer(asked)
        self._given.add((asked.row.read, asked.target))
        return found

    def source(self, read: str, target: str) -> Source:
        """Return where an answer comes from."""
        door = self._behind if (read, target) in self._given else self.inner
        return door.source(read, target)

    def part(self, asked: Asked) -> Json | None:
        """Return what the document holds in part."""
        return self._behind.part(asked)


def _at(fact: Unknown, asked: Asked) -> Unknown:
    return Unknown(Source(asked.row.read, asked.target), fact.obstacle, fact.detail, fact.permission)
