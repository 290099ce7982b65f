"""The service and who calls it, and nothing else: what the caller's code needs."""

from __future__ import annotations

from collections.abc import Callable

from ..deferred import dataclass
from ..gcp.door import Door
from ..model.caller import Caller
from ..model.fact import Fact, value_of
from ..model.facts import NOT_ASKED
from ..model.iam import Principal
from ..model.run import Service
from . import plan
from .callers import parse_caller
from .executor import Inputs
from .find_service import asked_of
from .question import Question


@dataclass(frozen=True)
class ServiceAndCaller:
    """Who calls what.

    Args:
        service: the callee; absent when there is none of that name.
        caller: who calls; unknown when nobody was named.
        principal: whom the call is made as.
        target: the URL that the caller is set to call; None where it is code that may call any.
        caller_service: the caller, where it is a service or a function.
    """

    service: Fact[Service]
    caller: Fact[Caller] = NOT_ASKED
    principal: Fact[Principal] = NOT_ASKED
    target: str | None = None
    caller_service: Fact[Service] = NOT_ASKED


def read_service_and_caller(
    question: Question, google: Door, progress: Callable[[str], None] = lambda _: None
) -> ServiceAndCaller:
    """Read the service, and the caller where one is named.

    Raises:
        UnanswerableError: the question names no service or caller that could be looked up, or several.
    """
    asked = asked_of(question)
    parse_caller(question.caller)
    at = Inputs.of(question, asked, google, progress)
    at.carry_out(*(plan.PAIR if question.caller is not None else plan.PAIR[:1]))
    service = at[plan.LOOKED_FOR].service
    if question.caller is None:
        return ServiceAndCaller(service)
    caller = at[plan.RESOLVED].in_question(value_of(service), question.url)
    sending = value_of(caller.sending)
    target = sending.target if sending else None
    return ServiceAndCaller(service, caller.caller, caller.principal, target, caller.service)
