"""Who may invoke a service: its policies up to the organization, every role in them, and what is denied."""

from __future__ import annotations

from collections.abc import Callable

from ..deferred import dataclass
from ..gcp.door import Door
from ..model.fact import Fact
from ..model.iam import AllowPolicies, DenyRule
from ..model.run import Ingress, Service
from . import plan
from .executor import Inputs
from .find_service import asked_of
from .question import Question


@dataclass(frozen=True)
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


def read_access(question: Question, google: Door, progress: Callable[[str], None] = lambda _: None) -> Access:
    """Read it.

    Raises:
        UnanswerableError: the question names no service that could be looked up, or several.
    """
    at = Inputs.of(question, asked_of(question), google, progress)
    at.carry_out(*plan.WHO)
    found = at[plan.FOUND]
    return Access(at.google.now().value, found.service, found.ingress, at[plan.EVERY_POLICY], at[plan.EVERY_DENIAL])
