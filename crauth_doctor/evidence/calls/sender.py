"""Who sends the call, as far as a paste tells: an exported job or trigger, the user agent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ...model.caller import Caller, CallerKind
from ...model.caller_kinds import DECLARED, declared
from ...model.evidence import Evidence
from ...model.exported import Export, ExportKind
from ...model.fact import Absent, Known, value_of
from ...model.facts import Facts
from ...model.http import Call
from ...model.iam import Principal
from ...model.token import TokenKind
from .pages import path_of
from .place import place

_SENDERS = {one.export: one for one in DECLARED if one.export}
_END_USERS = [one for one in reversed(DECLARED) if one.of_end_user]
_OTHERS = [one for one in DECLARED if not one.of_end_user and not one.is_sent]
_BY_AGENT = [
    (part.lower(), one.kind) for one in (*_SENDERS.values(), *_OTHERS, *_END_USERS) for part in one.user_agents
]
"""The most telling first: a library or a browser may be at work in any of them."""
_BY_LOG = {one.log: one.kind for one in DECLARED if one.log}
"""Products that log the calls that they make themselves."""
_FAILS = 400

PRODUCTS = frozenset(one.kind for one in _SENDERS.values())
"""Callers whose calls Google's products make for them, with tokens of their own making."""


def exports_of(evidence: Evidence) -> tuple[Export, ...]:
    """Return the settings of products that may send the call that failed, in the order of the paste."""
    asked = _paths_asked(evidence)
    senders = (each for each in evidence.exports if each.kind in _SENDERS and each.auth)
    return tuple(each for each in senders if not (asked and each.target and Call(each.target).path not in asked))


def calls_another_path(evidence: Evidence, urls: Iterable[str]) -> bool:
    """Whether each of these URLs has another path than Google's pages in the paste say was asked for."""
    asked = _paths_asked(evidence)
    shown = [url for url in urls if url]
    return bool(asked and shown) and all(Call(url).path not in asked for url in shown)


def _paths_asked(evidence: Evidence) -> set[str | None]:
    return {path_of(each.response.body) for each in evidence.exchanges if each.response} - {None}


def complete(facts: Facts, evidence: Evidence) -> Facts:
    """Return the facts with the caller and its principal, where only the paste tells them."""
    if not isinstance(facts.caller, Known) and (caller := _caller(evidence)) and not _is_googles(facts, caller.value):
        facts = replace(facts, caller=caller)
    if not isinstance(facts.principal, Known) and (principal := _principal(facts) or _troubleshot(evidence)):
        facts = replace(facts, principal=principal)
    return _of_pod(facts, evidence)


def _of_pod(facts: Facts, evidence: Evidence) -> Facts:
    """Return the facts with the only Kubernetes account that is shown as the caller's, where nothing else tells it.

    One that is linked to no account may be the node's, or nobody: that the cluster tells, and not the account.
    """
    accounts = [each for each in evidence.exports if each.kind is ExportKind.KUBERNETES_ACCOUNT]
    if len(accounts) != 1 or isinstance(facts.caller, Known) or isinstance(facts.principal, Known | Absent):
        return facts
    (own,) = accounts
    source = place("Kubernetes service account", own.lines, "wanted")
    facts = replace(facts, caller=Known(Caller(f"gke/-/{own.name}", CallerKind.GKE), source))
    email = own.fields.get("account")
    return replace(facts, principal=Known(_named(email), source)) if email else facts


def _caller(evidence: Evidence) -> Known[Caller] | None:
    agents = [(each.sent.get("user-agent", ""), each.lines) for each in evidence.exchanges]
    agents += [(each.user_agent or "", each.lines) for each in evidence.logs]
    for agent, lines in agents:
        for part, kind in _BY_AGENT:
            if part in agent.lower():
                return Known(Caller(kind.value, kind), place("user agent", lines))
    made = [each for each in evidence.logs if each.kind in _BY_LOG and (each.status or 0) >= _FAILS]
    for entry in made[-1:]:
        kind = _BY_LOG[entry.kind]
        return Known(Caller(kind.value, kind), place(f"{entry.kind.value} log", entry.lines))
    return None


def _is_googles(facts: Facts, caller: Caller) -> bool:
    """Whether the call carried a token of Google's, which neither a browser nor an end user's app holds."""
    token = value_of(facts.token)
    google = token is not None and token.kind in {TokenKind.ID_TOKEN, TokenKind.ACCESS_TOKEN, TokenKind.SELF_SIGNED}
    return google and declared(caller.kind).of_end_user


def _principal(facts: Facts) -> Known[Principal] | None:
    """A Google-signed token says whose it is."""
    token = value_of(facts.token)
    if token is None or not token.email or token.kind not in {TokenKind.ID_TOKEN, TokenKind.SELF_SIGNED}:
        return None
    return Known(_named(token.email), facts.token.source)


def _troubleshot(evidence: Evidence) -> Known[Principal] | None:
    """Whom Policy Troubleshooter was asked about, where that is one."""
    asked = [each for each in evidence.exports if each.kind is ExportKind.TROUBLESHOOTER and each.name]
    emails = {(each.name or "").partition(" ")[0] for each in asked}
    return Known(_named(*emails), place("Policy Troubleshooter", asked[0].lines)) if len(emails) == 1 else None


def _named(email: str) -> Principal:
    return Principal(f"{'serviceAccount' if email.endswith('.gserviceaccount.com') else 'user'}:{email}")
