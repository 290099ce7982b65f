"""Who may invoke a service: its policies up to the organization, every role in them, and what is denied."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..gcp import accounts, deny, projects, run
from ..gcp.connection import Google
from ..iam.roles import predefined
from ..model.fact import Fact, Known, Source, Unknown
from ..model.iam import AllowPolicies, DenyRule, PolicyAt, Role
from ..model.run import Ingress, Service
from . import policies
from .callee import Found, asked_of, find
from .crew import Crew, Pending
from .question import Question


@dataclass(frozen=True, slots=True)
class Access:
    """What decides who may invoke.

    Args:
        now: seconds since 1970.
        service: the service; absent when there is none of that name.
        ingress: which network paths it lets in.
        policies: its own allow policy and those above it, with every role that is bound in them.
        denials: the deny rules of the project and of each of its ancestors.
    """

    now: int
    service: Fact[Service]
    ingress: Fact[Ingress]
    policies: AllowPolicies
    denials: tuple[Fact[tuple[DenyRule, ...]], ...]


def read_access(question: Question, google: Google, progress: Callable[[str], None] = lambda _: None) -> Access:
    """Read it, in three waves.

    Raises:
        UnanswerableError: the question names no service that could be looked up, or several.
    """
    asked = asked_of(question)
    google = google.within(question.seconds)
    crew = Crew(google.deadline, progress)
    where = Source(run.GET, run.full_name(asked.name or f"projects/{asked.project}/locations/-"))
    finding = crew.start("the service", where, lambda: find(google, asked), lambda unknown: Found(unknown, asked.name))
    climbing = crew.read(
        "what the project stands in",
        Source("resourcemanager.projects.get", projects.full_name(f"projects/{asked.project}")),
        lambda: projects.ancestry(google, asked.project),
    )
    found, ancestry = finding.get(), climbing.get()
    if isinstance(ancestry, Known):
        found = found.in_project(ancestry.value[0].removeprefix("projects/"))
    above = policies.ancestors(ancestry, asked.project)
    chain, denials = _second_wave(crew, google, found.name, above)
    names = dict.fromkeys(
        binding.role for at in chain if isinstance(at.policy, Known) for binding in at.policy.value.bindings
    )
    reading = [(name, _role(crew, google, name)) for name in names if predefined(name) is None]
    deployed = found.deployed
    number = policies.number_of(deployed.value.service) if isinstance(deployed, Known) else ""
    read = [(name, role.get()) for name, role in reading]
    allowed = policies.with_roles(chain, policies.whole(ancestry), read, number=number)
    if not isinstance(deployed, Known):
        return Access(google.now().value, deployed, deployed, allowed, denials)
    service = Known(deployed.value.service, deployed.source)
    return Access(google.now().value, service, deployed.value.ingress_fact(deployed.source), allowed, denials)


def _second_wave(
    crew: Crew, google: Google, name: str | None, above: tuple[str, ...]
) -> tuple[tuple[PolicyAt, ...], tuple[Fact[tuple[DenyRule, ...]], ...]]:
    own: list[Pending[PolicyAt]] = []
    if name is not None:
        own = [_policy(crew, run.full_name(name), run.GET_POLICY, lambda: _own(google, name))]
    inherited = [
        _policy(
            crew,
            projects.full_name(one),
            f"resourcemanager.{one.partition('/')[0]}.getIamPolicy",
            lambda one=one: policies.policy_at(one, projects.policy_at(google, one)),  # type: ignore[misc]
        )
        for one in above
    ]
    denying = [
        crew.read(
            f"deny policies of {one}",
            Source(deny.LIST, projects.full_name(one)),
            lambda one=one: deny.deny_rules(google, one),  # type: ignore[misc]
        )
        for one in above
    ]
    read = tuple(policies.whole_list(one.get()) for one in denying)
    return tuple(one.get() for one in (*own, *inherited)), read


def _own(google: Google, name: str) -> PolicyAt:
    return PolicyAt(run.full_name(name), run.service_policy(google, name))


def _policy(crew: Crew, resource: str, read: str, reader: Callable[[], PolicyAt]) -> Pending[PolicyAt]:
    def unread(unknown: Unknown) -> PolicyAt:
        return PolicyAt(resource, unknown)

    return crew.start(f"the policy of {resource.rsplit('/', 1)[-1]}", Source(read, resource), reader, unread)


def _role(crew: Crew, google: Google, name: str) -> Pending[Fact[Role]]:
    source = Source("iam.roles.get", f"//iam.googleapis.com/{name}")
    return crew.read(f"the role {name}", source, lambda: accounts.role(google, name))
