"""The report for a person at a terminal: what is wrong, how do you know, what to do, what could not be seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from textwrap import shorten
from typing import Final

from ..fixes import gcloud, words
from ..model.change import Change
from ..model.fact import Obstacle
from ..model.facts import NOT_GIVEN
from ..model.finding import Ask, Conclusion, Finding, Outcome, Step, Verdict
from ..model.http import Response
from ..model.token import Token
from ..redaction import clean, clean_lines, is_clean
from . import configuration
from .document import (
    MOST_OPEN,
    OBSTACLES,
    SANDBOX,
    CallAnswer,
    Report,
    each_once,
    source_in_words,
    time_of,
    unread_in_words,
)
from .headline import call_speaks, headline
from .layout import INDENT, UNSHOWN, Hue, Look, TextPage
from .next_step import ShownAnswer, answers, next_steps
from .permissions import request_commands, request_sentence
from .stages import NO_READS

_SYMBOLS: Final = {
    Verdict.CLEAR: "✓",
    Verdict.BLOCKS: "✗",
    Verdict.UNKNOWN: "?",
    Verdict.NOT_APPLICABLE: "–",  # noqa: RUF001
    Verdict.CRASHED: "!",
}
_ASCII: Final = {
    Verdict.CLEAR: "ok",
    Verdict.BLOCKS: "BLOCKS",
    Verdict.UNKNOWN: "unknown",
    Verdict.NOT_APPLICABLE: "n/a",
    Verdict.CRASHED: "crashed",
}
_LEGEND: Final = {
    "✓": "passes",
    "✗": "blocks",
    "?": "not judged",
    "–": "does not apply",  # noqa: RUF001
    "!": "this tool failed",
    "·": "not reached",
}
_SURE: Final = frozenset({Conclusion.PROVEN, Conclusion.EXPECTED})
_BODY_LINES: Final = 20
_BODY_CHARACTERS: Final = 2000
_EVIDENCE_CHARACTERS: Final = 220
"""So much of what others wrote is shown on a screen: three lines."""
_MOST_CHARACTERS: Final = 2000
_MOST_HIDDEN: Final = 3
_MOST_AT_ONCE: Final = 5
"""So many of the causes that are left fit a screen."""
_HUES: Final = {
    Conclusion.PROVEN: Hue.BAD,
    Conclusion.EXPECTED: Hue.BAD,
    Conclusion.LIKELY: Hue.BAD,
    Conclusion.CONTRADICTED: Hue.UNSURE,
    Conclusion.CLEAR: Hue.GOOD,
    Conclusion.UNEXPLAINED: Hue.UNSURE,
    Conclusion.UNDECIDED: Hue.UNSURE,
}


def render(document: Report, look: Look | None = None) -> str:
    """Return the report as text, with a newline at the end."""
    page = TextPage(look or Look())
    if document.answer:
        _answered(page, document, document.answer)
    if document.configuration:
        _settings(page, document)
        if document.diagnosis.cause is None:
            return str(page)
    _what_is_wrong(page, document)
    _gainsaid(page, document)
    _path(page, document.diagnosis.steps)
    _how_we_know(page, document)
    if document.diagnosis.cause is None:
        _asks(page, document)
        _what_to_do(page, document)
    else:
        _what_to_do(page, document)
        _asks(page, document)
    if not _is_short(page, document):
        _not_seen(page, document)
        _requests(page, document)
    _behind(page, document)
    is_told = page.look.whole or document.diagnosis.cause is None
    if is_told:
        _warnings(page, document)
    _audience(page, document)
    if is_told:
        _pasted(page, document)
    else:
        _footer(page, document)
    return str(page)


def _is_short(page: TextPage, document: Report) -> bool:
    """Whether the reader sits at a screen and the cause is sure: then what was not read is told by name."""
    return not page.look.whole and document.diagnosis.conclusion in _SURE


def _footer(page: TextPage, document: Report) -> None:
    """Tell by name what -v tells whole."""
    lines = []
    if document.unseen and _is_short(page, document):
        (first, _), *others = document.unseen
        more = f", and {len(others)} more" if others else ""
        lines.append(f"Could not be seen: {clean(first.source.read)}{more}.")
    if warnings := [outcome.rule for outcome in document.diagnosis.warnings if outcome.finding]:
        lines.append(f"Warnings, which block nothing: {', '.join(warnings)}.")
    if document.pasted and document.pasted.pieces:
        kinds = dict.fromkeys(piece.kind.value for piece in document.pasted.pieces)
        lines.append(f"Recognised in your input: {', '.join(kinds)}.")
    if cause := document.diagnosis.cause:
        lines.append(f"More: -v, or crauth-doctor explain {cause.rule}")
    page.gap()
    for line in lines:
        page.paragraph(line, "")


def _settings(page: TextPage, document: Report) -> None:
    """Write what settings say by themselves, and what is to be given where a call fails."""
    configuration.write(page, document.configuration)
    if document.diagnosis.cause is None:
        page.gap()
        page.paragraph(
            "No failing call was shown. If a call fails, add its response: the output of curl -i, or "
            "its entry in the request log.",
            "",
        )
        if document.pasted and document.pasted.pieces:
            _pasted(page, document)


def _answered(page: TextPage, document: Report, answer: CallAnswer) -> None:
    """Write the call, what came back, and what the token claimed."""
    page.headline("GET", Hue.STRONG, f" {clean(answer.url)} as {clean(document.caller.name)}")
    if document.sandbox:
        page.paragraph(SANDBOX)
    _response(page, answer.response)
    page.gap()
    if answer.token is None:
        page.paragraph("It carried no token.", "")
        return
    _token(page, answer.token)


def _response(page: TextPage, response: Response) -> None:
    page.gap()
    took = f"   ({response.seconds:.2f} s)" if response.seconds is not None else ""
    page.lines.append(page.paint(f"{response.status} {_phrase(response.status)}".rstrip(), Hue.STRONG) + took)
    for name, value in sorted(response.headers.items()):
        page.verbatim([f"{clean(name)}: {clean(value, limit=300)}"], INDENT)
    lines = clean_lines(response.body.strip(), limit=_BODY_CHARACTERS)
    page.gap()
    page.verbatim(lines[:_BODY_LINES] or ["(no body)"], INDENT)
    if len(lines) > _BODY_LINES:
        page.verbatim([f"({len(lines) - _BODY_LINES} more lines)"], INDENT)


def _phrase(status: int) -> str:
    from http import HTTPStatus

    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _token(page: TextPage, token: Token) -> None:
    page.lines.append(page.paint("Its token claimed", Hue.STRONG) + " (the signature is never shown)")
    claims = {
        "aud": token.audience,
        "iss": token.issuer,
        "email": token.email,
        "sub": token.subject,
        "iat": time_of(token.issued_at),
        "exp": time_of(token.expires_at),
    }
    page.verbatim([f"{name:<5} {clean(value)}" for name, value in claims.items() if value], INDENT)


def _what_is_wrong(page: TextPage, document: Report) -> None:
    page.gap()
    line, diagnosis = headline(document), document.diagnosis
    tag = f"[{diagnosis.cause.rule}, {diagnosis.conclusion}]" if diagnosis.cause else ""
    tail = f"{line.tail.removesuffix('.')}:" if line.lists_causes else line.tail
    note = SANDBOX if document.sandbox and not document.answer else ""
    page.headline(line.word, _HUES[diagnosis.conclusion], tail, tag, note)
    if diagnosis.conclusion is Conclusion.UNDECIDED:
        _left(page, document)
    if diagnosis.conclusion is Conclusion.CONTRADICTED:
        page.paragraph("The settings say so, but a call got past it.")
    if diagnosis.conclusion is Conclusion.CLEAR:
        _by_settings(page, document)


def _by_settings(page: TextPage, document: Report) -> None:
    if document.calls is None or call_speaks(document):
        return
    url, answered = clean(document.calls.url), document.calls.with_token or document.calls.without_token
    got = f" It got {answered.status}." if answered else ""
    own = f"this tool's own test call, to {url}, takes another path than the caller's and proves nothing about it."
    if not document.calls.with_token:
        own = f"the test call, to {url}, was made without a token and proves nothing about the caller's."
    page.paragraph(f"Judged by the settings alone: {own}{got}")


def _path(page: TextPage, steps: tuple[Step, ...]) -> None:
    page.gap()
    page.paragraph(marks(steps, symbols=page.look.symbols))
    if page.look.symbols:
        shown = {_mark(step, symbols=True) for step in steps}
        legend = "  ".join(f"{mark} {meaning}" for mark, meaning in _LEGEND.items() if mark in shown)
        page.lines += [page.paint(line, Hue.FAINT) for line in page.wrapped(legend, INDENT, INDENT)]


def marks(steps: Sequence[Step], *, symbols: bool) -> str:
    """Return the verdicts of some stages in one line."""
    return ("  " if symbols else ", ").join(f"{step.stage.slug} {_mark(step, symbols=symbols)}" for step in steps)


def _mark(step: Step, *, symbols: bool) -> str:
    if not step.reached and step.verdict is not Verdict.BLOCKS:
        return "·" if symbols else "not reached"
    return (_SYMBOLS if symbols else _ASCII)[step.verdict]


def _how_we_know(page: TextPage, document: Report) -> None:
    diagnosis = document.diagnosis
    if diagnosis.conclusion is Conclusion.CLEAR:
        return
    cause, short = diagnosis.cause, _is_short(page, document)
    finding = cause.finding if cause else None
    most = _EVIDENCE_CHARACTERS if short else _MOST_CHARACTERS
    lines = [
        document.sentence(text if len(text) <= most else clean(text, limit=most))
        for text in document.evidence(short=short)
    ]
    assumed = finding.assuming if finding else ()
    lines += [document.sentence(f"Assumed, not verified: {text}") for text in assumed]
    if document.calls or not document.pasted:
        lines.append(_test_calls(document))
    if lines:
        page.heading("Evidence")
    for text in lines:
        page.item(text)
    if cause and page.look.whole:
        _sources(page, cause)
    _explanations(page, document)


def _left(page: TextPage, document: Report) -> None:
    """List the causes that are left, the likelier first, where a refusal was seen and its cause cannot be told."""
    diagnosis = document.diagnosis
    if not _lists_causes(document):
        return
    most = MOST_OPEN if page.look.whole else _MOST_AT_ONCE
    shown = diagnosis.open[:most]
    width = max(len(outcome.rule) for outcome in shown) + 2
    for number, outcome in enumerate(shown, 1):
        page.lines += page.wrapped(clean(outcome.title), f"  {number}  {outcome.rule:<{width}}", " " * (width + 5))
    if len(diagnosis.open) > most:
        page.paragraph(f"   and {len(diagnosis.open) - most} rarer ones (--format json lists all)")


def _lists_causes(document: Report) -> bool:
    diagnosis = document.diagnosis
    refused = any(seen.speaks and not seen.passed for seen in diagnosis.observations)
    return diagnosis.conclusion is Conclusion.UNDECIDED and bool(diagnosis.open) and refused


def _gainsaid(page: TextPage, document: Report) -> None:
    """Tell where what was said and what was read differ; what was read stands."""
    for each in document.diagnosis.gainsaid:
        page.paragraph(
            f"You say {each.fact}={clean(each.said)}, but {source_in_words(each.source)} says {clean(each.read)}, "
            "and that counts."
        )


def _asks(page: TextPage, document: Report) -> None:
    """Ask for what tells apart best what is left."""
    asks = document.diagnosis.asks
    if not asks:
        return
    several = _lists_causes(document) and len(document.diagnosis.open) > 1
    page.heading("What tells them apart" if several else "What would tell more")
    page.paragraph("Say what you know with --say FACT=VALUE, or pass what a command prints with --evidence FILE.")
    for number, ask in enumerate(asks, 1):
        page.lines += page.wrapped(ask.question, f"  {number}  ", " " * 5)
        for answer in answers(ask):
            page.lines += page.wrapped(_answer(answer, ask), " " * 7, " " * 9)
        if ask.is_open:
            page.paragraph(f"--say {ask.fact}={ask.fact.upper()}", " " * 7)
        if ask.command and is_clean(ask.command):
            page.command(ask.command, " " * 7)


def _answer(answer: ShownAnswer, ask: Ask) -> str:
    fact = "" if ask.is_open else f"{ask.fact}="
    meaning = f": {clean(answer.meaning)}" if answer.meaning else ""
    leaves = f" (leaves {', '.join(answer.leaves)})" if answer.leaves else ""
    return f"{fact}{', '.join(map(clean, answer.values))}{meaning}{leaves}"


def _test_calls(document: Report) -> str:
    calls = document.calls
    if calls is None:
        return "No test call was made."
    got = [
        _status("no token", calls.without_token),
        _status("a junk token", calls.with_junk),
        _status("a token made here", calls.with_token),
    ]
    where = "" if calls.url == document.target.url else f" to {clean(calls.url)}"
    return f"Test calls{where}: {', '.join(got)}."


def _status(name: str, response: Response | None) -> str:
    return f"{name} {response.status}" if response else f"{name} not tried"


def _sources(page: TextPage, cause: Outcome) -> None:
    read = [s for s in each_once(cause.rests_on) if s.read not in NO_READS and s != NOT_GIVEN.source]
    if read:
        page.paragraph(f"Read: {'; '.join(dict.fromkeys(map(source_in_words, read)))}.")


def _explanations(page: TextPage, document: Report) -> None:
    if not document.diagnosis.explanations:
        return
    undecided = document.diagnosis.conclusion is Conclusion.UNDECIDED
    page.heading("What stays open" if undecided else "What could explain it")
    for text in document.diagnosis.explanations:
        page.item(document.sentence(text))


def _what_to_do(page: TextPage, document: Report) -> None:
    diagnosis = document.diagnosis
    if diagnosis.conclusion is Conclusion.CLEAR:
        return
    cause = diagnosis.cause
    page.heading("What to do")
    if cause and cause.finding:
        if diagnosis.conclusion is Conclusion.CONTRADICTED:
            page.paragraph("Nothing yet: find out first which is right. Should the settings be:")
            page.gap()
        _fixes(page, cause.finding)
        if page.look.whole:
            page.paragraph(f"More about it: crauth-doctor explain {cause.rule}")
    else:
        for step in next_steps(document):
            page.paragraph(step.text)
            if step.command:
                page.command(step.command)


def _fixes(page: TextPage, finding: Finding) -> None:
    if not finding.fixes:
        page.paragraph("This tool knows no setting that fixes it.")
    for change in finding.fixes[:1]:
        _fix(page, change)
    if len(finding.fixes) > 1 and page.look.whole:
        page.paragraph("Or, instead (`check --fix` offers the choice):")
    for change in finding.fixes[1:]:
        if page.look.whole:
            page.item(_way(change))
        else:
            page.paragraph(_begun(change, page.look.width))


def _way(change: Change) -> str:
    """Return a way out with what it opens."""
    return f"{_lead(change)}{clean(words.sentence(change))} {clean(words.danger(change) or '')}".rstrip()


def _begun(change: Change, width: int) -> str:
    """Return a way out by what it begins with, in one line."""
    text = f"Or: {_lead(change)}{clean(words.sentence(change))}"
    first, comma, _ = text.partition(", ")
    return shorten(f"{first} ..." if comma else text, width - len(INDENT), placeholder=" ...")


def _fix(page: TextPage, change: Change) -> None:
    page.paragraph(_way(change))
    given = gcloud.commands(change)
    shown = [command for command in given if is_clean(command)]
    for command in shown:
        page.command(command)
    if len(shown) < len(given):
        page.paragraph(UNSHOWN)


def _lead(change: Change) -> str:
    return "WIDENS ACCESS: " if change.widens else ""


def _not_seen(page: TextPage, document: Report) -> None:
    unseen = document.unseen
    if not unseen:
        return
    page.heading("What could not be seen")
    plain, told = dict[Obstacle, list[str]](), set[str]()
    for unknown, hides in unseen:
        new = unknown if unknown.detail not in told else replace(unknown, detail="")
        told.add(unknown.detail)
        if hides or (new.detail and not new.permission):
            page.item(f"{unread_in_words(new)} {_hides(hides)}".rstrip())
        else:
            plain.setdefault(unknown.obstacle, []).append(source_in_words(unknown.source))
    for obstacle, names in plain.items():
        if document.requests and obstacle is Obstacle.FORBIDDEN and not page.look.whole:
            continue  # the request names them
        page.item(f"{'; '.join(names)}: {OBSTACLES[obstacle]}.")


def _requests(page: TextPage, document: Report) -> None:
    if not document.requests:
        return
    page.heading("Send this to an administrator, to have all of it read")
    for one in document.requests:
        page.item(request_sentence(one))
        for command in request_commands(one):
            if is_clean(command):
                page.command(command)


def _hides(ids: tuple[str, ...]) -> str:
    """Return which causes stay open, by their ids: `explain ID` tells what each is."""
    if not ids:
        return ""
    shown = ", ".join(ids[:_MOST_HIDDEN])
    if len(ids) > _MOST_HIDDEN:
        return f"Without this, {len(ids)} causes cannot be ruled out ({shown}, ...)."
    return f"Without this, {shown} cannot be ruled out."


def _behind(page: TextPage, document: Report) -> None:
    if not document.elsewhere:
        return
    page.heading("Also blocking")
    for outcome, finding in document.elsewhere:
        page.item(f"{document.sentence(finding.title)} [{outcome.rule}]")
        for change in finding.fixes[:1]:
            page.paragraph(f"{_lead(change)}{clean(words.sentence(change))}", INDENT * 2)
            for command in gcloud.commands(change) if page.look.whole else ():
                if is_clean(command):
                    page.command(command, INDENT * 3)


def _warnings(page: TextPage, document: Report) -> None:
    found = [(o, o.finding) for o in document.diagnosis.warnings if o.finding]
    if not found:
        return
    page.heading("Warnings (these do not block the call)")
    for outcome, finding in found:
        page.item(f"{document.sentence(finding.title)} [{outcome.rule}]")


def _audience(page: TextPage, document: Report) -> None:
    """Answer the question that every caller's author has, where the answer cannot be read."""
    if not document.audiences or document.diagnosis.cause:
        return
    first, *others = map(clean, document.audiences)
    page.heading("The token's audience")
    page.paragraph(
        f"The audience that the caller asks for cannot be seen from here. Use {first} (scheme and host, no path). It "
        "need not equal the URL that is called. As an audience, a URL with a path, a tag's URL, or a domain that the "
        "service does not declare gets 401."
    )
    for other in others:
        page.item(f"{other} works too.")


def _pasted(page: TextPage, document: Report) -> None:
    pasted = document.pasted
    if pasted is None:
        return
    page.heading("What I recognised in your input")
    for piece in pasted.pieces:
        first, last = piece.lines
        where = f"line {first}" if first == last else f"lines {first}-{last}"
        page.item(f"{where}: {piece.kind}: {clean(piece.summary, limit=120)}")
    if not pasted.pieces:
        page.item("Nothing.")
    if pasted.left:
        page.item(f"{pasted.left} other line{'' if pasted.left == 1 else 's'}, not used as evidence.")
    for text in pasted.cut:
        page.item(clean(text))
