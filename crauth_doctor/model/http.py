"""A call over HTTP, in the parts that tell who answered it. Header names are in lower case; no credential is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from enum import StrEnum
from typing import TypeAlias
from urllib.parse import urlsplit

from ..deferred import dataclass
from .fact import ReadTiming
from .run import host_of

AGENT = "crauth-doctor"
"""Stands in the user agent of every test call."""

BODY_LIMIT = 64 * 1024
"""As much of a body as is ever read, in bytes."""


@dataclass(frozen=True)
class Call:
    """The call in question, as the caller makes it."""

    url: str  # scheme, host, path and query
    method: str = "GET"  # in upper case
    # names of the headers that the caller is known to send, in lower case; never their values
    headers: frozenset[str] = frozenset()
    path_known: bool = True  # whether the URL is that of the call, and not only its service's

    @property
    def host(self) -> str:
        """The host called, in lower case."""
        return host_of(self.url)

    @property
    def path(self) -> str:
        """The path called, at least `/`."""
        return urlsplit(self.url).path or "/"

    @property
    def scheme(self) -> str:
        """`https` or `http`."""
        return urlsplit(self.url).scheme.lower()

    def is_to(self, other: Call) -> bool:
        """Whether it is made to the same host and path."""
        return (self.host, self.path) == (other.host, other.path)


class Shown(StrEnum):
    """How much of an answer's body there is to judge by. What is not there was not absent."""

    WHOLE = "whole"
    """All of it, from its first character to its last; an empty one was empty."""
    CUT = "cut"
    """A part: the paste ends in it, begins in it, or leaves something out."""
    NOTHING = "nothing"
    """A status line, a log entry, headers alone: the body is not known."""


@dataclass(frozen=True)
class Response:
    """What came back."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)  # by name in lower case
    body: str = ""  # as much as was read, decoded, at most `BODY_LIMIT` bytes
    seconds: float | None = None  # how long it took, where it was measured
    shown: Shown = Shown.WHOLE  # how much of the body is there; what this tool itself was answered is whole

    @property
    def complete(self) -> bool:
        """Whether the body is whole, so that what does not stand in it is evidence too."""
        return self.shown is Shown.WHOLE


@dataclass(frozen=True)
class TestCalls:
    """What the tool's own three calls got: the same request with no token, with junk, and with the caller's token."""

    __test__ = False  # not a test class, whatever pytest makes of the name

    url: str
    without_token: Response | None  # the answer to no credential at all
    with_junk: Response | None  # the answer to `Bearer x.y.z`
    with_token: Response | None  # the answer to an ID token of the caller; absent when the caller can have none
    audience: str  # the audience of that token
    # why a call that was sent got no answer at all (a time-out, a refused connection); empty where each got one
    unanswered: str = ""
    is_whole: bool = True  # whether the answer to each call that was sent is there; a saved document may have lost one


@dataclass(frozen=True)
class HttpExchange:
    """A request and its answer, without any body, and without the value of a header that could be a credential.

    Such a header stands there by its name alone, with nothing for its value.
    """

    method: str  # in upper case
    url: str  # with the names of its query, and without their values
    sent: tuple[tuple[str, str], ...]
    seconds: float  # until the answer began
    status: int | None = None  # of the answer; None where there was none
    received: tuple[tuple[str, str], ...] = ()
    message: str = ""  # what an error says; or why there was no answer


Traced: TypeAlias = Callable[[ReadTiming | HttpExchange], None]
"""Is told each read and each request when it has ended, from whichever thread made it."""
