"""What every kind of caller is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from ...gcp.google import Google
from ...model.caller import Caller, Origin
from ...model.fact import Absent, Fact, Known, Source
from ...model.iam import Principal
from ...model.run import Service

GIVEN: Final = Source("given", "--caller")
NO_SERVICE: Final = Absent(Source("given", "the caller is no Cloud Run service"))
NO_IDENTITY: Final = Absent(Source("given", "such a caller has no Google identity"))


@dataclass(frozen=True)
class Scene:
    """Where a caller is looked up: short names in the callee's project and region first.

    Args:
        google: the door.
        project: the callee's project, id or number.
        region: the callee's region, where the question tells it.
    """

    google: Google
    project: str
    region: str | None


@dataclass(frozen=True)
class Met:
    """What is known of a caller.

    Args:
        caller: who it is, in the user's words.
        principal: whom it calls as; absent when it can have no Google identity.
        origin: where in the network it calls from.
        service: its own settings, where it is a Cloud Run service.
    """

    caller: Fact[Caller]
    principal: Fact[Principal]
    origin: Fact[Origin]
    service: Fact[Service] = NO_SERVICE


Meet: TypeAlias = Callable[[str, str, Scene], Met]
"""Reads a caller: the user's whole words, what stands after the slash, and where to look."""


def given(caller: Caller) -> Known[Caller]:
    """Return a caller that the user's words alone describe."""
    return Known(caller, GIVEN)
