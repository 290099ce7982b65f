"""The kinds of callers: one file a kind, one line in `KINDS`.

A kind is a function `resolve(asked, name, context) -> ResolvedCaller`: it reads the resource, and answers whom it calls
as, with which token, and where its calls come from. It runs in the first wave, beside the callee; what can be read
beside the second wave is left to `ResolvedCaller.follow`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..question import UnanswerableError
from . import (
    api_gateway,
    app_engine,
    cloud_build,
    cloud_run,
    cloud_run_job,
    compute_engine,
    eventarc,
    federation,
    full_names,
    function,
    gke,
    people,
    pubsub,
    scheduler,
    tasks,
    without_identity,
    workflow,
)
from .kind import DeferredSending, LookupContext, Resolve, ResolvedCaller, Zones

__all__ = ["KINDS", "DeferredSending", "LookupContext", "ResolvedCaller", "Zones", "resolve", "understood"]

KINDS: Final[Mapping[str, Resolve]] = {
    "run": cloud_run.resolve,
    "job": cloud_run_job.resolve,
    "function": function.resolve,
    "scheduler": scheduler.resolve,
    "tasks": tasks.resolve,
    "pubsub": pubsub.resolve,
    "eventarc": eventarc.resolve,
    "workflow": workflow.resolve,
    "gce": compute_engine.resolve,
    "gke": gke.resolve,
    "appengine": app_engine.resolve,
    "apigateway": api_gateway.resolve,
    "build": cloud_build.resolve,
    "federation": federation.resolve,
}
"""By the word before the slash."""


def understood(asked: str | None) -> None:
    """Check that the user's words name a caller of some kind, in short or by a full resource name; nothing is read.

    Raises:
        UnanswerableError: they do not.
    """
    if asked is None or asked == "me" or asked in without_identity.KINDS or asked.startswith(people.MEMBERS):
        return
    word, slash, name = asked.partition("/")
    if (word in KINDS and slash and name) or _is_email(asked) or full_names.parted(asked):
        return
    choices = (
        "me",
        *without_identity.KINDS,
        *(f"{word}/…" for word in KINDS),
        "E-MAIL",
        *(f"{kind}…" for kind in people.MEMBERS),
        "//API.googleapis.com/…",
    )
    raise UnanswerableError(f"{asked!r} is no caller that is understood: pass one of these.", choices)


def resolve(asked: str | None, context: LookupContext) -> ResolvedCaller:
    """Resolve the caller that the user's words name.

    Raises:
        UnanswerableError: they name none, or more than one.
    """
    understood(asked)
    if asked is None or asked == "me":
        return people.resolve_operator(asked or "me", context)
    if asked in without_identity.KINDS:
        return without_identity.resolve(asked)
    if asked.startswith(people.MEMBERS):
        return people.resolve_member(asked)
    full = full_names.parted(asked)
    word, name = full or (asked.partition("/")[0], asked.partition("/")[2])
    if word in KINDS:
        return KINDS[word](asked, name, context)
    return people.resolve_email(asked, name if full else asked)


def _is_email(text: str) -> bool:
    local, at, domain = text.partition("@")
    return bool(local and at and "." in domain) and not any(one in text for one in ": /")
