"""THE VERDICT. Every rule judges the facts, the answers are held against them, and one cause is named, or none."""

from __future__ import annotations

from ..model.facts import Facts
from ..model.finding import Diagnosis
from ..rules import judge
from .differential import conclude
from .unjudged import unjudged
from .witness import witnesses


def diagnose(facts: Facts) -> Diagnosis:
    """Judge what is known of one call."""
    outcomes, observations = judge(facts)
    return conclude(outcomes, observations, witnesses(facts), unjudged=unjudged(facts))


__all__ = ["conclude", "diagnose"]
