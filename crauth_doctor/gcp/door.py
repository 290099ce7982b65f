"""What answers reads: Google itself, or a document that holds what Google once said.

A read is a row of the table of methods, asked of one resource; its answer is Google's JSON. Nothing here knows where
it comes from, so that whatever can be read can be saved and read again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, Protocol, TypeVar

from ..deferred import dataclass, regex
from ..google_json.json_access import Json, NotUnderstoodError
from ..model.fact import Absent, Fact, Known, Obstacle, Source, Unknown
from ..model.http import Response
from ..model.iam import Principal
from ..model.secret import Secret
from ..model.token import Token
from ..redaction import redact
from .deadline import Deadline
from .methods import Row

T = TypeVar("T")

JUNK: Final = Secret("x.y.z")
"""A token that no one issued, so that there is nothing in it to protect."""

MINT: Final = "iam.serviceAccounts.getOpenIdToken"
"""The permission that it takes to mint a service account's ID token."""

LONGEST: Final = 400
"""Characters of an error that are kept."""

_TAG: Final = regex(r"<(?:style|script)\b.*?</(?:style|script)>|<[^>]*>", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True)
class Minted:
    """A fresh token: the secret goes to the test call only, the claims to whoever judges."""

    secret: Secret
    token: Token


@dataclass(frozen=True)
class Asked:
    """One request of a read."""

    row: Row
    target: str  # full resource name of what is read
    names: Mapping[str, str]  # the parts of the path
    body: Json | None = None  # what goes with POST, beside the row's own
    page_token: str = ""  # of the page before; empty for the first


class UnansweredError(Exception):
    """There is no answer to a read: nothing is there, or it cannot be seen."""

    def __init__(self, fact: Absent | Unknown) -> None:
        super().__init__(str(fact))
        self.fact = fact


class Door(Protocol):
    """What reads are asked of."""

    @property
    def deadline(self) -> Deadline:
        """By when everything is over."""

    @property
    def sandbox(self) -> str | None:
        """Base URL of the sandbox that answers, if one does."""

    @property
    def impersonated(self) -> str | None:
        """E-mail of the service account that the operator acts as, if any."""

    def answer(self, asked: Asked) -> Json:
        """Return what was answered.

        Raises:
            UnansweredError: nothing is there, or it cannot be seen.
            NotUnderstoodError: an answer came, and it is none of Google's.
        """

    def source(self, read: str, target: str) -> Source:
        """Return where the answer to a read comes from."""

    def part(self, asked: Asked) -> Json | None:
        """Return what is known of something that is there only in part, and so cannot be the answer."""

    def who(self) -> Fact[Principal]:
        """Return the member that runs the tool."""

    def mint(self, email: str, audience: str) -> Fact[Minted]:
        """Mint an ID token as a service account; never absent."""

    def mint_as_operator(self, audience: str) -> Fact[Minted]:
        """Mint an ID token as whoever runs the tool; never absent."""

    def call(self, url: str, *, secret: Secret | None = None, own: frozenset[str] = frozenset()) -> Fact[Response]:
        """Make one call; never absent. A token other than `JUNK` goes to `own` URLs only."""

    def within(self, seconds: float) -> Door:
        """Return the same with a new deadline, from now, and with no failures yet."""

    def sparing(self) -> Door:
        """Return the same for what is worth half of the time that is left, and no more."""

    def aside(self) -> Door:
        """Return the same for a read that may turn out to be needless: its failure is noted where it is used."""

    def noted(self, fact: Fact[T]) -> Fact[T]:
        """Keep in mind that a read failed, whatever becomes of the fact; return it."""

    def excused(self, fact: Unknown) -> None:
        """Forget a failure."""

    def failed(self) -> tuple[Unknown, ...]:
        """Return the reads that failed, in an order that does not depend on which came first."""

    def now(self) -> Known[int]:
        """Return the time of the call, seconds since 1970."""


def read(source: Source, fetch: Callable[[], T]) -> Fact[T]:
    """Fetch a value as a fact; what is not understood leaves it unknown, and so does a reader that crashes."""
    try:
        return Known(fetch(), source)
    except UnansweredError as error:
        return replace(error.fact, source=source)
    except Exception as error:  # noqa: BLE001 - a reader that crashes leaves a fact unknown, and no more
        known = isinstance(error, NotUnderstoodError | ValueError)
        text = str(error) if known else f"{type(error).__name__}: {error}"
        return Unknown(source, Obstacle.NOT_UNDERSTOOD, scrub(text) or type(error).__name__)


def scrub(text: str) -> str:
    """Turn the words of an error into one short line without any credential."""
    text = " ".join(_TAG.sub(" ", redact(text[: 50 * LONGEST])).split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
