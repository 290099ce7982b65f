"""The kinds of callers: one file a kind, one line in `KINDS`.

A kind is a function `meet(asked, name, scene) -> Met`: it reads the resource, and answers whom it calls as, with which
token, and where its calls come from. It runs in the first wave, beside the callee; what can be read beside the second
wave is left to `Met.follow`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..question import UnanswerableError
from . import (
    appengine,
    build,
    cloud_run,
    eventarc,
    federation,
    full_names,
    function,
    gateway,
    gke,
    machine,
    outside,
    people,
    pubsub,
    run_job,
    scheduler,
    tasks,
    workflow,
)
from .caller import Followed, Meet, Met, Scene, Zones

__all__ = ["KINDS", "Followed", "Met", "Scene", "Zones", "meet", "understood"]

KINDS: Final[Mapping[str, Meet]] = {
    "run": cloud_run.meet,
    "job": run_job.meet,
    "function": function.meet,
    "scheduler": scheduler.meet,
    "tasks": tasks.meet,
    "pubsub": pubsub.meet,
    "eventarc": eventarc.meet,
    "workflow": workflow.meet,
    "gce": machine.meet,
    "gke": gke.meet,
    "appengine": appengine.meet,
    "apigateway": gateway.meet,
    "build": build.meet,
    "federation": federation.meet,
}
"""By the word before the slash."""


def understood(asked: str | None) -> None:
    """Check that the user's words name a caller of some kind, in short or by a full resource name; nothing is read.

    Raises:
        UnanswerableError: they do not.
    """
    if asked is None or asked == "me" or asked in outside.KINDS or asked.startswith(people.MEMBERS):
        return
    word, slash, name = asked.partition("/")
    if (word in KINDS and slash and name) or _is_email(asked) or full_names.parted(asked):
        return
    choices = (
        "me",
        *outside.KINDS,
        *(f"{word}/…" for word in KINDS),
        "E-MAIL",
        *(f"{kind}…" for kind in people.MEMBERS),
        "//API.googleapis.com/…",
    )
    raise UnanswerableError(f"{asked!r} is no caller that is understood: pass one of these.", choices)


def meet(asked: str | None, scene: Scene) -> Met:
    """Meet the caller that the user's words name.

    Raises:
        UnanswerableError: they name none, or more than one.
    """
    understood(asked)
    if asked is None or asked == "me":
        return people.meet_operator(asked or "me", scene)
    if asked in outside.KINDS:
        return outside.meet(asked)
    if asked.startswith(people.MEMBERS):
        return people.meet_member(asked)
    full = full_names.parted(asked)
    word, name = full or (asked.partition("/")[0], asked.partition("/")[2])
    if word in KINDS:
        return KINDS[word](asked, name, scene)
    return people.meet_email(asked, name if full else asked)


def _is_email(text: str) -> bool:
    local, at, domain = text.partition("@")
    return bool(local and at and "." in domain) and not any(one in text for one in ": /")
