"""The report for a ticket, a pull request or the summary of a CI job, in Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from ..fixes import gcloud, words
from ..model.change import Change
from ..model.finding import Ask, Finding
from ..redaction import clean, is_clean
from ..say import Say
from .document import MOST_OPEN, SANDBOX, Report, unread_in_words
from .headline import headline
from .markdown_text import code, escaped, fenced, marked
from .next_step import answers, next_steps
from .permissions import request_commands, request_sentence
from .stages import Effect, StageRow, stage_rows
from .status import ExitStatus


def render(document: Report, *, diagram: bool = False) -> str:
    """Return the report as Markdown, with a newline at the end.

    `diagram`: a drawing in Mermaid closes it, which GitHub and GitLab show.
    """
    rows = stage_rows(document)
    blocks = [*_head(document, rows), *_open(document), *_what_to_do(document), *_how_we_know(document)]
    blocks += [*_not_seen(document), *_others(document)]
    return "\n\n".join([*blocks, *([_diagram(document, rows)] if diagram else [])]) + "\n"


def _head(document: Report, rows: tuple[StageRow, ...]) -> Iterator[str]:
    line, diagnosis, target = headline(document), document.diagnosis, document.target
    mark = {0: "✓", 10: "✗"}.get(document.exit.value, "?")
    yield f"## {mark} {escaped(line.word)}{marked(line.tail)}"
    if document.sandbox:
        yield f"**{SANDBOX}**"
    facts = [code(diagnosis.cause.rule)] if diagnosis.cause else []
    facts.append(f"**{diagnosis.conclusion}**")
    if target.url or target.service:
        facts.append(code(f"{target.method} {target.url or target.service}"))
    if document.caller.name:
        facts.append(f"caller {code(document.caller.name)}")
    yield " · ".join(facts)
    yield " → ".join(_step(row, document) for row in rows)
    if document.calls:
        calls = document.calls
        answers = (calls.without_token, calls.with_junk, calls.with_token)
        got = " | ".join(str(answer.status) if answer else "not tried" for answer in answers)
        yield (
            f"Test calls to {code(calls.url)}:\n\n| no token | a junk token | a token made here |\n|---|---|---|\n"
            f"| {got} |"
        )


def _step(row: StageRow, document: Report) -> str:
    if not row.effect.is_stop:
        return f"{row.name} {row.effect.mark}"
    seen = next((o.status for o in document.diagnosis.observations if o.speaks and not o.passed and o.status), None)
    return f"**{row.name} {row.effect.mark}{f' {seen}' if seen else ''}**"


def _open(document: Report) -> Iterator[str]:
    """Yield what is left, and what would tell it apart."""
    left, asks = document.diagnosis.open, document.diagnosis.asks
    if left:
        more = [f"- and {len(left) - MOST_OPEN} more"] if len(left) > MOST_OPEN else []
        items = [f"- {escaped(outcome.title)} {code(outcome.rule)}" for outcome in left[:MOST_OPEN]]
        yield "### What it can be"
        yield "\n".join([*items, *more])
    if asks:
        yield "### What tells them apart" if len(left) > 1 else "### What would tell more"
        yield "\n".join(line for ask in asks for line in _ask(ask))
        commands = [ask.command for ask in asks if ask.command and is_clean(ask.command)]
        if commands:
            yield fenced("\n".join(commands), "sh")


def _ask(ask: Ask) -> Iterator[str]:
    yield f"- {escaped(ask.question)}"
    for answer in answers(ask):
        said = ", ".join(code(f"--say {ask.fact}={value}") for value in answer.values)
        yield f"  - {said}: {escaped(answer.meaning)}" if answer.meaning else f"  - {said}"


def _what_to_do(document: Report) -> Iterator[str]:
    cause = document.diagnosis.cause
    if document.exit is ExitStatus.CLEAR:
        return
    yield "### What to do"
    if cause is None:
        for step in next_steps(document):
            yield marked(step.text)
            if step.command:
                yield fenced(step.command, "sh")
        return
    if cause.finding is None or not cause.finding.fixes:
        yield f"Read {code(f'crauth-doctor explain {cause.rule}')}."
        return
    first, *others = cause.finding.fixes
    yield from _fix(first)
    for change in others:
        yield _folded(Say("Or: {sentence}", sentence=words.sentence(change)), _fix(change))


def _fix(change: Change) -> Iterator[str]:
    danger = words.danger(change)
    lead = "**Widens access.** " if change.widens else ""
    yield f"{lead}{marked(words.sentence(change))}{f' {escaped(danger)}' if danger else ''}"
    commands = [command for command in gcloud.commands(change) if is_clean(command)]
    if commands:
        yield fenced("\n".join(commands), "sh")


def _folded(summary: str, blocks: Iterator[str]) -> str:
    inside = "\n\n".join(blocks)
    return f"<details><summary>{escaped(summary)}</summary>\n\n{inside}\n\n</details>"


def _how_we_know(document: Report) -> Iterator[str]:
    diagnosis = document.diagnosis
    finding: Finding | None = diagnosis.cause.finding if diagnosis.cause else None
    assumed = [Say("Assumed, not verified: {text}", text=text) for text in (finding.assuming if finding else ())]
    texts = [document.sentence(text) for text in (*document.evidence(), *assumed, *diagnosis.explanations)]
    if texts:
        yield _folded("Evidence", iter(["\n".join(f"- {marked(text)}" for text in texts)]))


def _not_seen(document: Report) -> Iterator[str]:
    unread = [unknown for unknown, _ in document.unseen]
    if not unread:
        return
    items = [f"- {marked(unread_in_words(unknown))}" for unknown in unread]
    asked = [request_sentence(one) for one in document.requests]
    commands = [line for one in document.requests for line in request_commands(one) if is_clean(line)]
    blocks = ["\n".join(items), *map(marked, asked), *([fenced("\n".join(commands), "sh")] if commands else [])]
    yield _folded(f"What could not be seen ({len(unread)})", iter(blocks))


def _others(document: Report) -> Iterator[str]:
    for number, (outcome, finding) in enumerate(document.elsewhere):
        if not number:
            yield "### Also blocking"
        yield f"- {marked(document.sentence(finding.title))} {code(outcome.rule)}"
        for change in finding.fixes[:1]:
            yield from _fix(change)
    warnings = [(o, o.finding) for o in document.diagnosis.warnings if o.finding]
    if warnings:
        yield "### Warnings (these do not block the call)"
        titles = ((document.sentence(finding.title), outcome.rule) for outcome, finding in warnings)
        yield "\n".join(f"- {marked(title)} {code(rule)}" for title, rule in titles)


def _diagram(document: Report, rows: tuple[StageRow, ...]) -> str:
    """Return the path as a drawing. No text of others stands in it but the caller's name, stripped to plain words."""
    name = "".join(c if c.isalnum() or c in "/-." else " " for c in clean(document.caller.name, limit=60)).strip()
    lines = ["flowchart LR", f'  caller(["{name or "caller"}"]) --> {rows[0].stage.slug}']
    for row, following in zip(rows, [*rows[1:], None], strict=True):
        arrow = "-->" if row.effect is Effect.PASSES else "-.->"
        to = f" {arrow} {following.stage.slug}" if following else ""
        lines.append(f'  {row.stage.slug}["{row.effect.mark} {row.name}"]{to}')
    stops = [row.stage.slug for row in rows if row.effect.is_stop]
    if stops:
        lines += ["  classDef stop fill:#b3261e,color:#ffffff,stroke:#b3261e", f"  class {','.join(stops)} stop"]
    return fenced("\n".join(lines), "mermaid")
