"""The JSON report, schema version 1: a copy made for machines, never a dump of the model.

Keys may be added, never removed or changed in meaning.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final, TypeAlias, get_args

from .. import __version__
from ..fixes import gcloud, terraform, words
from ..model.change import Applicable, Change, GrantRole
from ..model.evidence import Piece
from ..model.fact import Source, Unknown
from ..model.finding import Ask, Finding, Gainsaid, Observation, Outcome, Step
from ..model.http import Response, TestCalls
from ..model.token import Token
from ..model.unread import AccessRequest
from ..redaction import clean, clean_lines, is_clean
from . import configuration
from .details import CallRow, TokenDetails
from .document import MOST_LIKELY, CallAnswer, Pasted, Report, each_once, time_of, unread_as_json
from .stages import StageRow, stage_rows
from .status import ExitStatus
from .tool import timings

SCHEMA: Final = 1
NAME: Final = "crauth-doctor"

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"


def render(document: Report) -> str:
    """Return the document as JSON, with a newline at the end."""
    diagnosis = document.diagnosis
    target = document.target
    caller = document.caller
    cause, details = diagnosis.cause, document.details
    return written(
        {
            "sandbox": document.sandbox,
            "target": {
                "service": _text(target.service),
                "url": clean(target.url),
                "method": clean(target.method),
                "path": clean(target.path),
            },
            "caller": {"asked": clean(caller.asked), "member": _text(caller.member), "kind": caller.kind},
            "conclusion": diagnosis.conclusion.value,
            "cause": cause.rule if cause else None,
            "stages": [_stage(step, row) for step, row in zip(diagnosis.steps, stage_rows(document), strict=True)],
            "findings": [_finding(outcome, finding, document) for outcome, finding in document.findings],
            "later": [outcome.rule for outcome, _ in document.elsewhere],
            "unread": [
                {
                    **unread_as_json(unknown),
                    "detail": clean(unknown.detail),
                    "hides": list(hides),
                    "ask": _ask_for(unknown, document.requests),
                }
                for unknown, hides in document.hidden(diagnosis.unread).items()
            ],
            "reads": {"asked": details.answered + details.unanswered, "answered": details.answered},
            "observations": [_observation(seen, document) for seen in diagnosis.observations],
            "explanations": [document.sentence(text) for text in diagnosis.explanations],
            "open": [_open(outcome, place) for place, outcome in enumerate(diagnosis.open)],
            "asks": [_ask(ask) for ask in diagnosis.asks],
            "said": [_gainsaid(each) for each in diagnosis.gainsaid],
            "assuming": [document.sentence(text) for text in diagnosis.assuming],
            "unjudged": [document.sentence(text) for text in diagnosis.unjudged],
            "calls": {**_calls(document.calls), "answers": [_call(row) for row in details.calls]}
            if document.calls
            else None,
            "token": _token(details.token) if details.token else None,
            "command": [clean(word) for word in details.command] or None,
            "answer": _answer(document.answer) if document.answer else None,
            "audiences": [clean(audience) for audience in document.audiences],
            "pasted": _pasted(document.pasted) if document.pasted else None,
            "requests": [_request(one) for one in document.requests],
            "configuration": [configuration.as_json(one) for one in document.configuration],
            "checked_at": time_of(document.checked_at),
            "exit": document.exit.value,
            **({} if document.timings is None else {"timings": timings.as_json(document.timings)}),
        },
    )


def render_error(message: str, status: int = ExitStatus.FAILED) -> str:
    """Return a failure as JSON. It has no `conclusion` and no `cause`, so that none can be read from it."""
    return written({"error": {"message": clean(message)}, "exit": int(status)})


def written(document: Mapping[str, object]) -> str:
    """Return a document as JSON, behind what wrote it and in which form."""
    return dumped(headed(document))


def headed(document: Mapping[str, object]) -> dict[str, object]:
    """Return a document behind what wrote it and in which form."""
    return {"schema": SCHEMA, "tool": {"name": NAME, "version": __version__}, **document}


def dumped(document: Mapping[str, object]) -> str:
    """Return a document as JSON, with a newline at the end."""
    return json.dumps(document, indent=2) + "\n"


def _text(text: str | None) -> str | None:
    return None if text is None else clean(text)


def _pasted(pasted: Pasted) -> Json:
    return {
        "pieces": [_piece(piece) for piece in pasted.pieces],
        "left": pasted.left,
        "cut": [clean(text) for text in pasted.cut],
    }


def _piece(piece: Piece) -> Json:
    return {"kind": piece.kind.value, "lines": list(piece.lines), "summary": clean(piece.summary, limit=120)}


def _stage(step: Step, row: StageRow) -> Json:
    return {
        "stage": step.stage.slug,
        "verdict": step.verdict.value,
        "reached": step.reached,
        "effect": row.effect.value,
        "fact": clean(row.fact) or None,
        "because": list(row.because),
        "evidence": [_source(source) for source in row.evidence],
    }


def _finding(outcome: Outcome, finding: Finding, document: Report) -> Json:
    step = document.fix_steps[outcome.rule]
    return {
        "id": outcome.rule,
        "stage": outcome.stage.slug,
        "verdict": outcome.verdict.value,
        "title": clean(finding.title),
        "because": [document.sentence(text) for text in finding.because],
        "assuming": [document.sentence(text) for text in finding.assuming],
        "evidence": [_source(source) for source in each_once(outcome.rests_on)],
        "fixes": [
            {**change_json(change), "step": step, "alternative": number > 0}
            for number, change in enumerate(finding.fixes)
        ],
    }


def _open(outcome: Outcome, place: int) -> Json:
    return {
        "id": outcome.rule,
        "title": clean(outcome.title),
        "likelihood": "likelier" if place < MOST_LIKELY else "possible",
    }


def _ask(ask: Ask) -> Json:
    return {
        "fact": ask.fact,
        "question": ask.question,
        "answers": [
            {"value": clean(reply.value), "meaning": clean(reply.meaning), "leaves": list(reply.leaves)}
            for reply in ask.replies
        ],
        "open": ask.is_open,
        "command": clean(ask.command, limit=1000) or None,
        "say": clean(f"{ask.fact}={ask.replies[0].value if ask.replies else ask.fact.upper()}"),
    }


def _gainsaid(each: Gainsaid) -> Json:
    return {"fact": each.fact, "said": clean(each.said), "read": clean(each.read), "source": _source(each.source)}


def _source(source: Source) -> Json:
    return {"read": clean(source.read), "target": clean(source.target)}


def change_json(change: Change, widens: bool | None = None) -> dict[str, Json]:
    """Return a change as JSON.

    `widens`: whether it opens more than what was named; left out: as changes of its kind.
    """
    commands = [command for command in gcloud.commands(change) if is_clean(command)]
    hcl = terraform.block(change)
    return {
        "change": words.slug(change),
        "text": clean(words.sentence(change)),
        "applicable": isinstance(change, get_args(Applicable)),
        "gcloud": "\n".join(commands) or None,
        "terraform": "\n".join(clean_lines(hcl)) if hcl else None,
        "widens": change.widens if widens is None else widens,
        "danger": words.danger(change),
    }


def _ask_for(unknown: Unknown, requests: tuple[AccessRequest, ...]) -> Json:
    """Return what to ask an administrator for, so that it can be read; None where nothing is known to help."""
    asked = next((one for one in requests if unknown.permission in one.permissions), None)
    return _request(asked) if asked else None


def _request(one: AccessRequest) -> Json:
    return {
        "resource": clean(one.resource),
        "member": _text(one.member or None),
        "permissions": [clean(each) for each in one.permissions],
        "roles": list(one.roles),
        "rest": [clean(each) for each in one.rest],
        "commands": [
            line
            for role in (one.roles if one.member else ())
            for line in gcloud.commands(GrantRole(one.resource, role, one.member))
            if is_clean(line)
        ],
    }


def _observation(seen: Observation, document: Report) -> Json:
    return {
        "stages": [stage.slug for stage in sorted(seen.stages)],
        "summary": document.sentence(seen.summary),
        "passed": seen.passed,
        "covers": [stage.slug for stage in sorted(seen.covers)],
        "source": _source(seen.source),
    }


def _call(row: CallRow) -> Json:
    return {
        "sent": row.token,
        "status": row.status,
        "healthy": row.healthy or None,
        "answeredBy": row.answered_by or None,
    }


def _token(details: TokenDetails) -> Json:
    return {
        "claims": _claims(details.token),
        "accepted": [{"value": clean(value), "why": why} for value, why in details.accepted],
        "judged": [{"claim": one.claim, "good": one.good, "says": one.says} for one in details.judged],
    }


def _calls(calls: TestCalls) -> dict[str, Json]:
    def status(response: Response | None) -> int | None:
        return response.status if response else None

    return {
        "url": clean(calls.url),
        "audience": clean(calls.audience),
        "withoutToken": status(calls.without_token),
        "withJunk": status(calls.with_junk),
        "withToken": status(calls.with_token),
    }


def _answer(answer: CallAnswer) -> Json:
    response = answer.response
    return {
        "url": clean(answer.url),
        "method": "GET",
        "status": response.status,
        "headers": {clean(name): clean(value) for name, value in sorted(response.headers.items())},
        "body": "\n".join(clean_lines(response.body)),
        "token": _claims(answer.token) if answer.token else None,
    }


def _claims(token: Token) -> Json:
    return {
        "kind": token.kind.value,
        "aud": _text(token.audience),
        "iss": _text(token.issuer),
        "email": _text(token.email),
        "sub": _text(token.subject),
        "iat": token.issued_at,
        "exp": token.expires_at,
    }
