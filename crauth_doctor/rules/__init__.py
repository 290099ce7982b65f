"""THE JUDGES. Every cause that can be diagnosed, a module a stage, in the order of the path.

Within a stage the more specific cause stands first: it is the one that is named when several hold.
"""

from __future__ import annotations

from typing import Any, Final

from ..model.fact import Fact
from ..model.facts import Facts
from ..model.finding import Outcome
from . import app, iam, iap, ingress, mint, reach, token, warning  # noqa: F401 - a rule is registered where it is declared
from .registry import Page, Rule, registered

ALL: Final[tuple[Rule[Any], ...]] = registered()

RETIRED: Final[frozenset[str]] = frozenset()
"""Ids that were once used; never given to another cause."""


def judge(facts: Facts) -> tuple[Outcome, ...]:
    """Return what every rule says of the facts."""
    derived: dict[str, Fact[object]] = {}
    return tuple(rule.ask(facts, derived) for rule in ALL)


__all__ = ["ALL", "RETIRED", "Page", "Rule", "judge"]
