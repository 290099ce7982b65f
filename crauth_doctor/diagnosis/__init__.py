"""The verdict: every rule judges the facts, the answers are held against them, and one cause is named, or none."""

from __future__ import annotations

from collections.abc import Sequence

from ..deferred import replace
from ..model.asks.said import NOTHING_SAID
from ..model.fact import Known, value_of
from ..model.facts import NOT_GIVEN, Facts
from ..model.finding import Conclusion, Diagnosis, Outcome, Stage, blocking_of
from ..model.unread import unread_of
from ..rules import judged
from .advice import advised
from .ask import KnownOfCall, asks, goes_on, implied
from .differential import conclude, is_left_over, is_silent_history, the_one_left
from .general import are_rivals
from .inference import inferred
from .observations import observe
from .priors import likelier_first
from .said import entered, heeded, rests_on_words, with_shown
from .unjudged import unjudged
from .witness import witnesses

_OPEN = frozenset({Conclusion.UNDECIDED, Conclusion.UNEXPLAINED, Conclusion.LIKELY})


def diagnose(facts: Facts, *, least: bool = False) -> Diagnosis:
    """Judge what is known of one call, with what is said of it, and ask for what would tell more.

    Args:
        facts: what is known.
        least: whether the role to give is the one that can do nothing but call services.
    """
    shown = inferred(replace(facts, said=NOT_GIVEN))
    said, against = heeded(value_of(facts.said) or NOTHING_SAID, shown)
    said = implied(said)
    known = KnownOfCall(judged(entered(shown, said)), shown, with_shown(said, shown))
    outcomes, observations = advised(known.outcomes(), known.judgements, least=least), observe(known.facts)
    diagnosis = conclude(
        outcomes, observations, witnesses(known.facts), unread=unread_of(known.facts), unjudged=unjudged(facts)
    )
    found = _asking(replace(diagnosis, gainsaid=against), known, outcomes)
    cause = found.cause
    found = replace(found, also=tuple(o for o in blocking_of(outcomes) if _stands_alone(o, cause)))
    if cause is None or cause.finding is None or any(cause is one for one in outcomes):
        return found
    return replace(found, cause=advised((cause,), known.judgements, least=least)[0])  # worded by elimination


def _stands_alone(outcome: Outcome, cause: Outcome | None) -> bool:
    """Whether something blocks by itself, and is neither the cause in other words nor what comes of it."""
    if outcome.stage is Stage.WARNING or cause is None:
        return outcome.stage is not Stage.WARNING
    return are_rivals(outcome.rule, cause.rule) and (outcome.entailed or outcome.stage is not cause.stage)


def _asking(diagnosis: Diagnosis, known: KnownOfCall, outcomes: Sequence[Outcome]) -> Diagnosis:
    """Return the diagnosis with the causes that are left, and with the questions that tell them apart."""
    if diagnosis.conclusion not in _OPEN:
        return diagnosis
    seen = next((o for o in diagnosis.observations if o.speaks), None)
    remaining = known.left(outcomes, seen)
    cause = diagnosis.cause
    rivals = [o for o in remaining if cause is not None and are_rivals(o.rule, cause.rule)]
    in_doubt = cause is not None and (is_left_over(cause) or rests_on_words(cause))
    if in_doubt and not all(map(is_silent_history, rivals)):
        diagnosis = replace(diagnosis, conclusion=Conclusion.UNDECIDED, cause=None)
    elif cause is not None:
        remaining = tuple(o for o in remaining if o.rule == cause.rule or goes_on(o, cause))
    elif seen is not None and known.said.pairs and (last := the_one_left(remaining, seen, outcomes)) is not None:
        diagnosis = replace(diagnosis, conclusion=Conclusion.LIKELY, cause=last, explanations=())
    elif remaining and diagnosis.conclusion is Conclusion.UNEXPLAINED and not isinstance(known.facts.service, Known):
        diagnosis = replace(diagnosis, conclusion=Conclusion.UNDECIDED, explanations=())
    if len(remaining) == 1 and diagnosis.cause is not None:
        return diagnosis
    return replace(diagnosis, open=likelier_first(remaining), asks=asks(known, remaining))


__all__ = ["conclude", "diagnose"]
