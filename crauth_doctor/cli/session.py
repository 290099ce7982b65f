"""One question, asked and judged: from the command line's words to the document that is printed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .. import __version__
from ..collect import Question, Unanswerable, collect_all
from ..diagnosis import diagnose
from ..gcp.connection import NotConnectedError, connect
from ..gcp.settings import settings
from ..model.caller_kinds import declared
from ..model.fact import Known, value_of
from ..report.document import CallAnswer, Pasted, Report, ReportCaller, ReportTarget
from ..report.status import ExitStatus
from .app import App, Failure
from .options import Asked
from .records import is_logged, speaks_of_public, with_logs
from .terminal import Progress, emit, look

if TYPE_CHECKING:
    from ..gcp.connection import Google
    from ..model.evidence import Evidence
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


def gather(app: App, asked: Asked, google: Google, given: Evidence | None = None) -> Facts:
    """Read the facts of the call in question, and what the logs say of it where they are needed.

    Args:
        app: the program's surroundings.
        asked: what the command line said.
        google: the door.
        given: what the user has already, for what to read; it is not taken in yet.

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
        says_it_fails=given is not None,
        speaks_of_public=speaks_of_public(given),
        seconds=asked.seconds,
    )
    with Progress(app.environ, quiet=asked.quiet) as progress:
        try:
            found = collect_all(question, google, progress)
        except Unanswerable as error:
            choices = "".join(f"\n  {choice}" for choice in error.choices)
            raise Failure(f"{error.sentence}{choices}", ExitStatus.USAGE) from None
    return with_logs(found.facts, found.logs)


def judged(facts: Facts, asked: Asked, *, sandbox: bool) -> Report:
    """Judge the facts of a call that was asked about."""
    document = explained(facts, sandbox=sandbox)
    target, caller = document.target, document.caller
    if not target.url:
        url = asked.url or (asked.service if "://" in asked.service else "")
        target = ReportTarget(target.service, url, asked.method, asked.path or "/")
    if not caller.asked:
        caller = replace(caller, asked=asked.caller or "me")
    return replace(document, target=target, caller=caller)


def explained(facts: Facts, *, sandbox: bool = False) -> Report:
    """Judge facts, whoever asked for them; what they do not tell of the call and the caller is left empty."""
    return Report(
        version=__version__,
        target=_target(facts),
        caller=_asker(facts),
        diagnosis=diagnose(facts),
        sandbox=sandbox,
        calls=value_of(facts.calls),
        audiences=_audiences(facts),
        pasted=_pasted(facts),
    )


def answered(facts: Facts, document: Report) -> Report:
    """Return the document with the one authenticated call in it, where there was one."""
    calls = value_of(facts.calls)
    response = calls and (calls.with_token or calls.without_token)
    if not calls or not response:
        return document
    token = value_of(facts.minted) if calls.with_token else None
    return replace(document, answer=CallAnswer(calls.url, response, token))


def publish(app: App, document: Report) -> int:
    """Print the report, and return the exit status."""
    if app.json:
        from ..report import json

        emit(json.render(document))
    else:
        from ..report import text

        emit(text.render(document, look(app.environ)))
    return document.exit


def _audiences(facts: Facts) -> tuple[str, ...]:
    """Return what the service takes, where the caller's own code chooses and nothing shows what."""
    service, caller = value_of(facts.service), value_of(facts.caller)
    if service is None or caller is None or not declared(caller.kind).runs_code or isinstance(facts.token, Known):
        return ()
    if not service.checks_iam or service.iap_enabled:
        return ()
    return tuple(dict.fromkeys((service.url, *service.urls, *service.custom_audiences)))


def _pasted(facts: Facts) -> Pasted | None:
    given = value_of(facts.evidence)
    if given is None or is_logged(facts):
        return None
    left = sum(prose.lines[1] - prose.lines[0] + 1 for prose in given.unrecognised)
    return Pasted(given.pieces, left, given.cut)


def _target(facts: Facts) -> ReportTarget:
    service = value_of(facts.service)
    place = facts.service.source.target
    named = service.full_name if service else (place if place.startswith("//run.googleapis.com/") else None)
    call = value_of(facts.call)
    return (
        ReportTarget(named, call.url, call.method, call.path)
        if call
        else ReportTarget(named, service.url if service else "")
    )


def _asker(facts: Facts) -> ReportCaller:
    caller = value_of(facts.caller)
    principal = value_of(facts.principal)
    member = principal.member if principal else None
    return ReportCaller(caller.asked if caller else "", member, caller.kind.value if caller else "unknown")
