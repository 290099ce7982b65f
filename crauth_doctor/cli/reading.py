"""What `snippet`, `who` and `runbook` share: the question, and a service that has to be there."""

from __future__ import annotations

from typing import TypeVar

from ..collect import Question
from ..gcp.settings import settings
from ..model.fact import Fact, Known, Unknown
from .app import App, Failure
from .options import Asked

T = TypeVar("T")


def question_of(app: App, asked: Asked) -> Question:
    """Return the question that the command line asks; no test calls."""
    defaults = settings(app.environ)
    return Question(
        service=asked.service,
        caller=asked.caller,
        project=asked.project or defaults.project,
        region=asked.region or defaults.region,
        url=asked.url,
        path=asked.path or "/",
        audience=asked.audience,
        send_calls=False,
        seconds=asked.seconds,
    )


def found(service: Fact[T]) -> T:
    """Return the service.

    Raises:
        Failure: there is none, or it could not be read.
    """
    if isinstance(service, Known):
        return service.value
    name = service.source.target.removeprefix("//run.googleapis.com/")
    if isinstance(service, Unknown):
        needed = f"Ask for the permission {service.permission}. " if service.permission else ""
        raise Failure(f"The service {name} could not be read ({service.obstacle}). {needed}{service.detail}".rstrip())
    raise Failure(f"There is no service {name}. `crauth-doctor check` says what it could be.")
