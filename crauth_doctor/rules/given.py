"""What rules are given: every fact that one of them may name, found once for all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Final, TypeVar

from ..deferred import dataclass
from ..model.fact import Fact, Known, Obstacle, Source, Unknown
from ..model.facts import Facts
from ..model.unread import sources_of
from .derived_facts import DERIVED

T = TypeVar("T")

_FIELDS: Final = tuple(field.name for field in fields(Facts))
_fields_of: Final = attrgetter(*_FIELDS)
NAMES: Final = frozenset({*_FIELDS, *DERIVED})
"""Every name that a rule's parameter may have."""


def as_fact(name: str) -> str:
    """Return the key of a fact itself among the arguments, not of its value."""
    return f"Fact {name}"


_AS_FACTS: Final = tuple(map(as_fact, (*_FIELDS, *DERIVED)))
_BROKEN: Final = Unknown(Source("nothing", "what follows from other facts"), Obstacle.NOT_UNDERSTOOD)


@dataclass(frozen=True)
class Given:
    """Facts by the names that rules know them by."""

    facts: Mapping[str, Fact[object]]  # each of them, those that follow from others too
    # what rules are called with: by its name a fact's value, None where it is not known, and by `as_fact` of its name
    # the fact
    arguments: Mapping[str, object]
    absent: frozenset[str]  # the names of those that are absent
    unknown: Mapping[str, Unknown]  # those that are not known, by name
    broken: Mapping[str, Exception]  # what could not be told from the others, and why
    # the reads that were made for what a rule needs, as far as anybody asked
    reads: dict[tuple[str, ...], tuple[Source, ...]]

    @classmethod
    def of(cls, facts: Facts) -> Given:
        """Return what rules are given of these facts."""
        found: dict[str, Fact[object]] = dict(zip(_FIELDS, _fields_of(facts), strict=True))
        broken: dict[str, Exception] = {}
        for name, derive in DERIVED.items():
            try:
                found[name] = derive(facts)
            except Exception as error:  # noqa: BLE001 - one broken fact must not silence the rules that need others
                broken[name] = error
                found[name] = _BROKEN
        arguments: dict[str, object] = dict(zip(_AS_FACTS, found.values(), strict=True))
        absent: set[str] = set()
        unknown: dict[str, Unknown] = {}
        for name, fact in found.items():
            if isinstance(fact, Known):
                arguments[name] = fact.value
                continue
            arguments[name] = None
            if isinstance(fact, Unknown):
                unknown[name] = fact
            else:
                absent.add(name)
        return cls(found, arguments, frozenset(absent), unknown, broken, {})

    def differing(self, other: Given) -> set[str]:
        """Return the names of facts that are others there."""
        pairs = zip(self.facts.items(), other.facts.values(), strict=True)
        return {name for (name, fact), theirs in pairs if fact is not theirs and fact != theirs}

    def sources(self, names: tuple[str, ...]) -> tuple[Source, ...]:
        """Return the reads that were made for these facts, each once."""
        found = self.reads.get(names)
        if found is None:
            read = [source for name in names for source in sources_of(self.facts[name]) if source.was_made]
            found = self.reads[names] = once(read)
        return found


def once(several: Sequence[T]) -> tuple[T, ...]:
    """Return them without what is there already."""
    return tuple(dict.fromkeys(several)) if len(several) > 1 else tuple(several)
