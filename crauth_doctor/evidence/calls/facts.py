"""What a paste tells of one call, as facts. Of the caller's own call it knows best; settings it only completes."""

from __future__ import annotations

from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from ...model.address import names_another
from ...model.asks.said import NOTHING_SAID, Said
from ...model.evidence import Evidence, Judged
from ...model.fact import CODE, Fact, Known, Source, Unknown, value_of
from ...model.facts import Facts
from ...model.http import Call
from ...model.run import host_of, is_local, is_run_app
from ...model.token import Token
from . import sender
from .failing_call import Callee, Failing, Failures, attempted_status, failing_of, failures_of
from .sender import PRODUCTS
from .sent_token import without_loose

_PLAIN_PATH = "/"
_PASTED = Source("evidence", "what was pasted")


def call_facts(facts: Facts, evidence: Evidence, said: Said = NOTHING_SAID) -> Facts:
    """Return the facts with what the paste tells of the call in them: its answer, its token, who made it.

    Args:
        facts: what is known without it.
        evidence: the paste.
        said: what a person says of it: which of several calls is meant, and what it got, whatever the paste shows.
    """
    evidence = _of_the_call(facts, evidence)
    facts = replace(facts, evidence=Known(evidence, _PASTED))
    called = said.get("status") is not None
    failing = _failing(facts, evidence, said)
    if isinstance(failing, Judged):
        facts = replace(facts, judged=Known(failing, _PASTED))
    elif failing:
        facts = _with_call(facts, replace(failing, call=failing.call or _set_call(evidence)))
        if failing.response:
            facts = replace(facts, seen=Known(failing.response, failing.source))
            facts = replace(facts, judged=Known(failing.judged, failing.source))
        if failing.token is not None and _may_replace(facts, failing.token):
            facts = replace(facts, token=failing.token)
    return sender.complete(_at_its_audience(facts, called=called), evidence)


def _at_its_audience(facts: Facts, *, called: bool) -> Facts:
    """Take the call to be made where its code asks for a token of, if nothing shows it and that is nobody's audience.

    A service's is without a path, a function's is with one: the audience alone is wrong, whichever is called.
    """
    token, was_made = value_of(facts.token), called or isinstance(facts.seen, Known)
    if isinstance(facts.call, Known) or token is None or not was_made or facts.token.source.read != CODE:
        return facts
    url = token.audience or ""
    has_path = bool(urlsplit(url).path.strip("/"))
    if not (has_path if is_run_app(url) else host_of(url).endswith(".cloudfunctions.net") and not has_path):
        return facts
    return replace(facts, call=Known(Call(url, path_known=False), facts.token.source))


def moment_of(facts: Facts, said: Said = NOTHING_SAID) -> int | None:
    """Return when the call was made of which `call_facts` tells, seconds since 1970; else the paste's latest moment."""
    evidence = value_of(facts.evidence)
    if evidence is None:
        return None
    failing = _failing(facts, evidence, said)
    return failing.at if isinstance(failing, Failing) and failing.at else evidence.latest


def _of_the_call(facts: Facts, evidence: Evidence) -> Evidence:
    """Return the evidence without what stands beside the call in question, and shows another one."""
    evidence = _without_asides(evidence, value_of(facts.call))
    return without_loose(evidence, lambda token: _is_of_another_call(token, facts, evidence.latest))


_LATER: Final = 24 * 3600
"""So many seconds after all that a paste shows, a token was not made for a call in it; no clock is off by as much."""


def _is_of_another_call(token: Token, facts: Facts, latest: int | None) -> bool:
    """Whether a token was made long after the call, or names another service as well as somebody else than its caller.

    Where it names only one of them, that may be what is wrong with the call.
    """
    if latest is not None and token.issued_at is not None and token.issued_at - latest > _LATER:
        return True
    service, principal = value_of(facts.service), value_of(facts.principal)
    if service is None or isinstance(facts.principal, Unknown) or token.email is None:
        return False
    email = principal.email if principal is not None else None
    return token.email != email and names_another(token.audience or "", {service.id})


_ASIDES: Final = ("/favicon.ico", "/robots.txt", "/apple-touch-icon")
"""What browsers and crawlers ask for by themselves, of every site: that it is not there is nobody's question.

Sources: https://html.spec.whatwg.org/multipage/links.html#rel-icon, https://datatracker.ietf.org/doc/html/rfc9309,
https://developer.apple.com/library/archive/documentation/AppleApplications/Reference/SafariWebContent/ConfiguringWebApplications/ConfiguringWebApplications.html
"""


def _without_asides(evidence: Evidence, asked: Call | None) -> Evidence:
    """Return the evidence without such calls, where something else fails, or another call is asked about."""
    if asked is not None and asked.path.startswith(_ASIDES):
        return evidence
    left = evidence.of_calls(lambda url: not Call(url).path.startswith(_ASIDES))
    if (len(left.exchanges), len(left.logs)) == (len(evidence.exchanges), len(evidence.logs)):
        return evidence
    failed = failures_of(left)
    is_told = failed.exchanges or failed.entries or left.errors or any(map(attempted_status, left.exports))
    return left if asked is not None or is_told else evidence


def _failing(facts: Facts, evidence: Evidence, said: Said) -> Failing | Judged | None:
    """Return the call that fails; where several do and nothing says which is meant, what is left to choose from."""
    failures = failures_of(evidence)
    callee = _callee(facts, evidence, failures, said)
    if not callee.hosts and (urls := failures.to_choose_from):
        return Judged(urls=urls)
    return failing_of(evidence, failures, callee, called=said.get("status") is not None)


def _callee(facts: Facts, evidence: Evidence, failures: Failures, said: Said) -> Callee:
    """Return whom the call is made to: what was named, else what a sender in the paste is set to call, else is said."""
    shown = services_called(evidence)
    hosts = _hosts_of(facts) or (next(iter(shown.values())) if len(shown) == 1 else frozenset())
    if not hosts:
        hosts = frozenset(host_of(each.target) for each in sender.exports_of(evidence) if each.target)
        failed = frozenset(map(host_of, failures.urls))
        hosts = hosts if hosts & failed or not failed else frozenset()  # what is set to call another host is beside it
    if not hosts and (url := said.get("url")) is not None and failures.to_choose_from:
        return Callee(frozenset({host_of(url)}), strict=True)
    service = value_of(facts.service)
    return Callee(hosts, service.id if service else "", strict=isinstance(facts.call, Known))


def _hosts_of(facts: Facts) -> frozenset[str]:
    """Return the hosts of the callee and of the call in question, as far as they are known."""
    service, call = value_of(facts.service), value_of(facts.call)
    urls = (*service.urls, *service.tag_urls) if service else ()
    return frozenset(host_of(url) for url in (*urls, *((call.url,) if call else ())))


def services_called(evidence: Evidence) -> dict[str, frozenset[str]]:
    """Return the hosts, by name, of each service that the paste shows settings of and that may be the one called.

    One that is shown alone is not where the paste's calls name another, or a port of this machine, and none names it:
    then it may be the one that calls. But whose policy is shown as well is what is asked about.
    """
    services = {each.service.name: each.service for each in evidence.exports if each.service}
    shown = {name: frozenset(map(host_of, (*one.urls, *one.tag_urls))) for name, one in services.items()}
    called = [each.call.url for each in evidence.exchanges if each.call]
    called += [each.url for each in evidence.logs if each.url]
    called += [each.target for each in sender.exports_of(evidence) if each.target]
    if fitting := {name: hosts for name, hosts in shown.items() if not hosts.isdisjoint(map(host_of, called))}:
        return fitting
    if len(services) != 1:
        return {}
    (own,) = services.values()
    others = (url for url in called if names_another(url, {own.id}) or is_local(host_of(url)))
    return shown if own.full_name in evidence.document.iam or not any(others) else {}


def _may_replace(facts: Facts, token: Fact[Token]) -> bool:
    """Whether a pasted call's token is the caller's.

    No product sends what a person sends by hand, and what the paste does not show takes the place of nothing.
    """
    caller = value_of(facts.caller)
    if caller is not None and caller.kind in PRODUCTS:
        return False
    return not isinstance(token, Unknown) or isinstance(facts.token, Unknown)


def _set_call(evidence: Evidence) -> Call | None:
    """Return the call that the only sender in the paste is set to make, where no call names its URL."""
    set_ = {each.target: each for each in sender.exports_of(evidence) if each.target}
    if len(set_) != 1 or any(each.call for each in evidence.exchanges):
        return None
    ((url, export),) = set_.items()
    return Call(url, export.fields.get("method", "POST"))


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
    if is_local(call.host) or (described and given.path != call.path):
        return replace(facts, call=Known(replace(given, headers=headers), facts.call.source))
    method = given.method if call.method == "GET" else call.method
    return replace(facts, call=Known(replace(call, headers=headers, method=method, path_known=True), failing.source))
