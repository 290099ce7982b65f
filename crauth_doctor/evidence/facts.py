"""What a paste tells of one call, as facts. Of the caller's own call it knows best; settings it only completes."""

from __future__ import annotations

from dataclasses import replace

from ..model.evidence import Evidence
from ..model.fact import Known, Source
from ..model.facts import Facts
from . import sender, settings
from .failing import Failing, failing_of

_PLAIN_PATH = "/"


def facts_of(evidence: Evidence) -> Facts:
    """Return what can be known from a paste alone, for a judgement without any cloud access. Time is the call's own."""
    facts = merge(Facts(), evidence)
    failing = failing_of(evidence, frozenset())
    moment = failing.at if failing and failing.at else evidence.latest
    if moment is None:
        return facts
    return replace(facts, now=Known(moment, Source("evidence", "the time of the call, as the paste has it")))


def merge(facts: Facts, evidence: Evidence) -> Facts:
    """Return the facts with what the paste tells in them."""
    facts = replace(facts, evidence=Known(evidence, Source("evidence", "what was pasted")))
    facts = settings.complete(facts, evidence)
    failing = failing_of(evidence, settings.hosts_of(facts))
    if failing:
        facts = _with_call(facts, failing)
        if failing.response:
            facts = replace(facts, seen=Known(failing.response, failing.source))
        if failing.token is not None:
            facts = replace(facts, token=failing.token)
    return sender.complete(facts, evidence)


def _with_call(facts: Facts, failing: Failing) -> Facts:
    """The paste's call takes the place of a call that nobody described, and completes one that somebody did."""
    call = failing.call
    if call is None:
        return facts
    if not isinstance(facts.call, Known):
        return replace(facts, call=Known(call, failing.source))
    given = facts.call.value
    headers = given.headers | call.headers
    described = given.path != _PLAIN_PATH or given.method != "GET"
    if call.host in {"localhost", "127.0.0.1"} or (described and given.path != call.path):
        return replace(facts, call=Known(replace(given, headers=headers), facts.call.source))
    return replace(
        facts, call=Known(replace(call, headers=headers, method=_method(given.method, call.method)), failing.source)
    )


def _method(given: str, pasted: str) -> str:
    return given if pasted == "GET" and given != "GET" else pasted
