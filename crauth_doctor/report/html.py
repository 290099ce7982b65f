"""The report as one HTML file that loads nothing, runs without scripts, and carries its own JSON."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from itertools import takewhile
from typing import Final

from ..deferred import dataclass
from ..fixes import gcloud, terraform, words
from ..model.change import Change
from ..model.finding import Conclusion, Stage
from ..redaction import clean, is_clean
from ..say import Say, listed
from . import json
from .details import TokenDetails
from .document import MOST_OPEN, Report, time_of, unread_in_words
from .headline import headline
from .layout import UNSHOWN
from .next_step import NextStep, answers, next_steps
from .pages.frame import as_block, framed
from .permissions import request_commands, request_sentence
from .stages import Effect, StageRow, stage_rows
from .status import ExitStatus

_MOST_HIDDEN: Final = 5
_ASKS: Final = {
    Stage.MINT: "Can the caller get an ID token for this service?",
    Stage.REACH: "Does the request arrive at this service?",
    Stage.INGRESS: "Does the service accept calls from where the caller is?",
    Stage.IAP: "Does Identity-Aware Proxy let it through?",
    Stage.TOKEN: "Is what arrives a token that Cloud Run accepts?",
    Stage.IAM: "May the token's principal invoke the service?",
    Stage.APP: "What does the container itself answer?",
}
_SURE: Final = {
    Conclusion.PROVEN: "the settings say so, and a call was stopped there",
    Conclusion.EXPECTED: "the settings say so, and all before it was read; no call shows it",
    Conclusion.LIKELY: "it is the most likely cause, but something was not read or is assumed",
    Conclusion.CLEAR: "nothing that was read stops it",
    Conclusion.CONTRADICTED: "the settings say that it is stopped, but a call got through",
    Conclusion.UNEXPLAINED: "a call was stopped, and nothing that was read explains it",
    Conclusion.UNDECIDED: "what was seen does not decide it",
}
_GLYPHS: Final = {
    Effect.PASSES: "go",
    Effect.STOPS: "stop",
    Effect.PROBABLY_STOPS: "stop",
    Effect.SHOULD_STOP: "stop",
    Effect.WOULD_PASS: "would",
    Effect.WOULD_STOP: "too",
    Effect.UNSEEN: "blind",
    Effect.NOTHING: "none",
    Effect.NOT_REACHED: "none",
    Effect.FAILED: "blind",
}
_TONES: Final = {True: "ok", False: "bad", None: ""}
_SHORT: Final = 28
"""Characters of a fact below a stage's name in the drawing."""


@dataclass(frozen=True)
class _DrawnStage:
    """A stage as the drawing has it."""

    row: StageRow
    place: str  # the class of its list item, by what lies before it
    service: str
    glyph: str
    is_target: bool  # whether it is drawn as the service itself
    status: int | None  # what the call got there; None where that is not known

    @property
    def name(self) -> str:
        return self.service if self.is_target and self.service else self.row.name[0].upper() + self.row.name[1:]

    @property
    def short(self) -> str:
        return self.row.fact if 0 < len(self.row.fact) <= _SHORT else self.row.effect.in_words

    @property
    def asks(self) -> str:
        return _ASKS[self.row.stage]


@dataclass(frozen=True)
class _Fix:
    """A way out, as the page has it."""

    no: int
    step: int | None
    alternative: bool
    change: Change
    then: str
    hidden: bool

    @property
    def text(self) -> str:
        return words.sentence(self.change)

    @property
    def danger(self) -> str | None:
        return words.danger(self.change)

    @property
    def gcloud(self) -> str:
        return as_block(tuple(gcloud.commands(self.change)))

    @property
    def terraform(self) -> str | None:
        return terraform.block(self.change)


@dataclass(frozen=True)
class _Claim:
    """A row of the token's table; what differs from an accepted audience is the tail."""

    claim: str
    head: str
    tail: str = ""
    tone: str = ""
    says: str = ""


@dataclass(frozen=True)
class _Unseen:
    """A read that failed."""

    said: str
    hides: tuple[str, ...]
    more: int


def render(document: Report) -> str:
    """Return the report as an HTML document, with a newline at the end."""
    return framed("report.html.j2", headline(document), json.render(document), **values(document))


def values(document: Report) -> dict[str, object]:
    """Return what a template shows of a report."""
    diagnosis, details = document.diagnosis, document.details
    fixes = tuple(_fixes(document))
    commands = tuple(line for one in document.requests for line in request_commands(one))
    return {
        "r": document,
        "d": diagnosis,
        "line": headline(document),
        "title_of": document.sentence(headline(document).sentence).removesuffix("."),
        "tone": tone(document.exit),
        "sure": _SURE[diagnosis.conclusion],
        "checked_at": time_of(document.checked_at),
        "stages": tuple(_drawn(document)),
        "after": _after(document),
        "fixes": fixes,
        "two_dialects": any(fix.gcloud and fix.terraform for fix in fixes),
        "unshown": UNSHOWN,
        "next_steps": tuple((step.text, as_block((step.command,))) for step in _next_steps(document)),
        "asks": tuple((ask, tuple(answers(ask)), as_block((ask.command,))) for ask in diagnosis.asks),
        "token": tuple(_claims(details.token)) if details.token else (),
        "unread": tuple(_unseen(document)),
        "requests": tuple(map(request_sentence, document.requests)),
        "request_commands": as_block(commands),
        "reads": f"Nothing: all {details.answered} reads were answered." if details.answered else "Nothing was read.",
        "because": tuple(map(document.sentence, _because(document))),
        "most_open": MOST_OPEN,
        "names": {"none": "no token", "junk": "a junk token", "caller": "a token made here"},
        "calls": [(row, _TONES[row.is_healthy]) for row in details.calls],
        "warnings": [outcome for outcome in diagnosis.warnings if outcome.finding],
        "answer": _answer(document),
        "command": as_block((shlex.join(details.command),)) if details.command else "",
    }


def tone(status: ExitStatus) -> str:
    """Return the class of a verdict's pill."""
    return {ExitStatus.CLEAR: "clear", ExitStatus.BLOCKED: "stop"}.get(status, "unsure")


def _drawn(document: Report) -> Iterator[_DrawnStage]:
    seen = next((o.status for o in document.diagnosis.observations if o.speaks and not o.passed and o.status), None)
    blind = stopped = False
    name = clean(document.target.name if document.target.service else document.named_by_url[0]) or "the service"
    for row in stage_rows(document):
        kind = _GLYPHS[row.effect]
        place = "stop" if row.effect.is_stop else "after" if stopped else "blind" if kind == "blind" else ""
        place = place or ("past-blind" if blind else "")
        is_target = row.stage is Stage.APP and kind in {"none", "would", "go"}
        yield _DrawnStage(row, place, name, kind, is_target, seen)
        blind, stopped = blind or kind == "blind", stopped or row.effect.is_stop


def _after(document: Report) -> str:
    later = listed(finding.title for _, finding in document.elsewhere)
    if document.diagnosis.cause is None:
        return "" if document.exit.value else "Every stage lets it pass."
    if later:
        return Say("After this is fixed: {later}.", later=later)
    return "After this is fixed, nothing else that was read would stop it."


def _fixes(document: Report) -> Iterator[_Fix]:
    steps, number = document.fix_steps, 0
    cause = document.diagnosis.cause
    first = ((cause, cause.finding),) if cause and cause.finding else ()
    for outcome, finding in (*first, *document.elsewhere):
        for place, change in enumerate(finding.fixes):
            number += 1
            then = Say("Then: {title}", title=finding.title) if outcome is not cause and not place else ""
            hidden = not all(map(is_clean, gcloud.commands(change)))
            yield _Fix(number, steps[outcome.rule], place > 0, change, then, hidden)


def _next_steps(document: Report) -> Iterator[NextStep]:
    if document.exit is ExitStatus.CLEAR:
        yield NextStep("Nothing: the call gets through.")
    elif document.diagnosis.cause:
        yield NextStep("This tool knows no setting that changes it.")
    else:
        yield from next_steps(document)


def _claims(details: TokenDetails) -> Iterator[_Claim]:
    token = details.token
    judged = {one.claim: one for one in details.judged}
    values = {
        "aud": token.audience,
        "iss": token.issuer,
        "email": token.email,
        "sub": token.subject,
        "exp": time_of(token.expires_at),
    }
    for claim, value in values.items():
        if value is None:
            continue
        one = judged.get(claim)
        tone = {True: "yes", False: "no"}.get(one.good, "") if one and one.good is not None else ""
        head, tail = value, ""
        if claim == "aud" and tone == "no" and details.accepted:
            same = max(_alike(value, accepted) for accepted, _ in details.accepted)
            head, tail = value[:same], value[same:]
        yield _Claim(claim, head, tail, tone, one.says if one else "")
    for accepted, why in details.accepted:
        yield _Claim("accepted", accepted, "", "", why)


def _alike(one: str, other: str) -> int:
    """Return how many characters two texts begin with alike."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _unseen(document: Report) -> Iterator[_Unseen]:
    for unknown, hides in document.unseen:
        yield _Unseen(unread_in_words(unknown), hides[:_MOST_HIDDEN], max(0, len(hides) - _MOST_HIDDEN))


def _because(document: Report) -> Iterator[str]:
    diagnosis = document.diagnosis
    finding = diagnosis.cause.finding if diagnosis.cause else None
    yield from document.evidence()
    yield from (Say("Assumed, not verified: {text}", text=text) for text in (finding.assuming if finding else ()))
    yield from diagnosis.explanations
    yield from (
        Say(
            "You say {fact}={said}, but what was read says {read}, and that counts.",
            fact=each.fact,
            said=each.said,
            read=each.read,
        )
        for each in diagnosis.gainsaid
    )
    if document.pasted:
        yield from (
            Say("In your input: {kind}, {piece}", kind=Say(piece.kind.value), piece=piece.summary)
            for piece in document.pasted.pieces
        )


def _answer(document: Report) -> str:
    if document.answer is None:
        return ""
    response = document.answer.response
    headers = [f"{name}: {value}" for name, value in sorted(response.headers.items())]
    return "\n".join([*headers, "", response.body])
