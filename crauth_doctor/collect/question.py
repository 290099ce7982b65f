"""What is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..deferred import dataclass

if TYPE_CHECKING:
    from .callers.kind import ResolvedCaller


@dataclass(frozen=True)
class Question:
    """One call, as the user describes it."""

    service: str  # short name, `projects/P/locations/R/services/S`, or any URL of it
    caller: str | None = None  # who calls, as the user named it; None means who runs the tool
    project: str | None = None  # id or number of the project to look in
    region: str | None = None  # the region to look in; None means all
    caller_project: str | None = None  # id or number of the project to look for the caller in; None means the service's
    url: str | None = None  # URL that is called, where it is not the service's own
    path: str = "/"  # path that is called, including the query
    method: str = "GET"  # in upper case
    audience: str | None = None  # the `aud` that the caller's token has, where the user knows it
    headers: frozenset[str] = frozenset()  # names of headers that the caller sends, in lower case
    send_calls: bool = True  # whether test calls may be sent
    # whether the user says that the caller's own call fails, as whoever gives evidence of it does
    says_it_fails: bool = False
    speaks_of_public: bool = False  # whether what the user has speaks of letting everybody in
    seconds: float = 20.0  # the time for everything
    # what is known of the caller, where no resource tells it; None: `caller` is looked up
    known: ResolvedCaller | None = None
