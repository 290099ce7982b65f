"""Does a deny rule forbid this principal to invoke?

Deny policies name principals and permissions in IAM v2's own form.
Source: https://docs.cloud.google.com/iam/docs/principal-identifiers
"""

from __future__ import annotations

from ..model.answer import Answer, CannotTell, No, Yes
from ..model.iam import DenyRule, Principal
from .conditions import Met, Request, met

_INVOKE_V2 = ("run.googleapis.com/routes.invoke", "run.googleapis.com/routes.*", "run.googleapis.com/*", "*")
_EVERYBODY = "principalSet://goog/public:all"


def forbids(denial: DenyRule, principal: Principal, request: Request) -> Answer:
    """Tell whether the rule forbids the principal to invoke, for this request."""
    if not any(permission in _INVOKE_V2 for permission in denial.permissions):
        return No("it denies other permissions")
    if any(permission in _INVOKE_V2 for permission in denial.permission_exceptions):
        return No("it leaves this permission out")
    named = _any_names(denial.principals, principal)
    if isinstance(named, No):
        return named
    excepted = _any_names(denial.exceptions, principal)
    if isinstance(excepted, Yes):
        return No(f"it leaves out {excepted.because}")
    held = _condition_holds(denial, request)
    for doubt in (named, excepted, held):
        if isinstance(doubt, CannotTell) and not isinstance(held, No):
            return CannotTell(f"the deny policy {denial.policy} may apply: {doubt.because}")
    return held if isinstance(held, No) else named


def _any_names(names: frozenset[str], principal: Principal) -> Answer:
    doubt = ""
    for name in sorted(names):
        if name == _EVERYBODY or _is(name, principal):
            return Yes(name)
        if _may_include(name, principal):
            doubt = doubt or name
    return CannotTell(f"who is in {doubt} cannot be seen") if doubt else No("it names others")


def _is(name: str, principal: Principal) -> bool:
    kind, email = principal.kind, principal.email or ""
    match kind:
        case "serviceAccount":
            return name.lower() == f"principal://iam.googleapis.com/projects/-/serviceaccounts/{email}"
        case "user":
            return name.lower() == f"principal://goog/subject/{email}"
        case "group":
            return name.lower() == f"principalset://goog/group/{email}"
        case _:
            return name == principal.member


def _may_include(name: str, principal: Principal) -> bool:
    """Groups, customers and sets of service accounts cannot be looked into from here."""
    if name.startswith("principalSet://goog/group/"):
        return principal.kind in {"user", "serviceAccount"}
    if name.startswith("principalSet://goog/cloudIdentityCustomerId/"):
        return principal.kind == "user"
    if name.startswith("principalSet://cloudresourcemanager.googleapis.com/"):
        return principal.kind == "serviceAccount"
    return name.startswith("principalSet://") and principal.is_federated


def _condition_holds(denial: DenyRule, request: Request) -> Answer:
    """Deny conditions speak of resource tags, which are not read here."""
    if denial.condition is None:
        return Yes("it has no condition")
    match met(denial.condition.expression, request):
        case Met.YES:
            return Yes("its condition holds")
        case Met.NO:
            return No("its condition does not hold for this call")
        case Met.UNSUPPORTED | Met.UNCLEAR:
            return CannotTell(f"its condition cannot be evaluated here: {denial.condition.expression}")
