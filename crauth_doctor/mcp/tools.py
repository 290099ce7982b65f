"""The tools. Each is over one workflow; its description is what a model chooses by."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from typing import Annotated, Any, Final, Literal, TypeAlias

from mcp.server.mcpserver import AcceptedElicitation, Elicit, ElicitationResult, Resolve
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import CallToolResult, TextContent
from pydantic import BaseModel, Field

from ..model.asks.said import Said
from ..redaction import clean, clean_lines, is_clean
from ..report.change import ChangeReport
from ..report.who import as_json as who_as_json
from ..workflows import MisuseError
from ..workflows.context import CallRequest, Context, said_of
from ..workflows.prepared_change import PreparedChange
from .agent_session import AgentContext, AgentSession
from .answers import (
    OutcomeAnswer,
    PlanAnswer,
    ReportAnswer,
    answered,
    fitting,
)
from .plans import SECONDS, KeptPlan
from .quoting import Json, OthersText, minified

NOTHING: Final[dict[str, str]] = {}
_TEXT: Final = 256 * 1024
_PAGE: Final = 50


Service: TypeAlias = Annotated[str, Field(description="Name, full name or URL: orders")]
Caller: TypeAlias = Annotated[
    str, Field(description="Who calls: e-mail, run/NAME, job/NAME, scheduler/JOB, pubsub/SUB, me")
]
Project: TypeAlias = Annotated[str, Field(description="Of the service: shop-prod")]
Region: TypeAlias = Annotated[str, Field(description="us-central1")]
Detail: TypeAlias = Annotated[Literal["brief", "full"], Field(description="full: evidence, Terraform too")]
Say: TypeAlias = Annotated[
    dict[str, str],
    Field(description='Only what the person said or a command showed, never a guess: {"token-sent": "no"}'),
]


class PathConsent(BaseModel):
    """A person's answer to whether a path may be called."""

    call_it: bool = Field(description="Call this path")


class ChangeConsent(BaseModel):
    """A person's answer to whether a change is to be made."""

    make_it: bool = Field(description="Make this change")


def can_ask(call: AgentContext) -> bool:
    """Return whether the client can show a person a form."""
    capabilities = call.client_capabilities
    asking = capabilities.elicitation if capabilities else None
    return asking is not None and (asking.form is not None or asking.url is None)


async def ask_for_path(path: str, call: bool, service: str, ctx: AgentContext) -> Elicit[PathConsent] | PathConsent:
    """Ask whether a path besides `/` may be called; without a person to ask, only what the command line allows may."""
    if path in {"", "/"} or not call:
        return PathConsent(call_it=False)
    if path in session_of(ctx).paths:
        return PathConsent(call_it=True)
    if not can_ask(ctx):
        return PathConsent(call_it=False)
    called = f"GET {clean(path, limit=300)} to {clean(service, limit=200)}"
    return Elicit(f"crauth-doctor wants to send {called}, as the caller. Send it?", PathConsent)


async def ask_for_change(plan: str, ctx: AgentContext) -> Elicit[ChangeConsent] | ChangeConsent:
    """Ask whether a plan is to be made; the question is made of the plan alone."""
    kept = session_of(ctx).plans.get(plan)
    if kept.made is not None or not can_ask(ctx):
        return ChangeConsent(make_it=False)
    return Elicit(kept.question, ChangeConsent)


def session_of(ctx: AgentContext) -> AgentSession:
    """Return what the tools share."""
    found: AgentSession = ctx.request_context.lifespan_context
    return found


async def check(
    ctx: AgentContext,
    consent: Annotated[ElicitationResult[PathConsent], Resolve(ask_for_path)],
    service: Service,
    caller: Caller = "",
    project: Project = "",
    region: Region = "",
    path: Annotated[str, Field(description="Called only if the person agrees, unless it is /")] = "/",
    method: Annotated[str, Field(description="GET")] = "GET",
    audience: Annotated[str, Field(description="Of the token, if known")] = "",
    headers: Annotated[tuple[str, ...], Field(description="Names alone: X-Serverless-Authorization")] = (),
    evidence: Annotated[str, Field(description="Of the failing call: curl -v, log entries")] = "",
    say: Say = NOTHING,
    call: Annotated[bool, Field(description="Send test calls")] = True,
    detail: Detail = "brief",
) -> Annotated[CallToolResult, ReportAnswer]:
    """Find out why a call to a private Cloud Run service fails with 401, 403 or 404, or times out, and what to do.

    Use it where the service is known and the cloud may be read. Reads settings and sends up to three GET
    requests to the service (call=false: none). Changes nothing. If all there is is an error message or a log, use
    explain.
    """
    session, others = session_of(ctx), OthersText()
    agreed = isinstance(consent, AcceptedElicitation) and consent.data.call_it
    if evidence:
        _refuse_long(evidence)
        others.pasted(evidence)
    if not path.startswith("/"):
        raise ToolError("A path starts with /.")
    request = _request(
        session,
        service=service,
        caller=caller,
        project=project,
        region=region,
        path=path,
        method=method.upper(),
        audience=audience,
        headers=tuple(name.partition(":")[0].strip().lower() for name in headers),
        evidence=evidence,
        said=_said(say),
        send_calls=call,
    )

    def work(context: Context) -> dict[str, Json]:
        from ..workflows.diagnose import check as diagnosed

        report = diagnosed(context, request)
        id = session.keep(report, request, others)
        return answered(report, others, f"crauth://reports/{id}", full=detail == "full")

    return _answer(await session.read(ctx, "check", work, others, project=project, path=path if agreed else None))


async def explain(
    ctx: AgentContext,
    text: Annotated[str, Field(description="All that is at hand: error, curl -v, log entries, code, gcloud output")],
    say: Say = NOTHING,
    detail: Detail = "brief",
) -> Annotated[CallToolResult, ReportAnswer]:
    """Judge a failing call to a private Cloud Run service from pasted text alone.

    Touches no cloud and needs no credentials. Send everything again on each call: nothing is remembered. While `asks`
    is not empty, get an answer and call again. Use check where the cloud may be read.
    """
    _refuse_long(text)
    session, others, said = session_of(ctx), OthersText(), _said(say)
    others.pasted(text)

    def work(_: Context) -> dict[str, Json]:
        from ..workflows.explain import explain as explained

        report = explained(text, said)
        id = session.keep(report, session.request, others)
        return answered(report, others, f"crauth://reports/{id}", full=detail == "full")

    return _answer(await session.read(ctx, "explain", work, others, project="explain"))


async def cause(
    id: Annotated[str, Field(description="iam/missing-invoker")],
) -> CallToolResult:
    """Read a cause's page: what happens, how to confirm it, how to mend it, what that costs. Touches no cloud."""
    return _answer(fitting(cause_page(id), OthersText()))


async def services(
    ctx: AgentContext,
    project: Project = "",
    matching: Annotated[str, Field(description="Part of the name: ord")] = "",
    cursor: Annotated[str, Field(description="Of the last answer, for more")] = "",
) -> CallToolResult:
    """List a project's Cloud Run services, 50 at a time, where the name of one is not known.

    `invokerCheck` false: the service lets in everybody who reaches it. Otherwise `who` says who gets in.
    """
    session, others = session_of(ctx), OthersText()
    _refuse_unprintable("project", project)
    if cursor and not cursor.isdecimal():
        raise ToolError("This is not a cursor: leave it out to start over.")
    first = int(cursor or 0)

    def work(context: Context) -> dict[str, Json]:
        from ..workflows.diagnose import default_project
        from ..workflows.inventory import ProjectInventory

        place = project or session.request.project or default_project(context)
        if not place:
            raise MisuseError("Name the project: neither the environment nor gcloud's configuration does.")
        found, note = ProjectInventory(context, session.request).described(place)
        fitting_name = [one for one in found if matching.lower() in one.service.id.lower()]
        rows: list[Json] = [
            {
                "name": clean(one.service.id),
                "region": clean(one.service.region),
                "url": clean(one.service.url),
                "ingress": one.ingress.value if one.ingress else None,
                "invokerCheck": one.service.checks_iam,
            }
            for one in fitting_name[first : first + _PAGE]
        ]
        more = str(first + _PAGE) if len(fitting_name) > first + _PAGE else None
        return {**fitting({"note": note}, others), "services": rows, "cursor": more}

    return _answer(await session.read(ctx, "services", work, others, project="services"))


async def who(ctx: AgentContext, service: Service, project: Project = "", region: Region = "") -> CallToolResult:
    """List who may call a service, from where each has the right, and who only seems to."""
    session, others = session_of(ctx), OthersText()
    request = _request(session, service=service, project=project, region=region, send_calls=False)

    def work(context: Context) -> dict[str, Json]:
        from ..workflows.who import who as asked

        found = asked(context, request)
        whole = json.loads(who_as_json(found.holders, sandbox=found.sandbox))
        kept = ("target", "public", "publicBecause", "ingress", "holders", "denials", "unread", "sandbox")
        return fitting({key: whole[key] for key in kept}, others)

    return _answer(await session.read(ctx, "who", work, others, project=project))


async def snippet(
    ctx: AgentContext,
    service: Service,
    lang: Annotated[str, Field(description="python, node, go, java, csharp, php, ruby, curl ...")] = "",
    caller: Caller = "",
    project: Project = "",
    region: Region = "",
) -> CallToolResult:
    """Write the caller's code, or its set-up, with the right audience, rather than from memory."""
    session, others = session_of(ctx), OthersText()
    request = _request(session, service=service, caller=caller, project=project, region=region, send_calls=False)

    def work(context: Context) -> dict[str, Json]:
        from ..workflows.snippet import snippet as written

        code = written(context, request, lang.lower() or None)
        notes = [clean(one) for one in (code.wiring.reason, *code.hints)]
        audience = clean(code.wiring.audience)
        lines = "\n".join(clean_lines(code.code))
        return fitting({"language": code.language, "audience": audience, "code": lines, "notes": notes}, others)

    return _answer(await session.read(ctx, "snippet", work, others, project=project))


async def runbook(
    ctx: AgentContext,
    service: Service,
    caller: Annotated[str, Field(description="Who calls: run/NAME, an e-mail ...")],
    project: Project = "",
    region: Region = "",
) -> CallToolResult:
    """Write the onboarding page of a service and its caller, in Markdown."""
    session, others = session_of(ctx), OthersText()
    request = _request(session, service=service, caller=caller, project=project, region=region, send_calls=False)

    def work(context: Context) -> dict[str, Json]:
        from ..report.runbook import render
        from ..workflows.runbook import runbook as written

        return fitting({"page": render(written(context, request))}, others)

    return _answer(await session.read(ctx, "runbook", work, others, project=project))


async def plan(
    ctx: AgentContext,
    change: Annotated[
        Literal["grant", "revoke", "fix", "undo"],
        Field(description="fix: one of the last check's; undo: by its receipt"),
    ],
    service: Annotated[str, Field(description="For grant and revoke: orders")] = "",
    member: Annotated[str, Field(description="serviceAccount:a@p.iam.gserviceaccount.com")] = "",
    caller: Caller = "",
    project: Project = "",
    region: Region = "",
    expires: Annotated[str, Field(description="For grant: 30m, 2h, 7d")] = "",
    fix: Annotated[int, Field(description="`n` of the fix")] = 1,
    report: Annotated[str, Field(description="`report` of the check; left out: the last")] = "",
    receipt: Annotated[str, Field(description="For undo")] = "",
) -> Annotated[CallToolResult, PlanAnswer]:
    """Plan one change that lets a caller in, or takes that back. Reads only.

    Returns the diff and the command line. What widens access is never planned. Where `plan` is null, `why` says why.
    """
    session, others = session_of(ctx), OthersText()
    prepared, run = await _prepared(
        ctx, change, service, member, caller, project, region, expires, fix, report, receipt, others
    )
    difference = prepared.difference
    lines = [clean_lines(line)[0] for line in difference.lines] if difference else []
    answer: dict[str, Any] = {
        "plan": None,
        "expires_in": 0,
        "sentence": prepared.sentence,
        "why": _why_not(prepared),
        "diff": lines,
        "undo": "crauth-doctor undo RECEIPT" if difference else "",
        "widens": prepared.widens,
        "run": run,
    }
    if prepared.more:
        answer["why"] = f"There are {prepared.more} more bindings: plan again after this one."
    if difference is not None and session.allow_changes:
        answer["plan"] = session.plans.keep(prepared, run, _question(prepared, lines))
        answer["expires_in"] = SECONDS
    elif difference is not None:
        answer["why"] = "This server was not started with --allow-changes. The person can run `run`."
    return _answer(fitting(answer, others))


async def apply(
    ctx: AgentContext,
    consent: Annotated[ElicitationResult[ChangeConsent], Resolve(ask_for_change)],
    plan: Annotated[str, Field(description="`plan` of a plan: p-9c41e2...")],
) -> Annotated[CallToolResult, OutcomeAnswer]:
    """Make a planned change, after the person has agreed to it in a form that shows the diff.

    One use. Leaves a receipt that undoes it. IAM takes two to seven minutes: check again then.
    """
    session, others = session_of(ctx), OthersText()
    kept = session.plans.get(plan)
    if kept.made is not None:
        return _outcome(kept, kept.made, others)
    if not can_ask(ctx):
        return _not_made(kept, "This client cannot show the person a form. The person can run `run` and agree there.")
    taken = session.plans.take(plan)
    if not (isinstance(consent, AcceptedElicitation) and consent.data.make_it):
        return _not_made(taken, "The person did not agree.")

    def work(context: Context) -> ChangeReport:
        report = taken.change.make(context)
        if report.receipt is not None:
            session.plans.done(plan, taken, report)
        return report

    return _outcome(taken, await session.write(ctx, "apply", work, others), others)


def cause_page(id: str) -> dict[str, Any]:
    """Return a cause's page.

    Raises:
        ToolError: there is no such cause.
    """
    from ..spelling import did_you_mean
    from ..workflows.causes import find_cause, similar

    found = find_cause(id)
    if found is None:
        hint = did_you_mean(similar(id)) or "`open` and `findings` of a report have the ids."
        raise ToolError(f"There is no cause {clean(id, limit=60)!r}. {hint}")
    sections = {heading.lower(): text for heading, text in found.sections}
    return {"id": found.id, "title": found.title, "sections": sections, "see": found.see}


async def _prepared(
    ctx: AgentContext,
    change: str,
    service: str,
    named: str,
    caller: str,
    project: str,
    region: str,
    expires: str,
    fix: int,
    report: str,
    receipt: str,
    others: OthersText,
) -> tuple[PreparedChange, str]:
    """Plan a change, and return it with the command line that makes it."""
    session = session_of(ctx)
    places = [word for name, value in (("--project", project), ("--region", region)) if value for word in (name, value)]

    def granting(context: Context) -> tuple[PreparedChange, str]:
        from ..workflows import members
        from ..workflows.grant import GrantRequest
        from ..workflows.prepared_change import prepare_grant, prepare_revoke

        if not service or not (named or caller):
            raise MisuseError(f"For {change}, give `service`, and `member` or `caller`.")
        revoking = change == "revoke"
        member = members.one_of(None, named or None, None if named else caller, removing=revoking)
        request = _request(session, service=service, caller=member, project=project, region=region, send_calls=False)
        who = ("--member", named) if named else ("--caller", caller)
        run = ["crauth-doctor", change, service, *who, *places]
        if revoking:
            return prepare_revoke(context, request), _line(run)
        prepared = prepare_grant(context, GrantRequest(request, expires=expires or None))
        return prepared, _line([*run, *(["--expires", expires] if expires else [])])

    def fixing(context: Context) -> tuple[PreparedChange, str]:
        from ..workflows.prepared_change import prepare_fix

        id = report.rpartition("/")[2] if report else next(reversed(session.reports), "")
        kept = session.reports.get(id)
        if kept is None or not kept.request.service:
            raise MisuseError("There is no such report of a check: call check first, and plan a fix of its report.")
        request = replace(kept.request, send_calls=False)
        asked = kept.request
        run = ["crauth-doctor", "check", asked.service, *(["--caller", asked.caller] if asked.caller else []), "--fix"]
        return prepare_fix(context, request, kept.report, fix), _line(run)

    def undoing(context: Context) -> tuple[PreparedChange, str]:
        from ..workflows.prepared_change import prepare_undo

        if not receipt:
            raise MisuseError("For undo, give `receipt`: `apply` returned it.")
        return prepare_undo(context, session.request, receipt), _line(["crauth-doctor", "undo", receipt])

    work = {"fix": fixing, "undo": undoing}.get(change, granting)
    return await session.read(ctx, "plan", work, others, project=project)


def _line(words: list[str]) -> str:
    line = shlex.join(words)
    return line if is_clean(line) else ""


def _why_not(prepared: PreparedChange) -> str:
    if prepared.widens:
        return "It opens more than one service to one caller: this server never does that. Leave it to the person."
    if prepared.difference is None:
        return clean(" ".join((prepared.sentence, *prepared.report.notes, *prepared.report.message)), limit=1500)
    return ""


def _question(prepared: PreparedChange, lines: list[str]) -> str:
    difference = prepared.difference
    assert difference is not None
    sandbox = "SANDBOX: this changes a pretend cloud only.\n" if prepared.report.sandbox else ""
    diff = "\n".join(lines)
    return (
        f"{sandbox}{clean(prepared.sentence)}\n\nChanges in {clean(difference.place)}:\n{diff}\n\n"
        "It is made with the rights of the account that runs crauth-doctor. `crauth-doctor undo` undoes it."
    )


def _not_made(plan: KeptPlan, why: str) -> CallToolResult:
    return _answer(
        fitting({"made": False, "why": why, "receipt": None, "undo": "", "verify": "", "run": plan.run}, OthersText())
    )


def _outcome(plan: KeptPlan, report: ChangeReport, others: OthersText) -> CallToolResult:
    made = report.receipt is not None and report.outcome.value == "done"
    why = clean(" ".join((report.said, *report.notes, *report.message)), limit=1500)
    answer = {
        "made": made,
        "why": why,
        "receipt": report.receipt,
        "undo": f"crauth-doctor undo {report.receipt}" if made else "",
        "verify": "pending" if made else "",
        "run": "" if made else plan.run,
    }
    return _answer(fitting(answer, others))


def _request(session: AgentSession, **asked: Any) -> CallRequest:
    """Return the request, with whose rights are used from the server's own command line."""
    given = {name: value for name, value in asked.items() if value != ""}
    for name in ("service", "caller", "project", "region", "audience", "method"):
        _refuse_unprintable(name, given.get(name, ""))
    known = {name: getattr(session.request, name) for name in ("project", "region")}
    return CallRequest(
        **{
            **known,
            **given,
            "seconds": session.request.seconds,
            "impersonate": session.request.impersonate,
            "billing_project": session.request.billing_project,
            "account": session.request.account,
            "configuration": session.request.configuration,
        }
    )


def _said(say: dict[str, str]) -> Said:
    try:
        return said_of(tuple(f"{name}={value}" for name, value in say.items()))
    except MisuseError as error:
        raise ToolError(clean(str(error), limit=1500)) from None


def _refuse_unprintable(name: str, value: str) -> None:
    if not value.isprintable():
        raise ToolError(f"`{name}` has a character in it that no name has.")


def _refuse_long(text: str) -> None:
    size = len(text.encode(errors="replace"))
    if size > _TEXT:
        raise ToolError(f"This text has {size} bytes, but only {_TEXT} are read: send the failing request alone.")


def _answer(document: dict[str, Json]) -> CallToolResult:
    """Return the same facts twice: some clients give the model the one, some the other."""
    shown: dict[str, Any] = {"quoted": {}, "left_off": {}, **document}
    return CallToolResult(content=[TextContent(type="text", text=minified(shown))], structured_content=shown)
