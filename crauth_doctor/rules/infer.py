"""What a paste alone leaves open, and what may be taken for it: whom the caller is, and where it calls from."""

from __future__ import annotations

from dataclasses import replace

from ..model.caller import CallerKind, Origin, Place
from ..model.evidence import Evidence
from ..model.fact import Known, Source, Unknown, value_of
from ..model.facts import Facts
from ..model.iam import Principal
from ..model.told import Told

_OUTSIDE = (CallerKind.LAPTOP, CallerKind.BROWSER, CallerKind.APP, CallerKind.WEBHOOK)
_OUTSIDE_TOLD = {Told.SENDER_LAPTOP, Told.SENDER_OUTSIDE, Told.SENDER_BROWSER, Told.SENDER_APP, Told.SENDER_WEBHOOK}
_PRODUCTS = (CallerKind.SCHEDULER, CallerKind.TASKS, CallerKind.PUBSUB, CallerKind.EVENTARC, CallerKind.WORKFLOW)
_SOURCE = Source("evidence", "what was pasted")


def inferred(facts: Facts) -> Facts:
    """Return the facts with what the paste lets one take for granted; what was read stands."""
    pasted = value_of(facts.evidence)
    if pasted is None:
        return facts
    if isinstance(facts.origin, Unknown) and facts.origin.source.read == "nothing":
        facts = replace(facts, origin=Known(_origin(facts, pasted), _SOURCE))
    if isinstance(facts.principal, Unknown) and facts.principal.source.read == "nothing":
        named = _bound_and_named(facts, pasted)
        if named is not None:
            facts = replace(facts, principal=Known(named, _SOURCE))
    return facts


def _origin(facts: Facts, pasted: Evidence) -> Origin:
    caller = value_of(facts.caller)
    if caller is not None and caller.kind in _PRODUCTS:
        return Origin(Place.GOOGLE)
    if caller is not None and caller.kind in _OUTSIDE:
        return Origin(Place.INTERNET)
    if any(statement.told in _OUTSIDE_TOLD for statement in pasted.told):
        return Origin(Place.INTERNET)
    return Origin(Place.HERE, assumed="nothing that was pasted tells where the call comes from")


def _bound_and_named(facts: Facts, pasted: Evidence) -> Principal | None:
    """Return the one account that the service's policy binds and the user's own words name."""
    policies = value_of(facts.policies)
    own = policies.chain[0].policy if policies and policies.chain else None
    if not isinstance(own, Known):
        return None
    words = " ".join(prose.text for prose in pasted.unrecognised).lower()
    members = {member for binding in own.value.bindings for member in binding.members}
    named = [Principal(m) for m in sorted(members) if (email := Principal(m).email) and email in words]
    return named[0] if len(named) == 1 else None
