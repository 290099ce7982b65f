"""What is read before a role is given or taken, once a check has told who calls what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ..gcp import projects, run
from ..gcp.google import Google
from ..model.fact import Fact, Known, Source
from ..model.iam import AllowPolicies, DenyRule
from ..model.run import Service
from . import plan
from .executor import Inputs
from .find_service import asked_of
from .question import Question

_ABOVE: Final = "//cloudresourcemanager.googleapis.com/"


@dataclass(frozen=True, slots=True)
class Preflight:
    """What may stand in the way of a binding.

    Args:
        denials: the deny rules of the project and of each of its ancestors.
        domains_restricted: whether members of other organizations are refused; absent for one of the service's own
            project.
        by_terraform: whether the audit log shows that Terraform writes the service's policy; absent where a label of
            the service tells it already.
        may_write: whether the operator may write the binding.
    """

    denials: tuple[Fact[tuple[DenyRule, ...]], ...]
    domains_restricted: Fact[bool]
    by_terraform: Fact[bool]
    may_write: Fact[bool]


def read_preflight(
    google: Google,
    service: Service,
    checked: AllowPolicies,
    grant: plan.Grant,
    seconds: float = 20.0,
    progress: Callable[[str], None] = lambda _: None,
) -> Preflight:
    """Read it, all at once.

    Args:
        google: the door; its deadline is set anew.
        service: the service.
        checked: its policy, and those up to the organization, as a check read them.
        grant: the binding.
        seconds: the time for everything.
        progress: is told what is being read.
    """
    question = Question(service.name, seconds=seconds)
    at = Inputs.of(question, asked_of(question), google, progress)
    source = Source("resourcemanager.projects.get", projects.full_name(f"projects/{service.project}"))
    above = tuple(one for one in checked.chain if one.resource.startswith(_ABOVE))
    at.give(plan.GRANT, grant)
    at.give(plan.SERVICE, Known(service, Source(run.GET, service.full_name)))
    at.give(plan.ABOVE, above)
    at.give(plan.ANCESTRY, Known(tuple(one.resource.removeprefix(_ABOVE) for one in above), source))
    at.carry_out(*plan.PREFLIGHT)
    return Preflight(at[plan.EVERY_DENIAL], at[plan.DOMAINS_RESTRICTED], at[plan.BY_TERRAFORM], at[plan.MAY_WRITE])
