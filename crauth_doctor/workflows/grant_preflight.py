"""Before a role is given or taken: what was read, what lets the member in already, and what stands in the way."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Final, TypeVar

from ..collect.readings import GrantFacts
from ..deferred import dataclass
from ..gcp.google import Google
from ..gcp.products import constraints, permissions
from ..iam.allow import Grant, grants, short
from ..iam.conditions import RequestAttributes, request_of
from ..iam.deny import forbids
from ..iam.members import same_member
from ..model.answer import CannotTell, Yes
from ..model.fact import Absent, Fact, Known, Unknown, value_of
from ..model.facts import Facts
from ..model.holder import Standing
from ..model.http import Call
from ..model.iam import AllowPolicies, DenyRule, Principal, short_member
from ..model.run import Service
from ..report.status import ExitStatus
from .context import CallRequest, Context, WorkflowError
from .diagnose import open_connection, question_of

T = TypeVar("T")


@dataclass(frozen=True)
class Preflight:
    """What was read, as far as a change of who may call needs it for certain."""

    service: Service  # the callee
    principal: Principal  # whose role it is
    policies: AllowPolicies  # the allow policies of the service and of all above it
    request: RequestAttributes  # the call as a condition sees it
    facts: Facts

    @property
    def name(self) -> str:
        """The member as people say it."""
        return short_member(self.principal.member)

    def grants(self) -> tuple[Grant, ...]:
        """Every binding that concerns the member."""
        return grants(self.policies, self.principal, self.request)


def understood(facts: Facts) -> Preflight:
    """Return what is needed for certain.

    Raises:
        WorkflowError: some of it could not be read, or does not exist.
    """
    service = _certain(facts.service, _no_service(facts))
    principal = _certain(facts.principal, "This caller has no Google identity that could be granted a role.")
    if principal.is_federated:
        raise WorkflowError("Cloud Run accepts no federated principals: grant a service account.", ExitStatus.USAGE)
    policies = _certain(facts.policies, "The service has no policy.")
    call = value_of(facts.call) or Call(service.url)
    return Preflight(service, principal, policies, request_of(call, facts.now), facts)


def _no_service(facts: Facts) -> str:
    elsewhere = ", ".join(name.removeprefix("//run.googleapis.com/") for name in value_of(facts.namesakes) or ())
    hint = f"there is {elsewhere}" if elsewhere else "pass its full name, its URL, or --region"
    return f"There is no such service: {hint}."


def held_already(preflight: Preflight) -> Grant | None:
    """Return an unconditional grant that lets the member in, the service's own first."""
    giving = (one for one in preflight.grants() if one.standing is Standing.GIVES and one.binding.condition is None)
    return next(giving, None)


def held_elsewhere(preflight: Preflight, resource: str, role: str) -> Iterator[Grant]:
    """Yield what lets the member in, or may, besides its binding of one role on one resource."""
    for one in preflight.grants():
        if one.standing not in {Standing.GIVES, Standing.MEMBERS_UNSEEN, Standing.ROLE_UNREAD}:
            continue
        is_this = one.resource == resource and one.binding.role == role
        if not (is_this and same_member(one.member, preflight.principal.member)):
            yield one


def doubtful(preflight: Preflight) -> Iterator[str]:
    """Yield what may let the member in already, and cannot be seen."""
    for one in preflight.grants():
        if one.standing is Standing.MEMBERS_UNSEEN:
            yield f"It may have the right already by {one.member}, whose members cannot be seen here ({one})."


def account_trouble(preflight: Preflight) -> tuple[str | None, list[str]]:
    """Return why a service account cannot be granted anything, and what else one should know of it."""
    fact = preflight.facts.account
    if not preflight.principal.is_service_account:
        return None, []
    if isinstance(fact, Absent) and "serviceAccounts" in fact.source.read:
        return f"The service account {preflight.name} does not exist, or was deleted.", []
    if isinstance(fact, Unknown):
        return None, [f"Whether {preflight.name} exists could not be read ({fact.permission or fact.obstacle})."]
    if isinstance(fact, Known) and fact.value.disabled:
        command = shlex.join(["gcloud", "iam", "service-accounts", "enable", preflight.name])
        return None, [f"{preflight.name} is disabled, and gets no token: {command}"]
    return None, []


def other_notes(read: GrantFacts, preflight: Preflight) -> Iterator[str]:
    """Yield what may undo a grant, refuse it, or leave it without effect."""
    service, written, restricted = preflight.service, value_of(read.by_terraform), value_of(read.domains_restricted)
    if service.made_by_terraform or written:
        shown = (
            f"{service.id} was made by" if service.made_by_terraform else f"The policy of {service.id} was written by"
        )
        yield (
            f"{shown} Terraform: where its configuration has a _iam_policy or a _iam_binding of this role, the "
            "next apply takes this grant away. Add the Terraform resource of this grant instead."
        )
    if service.elsewhere:
        yield (
            f"{service.id} is deployed to {', '.join(service.elsewhere)} too. Each region has a policy of its own: "
            f"this grant holds in {service.region} only, so grant it in the others with --region as well."
        )
    if not service.checks_iam:
        yield f"The invoker check of {service.id} is off: anyone who can reach it gets in, with or without this grant."
    if restricted:
        yield (
            "Domain restricted sharing applies here (iam.allowedPolicyMemberDomains): a member of another "
            "organization is refused."
        )


@dataclass(frozen=True)
class DenyingRules:
    """The deny rules that come before a grant."""

    # those that forbid the member to call, or may, and whether that is certain
    rules: tuple[tuple[DenyRule, bool], ...]
    unread: tuple[Unknown, ...]  # reads of deny policies that failed

    @property
    def certain(self) -> DenyRule | None:
        """One that forbids it for certain."""
        return next((rule for rule, certain in self.rules if certain), None)

    @property
    def notes(self) -> list[str]:
        """What one must know of them, in a sentence each."""
        return [denial_sentence(rule, certain=certain) for rule, certain in self.rules] + [
            f"The deny policies of {short(one.source.target)} could not be read ({one.permission or one.obstacle}): "
            "one may forbid this member to call, whatever is granted."
            for one in self.unread
        ]


def denials(read: GrantFacts, preflight: Preflight) -> DenyingRules:
    """Return the deny rules that forbid the member to call, or may, and what could not be read of them."""
    judged = [(one, forbids(one, preflight.principal, preflight.policies)) for one in read.denials.rules]
    rules = ((one, isinstance(answer, Yes)) for one, answer in judged if isinstance(answer, Yes | CannotTell))
    return DenyingRules(tuple(rules), read.denials.unread)


def denial_sentence(denial: DenyRule, *, certain: bool) -> str:
    """Return that a deny policy comes before every grant."""
    verb = "forbids" if certain else "may forbid"
    policy = f"The deny policy {denial.policy} on {short(denial.attached_to)}"
    return f"{policy} {verb} this member to call, whatever is granted."


def may_write(google: Google, resource: str, permission: str) -> bool:
    """Return whether the operator may write there; where that cannot be asked, the write itself tells."""
    held = permissions.held(google, resource, (permission,))
    return not isinstance(held, Known) or permission in held.value


def _certain(fact: Fact[T], absent: str) -> T:
    match fact:
        case Known(value=value):
            return value
        case Absent():
            raise WorkflowError(f"{absent} Nothing was changed.", ExitStatus.USAGE)
        case Unknown():
            from .permissions import unread_sentence

            raise WorkflowError(f"{unread_sentence(fact)} Nothing was changed.")


_MEANING: Final = {
    "allUsers": "everybody on the internet, without any token, for as long as the binding exists",
    "allAuthenticatedUsers": "everybody who has any Google account, of any organization",
}
_UNKEPT: Final = "No organization policy that forbids it was seen; if there is one, Google refuses the command."
_SECONDS: Final = 8.0


@dataclass(frozen=True)
class Refusal:
    """Why everybody is not let in, and what else there is."""

    said: str  # why, in a sentence
    # what would do instead: a sentence, and the command that does it where there is one
    alternatives: tuple[tuple[str, str | None], ...]


def refuse(context: Context, request: CallRequest, member: str) -> Refusal:
    """Grant nothing, and return what would do instead, as far as organization policies allow it."""
    service, project, region = request.service, request.project, request.region
    forbidden = _requires_check(context, request)
    off = _command(service, project, region, "--no-invoker-iam-check")
    ways = (
        (
            f"If the service should be public: switch its invoker check off. {forbidden or _UNKEPT}",
            None if forbidden else off,
        ),
        (
            "If people of your organization open it in a browser: Identity-Aware Proxy signs them in.",
            _command(service, project, region, "--iap"),
        ),
        (
            "If partners or devices call it: API Gateway or a load balancer in front checks keys and limits calls.",
            None,
        ),
        ("If one caller calls it: grant that one.", "crauth-doctor grant SERVICE --sa EMAIL"),
    )
    return Refusal(f"{member} is never granted by this tool: it lets in {_MEANING[member]}.", ways)


def _requires_check(context: Context, request: CallRequest) -> str | None:
    """Return that an organization policy keeps the invoker check on, where that can be read."""
    where = question_of(context, request).project
    if where is None:
        return None
    try:
        google = open_connection(context, CallRequest(seconds=_SECONDS))
    except WorkflowError:
        return None
    kept = value_of(constraints.requires_invoker_check(google, where))
    return "An organization policy forbids that here (run.managed.requireInvokerIam)." if kept else None


def _command(service: str, project: str | None, region: str | None, flag: str) -> str:
    name = service.rstrip("/").rsplit("/", 1)[-1] if "://" not in service else "SERVICE"
    words = ["gcloud", "run", "services", "update", name, flag]
    words += [f"--project={project}"] * bool(project) + [f"--region={region}"] * bool(region)
    return shlex.join(words)
