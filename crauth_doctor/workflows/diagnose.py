"""A call, asked about and judged: the question, the facts, the diagnosis and the document of its report."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

from ..collect.doors.document import DocumentDoor
from ..collect.doors.recording import Recorded, RecordingDoor
from ..collect.doors.wrapped import DoorOverDocument
from ..collect.question import Question
from ..collect.readings import collect_all
from ..collect.unanswerable import UnanswerableError
from ..deferred import dataclass
from ..gcp.settings import configured, settings
from ..model.fact import Fact, Known, Unknown, value_of
from ..report.document import CallAnswer, Report, ReportTarget
from ..report.status import ExitStatus
from .context import CallRequest, Context, MisuseError, Tell, WorkflowError
from .log_evidence import beside, said_in, speaks_of_public, with_logs

if TYPE_CHECKING:
    from ..collect.readings import Watch
    from ..gcp.door import Door
    from ..gcp.google import Google
    from ..model.asks.said import Said
    from ..model.document import Document
    from ..model.evidence import Evidence
    from ..model.facts import Facts
    from ..model.finding import Stage

T = TypeVar("T")


def check(context: Context, request: CallRequest) -> Report:
    """Find out why a call fails. Nothing is changed.

    Raises:
        WorkflowError: the request names nothing that could be looked up, or there is no way to Google.
    """
    return read_call(context, request).judged_with(request.said)


@dataclass(frozen=True)
class ReadCall:
    """A call whose facts were read, to be judged with whatever is said of it."""

    request: CallRequest
    door: Door  # what the reads were asked of
    facts: Facts

    def judged_with(self, said: Said) -> Report:
        """Judge it with what a person says; nothing is read again."""
        document = judged(said_in(self.facts, said), self.request, sandbox=self.door.sandbox is not None)
        return _asking(document, self.door)


def read_call(context: Context, request: CallRequest) -> ReadCall:
    """Read the facts of a call. Nothing is changed.

    Raises:
        WorkflowError: as for `check`.
    """
    given, door = evidence_of(request), door_of(context, request)
    return ReadCall(request, door, gather(context, request, door, given))


@dataclass(frozen=True)
class SavedCheck:
    """A report, and what it rests on."""

    report: Report
    document: Document  # what was read, without any token or secret


def check_and_save(context: Context, request: CallRequest) -> SavedCheck:
    """Find out why a call fails, and return what was read with it.

    Raises:
        WorkflowError: as for `check`.
    """
    given, record = evidence_of(request), Recorded()
    door = RecordingDoor(door_of(context, request), record)
    report = diagnosed(context, request, door, given)
    question = question_of(context, request, given)
    asked = {
        "service": question.service,
        "caller": question.caller,
        "project": question.project,
        "region": question.region,
        "caller_project": question.caller_project,
        "url": question.url,
        "path": question.path,
        "method": question.method,
        "audience": question.audience,
        "headers": " ".join(sorted(question.headers)),
        "test_calls": None if question.send_calls else "none",
    }
    return SavedCheck(report, record.document(asked, door.now().value))


def call(context: Context, request: CallRequest) -> Report:
    """Make one authenticated call, and explain its answer, which is in the document.

    Raises:
        WorkflowError: as for `check`.
    """
    google, given = open_connection(context, request), evidence_of(request)
    facts = gather(context, request, google, given)
    document = _asking(judged(facts, request, sandbox=google.sandbox is not None), google)
    calls = value_of(facts.calls)
    response = calls and (calls.with_token or calls.without_token)
    if not calls or not response:
        return document
    token = value_of(facts.minted) if calls.with_token else None
    return replace(document, answer=CallAnswer(calls.url, response, token))


def default_project(context: Context) -> str:
    """Return the project that the environment or gcloud's configuration names; empty where neither does."""
    return settings(context.environ).project or ""


def door_of(context: Context, request: CallRequest) -> Door:
    """Return what the reads of a request are asked of: a saved document, or Google.

    Raises:
        WorkflowError: there is no way to Google.
    """
    if request.saved is not None:
        return DocumentDoor(request.saved, request.seconds, saved=True)
    return open_connection(context, request)


def open_connection(context: Context, request: CallRequest) -> Google:
    """Connect to Google, or to the sandbox that stands in for it.

    Raises:
        WorkflowError: there is no way there.
    """
    from ..gcp.google import NotConnectedError, NotSignedInError, connect

    try:
        return connect(
            context.environ,
            impersonate=request.impersonate,
            quota_project=request.billing_project,
            sandbox=context.sandbox_url,
            seconds=request.seconds,
            account=request.account,
            configuration=request.configuration,
            heard=context.heard,
            stopped=context.stopped,
            may_call=context.may_call,
            traced=context.traced,
        )
    except NotSignedInError as error:
        raise MisuseError(str(error)) from None
    except NotConnectedError as error:
        raise WorkflowError(str(error)) from None


def question_of(context: Context, request: CallRequest, given: Evidence | None = None) -> Question:
    """Return the question that a request asks, with what the environment tells of its place."""
    defaults = settings(configured(context.environ, request.configuration))
    asked = request.saved.asked if request.saved is not None else {}
    again = {name: str(value) for name, value in asked.items() if not request.service or name == "project"}
    said = again.get

    return Question(
        service=request.service or said("service") or "",
        caller=request.caller or said("caller"),
        project=request.project or said("project") or defaults.project,
        region=request.region or said("region") or defaults.region,
        caller_project=request.caller_project or said("caller_project"),
        url=said("url") if request.url is None else request.url,
        path=request.path or said("path") or "/",
        method=said("method") or request.method,
        audience=request.audience or said("audience"),
        headers=frozenset(request.headers or (said("headers") or "").split()),
        send_calls=request.send_calls and said("test_calls") != "none",
        says_it_fails=given is not None,
        speaks_of_public=speaks_of_public(given),
        seconds=request.seconds,
    )


@contextmanager
def reading(context: Context) -> Iterator[Tell]:
    """Read something, and return what is to be told each read.

    Raises:
        WorkflowError: the question names nothing that could be looked up.
    """
    with context.reading() as tell:
        try:
            yield tell
        except UnanswerableError as error:
            choices = "".join(f"\n  {choice}" for choice in error.choices)
            raise WorkflowError(f"{error.sentence}{choices}", ExitStatus.USAGE) from None


def evidence_of(request: CallRequest) -> Evidence | None:
    """Return what the request's evidence tells; None where there is none."""
    if request.evidence is None:
        return None
    from ..evidence import read
    from ..model.evidence import Piece, PieceKind
    from .documents.saved_document import apart, saved_in

    saved, rest = apart(request.evidence)
    given, document = read(rest), saved_in(saved)
    if document is None or given.document.resources:
        return given
    whole = Piece(PieceKind.EXPORT, (1, saved.count("\n") + 1), "what an earlier run saved")
    return replace(given, document=document, pieces=(*given.pieces, whole))


def gather(context: Context, request: CallRequest, google: Door, given: Evidence | None = None) -> Facts:
    """Read the facts of a call, with what the logs and what is there already tell of it.

    Raises:
        WorkflowError: the question names nothing that could be looked up.
    """
    question = question_of(context, request, given)
    if given is not None:
        callee = request.service.rstrip("/").rsplit("/", 1)[-1]
        google = DoorOverDocument(google, DocumentDoor(given.document, request.seconds, callee=callee))
    Thread(target=_import_what_judges, daemon=True).start()
    with reading(context) as tell:
        found = collect_all(question, google, tell, _watch(context))
    facts = with_logs(found.facts, found.logs)
    if given is not None:
        from ..evidence import call_facts

        facts = call_facts(facts, beside(given, facts))
    return said_in(facts, request.said)


def _watch(context: Context) -> Watch | None:
    """Return what judges the stages that have all their reads, for whoever watches."""
    tell = context.judged
    if tell is None:
        return None

    def watch(facts: Facts, stages: frozenset[Stage]) -> None:
        from ..diagnosis import diagnose
        from ..model.finding import Verdict

        steps = diagnose(facts).steps
        tell([step for step in steps if step.stage in stages and step.verdict is not Verdict.UNKNOWN])

    return watch


def _import_what_judges() -> None:
    """Import what is needed when all is read: that takes as long as an answer, and so the time of the first is used."""
    from ..report import text  # noqa: F401
    from .reports import from_facts  # noqa: F401


def diagnosed(context: Context, request: CallRequest, google: Door, given: Evidence | None) -> Report:
    """Read the facts of a call, and judge them."""
    return _asking(judged(gather(context, request, google, given), request, sandbox=google.sandbox is not None), google)


def _asking(document: Report, google: Door) -> Report:
    """Return it with what to ask an administrator for, where the operator lacks permissions."""
    if not any(one.permission for one in document.diagnosis.unread):
        return document
    from .permissions import access_requests  # what `explain` never needs

    operator = value_of(google.who())
    member = operator.member if operator else None
    return replace(document, requests=access_requests(document.diagnosis.unread, member))


def existing(service: Fact[T]) -> T:
    """Return the service.

    Raises:
        WorkflowError: there is none, or it could not be read.
    """
    if isinstance(service, Known):
        return service.value
    if isinstance(service, Unknown):
        from .permissions import unread_sentence

        raise WorkflowError(unread_sentence(service))
    name = service.source.target.removeprefix("//run.googleapis.com/")
    raise WorkflowError(f"There is no service {name}. `crauth-doctor check` says what it could be.")


def judged(facts: Facts, request: CallRequest, *, sandbox: bool) -> Report:
    """Judge the facts of a call that was asked about."""
    from .reports.from_facts import explained, same_again

    document = explained(facts, sandbox=sandbox, least=request.least)
    target, caller = document.target, document.caller
    if not target.url:
        url = request.url or (request.service if "://" in request.service else "")
        target = ReportTarget(target.service, url, request.method, request.path or "/")
    if not caller.asked:
        caller = replace(caller, asked=request.caller or "me")
    details = replace(document.details, command=same_again(request, target))
    return replace(document, target=target, caller=caller, details=details)
