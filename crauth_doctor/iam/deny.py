"""Does a deny rule forbid this principal to do that?

Deny policies name principals and permissions in IAM v2's own form.
Source: https://docs.cloud.google.com/iam/docs/deny-overview
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ..deferred import regex
from ..model.answer import Answer, CannotTell, No, Yes
from ..model.iam import INVOKE, TAGS_NOT_ASKED, AllowPolicies, DenyRule, Principal
from ..say import Say, listed
from .allow import unread_tags
from .conditions import ConditionResult, evaluate_in_denial
from .members import includes_in_denial

_FORM: Final = regex(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+/(?:\*|[A-Za-z]\w*(?:\.[A-Za-z]\w*)*)\.(?:\*|[A-Za-z]\w*)")
_SERVICES: Final = {"resourcemanager": "cloudresourcemanager"}


def deniable(permission: str) -> str:
    """Write a permission as deny policies do: `run.routes.invoke` as `run.googleapis.com/routes.invoke`.

    Source: https://docs.cloud.google.com/iam/docs/deny-permissions-support
    """
    service, _, rest = permission.partition(".")
    return f"{_SERVICES.get(service, service)}.googleapis.com/{rest}"


def names_permission(denied: str, permission: str) -> Answer:
    """Whether a permission of a deny rule is, or stands for, a permission such as `run.routes.invoke`.

    Groups are `SERVICE/RESOURCE.*`, `SERVICE/*.VERB` and `SERVICE/*.*`; of any other form, what it stands for cannot
    be told.
    """
    if not _FORM.fullmatch(denied):
        return CannotTell(Say("this tool does not know what the denied permission {denied} stands for", denied=denied))
    (service, _, named), (own, _, wanted) = denied.partition("/"), deniable(permission).partition("/")
    resource, _, verb = named.rpartition(".")
    wanted_resource, _, wanted_verb = wanted.rpartition(".")
    if service == own and resource in {"*", wanted_resource} and verb in {"*", wanted_verb}:
        return Yes(denied)
    return No("it is another permission")


def concerns(denial: DenyRule) -> Answer:
    """Whether a deny rule forbids anybody to call."""
    named = _any(names_permission(one, INVOKE) for one in sorted(denial.permissions))
    if isinstance(named, No):
        return No("it denies other permissions")
    excepted = _any(names_permission(one, INVOKE) for one in sorted(denial.permission_exceptions))
    if isinstance(excepted, Yes):
        return No("it exempts this permission")
    return excepted if isinstance(excepted, CannotTell) else named


def forbids(denial: DenyRule, principal: Principal, policies: AllowPolicies | None = None) -> Answer:
    """Whether the rule forbids the principal to call.

    Args:
        denial: the rule.
        principal: who calls.
        policies: the chain of the resource, which tells whose service accounts are in a set of a project's, and the
            resource's tags.
    """
    concerned = concerns(denial)
    named = _any(includes_in_denial(one, principal, policies) for one in sorted(denial.principals))
    excepted = _any(includes_in_denial(one, principal, policies) for one in sorted(denial.exceptions))
    held = condition_holds(denial, policies)
    if isinstance(excepted, Yes):
        return No(Say("it exempts {who}", who=excepted.because))
    for needed, why in ((concerned, ""), (named, "it names others"), (held, "")):
        if isinstance(needed, No):
            return No(why or needed.because)
    doubts = [one for one in (concerned, named, excepted, held) if isinstance(one, CannotTell)]
    if doubts:
        why = listed(dict.fromkeys(one.because for one in doubts))
        missing = tuple(dict.fromkeys(unread for one in doubts for unread in one.missing))
        return CannotTell(Say('the deny policy "{policy}" may apply: {why}', policy=denial.policy, why=why), missing)
    return named


def _any(answers: Iterable[Answer]) -> Answer:
    doubt: CannotTell | None = None
    for answer in answers:
        match answer:
            case Yes():
                return answer
            case CannotTell():
                doubt = doubt or answer
            case No():
                pass
    return doubt or No("none of them")


def condition_holds(denial: DenyRule, policies: AllowPolicies | None) -> Answer:
    """Whether a rule's condition lets it apply: one that IAM itself cannot evaluate does not switch it off."""
    if denial.condition is None:
        return Yes("it has no condition")
    match evaluate_in_denial(denial.condition.expression, policies.tags if policies else TAGS_NOT_ASKED):
        case ConditionResult.YES:
            return Yes("its condition holds")
        case ConditionResult.NO:
            return No("its condition does not hold")
        case ConditionResult.UNSUPPORTED:
            return Yes("IAM applies it, because it cannot evaluate a condition that is not about tags alone")
        case _:
            why = Say("its condition cannot be evaluated here: {condition}", condition=denial.condition.expression)
            return CannotTell(why, unread_tags(denial.condition, policies))
