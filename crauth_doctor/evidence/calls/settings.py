"""Settings that a paste shows, for what could not be read: service, policies, accounts. What was read stands."""

from __future__ import annotations

from dataclasses import replace

from ...model.evidence import Evidence
from ...model.exported import Export, ExportKind
from ...model.fact import Known, Obstacle, Source, Unknown, value_of
from ...model.facts import Facts
from ...model.iam import AllowPolicies, PolicyAt
from ...model.run import Service, host_of
from .failing import place

_ANCESTORS = ("//cloudresourcemanager.googleapis.com/",)
_NOT_SHOWN = Unknown(Source("evidence", "the paste shows no policy of its ancestors"), Obstacle.NOT_ASKED)


def hosts_of(facts: Facts) -> frozenset[str]:
    """Return the hosts of the callee and of the call in question, as far as they are known."""
    service, call = value_of(facts.service), value_of(facts.call)
    urls = (*service.urls, *service.tag_urls) if service else ()
    return frozenset(host_of(url) for url in (*urls, *((call.url,) if call else ())))


def hosts_shown(evidence: Evidence) -> frozenset[str]:
    """Return the hosts of the one service that the paste shows settings of, also where that is only a part of them."""
    shown = [each.service for each in evidence.exports if each.service]
    return frozenset(host_of(url) for url in (*shown[0].urls, *shown[0].tag_urls)) if len(shown) == 1 else frozenset()


def complete(facts: Facts, evidence: Evidence) -> Facts:
    """Return the facts with the paste's settings where nothing better was read; what was refused stays in `failed`."""
    before = facts
    facts = _with_service(facts, evidence)
    facts = _with_policies(facts, evidence)
    facts = _with_account(facts, evidence)
    known = value_of(facts.failed) or ()
    refused = tuple(dict.fromkeys([*known, *_replaced(before, facts)]))
    return facts if refused == known else replace(facts, failed=Known(refused, facts.failed.source))


def _replaced(before: Facts, after: Facts) -> tuple[Unknown, ...]:
    """Return the reads that failed, and whose place something that was pasted has taken."""
    pairs: list[tuple[object, object]] = [
        (before.service, after.service),
        (before.ingress, after.ingress),
        (before.account, after.account),
        (before.policies, after.policies),
    ]
    old, new = value_of(before.policies), value_of(after.policies)
    if old and new:
        shown = {each.policy for each in new.chain if isinstance(each.policy, Unknown)}
        pairs += [(each.policy, None) for each in old.chain if each.policy not in shown]
    return tuple(
        one
        for one, other in pairs
        if isinstance(one, Unknown) and not isinstance(other, Unknown) and one.obstacle is not Obstacle.NOT_ASKED
    )


def _with_service(facts: Facts, evidence: Evidence) -> Facts:
    shown = [each for each in evidence.exports if each.service and _may_be(each, facts)]
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
    source = place("service export", chosen.lines, wanted=chosen.wanted)
    if not isinstance(facts.service, Known) and not chosen.partial:
        facts = replace(facts, service=Known(chosen.service, source))
    elif isinstance(facts.service, Unknown) and facts.service.obstacle is Obstacle.NOT_ASKED:
        facts = replace(facts, service=Unknown(source, Obstacle.NOT_TOLD, "only a part of its settings is shown"))
    if not isinstance(facts.ingress, Known) and chosen.ingress is not None:
        facts = replace(facts, ingress=Known(chosen.ingress, source))
    return facts


def _may_be(export: Export, facts: Facts) -> bool:
    """Whether an exported service can be the one that was asked about and could not be read."""
    target = facts.service.source.target
    return "/services/" not in target or (export.service is not None and target.endswith(f"/{export.service.id}"))


def _with_policies(facts: Facts, evidence: Evidence) -> Facts:
    exports = [each for each in evidence.exports if each.kind is ExportKind.POLICY and each.policy]
    service = value_of(facts.service)
    known = value_of(facts.policies)
    if known:
        return _completed(facts, known, exports, service)
    own = [each for each in exports if _is_callee(each, service)]
    if not own:
        return facts
    chosen = own[-1]
    resource = service.full_name if service else chosen.name or ""
    above = [each for each in exports if (each.name or "").startswith(_ANCESTORS)]
    chain = (*_at(resource, chosen), *(at for each in above for at in _at(each.name or "", each)))
    return replace(facts, policies=Known(AllowPolicies(chain, _NOT_SHOWN), _source(chosen)))


def _completed(facts: Facts, known: AllowPolicies, exports: list[Export], service: Service | None) -> Facts:
    """Fill in the policies of a chain that could not be read; of a part, what it shows stands beside the refusal."""
    chain: list[PolicyAt] = []
    source = None
    for each in known.chain:
        export = next((e for e in exports if _is_at(e, each.resource, service)), None)
        if export is None or not isinstance(each.policy, Unknown):
            chain.append(each)
            continue
        source = _source(export)
        chain += [each, *_at(each.resource, export)[1:]] if export.partial else _at(each.resource, export)
    return replace(facts, policies=Known(replace(known, chain=tuple(chain)), source)) if source else facts


def _is_at(export: Export, resource: str, service: Service | None) -> bool:
    return export.name == resource or (resource.startswith("//run.") and _is_callee(export, service))


def _at(resource: str, export: Export) -> tuple[PolicyAt, ...]:
    """Return the policy; before a part of one, that the rest is unknown, so that it only ever says yes."""
    source = _source(export)
    if export.policy is None:
        return (PolicyAt(resource, Unknown(source, Obstacle.NOT_UNDERSTOOD)),)
    shown = PolicyAt(resource, Known(export.policy, source))
    if not export.partial:
        return (shown,)
    return (PolicyAt(resource, Unknown(source, Obstacle.NOT_TOLD, "only a part of the policy is shown")), shown)


def _source(export: Export) -> Source:
    """Return where a policy stands; one that nothing names is taken for the callee's, which is an assumption."""
    return place("policy export", export.lines, wanted=export.wanted or export.name is None)


def _is_callee(export: Export, service: Service | None) -> bool:
    """Whether a policy is the callee's own, by the command that printed it; or may be, by its roles, where none did."""
    if export.name is None:
        return "iam-policy" not in export.command and _may_stand_on_a_service(export)
    parts = export.name.split("/")
    if "run.googleapis.com" not in parts or "services" not in parts:
        return False
    if service is None:
        return True
    given, own = parts[3:], service.full_name.split("/")[3:]
    return len(given) == len(own) and all(
        "-" in {one, other} or one == other for one, other in zip(given, own, strict=True)
    )


def _may_stand_on_a_service(export: Export) -> bool:
    """Whether every role is one that is granted on a service: basic roles and those of agents stand above it."""
    roles = [binding.role for binding in export.policy.bindings] if export.policy else []
    return all(_is_runs(role) or not role.startswith("roles/") for role in roles)


def _is_runs(role: str) -> bool:
    return role.startswith("roles/run.") and role != "roles/run.serviceAgent"


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
