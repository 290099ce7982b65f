"""Settings that a paste shows, for what could not be read: service, policies, accounts. What was read stands."""

from __future__ import annotations

from dataclasses import replace

from ..model.evidence import Evidence
from ..model.exported import Export, ExportKind
from ..model.fact import Known, Obstacle, Source, Unknown, value_of
from ..model.facts import Facts
from ..model.iam import AllowPolicies, PolicyAt
from ..model.run import Service, host_of
from .failing import place

_ANCESTORS = ("//cloudresourcemanager.googleapis.com/",)
_NOT_SHOWN = Unknown(Source("evidence", "the paste shows no policy of its ancestors"), Obstacle.NOT_ASKED)


def hosts_of(facts: Facts) -> frozenset[str]:
    """Return the hosts of the callee and of the call in question, as far as they are known."""
    service, call = value_of(facts.service), value_of(facts.call)
    urls = (*service.urls, *service.tag_urls) if service else ()
    return frozenset(host_of(url) for url in (*urls, *((call.url,) if call else ())))


def complete(facts: Facts, evidence: Evidence) -> Facts:
    """Return the facts with the paste's settings where nothing better was read."""
    facts = _with_service(facts, evidence)
    facts = _with_policies(facts, evidence)
    return _with_account(facts, evidence)


def _with_service(facts: Facts, evidence: Evidence) -> Facts:
    shown = [each for each in evidence.exports if each.service]
    called = {host_of(each.call.url) for each in evidence.exchanges if each.call} | {
        host_of(each.url) for each in evidence.logs if each.url
    }
    fitting = [
        each
        for each in shown
        if each.service and called & {host_of(url) for url in (*each.service.urls, *each.service.tag_urls)}
    ]
    chosen = fitting[-1] if fitting else shown[0] if len(shown) == 1 else None
    if chosen is None or chosen.service is None:
        return facts
    source = place("service export", chosen.lines)
    if not isinstance(facts.service, Known):
        facts = replace(facts, service=Known(chosen.service, source))
    if not isinstance(facts.ingress, Known) and chosen.ingress is not None:
        facts = replace(facts, ingress=Known(chosen.ingress, source))
    return facts


def _with_policies(facts: Facts, evidence: Evidence) -> Facts:
    exports = [each for each in evidence.exports if each.kind is ExportKind.POLICY and each.policy]
    service = value_of(facts.service)
    known = value_of(facts.policies)
    if known:
        return (
            replace(facts, policies=Known(_completed(known, exports, service), facts.policies.source))
            if exports
            else facts
        )
    own = [each for each in exports if _is_callee(each, service)]
    if not own:
        return facts
    chosen = own[-1]
    resource = service.full_name if service else chosen.name or ""
    above = [each for each in exports if (each.name or "").startswith(_ANCESTORS)]
    chain = (_at(resource, chosen), *(_at(each.name or "", each) for each in above))
    return replace(facts, policies=Known(AllowPolicies(chain, _NOT_SHOWN), place("policy export", chosen.lines)))


def _completed(known: AllowPolicies, exports: list[Export], service: Service | None) -> AllowPolicies:
    """Fill in the policies of a chain that could not be read."""
    chain = []
    for each in known.chain:
        export = next(
            (
                e
                for e in exports
                if e.name == each.resource or (each.resource.startswith("//run.") and _is_callee(e, service))
            ),
            None,
        )
        unread = isinstance(each.policy, Unknown)
        chain.append(_at(each.resource, export) if export and unread else each)
    return replace(known, chain=tuple(chain))


def _at(resource: str, export: Export) -> PolicyAt:
    source = place("policy export", export.lines)
    return PolicyAt(
        resource, Known(export.policy, source) if export.policy else Unknown(source, Obstacle.NOT_UNDERSTOOD)
    )


def _is_callee(export: Export, service: Service | None) -> bool:
    """Whether a policy is the callee's own, by the command that printed it, or because nothing says otherwise."""
    if export.name is None:
        return "iam-policy" not in export.command
    parts = export.name.split("/")
    if "run.googleapis.com" not in parts or "services" not in parts:
        return False
    return service is None or parts[-1] == service.id


def _with_account(facts: Facts, evidence: Evidence) -> Facts:
    principal = value_of(facts.principal)
    for each in evidence.exports:
        if (
            each.account
            and not isinstance(facts.account, Known)
            and (principal is None or principal.email == each.account.email.lower())
        ):
            return replace(facts, account=Known(each.account, place("service account export", each.lines)))
    return facts
