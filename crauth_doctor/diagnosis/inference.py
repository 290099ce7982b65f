"""What a paste alone leaves open, and what may be taken for it: whom the caller is, and where it calls from."""

from __future__ import annotations

from dataclasses import replace

from ..model.caller import Origin, Place
from ..model.caller_kinds import declared
from ..model.fact import Known, Source, Unknown, value_of
from ..model.facts import Facts
from ..model.leads import call_leads_here

_SOURCE = Source("evidence", "what was pasted")


def inferred(facts: Facts) -> Facts:
    """Return the facts with what the paste lets one take for granted; what was read stands."""
    if value_of(facts.evidence) is None:
        return facts
    facts = replace(facts, call_leads_here=call_leads_here(facts.call, facts.service, facts.domain))
    if isinstance(facts.origin, Unknown) and facts.origin.source.read == "nothing":
        facts = replace(facts, origin=Known(_origin(facts), _SOURCE))
    return facts


def _origin(facts: Facts) -> Origin:
    caller = value_of(facts.caller)
    place = declared(caller.kind).place if caller is not None else None
    if place is not None and place is not Place.HERE:
        return Origin(place)
    return Origin(Place.HERE, assumed="nothing that was pasted tells where the call comes from")
