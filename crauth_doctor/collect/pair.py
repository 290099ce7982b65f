"""The service and who calls it, and nothing else: what the caller's code needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..gcp import run
from ..gcp.connection import Google
from ..model.caller import Caller
from ..model.fact import Fact, Known, Source, Unknown, value_of
from ..model.facts import NOT_ASKED
from ..model.iam import Principal
from ..model.run import Service
from .callee import Found, asked_of, find
from .callers import Met, Scene, meet, understood
from .crew import Crew
from .question import Question


@dataclass(frozen=True, slots=True)
class Pair:
    """Who calls what.

    Args:
        service: the callee; absent when there is none of that name.
        caller: who calls; unknown when nobody was named.
        principal: whom the call is made as.
        target: the URL that the caller is set to call; None where it is code that may call any.
    """

    service: Fact[Service]
    caller: Fact[Caller] = NOT_ASKED
    principal: Fact[Principal] = NOT_ASKED
    target: str | None = None


def read_pair(question: Question, google: Google, progress: Callable[[str], None] = lambda _: None) -> Pair:
    """Read the service, and the caller where one is named.

    Raises:
        UnanswerableError: the question names no service or caller that could be looked up, or several.
    """
    asked = asked_of(question)
    understood(question.caller)
    google = google.within(question.seconds)
    crew = Crew(google.deadline, progress)
    where = Source(run.GET, run.full_name(asked.name or f"projects/{asked.project}/locations/-"))
    finding = crew.start("the service", where, lambda: find(google, asked), lambda unknown: Found(unknown, asked.name))
    if question.caller is None:
        return Pair(_service(finding.get()))
    scene = Scene(google, question.project or asked.project, asked.region)
    meeting = crew.start(
        "the caller",
        Source("caller", question.caller),
        lambda: meet(question.caller, scene),
        _unmet,
    )
    met, service = meeting.get(), _service(finding.get())
    if met.choose is not None:
        met = met.choose(value_of(service), question.url)
    sending = value_of(met.sending)
    return Pair(service, met.caller, met.principal, sending.target if sending else None)


def _service(found: Found) -> Fact[Service]:
    deployed = found.deployed
    return Known(deployed.value.service, deployed.source) if isinstance(deployed, Known) else deployed


def _unmet(unknown: Unknown) -> Met:
    return Met(unknown, unknown, unknown)
