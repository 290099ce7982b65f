"""Is this principal one of the members that a policy names?

Every documented form is known here, of allow and of deny policies; of any other form, who is in it cannot be seen.

Source: https://docs.cloud.google.com/iam/docs/principal-identifiers
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from ..deferred import regex
from ..model.answer import Answer, CannotTell, No, Yes
from ..model.fact import Known, Obstacle, Unknown
from ..model.iam import EVERYBODY, AllowPolicies, PolicyAt, Principal, short_member
from ..say import Say

ABOVE: Final = "//cloudresourcemanager.googleapis.com/"
_WITH_ADDRESS: Final = frozenset({"user", "serviceAccount", "group"})
_BASIC: Final = {"projectOwner": "roles/owner", "projectEditor": "roles/editor", "projectViewer": "roles/viewer"}
_AGENT_IDENTITY: Final = regex(r"principal(?:Set)?://agents\..+")
_PROJECTS_AGENTS: Final = regex(r"(principal(?:Set)?://agents\.global\.)proj-(\d+\.)")
_RESOURCE_SET: Final = regex(
    r"principalSet://cloudresourcemanager\.googleapis\.com/(projects|folders|organizations)/([^/]+)/type/"
    r"(ServiceAccount|ServiceAgent)"
)
_ACCOUNT: Final = regex(r"principal://iam\.googleapis\.com/projects/[^/]+/serviceAccounts/([^/]+)")
_SERVICE_AGENT: Final = regex(
    r"service-(\d+)@.+\.iam\.gserviceaccount\.com|(\d+)@cloud(?:services|build)\.gserviceaccount\.com"
    r"|[^@]+@gcp-sa-[a-z-]+\.iam\.gserviceaccount\.com"  # a BigQuery connection's, a Cloud SQL instance's
)
_OF_PROJECT: Final = regex(
    r"(\d+)-compute@developer\.gserviceaccount\.com|(.+)@appspot\.gserviceaccount\.com"
    r"|[^@]+@([^@]+)\.iam\.gserviceaccount\.com"
)


def is_agent_identity(member: str) -> bool:
    """Whether a member is an agent's own identity.

    Source: https://docs.cloud.google.com/iam/docs/auth-agent-own-identity-external
    """
    return bool(_AGENT_IDENTITY.fullmatch(member))


def agent_member(product: str, name: str, number: str, organization: str | None) -> str:
    """Return an agent's own identity.

    Args:
        product: what it runs on: `run`, `aiplatform`.
        name: its relative resource name.
        number: the number of its project.
        organization: the number of the organization that the project stands in; None where it stands in none.

    Source: https://docs.cloud.google.com/run/docs/ai/authenticate-agents
    """
    trust_domain = f"agents.global.{f'org-{organization}' if organization else f'project-{number}'}.system.id.goog"
    return f"principal://{trust_domain}/resources/{product}/projects/{number}/{name.split('/', 2)[2]}"


def is_service_agent(member: str) -> bool:
    """Whether a member is an agent of one of Google's own services."""
    kind, _, email = member.partition(":")
    return kind == "serviceAccount" and bool(_SERVICE_AGENT.fullmatch(email))


def is_account_of_user(member: str) -> bool:
    """Whether a member is a service account in a project that is not one of Google's own; a pool's workload is none."""
    return (
        member.endswith(".gserviceaccount.com")
        and member.startswith("serviceAccount:")
        and not is_service_agent(member)
    )


def resource_set(member: str) -> tuple[str, str] | None:
    """Return the resource and the type of a set such as `…/projects/N/type/ServiceAccount`."""
    found = _RESOURCE_SET.fullmatch(member)
    return (f"{found[1]}/{found[2]}", found[3]) if found else None


def same_member(one: str, other: str) -> bool:
    """Whether two members are the same; the letters' case counts for nothing in addresses and domains.

    Of an agent in a project without an organization, pages of Google's write `project-NUMBER` or `proj-NUMBER`.
    """
    return one == other or canonical(one) == canonical(other)


@lru_cache(maxsize=4096)
def canonical(member: str) -> str:
    """Return a member as all ways to write it have it in common."""
    kind = member.partition(":")[0]
    if kind in {*_WITH_ADDRESS, "domain"}:
        return member.lower()
    return _PROJECTS_AGENTS.sub(r"\1project-\2", member)


def names_one(member: str) -> bool:
    """Whether a member is one principal and includes no other."""
    return member.partition(":")[0] in {"user", "serviceAccount", "deleted"}


def includes(member: str, principal: Principal, at: PolicyAt, policies: AllowPolicies) -> Answer:
    """Whether a member of an allow policy is, or includes, a principal.

    Args:
        member: as the policy writes it.
        principal: who calls.
        at: the policy in which the member stands.
        policies: the chain in which that policy stands; its first is the resource's own.
    """
    if same_member(member, principal.member):
        return Yes(member)
    kind, _, rest = member.partition(":")
    match kind:
        case "allUsers" | "allAuthenticatedUsers":
            return _everybody(member, principal, on_service=not at.resource.startswith(ABOVE))
        case "user" | "serviceAccount" | "deleted":
            return No("it names another")
        case "group":
            return No("it names another") if principal.kind in {*EVERYBODY, "domain"} else _unseen(member)
        case "domain":
            return _in_domain(rest.lower(), principal)
        case "projectOwner" | "projectEditor" | "projectViewer":
            return _holds_basic_role(_BASIC[kind], rest, principal, policies)
        case "principal" | "principalSet":
            return _identified(member, principal, policies)
        case _:
            return CannotTell(Say("this tool does not know what kind of member {member} is", member=member))


def includes_in_denial(identifier: str, principal: Principal, policies: AllowPolicies | None = None) -> Answer:
    """Whether a principal identifier of a deny policy is, or includes, a principal.

    Source: https://docs.cloud.google.com/iam/docs/principal-identifiers#v2
    """
    email = principal.email or ""
    if identifier in {"principalSet://goog/public:all", principal.member}:
        return Yes(identifier)
    if identifier.startswith("deleted:"):
        return No("it names one that was deleted")
    if identifier.startswith("principal://goog/subject/"):
        return _one(identifier, principal, "user", identifier.rpartition("/")[2].lower() == email)
    if identifier.startswith("principalSet://goog/group/"):
        if principal.kind == "group" and identifier.rpartition("/")[2].lower() == email:
            return Yes(identifier)
        return No("it names others") if principal.kind in {*EVERYBODY, "domain"} else _unseen(identifier)
    if found := _ACCOUNT.fullmatch(identifier):
        if found[1].isdigit() and principal.is_service_account:
            return CannotTell(Say("which account has the number {number} cannot be seen", number=found[1]))
        return _one(identifier, principal, "serviceAccount", found[1].lower() == email)
    if identifier.startswith("principalSet://goog/cloudIdentityCustomerId/"):
        return No("it names others") if principal.kind in EVERYBODY else _unseen(identifier)
    if not identifier.startswith(("principal://", "principalSet://")):
        return CannotTell(Say("this tool does not know who {identifier} is", identifier=identifier))
    return _identified(identifier, principal, policies)


def _one(identifier: str, principal: Principal, kind: str, is_same: bool) -> Answer:
    return Yes(identifier) if principal.kind == kind and is_same else No("it names another")


def _who_is_in(member: str) -> Say:
    return Say("who is in {member} cannot be seen", member=member)


def _holds(member: str, role: str, project: str) -> Say:
    return Say("{member} holds {role} on project {project}", member=short_member(member), role=role, project=project)


@lru_cache(maxsize=1024)
def _unseen(member: str) -> CannotTell:
    return CannotTell(_who_is_in(member))


def _identified(member: str, principal: Principal, policies: AllowPolicies | None) -> Answer:
    """Decide `principal://…` and `principalSet://…`, the form that both kinds of policy share."""
    if found := resource_set(member):
        return _in_resource_set(member, *found, principal, policies)
    theirs = principal.member
    if Principal(member).is_federated:
        return _unseen(member) if principal.is_federated and _may_hold(member, theirs) else No("it names others")
    if is_agent_identity(member):
        return _unseen(member) if is_agent_identity(theirs) and _may_hold(member, theirs) else No("it names others")
    return _unseen(member)


def _may_hold(member: str, other: str) -> bool:
    """Whether a set may hold another identity; one identity is never another."""
    return member.startswith("principalSet:") or other.startswith("principalSet:")


def _everybody(member: str, principal: Principal, *, on_service: bool) -> Answer:
    """`allUsers` may be bound on the service only; elsewhere, what it would do is not documented.

    Source: https://docs.cloud.google.com/run/docs/securing/managing-access#make-service-public
    """
    if member == EVERYBODY[1] and principal.kind not in _WITH_ADDRESS:
        if is_agent_identity(principal.member):
            return CannotTell(Say("whether {member} includes an agent's identity is not documented", member=member))
        return No("it means Google accounts and service accounts")
    undocumented = Say("the effect of {member} above the service is not documented", member=member)
    return Yes(member) if on_service else CannotTell(undocumented)


def _in_domain(domain: str, principal: Principal) -> Answer:
    """A domain stands for the users of one Workspace account, whose other domains cannot be seen from here."""
    if principal.kind != "user" or principal.email is None:
        return No("a domain includes users only")
    theirs = principal.email.rpartition("@")[2]
    if theirs == domain:
        return Yes(f"domain:{domain}")
    if theirs in {"gmail.com", "googlemail.com"}:
        return No("the user has no Workspace account")
    return _unseen(f"domain:{domain}")


def _holds_basic_role(role: str, project: str, principal: Principal, policies: AllowPolicies) -> Answer:
    if principal.kind in EVERYBODY:
        return No("everybody may be named on the service only")
    at = next((at for at in policies.chain if at.resource == f"{ABOVE}projects/{project}"), None)
    what = Say("who holds {role} on project {project}", role=role, project=project)
    if at is None:
        return CannotTell(Say("{what} was not read", what=what))
    if isinstance(at.policy, Unknown):
        return CannotTell(Say("{what} could not be read", what=what), (at.policy,))
    doubt: CannotTell | None = None
    bindings = at.policy.value.bindings if isinstance(at.policy, Known) else ()
    for binding in bindings:
        if binding.role != role:
            continue
        for member in sorted(binding.members):
            if member.partition(":")[0] in _BASIC:
                continue
            match includes(member, principal, at, policies):
                case Yes() if binding.condition is None:
                    return Yes(_holds(member, role, project))
                case Yes():
                    doubt = CannotTell(Say("{holds} under a condition", holds=_holds(member, role, project)))
                case CannotTell() as unseen:
                    doubt = unseen
                case No():
                    pass
    return doubt or No(Say("it does not hold {role} on project {project}", role=role, project=project))


def _in_resource_set(
    member: str, resource: str, kind: str, principal: Principal, policies: AllowPolicies | None
) -> Answer:
    """Whether a service account, or an agent of Google's, belongs to a project, folder or organization.

    Source: https://docs.cloud.google.com/iam/docs/principals-overview
    """
    if not principal.is_service_account or principal.is_federated:
        return No("it means service accounts")
    email = principal.email or ""
    agent = _SERVICE_AGENT.fullmatch(email)
    if (kind == "ServiceAgent") != bool(agent):
        if agent:
            return CannotTell(Say("whether {member} includes Google's own agents is not documented", member=member))
        return No("it means Google's own agents")
    home = agent[1] or agent[2] if agent else _home(email)
    if home is None:
        return _unseen(member)
    return _stands_in(member, resource, home, policies)


def _home(email: str) -> str | None:
    """Return the project of a service account, by its id or its number."""
    found = _OF_PROJECT.fullmatch(email)
    if not found:
        return None
    domain, dot, organization = (found[3] or "").partition(".")
    return found[1] or found[2] or (f"{organization}:{domain}" if dot else domain)


def _stands_in(member: str, resource: str, home: str, policies: AllowPolicies | None) -> Answer:
    """Compare with what is known of the callee's own project: its id, its number, what it stands in."""
    if resource == f"projects/{home}":
        return Yes(member)
    names = (
        [at.resource.removeprefix(ABOVE) for at in policies.chain if at.resource.startswith(ABOVE)] if policies else []
    )
    callees = next((name for name in names if name.startswith("projects/")), "")
    own = {callees, f"projects/{policies.number}" if policies and policies.number else callees} - {""}
    if f"projects/{home}" not in own:
        if resource.startswith("projects/") and (home.isdigit() or (len(own) == 2 and resource in own)):
            return No("the account belongs to another project")
        return _unseen(member)
    if resource in {*own, *names}:
        return Yes(member)
    if resource.startswith("projects/"):
        return No("the account belongs to another project") if len(own) == 2 else _unseen(member)
    match policies.above if policies else None:
        case Known(value=True):
            return No("the account's project is not in it")
        case Unknown() as unread:
            return CannotTell(_who_is_in(member), (unread,))
        case Known(source=source):
            unread = Unknown(source, Obstacle.NOT_TOLD, "the resources above the project were not listed")
            return CannotTell(_who_is_in(member), (unread,))
        case _:
            return _unseen(member)
