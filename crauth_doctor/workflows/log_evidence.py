"""What Cloud Logging told becomes evidence, after what the user gave: that wins wherever both speak of the call."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeVar

from ..model.evidence import EventKind, Evidence, LogKind
from ..model.fact import STATED, Fact, Known, Source, value_of

if TYPE_CHECKING:
    from ..model.asks.said import Said
    from ..model.facts import Facts

T = TypeVar("T")

READ: Final = "logging.logEntries.list"
_PUBLIC: Final = frozenset({EventKind.PUBLIC_ASKED, EventKind.CHECK_OFF_ASKED, EventKind.GRANT_FAILED})


def with_logs(facts: Facts, logs: Evidence | None) -> Facts:
    """Return the facts with what log entries tell in them."""
    if logs is None:
        return facts
    from ..evidence import call_facts

    merged = call_facts(facts, logs)
    source = Source(READ, facts.logged.source.target)
    return replace(merged, evidence=_at(merged.evidence, source), seen=_at(merged.seen, source))


def beside(pasted: Evidence, facts: Facts) -> Evidence:
    """Return what the user gave, with what the logs told beside it where that is not about the same call."""
    logged = value_of(facts.evidence)
    if logged is None or not is_logged(facts):
        return pasted
    shown = any(exchange.response for exchange in pasted.exchanges) or any(entry.status for entry in pasted.logs)
    entries = tuple(entry for entry in logged.logs if not (shown and entry.kind is LogKind.REQUEST))
    moments = [moment for moment in (pasted.latest, logged.latest) if moment is not None]
    return replace(
        pasted,
        logs=(*entries, *pasted.logs),
        events=(*logged.events, *pasted.events),
        latest=max(moments, default=None),
    )


def said_in(facts: Facts, said: Said) -> Facts:
    """Return the facts with what a person says beside them."""
    if not said.pairs:
        return facts
    return replace(facts, said=Known(said, Source(STATED, ", ".join(f"{name}={value}" for name, value in said.pairs))))


def is_logged(facts: Facts) -> bool:
    """Tell whether the evidence is of the logs alone, and nothing that the user gave."""
    return facts.evidence.source.read == READ


def speaks_of_public(pasted: Evidence | None) -> bool:
    """Tell whether what the user gave speaks of letting everybody in, or of a policy that refuses it."""
    if pasted is None:
        return False
    from ..rules.public_intent import PUBLIC_REFUSED, error_of, signs_of_public

    return bool(
        next(signs_of_public(None, pasted), None)
        or error_of(pasted.errors, *PUBLIC_REFUSED)
        or any(event.kind in _PUBLIC for event in pasted.events)
    )


def _at(fact: Fact[T], source: Source) -> Fact[T]:
    return replace(fact, source=source) if isinstance(fact, Known) and fact.source.read == "evidence" else fact
