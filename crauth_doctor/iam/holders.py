"""Who may invoke a service: every member of every binding that could let it in, and how each one stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from ..deferred import regex
from ..model.answer import CannotTell, No, Yes
from ..model.fact import Absent, Known
from ..model.holder import Holder, Standing
from ..model.iam import EVERYBODY, INVOKE, AllowPolicies, Binding, DenyRule, PolicyAt, Principal
from ..say import Say
from .allow import AGENTS_DOUBTED, effect, short
from .conditions import RequestAttributes
from .deny import concerns, forbids
from .members import ABOVE, is_agent_identity, is_service_agent, resource_set
from .roles import role_of

_ORDER: Final = (
    *EVERYBODY, "domain", "group", "serviceAccount", "user",
    "projectOwner", "projectEditor", "projectViewer", "principal", "principalSet", "deleted",
)  # fmt: skip
_SEVERAL: Final = frozenset({*EVERYBODY, "domain", "group", "projectOwner", "projectEditor", "projectViewer"})
_SEEMS_TO_INVOKE: Final = regex(r"invok|^run\.|^cloudfunctions\.|^(viewer|browser)$", re.IGNORECASE)


def holders(policies: AllowPolicies, denials: Iterable[DenyRule], request: RequestAttributes) -> tuple[Holder, ...]:
    """List who may invoke, and who only seems to, sorted for reading.

    A role without the permission is listed where somebody could take it for one with it: on the service itself, and
    elsewhere by its name.
    """
    rules = tuple(denial for denial in denials if not isinstance(concerns(denial), No))
    found = [holder for at in policies.chain for holder in _at(at, policies, rules, request)]
    depth = {at.resource: number for number, at in enumerate(policies.chain)}
    return tuple(sorted(found, key=lambda one: (*_rank(one.member), depth[one.resource], one.binding.role)))


def _rank(member: str) -> tuple[int, str]:
    kind = member.partition(":")[0]
    if is_service_agent(member):
        return len(_ORDER) + 1, member
    return (_ORDER.index(kind) if kind in _ORDER else len(_ORDER)), member.lower()


def _at(
    at: PolicyAt, policies: AllowPolicies, denials: tuple[DenyRule, ...], request: RequestAttributes
) -> Iterator[Holder]:
    if not isinstance(at.policy, Known):
        return
    for binding in at.policy.value.bindings:
        stand, because = _binding(binding, policies, request)
        if stand is Standing.LACKS_PERMISSION and not _is_taken_for_one(binding, on_service=at is policies.chain[0]):
            continue
        for member in sorted(binding.members):
            yield _holder(Holder(member, at.resource, binding, stand, because), policies, denials)


def _is_taken_for_one(binding: Binding, *, on_service: bool) -> bool:
    return on_service or bool(_SEEMS_TO_INVOKE.search(binding.role.rsplit("/", 1)[-1]))


def _binding(binding: Binding, policies: AllowPolicies, request: RequestAttributes) -> tuple[Standing, str]:
    match effect(binding, policies, request, INVOKE)[0]:
        case Standing.ROLE_UNREAD:
            return Standing.UNCLEAR, "what the role contains could not be read"
        case Standing.LACKS_PERMISSION:
            return Standing.LACKS_PERMISSION, _lacking(binding, policies)
        case Standing.CONDITION_UNMET:
            which = "" if request.path is None else " for this call"
            return Standing.CONDITION_UNMET, Say("its condition does not hold{which} now", which=Say(which))
        case Standing.CONDITION_UNSUPPORTED:
            never = "its condition uses attributes that Cloud Run never evaluates, so it is never true"
            return Standing.CONDITION_UNSUPPORTED, never
        case Standing.GIVES | Standing.MAY_WHILE:
            return (Standing.MAY_WHILE if binding.condition else Standing.GIVES), ""
        case _:
            return Standing.UNCLEAR, "its condition cannot be evaluated here"


def _lacking(binding: Binding, policies: AllowPolicies) -> str:
    role = role_of(policies, binding.role, INVOKE)
    if isinstance(role, Absent):
        return "the role no longer exists"
    if isinstance(role, Known) and role.value.disabled:
        return "the role is disabled or deleted, and gives nothing"
    return Say("the role does not contain {permission}", permission=INVOKE)


def _holder(found: Holder, policies: AllowPolicies, denials: tuple[DenyRule, ...]) -> Holder:
    """Return it with what the member itself makes of the binding."""
    stand, because = _as_member(found)
    caution = ""
    if stand in {Standing.GIVES, Standing.MAY_WHILE, Standing.UNCLEAR}:
        denied, doubt, caution = _denied(found.member, denials, policies)
        if denied:
            stand, because, caution = Standing.DENIED, denied, ""
        elif doubt:
            stand, because = Standing.UNCLEAR, because or doubt
    return Holder(
        found.member, found.resource, found.binding, stand, because, _stands_for(found.member, policies), caution
    )


def _as_member(found: Holder) -> tuple[Standing, str]:
    member, kind = found.member, found.member.partition(":")[0]
    if kind == "deleted":
        return Standing.DELETED, "it was deleted; a new account with the same name does not inherit the role"
    if Principal(member).is_federated:
        return Standing.FEDERATED, "Cloud Run accepts no federated identity: it must impersonate a service account"
    if not found.may:
        return found.stand, found.because
    if is_agent_identity(member):
        return Standing.UNCLEAR, AGENTS_DOUBTED
    if kind not in _ORDER or (kind in {"principal", "principalSet"} and resource_set(member) is None):
        return Standing.UNCLEAR, "this tool does not know members of this kind"
    if kind in EVERYBODY and found.resource.startswith(ABOVE):
        return Standing.UNCLEAR, "its effect above the service is not documented"
    return found.stand, found.because


def _denied(member: str, denials: tuple[DenyRule, ...], policies: AllowPolicies) -> tuple[str, str, str]:
    """Return why the member is denied, why it may be, and why some of it is."""
    doubt = caution = ""
    is_several = member.partition(":")[0] in _SEVERAL or resource_set(member) is not None
    for denial in denials:
        where = Say(
            'the deny policy "{policy}" on {resource}', policy=denial.policy, resource=short(denial.attached_to)
        )
        match forbids(denial, Principal(member), policies):
            case Yes():
                names = ", ".join(sorted(denial.exceptions))
                excepted = Say(" (it exempts {names})", names=names) if names else ""
                return Say("{where} forbids it{excepted}", where=where, excepted=excepted), "", ""
            case CannotTell(because):
                doubt = doubt or because
            case No() if is_several:
                caution = caution or Say("{where} forbids it to some of them", where=where)
            case No():
                pass
    return "", doubt, caution


def _stands_for(member: str, policies: AllowPolicies) -> str:
    kind, _, rest = member.partition(":")
    if found := resource_set(member):
        of, what = found[0], "service account" if found[1] == "ServiceAccount" else "Google's own agent"
        return Say("every {what} of {of}", what=Say(what), of=of)
    match kind:
        case "allUsers":
            return "anyone on the internet, without a token"
        case "allAuthenticatedUsers":
            return "anyone with a Google account or service account, in any organization"
        case "group":
            return "every member of the group; who they are cannot be seen from here"
        case "domain":
            return Say("every user of the Workspace account of {domain}", domain=rest)
        case "projectOwner" | "projectEditor" | "projectViewer":
            return _of_project(f"roles/{kind.removeprefix('project').lower()}", rest, policies)
        case _:
            return "a Google-managed service agent" if is_service_agent(member) else ""


def _of_project(role: str, project: str, policies: AllowPolicies) -> str:
    everybody = Say("everyone with {role} on project {project}", role=role, project=project)
    at = next((at for at in policies.chain if at.resource.endswith(f"/projects/{project}")), None)
    if at is None or not isinstance(at.policy, Known):
        return Say("{everybody}; who they are could not be read", everybody=everybody)
    named = sorted({m for one in at.policy.value.bindings if one.role == role for m in one.members})
    return Say("{everybody}: {names}", everybody=everybody, names=Say(", ".join(named) or "nobody"))
