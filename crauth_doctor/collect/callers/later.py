"""Kinds of callers that are known, and whose settings are not read yet."""

from __future__ import annotations

from ...model.caller import Caller, CallerKind
from ...model.fact import Obstacle, Unknown
from .caller import GIVEN, Meet, Met, Scene, given


def later(kind: CallerKind) -> Meet:
    """Return how a kind is met whose settings cannot be read yet."""

    def meet(asked: str, _name: str, _scene: Scene) -> Met:
        unknown = Unknown(GIVEN, Obstacle.NOT_ASKED, "callers of this kind are not read yet")
        return Met(given(Caller(asked, kind)), unknown, unknown)

    return meet
