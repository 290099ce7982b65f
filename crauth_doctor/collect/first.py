"""The first wave: the service, its policy, the caller, and what the project stands in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..gcp import projects, run
from ..gcp.connection import Google
from ..model.fact import Fact, Known, Source, value_of
from ..model.iam import PolicyAt
from ..model.run import Service
from . import policies
from .callee import Asked, Found, find
from .callers import Met, Scene, Zones, meet
from .crew import Crew, Pending
from .question import Question


@dataclass(frozen=True)
class First:
    """What the first wave brought.

    Args:
        found: the service.
        policy: its own policy; None where its name was not known, so that it could not be read yet.
        met: the caller.
        ancestry: the project, and what it stands in.
        above: the policies there, still being read.
        zones: lists of private DNS zones by project, where the caller's connector had them read early.
    """

    found: Found
    policy: PolicyAt | None
    met: Met
    ancestry: Fact[tuple[str, ...]]
    above: list[Pending[PolicyAt]]
    zones: Zones


def first_wave(question: Question, asked: Asked, google: Google, progress: Callable[[str], None]) -> First:
    """Read what the question itself names.

    Raises:
        UnanswerableError: it names no service or caller that could be looked up, or several.
    """
    crew = Crew(google.deadline, progress)
    where = run.full_name(asked.name or f"projects/{asked.project}/locations/-")
    scene = Scene(google, question.project or asked.project, asked.region)
    finding = crew.start(
        "the service", Source(run.GET, where), lambda: find(google, asked), lambda unknown: Found(unknown, asked.name)
    )
    name = asked.name
    policy = (
        crew.read("its policy", Source(run.GET_POLICY, where), lambda: run.service_policy(google, name))
        if name
        else None
    )
    meeting = crew.start(
        "the caller",
        Source("caller", question.caller or "me"),
        lambda: meet(question.caller, scene),
        lambda unknown: Met(unknown, unknown, unknown, unknown),
    )
    climbing = crew.read(
        "what the project stands in",
        Source("resourcemanager.projects.get", projects.full_name(f"projects/{asked.project}")),
        lambda: projects.ancestry(google, asked.project),
    )
    ancestry = climbing.get()
    above = _start_above(crew, google, policies.ancestors(ancestry, asked.project))
    found, met = finding.get(), meeting.get()
    if isinstance(ancestry, Known):
        found = found.in_project(ancestry.value[0].removeprefix("projects/"))
    at = None
    if policy is not None and name is not None and found.is_named(name):
        at = PolicyAt(run.full_name(found.name or name), policy.get())
    if met.choose is not None:
        met = met.choose(value_of(service_of(found.deployed)), question.url)
    return First(found, at, met, ancestry, above, scene.zones)


def _start_above(crew: Crew, google: Google, names: tuple[str, ...]) -> list[Pending[PolicyAt]]:
    """Read the policies above the service, while a caller may still be looked for."""

    def start(name: str) -> Pending[PolicyAt]:
        source = Source(f"resourcemanager.{name.partition('/')[0]}.getIamPolicy", projects.full_name(name))
        return crew.start(
            f"the policy of {name}",
            source,
            lambda: policies.policy_at(name, projects.policy_at(google, name)),
            lambda unknown: policies.policy_at(name, unknown),
        )

    return [start(name) for name in names]


def service_of(deployed: Fact[run.Deployed]) -> Fact[Service]:
    """Return the service of what was read."""
    return Known(deployed.value.service, deployed.source) if isinstance(deployed, Known) else deployed
