"""What is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..deferred import dataclass

if TYPE_CHECKING:
    from .callers.kind import ResolvedCaller


@dataclass(frozen=True)
class Question:
    """One call, as the user describes it.

    Args:
        service: short name, `projects/P/locations/R/services/S`, or any URL of it.
        caller: who calls, as the user named it; None means who runs the tool.
        project: id or number of the project to look in.
        region: the region to look in; None means all.
        caller_project: id or number of the project to look for the caller in; None means the service's.
        url: URL that is called, where it is not the service's own.
        path: path that is called, including the query.
        method: in upper case.
        audience: the `aud` that the caller's token has, where the user knows it.
        headers: names of headers that the caller sends, in lower case.
        send_calls: whether test calls may be sent.
        says_it_fails: whether the user says that the caller's own call fails, as whoever gives evidence of it does.
        speaks_of_public: whether what the user has speaks of letting everybody in.
        seconds: the time for everything.
        known: what is known of the caller, where no resource tells it; None: `caller` is looked up.
    """

    service: str
    caller: str | None = None
    project: str | None = None
    region: str | None = None
    caller_project: str | None = None
    url: str | None = None
    path: str = "/"
    method: str = "GET"
    audience: str | None = None
    headers: frozenset[str] = frozenset()
    send_calls: bool = True
    says_it_fails: bool = False
    speaks_of_public: bool = False
    seconds: float = 20.0
    known: ResolvedCaller | None = None
