"""Who may invoke a service: every member of every binding that could let it in, and how each one stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from ..model.answer import CannotTell, Yes
from ..model.fact import Absent, Known, Unknown
from ..model.holder import Holder, Stand
from ..model.iam import EVERYBODY, INVOKE, AllowPolicies, Binding, DenyRule, PolicyAt, Principal
from .access import same_member, short
from .conditions import Met, Request, met
from .denials import forbids

_ORDER: Final = (
    *EVERYBODY, "domain", "group", "serviceAccount", "user",
    "projectOwner", "projectEditor", "projectViewer", "principal", "principalSet", "deleted",
)  # fmt: skip
_AGENT: Final = re.compile(
    r"serviceAccount:(service-\d+@.+\.iam\.gserviceaccount\.com|\d+@cloud(services|build)\.gserviceaccount\.com)"
)
_INVOKE_V2: Final = "run.googleapis.com/routes.invoke"
_OF_KUBERNETES: Final = ".svc.id.goog["
_SEVERAL: Final = frozenset({*EVERYBODY, "domain", "group", "projectOwner", "projectEditor", "projectViewer"})
_SEEMS_TO_INVOKE: Final = re.compile(r"invok|^run\.|^cloudfunctions\.|^(viewer|browser)$", re.IGNORECASE)
_ON_A_CALL: Final = re.compile(r"\brequest\s*\.\s*(path|host)\b")


@dataclass(frozen=True, slots=True)
class Moment:
    """For which calls the question is asked.

    Args:
        time: seconds since 1970.
        path: the path called; None asks for any.
        host: the host called.
    """

    time: int
    path: str | None = None
    host: str = ""

    @property
    def request(self) -> Request:
        """The call as a condition sees it."""
        return Request(self.path or "/", self.host, self.time)


def holders(policies: AllowPolicies, denials: Iterable[DenyRule], moment: Moment) -> tuple[Holder, ...]:
    """List who may invoke, and who only seems to, sorted for reading.

    A role without the permission is listed where somebody could take it for one with it: on the service itself, and
    elsewhere by its name.
    """
    rules = tuple(denial for denial in denials if concerns_invoking(denial))
    found = [holder for at in policies.chain for holder in _at(at, policies, rules, moment)]
    depth = {at.resource: number for number, at in enumerate(policies.chain)}
    return tuple(sorted(found, key=lambda one: (*_rank(one.member), depth[one.resource], one.binding.role)))


def concerns_invoking(denial: DenyRule) -> bool:
    """Tell whether a deny rule forbids anybody to invoke; it may name groups of permissions by a pattern.

    Source: https://docs.cloud.google.com/iam/docs/deny-permissions-support
    """

    def names(permissions: Iterable[str]) -> bool:
        return any(fnmatchcase(_INVOKE_V2, one) for one in permissions)

    return names(denial.permissions) and not names(denial.permission_exceptions)


def is_agent(member: str) -> bool:
    """Tell whether a member is an agent of one of Google's own services."""
    return bool(_AGENT.fullmatch(member))


def _rank(member: str) -> tuple[int, str]:
    kind = member.partition(":")[0]
    if is_agent(member):
        return len(_ORDER) + 1, member
    return (_ORDER.index(kind) if kind in _ORDER else len(_ORDER)), member.lower()


def _at(at: PolicyAt, policies: AllowPolicies, denials: tuple[DenyRule, ...], moment: Moment) -> Iterator[Holder]:
    if not isinstance(at.policy, Known):
        return
    for binding in at.policy.value.bindings:
        stand, because = _role(binding, policies)
        if stand is Stand.LACKS_PERMISSION and not _is_taken_for_one(binding, on_service=at is policies.chain[0]):
            continue
        if stand is Stand.MAY:
            stand, because = _condition(binding, moment)
        for member in sorted(binding.members):
            yield _holder(Holder(member, at.resource, binding, stand, because), policies, denials, moment)


def _is_taken_for_one(binding: Binding, *, on_service: bool) -> bool:
    return on_service or bool(_SEEMS_TO_INVOKE.search(binding.role.rsplit("/", 1)[-1]))


def _role(binding: Binding, policies: AllowPolicies) -> tuple[Stand, str]:
    role = policies.roles.get(binding.role)
    if role is None or isinstance(role, Unknown):
        return Stand.UNCLEAR, "what the role contains could not be read"
    if isinstance(role, Absent):
        return Stand.LACKS_PERMISSION, "there is no such role any more"
    if role.value.disabled:
        return Stand.LACKS_PERMISSION, "the role is disabled or deleted, and gives nothing"
    if INVOKE not in role.value.permissions:
        return Stand.LACKS_PERMISSION, f"the role does not hold {INVOKE}"
    return Stand.MAY, ""


def _condition(binding: Binding, moment: Moment) -> tuple[Stand, str]:
    if binding.condition is None:
        return Stand.MAY, ""
    expression = binding.condition.expression
    about_call = moment.path is None and bool(_ON_A_CALL.search(expression))
    parts = [part for part in _clauses(expression) if not _ON_A_CALL.search(part)] if about_call else [expression]
    verdicts = [met(part, moment.request) for part in parts]
    if Met.NO in verdicts:
        which = "" if about_call or moment.path is None else " for this call"
        return Stand.CONDITION_UNMET, f"its condition does not hold{which} now"
    if Met.UNSUPPORTED in verdicts and not about_call:
        return Stand.CONDITION_UNSUPPORTED, "its condition asks for what Cloud Run never evaluates, so it never holds"
    if Met.UNCLEAR in verdicts or Met.UNSUPPORTED in verdicts:
        return Stand.UNCLEAR, "its condition cannot be evaluated here"
    return Stand.MAY_WHILE, ""


def _clauses(expression: str) -> list[str]:
    """Take apart what `&&` joins at the top, as one clause that is false makes the whole false."""
    clauses, start, depth, quote, index = [], 0, 0, "", 0
    while index < len(expression):
        char = expression[index]
        if quote:
            index += char == "\\"
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        elif depth == 0 and (char == "?" or expression.startswith("||", index)):
            return [expression]
        elif depth == 0 and expression.startswith("&&", index):
            clauses.append(expression[start:index])
            start, index = index + 2, index + 1
        index += 1
    return [*clauses, expression[start:]]


def _holder(found: Holder, policies: AllowPolicies, denials: tuple[DenyRule, ...], moment: Moment) -> Holder:
    """Put in what the member itself makes of the binding."""
    member, kind = found.member, found.member.partition(":")[0]
    stand, because, caution = found.stand, found.because, ""
    if kind == "deleted":
        stand, because = Stand.DELETED, "it was deleted; one of the same name that was made since inherits nothing"
    elif kind in {"principal", "principalSet"} or _OF_KUBERNETES in member:
        stand, because = Stand.FEDERATED, "Cloud Run takes no federated identity: it has to impersonate an account"
    elif kind not in _ORDER:
        stand, because = Stand.UNCLEAR, "members of this kind are not known here"
    elif kind in EVERYBODY and found.resource != policies.chain[0].resource and found.may:
        stand, because = Stand.UNCLEAR, "what it does above the service is not documented"
    if stand in {Stand.MAY, Stand.MAY_WHILE, Stand.UNCLEAR}:
        denied, caution = _denied(member, denials, moment)
        if denied:
            stand, because, caution = Stand.DENIED, denied, ""
    return Holder(member, found.resource, found.binding, stand, because, _stands_for(member, policies), caution)


def _denied(member: str, denials: tuple[DenyRule, ...], moment: Moment) -> tuple[str, str]:
    """Return why the member is denied, and why it, or some of it, may be."""
    caution = ""
    for denial in denials:
        answer = forbids(denial, Principal(member), moment.request)
        where = f'the deny policy "{denial.policy}" on {short(denial.attached_to)}'
        if isinstance(answer, Yes):
            excepted = f", which leaves out {', '.join(sorted(denial.exceptions))}" if denial.exceptions else ""
            return f"{where} forbids it{excepted}", ""
        if isinstance(answer, CannotTell):
            caution = caution or answer.because
        elif member.partition(":")[0] in _SEVERAL:
            caution = caution or f"{where} forbids it to some"
    return "", caution


def _stands_for(member: str, policies: AllowPolicies) -> str:
    kind, _, rest = member.partition(":")
    match kind:
        case "allUsers":
            return "everybody on the internet, without a token"
        case "allAuthenticatedUsers":
            return "everybody with a Google account or service account, in any organization"
        case "group":
            return "everybody in the group; who that is cannot be seen from here"
        case "domain":
            return f"every user of the Workspace account of {rest}"
        case "projectOwner" | "projectEditor" | "projectViewer":
            return _of_project(f"roles/{kind.removeprefix('project').lower()}", rest, policies)
        case _:
            return "an agent of Google's own" if is_agent(member) else ""


def _of_project(role: str, project: str, policies: AllowPolicies) -> str:
    everybody = f"whoever has {role} on project {project}"
    at = next((at for at in policies.chain if at.resource.endswith(f"/projects/{project}")), None)
    if at is None or not isinstance(at.policy, Known):
        return f"{everybody}; who that is could not be read"
    named = sorted({m for one in at.policy.value.bindings if one.role == role for m in one.members})
    return f"{everybody}: {', '.join(named) or 'nobody'}"


def also_may(found: Iterable[Holder], member: str) -> bool:
    """Tell whether another binding lets the member in, so that one that does not is no news."""
    return any(one.may and same_member(one.member, member) for one in found)
