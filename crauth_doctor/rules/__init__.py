"""One rule for each cause that can be diagnosed: a module for each stage, in the order of the path.

Within a stage the more specific cause stands first: it is the one that is named when several hold.
"""

from __future__ import annotations

from typing import Any, Final

from ..deferred import dataclass
from ..model.facts import Facts
from ..model.finding import Outcome, Stage
from . import app, iam, iap, ingress, mint, reach, token, warning  # noqa: F401 - a rule is registered where it is declared
from .given import Given
from .registry import Page, Rule, registered

ALL: Final[tuple[Rule[Any], ...]] = registered()

RETIRED: Final[frozenset[str]] = frozenset()
"""Ids that were once used; never given to another cause."""


@dataclass(frozen=True)
class Judgements:
    """What every rule says of some facts."""

    facts: Facts
    given: Given  # what of it the rules were given
    outcomes: tuple[Outcome, ...]  # of every rule, in the order of the path

    def with_facts(self, facts: Facts, until: Stage = Stage.WARNING) -> Judgements:
        """Judge facts of which most are the same: only rules that need one of the others are asked again.

        What is said of stages behind `until` stays.
        """
        if facts == self.facts:
            return self
        given = Given.of(facts)
        changed = given.differing(self.given)
        outcomes = list(self.outcomes)
        for position in {position for name in changed for position in _NEEDING.get(name, ())}:
            if ALL[position].stage <= until:
                outcomes[position] = ALL[position].judged(given)
        return Judgements(facts, given, tuple(outcomes))


_NEEDING: Final = {
    name: tuple(position for position, rule in enumerate(ALL) if name in rule.needs)
    for name in {name for rule in ALL for name in rule.needs}
}
"""The places of the rules that need a fact, by its name."""


def judged(facts: Facts) -> Judgements:
    """Return what every rule says of the facts, to be judged anew with others."""
    given = Given.of(facts)
    return Judgements(facts, given, tuple([rule.judged(given) for rule in ALL]))


__all__ = ["ALL", "RETIRED", "Judgements", "Page", "Rule", "judged"]
