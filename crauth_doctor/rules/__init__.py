"""THE JUDGES. Every cause that can be diagnosed, a module a stage, in the order of the path.

Within a stage the more specific cause stands first: it is the one that is named when several hold.
"""

from __future__ import annotations

from typing import Any

from ..model.fact import Fact
from ..model.facts import Facts
from ..model.finding import Observation, Outcome
from . import app, audience, front, header, iam, iap, ingress, mint, mint_errors, public, reach, sending, token, warning
from .observe import observe
from .rule import Page, Rule

ALL: tuple[Rule[Any], ...] = (
    *mint_errors.RULES,
    *sending.MINT_RULES,
    *mint.RULES,
    *front.BEFORE_INGRESS,
    *reach.RULES,
    *front.PERIMETER,
    *sending.INGRESS_RULES,
    *ingress.RULES,
    *iap.RULES,
    *header.RULES,
    *token.RULES,
    *audience.RULES,
    *public.RULES,
    *iam.RULES,
    *app.RULES,
    *warning.RULES,
)

RETIRED: frozenset[str] = frozenset()
"""Ids that were once used; never given to another cause."""


def judge(facts: Facts) -> tuple[tuple[Outcome, ...], tuple[Observation, ...]]:
    """Ask every rule, and tell which stage answered each call that was seen, the deciding call first."""
    derived: dict[str, Fact[object]] = {}
    return tuple(rule.ask(facts, derived) for rule in ALL), observe(facts)


__all__ = ["ALL", "RETIRED", "Page", "Rule", "judge"]
