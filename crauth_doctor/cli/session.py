"""One question, asked and judged: from the command line's words to the document that is printed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .. import __version__
from ..collect import Question, Unanswerable, collect
from ..diagnose import diagnose
from ..gcp.google import NotConnectedError, connect
from ..gcp.settings import settings
from ..model.fact import value_of
from ..report.document import Answer, Asker, Document, Target
from ..report.status import ExitStatus
from ..rules import judge
from .app import App, Failure
from .options import Asked
from .terminal import Progress, emit, look

if TYPE_CHECKING:
    from ..gcp.google import Google
    from ..model.facts import Facts


def open_door(app: App, asked: Asked) -> Google:
    """Connect to Google, or to the sandbox that stands in for it.

    Raises:
        Failure: there is no way there.
    """
    try:
        return connect(
            app.environ,
            impersonate=asked.impersonate,
            quota_project=asked.billing_project,
            sandbox=app.sandbox(),
            seconds=asked.seconds,
        )
    except NotConnectedError as error:
        raise Failure(str(error)) from None


def gather(app: App, asked: Asked, google: Google) -> Facts:
    """Read the facts of the call in question.

    Raises:
        Failure: the question names nothing that could be looked up.
    """
    defaults = settings(app.environ)
    question = Question(
        service=asked.service,
        caller=asked.caller,
        project=asked.project or defaults.project,
        region=asked.region or defaults.region,
        url=asked.url,
        path=asked.path or "/",
        method=asked.method,
        audience=asked.audience,
        headers=frozenset(asked.headers),
        send_calls=asked.call,
        seconds=asked.seconds,
    )
    with Progress(quiet=asked.quiet) as progress:
        try:
            return collect(question, google, progress)
        except Unanswerable as error:
            choices = "".join(f"\n  {choice}" for choice in error.choices)
            raise Failure(f"{error.sentence}{choices}", ExitStatus.USAGE) from None


def judged(facts: Facts, asked: Asked, google: Google) -> Document:
    """Judge the facts."""
    outcomes, observations = judge(facts)
    return Document(
        version=__version__,
        target=_target(facts, asked),
        caller=_asker(facts, asked),
        diagnosis=diagnose(outcomes, observations),
        sandbox=google.sandbox is not None,
        calls=value_of(facts.calls),
    )


def answered(facts: Facts, document: Document) -> Document:
    """Return the document with the one authenticated call in it, where there was one."""
    calls = value_of(facts.calls)
    response = calls and (calls.with_token or calls.without_token)
    if not calls or not response:
        return document
    token = value_of(facts.minted) if calls.with_token else None
    return replace(document, answer=Answer(calls.url, response, token))


def publish(app: App, asked: Asked, document: Document) -> int:
    """Print the report, and return the exit status."""
    if asked.json:
        from ..report import json

        emit(json.render(document))
    else:
        from ..report import text

        emit(text.render(document, look(app.environ)))
    return document.exit


def _target(facts: Facts, asked: Asked) -> Target:
    service = value_of(facts.service)
    place = facts.service.source.target
    named = service.full_name if service else (place if place.startswith("//run.googleapis.com/") else None)
    call = value_of(facts.call)
    if call is None:
        return Target(named, asked.url or asked.service, asked.method, asked.path or "/")
    return Target(named, call.url, call.method, call.path)


def _asker(facts: Facts, asked: Asked) -> Asker:
    caller = value_of(facts.caller)
    principal = value_of(facts.principal)
    member = principal.member if principal else None
    if caller is None:
        return Asker(asked.caller or "me", member, "unknown")
    return Asker(caller.asked, member, caller.kind.value)
