"""THE VERDICT. Every rule judges the facts, the answers are held against them, and one cause is named, or none."""

from __future__ import annotations

from dataclasses import replace

from ..model.facts import Facts
from ..model.finding import Diagnosis
from ..model.unread import unread_of
from ..rules import judge
from .advice import advised
from .differential import conclude
from .inference import inferred
from .observations import observe
from .unjudged import unjudged
from .witness import witnesses


def diagnose(facts: Facts, *, least: bool = False) -> Diagnosis:
    """Judge what is known of one call.

    Args:
        facts: what is known.
        least: whether the role to give is the one that can do nothing but call services.
    """
    known = inferred(facts)
    outcomes = advised(judge(known), known, least=least)
    found = conclude(outcomes, observe(known), witnesses(known), unread=unread_of(known), unjudged=unjudged(facts))
    cause = found.cause
    if cause is None or cause.finding is None or cause in outcomes:
        return found
    return replace(found, cause=advised((cause,), known, least=least)[0])  # worded by elimination


__all__ = ["conclude", "diagnose"]
