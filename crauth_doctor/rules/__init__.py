"""One rule for each cause that can be diagnosed: a module for each stage, in the order of the path.

Within a stage the more specific cause stands first: it is the one that is named when several hold.
"""

from __future__ import annotations

from dataclasses import fields
from operator import attrgetter
from typing import Any, Final

from ..deferred import dataclass
from ..model.facts import Facts
from ..model.finding import Outcome
from . import app, iam, iap, ingress, mint, reach, token, warning  # noqa: F401 - a rule is registered where it is declared
from .derived_facts import DERIVED
from .registry import Page, Rule, registered

ALL: Final[tuple[Rule[Any], ...]] = registered()

RETIRED: Final[frozenset[str]] = frozenset()
"""Ids that were once used; never given to another cause."""


@dataclass(frozen=True, slots=True)
class Judgements:
    """What every rule says of some facts.

    Args:
        facts: what was judged.
        outcomes: of every rule, in the order of the path.
    """

    facts: Facts
    outcomes: tuple[Outcome, ...]

    def with_facts(self, facts: Facts) -> Judgements:
        """Judge facts of which most are the same: only rules that need one of the others are asked again."""
        pairs = zip(_FIELDS, _values(facts), _values(self.facts), strict=True)
        changed = {name for name, now, before in pairs if now is not before and now != before}
        if not changed:
            return self
        changed |= {name for name, derive in DERIVED.items() if derive(facts) != derive(self.facts)}
        outcomes = zip(ALL, self.outcomes, strict=True)
        return Judgements(
            facts,
            tuple(before if changed.isdisjoint(rule.needs) else rule.ask(facts) for rule, before in outcomes),
        )


_FIELDS: Final = tuple(field.name for field in fields(Facts))
_values: Final = attrgetter(*_FIELDS)


def judged(facts: Facts) -> Judgements:
    """Return what every rule says of the facts, to be judged anew with others."""
    return Judgements(facts, tuple(rule.ask(facts) for rule in ALL))


__all__ = ["ALL", "RETIRED", "Judgements", "Page", "Rule", "judged"]
