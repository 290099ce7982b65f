"""What could not be read of a call, and what was: both from the facts themselves, not from who asked for them.

And what it takes to read, and is asked of an administrator where it is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from operator import attrgetter, itemgetter
from typing import Final, cast

from ..deferred import dataclass, kept
from .fact import Absent, Fact, Known, Obstacle, Source, Unknown
from .facts import Facts

_APART: Final = frozenset({"evidence"})
"""What the user gave is no read; what of it is not clear is told where it is read."""

_DERIVED: Final = ("call", "call_leads_here", "audience_leads_here", "failed")
"""Facts that rest on others, and say of the same read less: they come last."""


def unread_of(facts: Facts) -> tuple[Unknown, ...]:
    """List every read that failed, each once, in the order of the facts; what was never asked is no obstacle.

    The parts of composite facts count: each policy of a chain, what stands above it, roles, deny policies …. Two
    failures are the same where the same read met the same obstacle.
    """
    found: dict[tuple[Source, Obstacle], Unknown] = {}
    for name in _names():
        for part in _parts(getattr(facts, name)):
            if isinstance(part, Unknown) and part.obstacle is not Obstacle.NOT_ASKED:
                found.setdefault((part.source, part.obstacle), part)
    return tuple(found.values())


def sources_of(fact: Fact[object]) -> tuple[Source, ...]:
    """List where a fact and its parts were read, each once; a part that could not be read was not."""
    if isinstance(fact, Known):
        return _sources_in(fact)
    return () if isinstance(fact, Unknown) else (fact.source,)


@kept
def _sources_in(fact: Known[object]) -> tuple[Source, ...]:
    parts = _parts(fact)
    if len(parts) == 1:
        return (fact.source,)
    unread = {part.source for part in parts if isinstance(part, Unknown)}
    read = dict.fromkeys(part.source for part in parts if not isinstance(part, Unknown))
    return tuple(source for source in read if source not in unread)


@cache
def _names() -> tuple[str, ...]:
    names = [field.name for field in fields(Facts) if field.name not in {*_APART, *_DERIVED}]
    return (*names, *_DERIVED)


@kept
def _parts(fact: Fact[object]) -> tuple[Fact[object], ...]:
    """Return a fact and every fact inside of it, the outer first."""
    found: list[Fact[object]] = []
    left: list[object] = [fact]
    while left:
        value = left.pop()
        kind: type = type(value)
        if kind in _FACTS:
            found.append(cast("Fact[object]", value))
        inside = _inside_of(kind)
        if inside is not None:
            left += inside(value)
    return tuple(found)


_FACTS: Final = frozenset({Known, Absent, Unknown})


@cache
def _inside_of(kind: type) -> Callable[[object], Sequence[object]] | None:
    """Return what takes what stands in a value of this kind, the last first; None where there is nothing in it."""
    if issubclass(kind, tuple):
        return cast("Callable[[object], Sequence[object]]", itemgetter(slice(None, None, -1)))
    if issubclass(kind, Mapping):
        return lambda value: tuple(cast("Mapping[object, object]", value).values())[::-1]
    if kind in {Absent, Unknown} or not is_dataclass(kind):
        return None
    names = ["value"] if kind is Known else [one.name for one in fields(kind) if one.type not in _PLAIN][::-1]
    if not names:
        return None
    several: Callable[[object], tuple[object, ...]] = attrgetter(*names, names[0])  # of one it would return no tuple
    return lambda value: several(value)[:-1]


_PLAIN: Final = frozenset({"str", "str | None", "int", "int | None", "bool", "bool | None", "tuple[str, ...]"})
"""What fields are annotated with that hold no facts."""


_LEVELS: Final = {
    "resourcemanager.folders": ("folder",),
    "resourcemanager.organizations": ("organization",),
    "iam.denypolicies": ("project", "folder", "organization"),
}
"""Deny policies stand on all three. Source: https://docs.cloud.google.com/iam/docs/deny-overview#attachment-points"""


@dataclass(frozen=True)
class Need:
    """A permission that a command may take."""

    permission: str  # `run.services.get`
    what: str  # what it is for
    when: str = ""  # in which case; empty where it always is

    @property
    def levels(self) -> tuple[str, ...]:
        """What it is needed on: `project`, `folder`, `organization`."""
        return _LEVELS.get(self.permission.rpartition(".")[0], ("project",))


@dataclass(frozen=True)
class Permissions:
    """What a command may take."""

    command: str
    needs: tuple[Need, ...]  # the permissions, each once, those that it always takes first
    # for `project`, `folder` and `organization`, the roles that give them there, and the permissions that none of these
    # roles gives
    levels: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]


@dataclass(frozen=True)
class AccessRequest:
    """What is missing on one resource."""

    resource: str  # full resource name of where roles are to be given
    member: str  # who is to get them; empty where it is not known
    permissions: tuple[str, ...]  # what is missing
    roles: tuple[str, ...]  # the least roles that give it
    # of the permissions, those that no such role gives: only a basic role or a custom one does
    rest: tuple[str, ...] = ()
