"""What a paste alone leaves open, and what may be taken for it; and which of its calls are another service's."""

from __future__ import annotations

from ..answers.observed import OF_AN_ANSWER
from ..deferred import replace
from ..model.caller import Origin, Place
from ..model.caller_kinds import declared
from ..model.evidence import Evidence
from ..model.fact import Known, Source, Unknown, value_of
from ..model.facts import NOT_ASKED, NOT_GIVEN, Facts
from ..model.http import Call
from ..model.leads import call_leads_here
from ..model.run import host_of, is_custom, is_local, is_run_app

_SOURCE = Source("evidence", "what was pasted")


def inferred(facts: Facts) -> Facts:
    """Return the facts with what the paste lets one take for granted; what was read stands."""
    pasted = value_of(facts.evidence)
    if pasted is None:
        return facts
    leads = call_leads_here(facts.call, facts.service, facts.domain, facts.load_balancer)
    facts = replace(facts, call_leads_here=leads)
    facts = replace(facts, evidence=Known(_of_this_call(facts, pasted), facts.evidence.source))
    caller = value_of(facts.caller)
    if facts.sending is NOT_GIVEN and (caller is None or declared(caller.kind).is_sent):
        facts = replace(facts, sending=NOT_ASKED)  # whether a product makes the call is not known, or how it is set to
    unasked = isinstance(facts.origin, Unknown) and facts.origin.source.read == "nothing"
    is_refused = isinstance(facts.seen, Known)
    if unasked and is_refused and not (caller is None and _another_in_a_network(facts, pasted)):
        facts = replace(facts, origin=Known(_origin(facts), _SOURCE))
    return facts


def _origin(facts: Facts) -> Origin:
    caller = value_of(facts.caller)
    place = declared(caller.kind).place if caller is not None else None
    if place is not None and place is not Place.HERE:
        return Origin(place)
    return Origin(Place.HERE, assumed="nothing that was pasted tells where the call comes from")


def _another_in_a_network(facts: Facts, pasted: Evidence) -> bool:
    """Whether settings of another service are shown, which is in a network: the call may come from there."""
    callee = value_of(facts.service)
    shown = (each.service for each in pasted.exports if each.service is not None)
    return callee is not None and any(each.vpc_access and each.id != callee.id for each in shown)


def _of_this_call(facts: Facts, pasted: Evidence) -> Evidence:
    """Return what was pasted without failing calls to other services: what they carried is not what this one did.

    Where nothing says which call is meant, none of them is known to be it.
    """
    judged = value_of(facts.judged)
    if judged is not None and judged.urls:
        errors = tuple(each for each in pasted.errors if each.family not in OF_AN_ANSWER)
        return replace(pasted, exchanges=(), logs=(), errors=errors)
    own = _own_hosts(facts, pasted)
    if not own:
        return pasted
    call = value_of(facts.call)
    path = call.path if call is not None and call.host in own and isinstance(facts.seen, Known) else None
    return pasted.of_calls(lambda url: not (_leads_elsewhere(url, own) or _is_of_another_site(url, path)))


def _own_hosts(facts: Facts, pasted: Evidence) -> frozenset[str]:
    """Return the callee's hosts: the service's, else that of the call that is judged."""
    service, answer = value_of(facts.service), value_of(facts.seen)
    if service is not None:
        return frozenset(host_of(url) for url in (*service.urls, *service.tag_urls))
    judged = next((each for each in pasted.exchanges if answer is not None and each.response is answer), None)
    host = judged.call.host if judged is not None and judged.call is not None else ""
    return frozenset({host}) if is_run_app(f"https://{host}") else frozenset()


def _is_of_another_site(url: str, path: str | None) -> bool:
    """Whether a URL is of a domain of somebody's, which is no front of a call to this path."""
    return path is not None and is_custom(host_of(url)) and not is_local(host_of(url)) and Call(url).path != path


def _leads_elsewhere(url: str, own: frozenset[str]) -> bool:
    """Whether a URL is of a host of Cloud Run's that is none of these."""
    return is_run_app(url) and host_of(url) not in own
