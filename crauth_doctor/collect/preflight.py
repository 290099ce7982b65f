"""What is read before a role is given or taken, once a check has told who calls what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ..deferred import dataclass
from ..gcp.door import Door
from ..gcp.products import projects, run
from ..model.fact import Fact, Known, Source, Unknown, value_of
from ..model.facts import Facts
from ..model.iam import AllowPolicies, Denials
from . import plan
from .executor import Inputs
from .find_service import asked_of
from .question import Question

_ABOVE: Final = "//cloudresourcemanager.googleapis.com/"


@dataclass(frozen=True)
class GrantFacts:
    """What may stand in the way of a binding.

    Args:
        denials: the deny rules of the project and of its ancestors, as the check read them, or read now.
        domains_restricted: whether members of other organizations are refused; absent for one of the service's own
            project.
        by_terraform: whether the audit log shows that Terraform writes the service's policy; absent where a label of
            the service tells it already.
        may_write: whether the operator may write the binding.
    """

    denials: Denials
    domains_restricted: Fact[bool]
    by_terraform: Fact[bool]
    may_write: Fact[bool]


def read_preflight(
    google: Door,
    checked: Facts,
    policies: AllowPolicies,
    grant: plan.BindingToWrite,
    seconds: float = 20.0,
    progress: Callable[[str], None] = lambda _: None,
) -> GrantFacts:
    """Read it, all at once.

    Args:
        google: the door; its deadline is set anew.
        checked: what a check read; its service is known.
        policies: those of the service and up to the organization, as the check read them.
        grant: the binding.
        seconds: the time for everything.
        progress: is told what is being read.

    Raises:
        ValueError: the service is not known.
    """
    service, denials = value_of(checked.service), value_of(checked.denials)
    if service is None:
        raise ValueError("a binding is written where the service is known")
    question = Question(service.name, seconds=seconds)
    at = Inputs.of(question, asked_of(question), google, progress)
    source = Source("resourcemanager.projects.get", projects.full_name(f"projects/{service.project}"))
    above = tuple(one for one in policies.chain if one.resource.startswith(_ABOVE))
    at.give(plan.GRANT, grant)
    at.give(plan.SERVICE, Known(service, Source(run.GET, service.full_name)))
    at.give(plan.ABOVE, above)
    at.give(plan.ANCESTRY, Known(tuple(one.resource.removeprefix(_ABOVE) for one in above), source))
    at.carry_out(*(plan.PREFLIGHT if denials is None else plan.PREFLIGHT[1:]))
    if denials is None:
        read = at[plan.EVERY_DENIAL]
        denials = Denials(
            tuple(rule for fact in read if isinstance(fact, Known) for rule in fact.value),
            tuple(fact for fact in read if isinstance(fact, Unknown)),
        )
    return GrantFacts(denials, at[plan.DOMAINS_RESTRICTED], at[plan.BY_TERRAFORM], at[plan.MAY_WRITE])
