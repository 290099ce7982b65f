"""What became of a change, as text and as JSON."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final

from ..deferred import dataclass
from ..fixes import gcloud, terraform
from ..model.change import Applicable
from ..redaction import clean, clean_lines, is_clean
from .document import Report
from .json import change_json, dumped, headed, render, written
from .layout import Hue, Look, TextPage
from .status import ExitStatus


class ChangeOutcome(StrEnum):
    """How a change ended."""

    DONE = "done"
    NOTHING_TO_DO = "nothing-to-do"
    PLANNED = "planned"
    DECLINED = "declined"
    BLOCKED = "blocked"
    UNSURE = "unsure"
    NOT_THERE = "accepted-not-there"


class Verified(StrEnum):
    """What a real call showed."""

    NOT_TRIED = "not-tried"
    YES = "yes"
    NO = "no"
    CANNOT_TELL = "cannot-tell"


_HEADLINE: Final = {
    ChangeOutcome.DONE: ("DONE", Hue.GOOD),
    ChangeOutcome.NOTHING_TO_DO: ("NOTHING TO DO", Hue.GOOD),
    ChangeOutcome.PLANNED: ("PLANNED", Hue.UNSURE),
    ChangeOutcome.DECLINED: ("DECLINED", Hue.UNSURE),
    ChangeOutcome.BLOCKED: ("NOT MADE", Hue.BAD),
    ChangeOutcome.UNSURE: ("MAY HAVE BEEN MADE", Hue.UNSURE),
    ChangeOutcome.NOT_THERE: ("ACCEPTED, BUT NOT THERE WHEN READ BACK", Hue.UNSURE),
}


@dataclass(frozen=True)
class Difference:
    """What a change makes of a document."""

    place: str  # the document's name, in words
    lines: tuple[str, ...]  # the difference, each line beginning with `+`, `-` or a space; none where it is so already
    widens: bool = False  # whether it opens more than what was named
    seen: str = ""  # digest of the document that is changed, as it was read; empty where nobody needs it


@dataclasses.dataclass(slots=True)
class ChangeReport:
    """One change, from the question to what became of it."""

    change: Applicable | None  # what was asked; None where it did not get so far
    outcome: ChangeOutcome
    said: str  # the main sentence
    sandbox: bool = False  # whether it is of a pretend cloud
    status: int = ExitStatus.CLEAR
    difference: Difference | None = None  # what was planned, or written
    notes: list[str] = dataclasses.field(default_factory=list)  # what one must know besides
    message: list[str] = dataclasses.field(default_factory=list)  # what to send to an administrator, line by line
    receipt: str | None = None  # id of the change's receipt, where it was made
    verified: Verified = Verified.NOT_TRIED  # what a real call showed
    shown: str = ""  # in a sentence


def worst(reports: Sequence[ChangeReport]) -> int:
    """Return the exit status of a command that makes several changes."""
    return max((int(one.status) for one in reports), default=0)


def as_json(report: ChangeReport) -> str:
    """Return one change as JSON, with a newline at the end."""
    return written(_document(report))


def all_as_json(reports: Sequence[ChangeReport]) -> str:
    """Return the changes of a command that may make several as JSON."""
    return written({"changes": [_document(one) for one in reports], "exit": worst(reports)})


def with_changes(document: Report, reports: Sequence[ChangeReport], status: int) -> str:
    """Return a check as JSON, with the changes that were made on its ground."""
    report = json.loads(render(document))
    report["changes"] = [headed(_document(one)) for one in reports]
    report["exit"] = status
    return dumped(report)


def as_text(report: ChangeReport, look: Look) -> str:
    """Return one change as text."""
    page = TextPage(look)
    word, hue = _HEADLINE[report.outcome]
    page.headline(word, hue, f": {clean(report.said)}", "[SANDBOX]" if report.sandbox else "")
    if report.shown:
        page.paragraph(clean(report.shown))
    for note in report.notes:
        page.item(clean(note))
    shown = report.outcome not in {ChangeOutcome.BLOCKED, ChangeOutcome.DECLINED}  # who declined has just seen it
    if report.difference is not None and report.difference.lines and shown:
        add_difference(page, report.difference)
    if report.message:
        add_message(page, report.message)
    is_told = look.whole or report.outcome is not ChangeOutcome.DONE
    if report.change is not None and _is_worth_wording(report) and is_told:
        _by_other_tools(page, report.change)
    if report.receipt is not None and report.outcome in {ChangeOutcome.UNSURE, ChangeOutcome.NOT_THERE}:
        page.heading("To find out")
        page.command("crauth-doctor receipts")
    elif report.receipt is not None:
        page.heading("To undo it")
        page.command(f"crauth-doctor undo {report.receipt}")
    return str(page)


def _is_worth_wording(report: ChangeReport) -> bool:
    """What is so already, or would not work, is not worded for other tools; what somebody else may make is."""
    if report.outcome is ChangeOutcome.BLOCKED:
        return bool(report.message)
    return report.outcome is not ChangeOutcome.NOTHING_TO_DO


def add_difference(page: TextPage, difference: Difference) -> None:
    """Add the diff of a change."""
    page.heading(f"Changes in {clean(difference.place)}")
    for line in difference.lines:
        hue = {"+": Hue.GOOD, "-": Hue.BAD}.get(line[:1], Hue.PLAIN)
        page.verbatim([page.paint(clean_lines(line)[0], hue)])


def add_message(page: TextPage, lines: Sequence[str]) -> None:
    """Add what to send to an administrator."""
    page.heading("Send this to an administrator")
    for line in lines:
        if line.startswith("gcloud "):
            page.command(line)
        else:
            page.paragraph(clean(line))


def _by_other_tools(page: TextPage, change: Applicable) -> None:
    commands = [one for one in gcloud.commands(change) if is_clean(one)]
    block = terraform.block(change)
    if commands:
        page.heading("The same with gcloud")
        for command in commands:
            page.command(command)
    if block:
        page.heading("The same with Terraform")
        page.verbatim(clean_lines(block))


def _document(report: ChangeReport) -> dict[str, Any]:
    change, difference = report.change, report.difference
    return {
        "sandbox": report.sandbox,
        "outcome": report.outcome.value,
        "text": clean(report.said),
        "change": change_json(change, difference.widens if difference else None) if change is not None else None,
        "difference": [clean_lines(line)[0] for line in difference.lines] if difference else [],
        "notes": [clean(note) for note in report.notes],
        "message": "\n".join(clean(line, limit=4000) for line in report.message) or None,
        "verified": report.verified.value,
        "shown": clean(report.shown) or None,
        "receipt": report.receipt,
        "exit": int(report.status),
    }
