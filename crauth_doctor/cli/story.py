"""What became of a change, as text and as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from .. import __version__
from ..fixes import gcloud, terraform, words
from ..redaction import clean, clean_lines, is_clean
from ..report.layout import Hue, TextPage
from ..report.status import ExitStatus
from .terminal import emit, look

if TYPE_CHECKING:
    from ..apply import Plan, Receipt
    from ..model.change import Applicable
    from .app import App


class Outcome(StrEnum):
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


_TOOL: Final = {"name": "crauth-doctor", "version": __version__}
_HEADLINE: Final = {
    Outcome.DONE: ("DONE", Hue.GOOD),
    Outcome.NOTHING_TO_DO: ("NOTHING TO DO", Hue.GOOD),
    Outcome.PLANNED: ("PLANNED", Hue.UNSURE),
    Outcome.DECLINED: ("DECLINED", Hue.UNSURE),
    Outcome.BLOCKED: ("NOT MADE", Hue.BAD),
    Outcome.UNSURE: ("MAY HAVE BEEN MADE", Hue.UNSURE),
    Outcome.NOT_THERE: ("ACCEPTED, AND NOT THERE WHEN READ BACK", Hue.UNSURE),
}


@dataclass(slots=True)
class Story:
    """One change, from the question to what became of it.

    Args:
        change: what was asked; None where it did not get so far.
        outcome: how it ended.
        said: the main sentence.
        status: the exit status.
        plan: what was planned, or written.
        notes: what one must know besides.
        message: what to send to an administrator.
        receipt: of the change, where it was made.
        verified: what a real call showed.
        shown: in a sentence.
        sandbox: whether it is of a pretend cloud.
    """

    change: Applicable | None
    outcome: Outcome
    said: str
    status: int = ExitStatus.CLEAR
    plan: Plan | None = None
    notes: list[str] = field(default_factory=list)
    message: list[str] = field(default_factory=list)
    receipt: Receipt | None = None
    verified: Verified = Verified.NOT_TRIED
    shown: str = ""
    sandbox: bool = False


def publish(app: App, story: Story) -> int:
    """Print it, and return the exit status."""
    emit(_dumped(document_of(story)) if app.json else _text(app, story))
    return int(story.status)


def publish_all(app: App, stories: list[Story]) -> int:
    """Print the stories of a command that may make several changes; the status is the worst."""
    status = max((int(story.status) for story in stories), default=0)
    if app.json:
        changes = [{k: v for k, v in document_of(one).items() if k not in {"schema", "tool"}} for one in stories]
        emit(_dumped({"schema": 1, "tool": _TOOL, "changes": changes, "exit": status}))
    else:
        emit("\n".join(_text(app, story) for story in stories))
    return status


def _text(app: App, story: Story) -> str:
    page = TextPage(look(app.environ))
    word, hue = _HEADLINE[story.outcome]
    page.headline(word, hue, f": {clean(story.said)}", "[SANDBOX]" if story.sandbox else "")
    if story.shown:
        page.paragraph(clean(story.shown))
    for note in story.notes:
        page.item(clean(note))
    shown = story.outcome not in {Outcome.BLOCKED, Outcome.DECLINED}  # who declined has just seen it
    if story.plan is not None and not story.plan.nothing_to_do and shown:
        difference(page, story.plan)
    if story.message:
        page.heading("Send this to an administrator")
        _message(page, story.message)
    if story.change is not None and _is_worth_wording(story):
        _by_other_tools(page, story.change)
    if story.receipt is not None and story.outcome in {Outcome.UNSURE, Outcome.NOT_THERE}:
        page.heading("To find out")
        page.command("crauth-doctor receipts")
    elif story.receipt is not None:
        page.heading("To take it back")
        page.command(f"crauth-doctor undo {story.receipt.id}")
    return str(page)


def _is_worth_wording(story: Story) -> bool:
    """What is so already, or would not work, is not worded for other tools; what somebody else may make is."""
    if story.outcome is Outcome.BLOCKED:
        return bool(story.message)
    return story.outcome is not Outcome.NOTHING_TO_DO


def difference(page: TextPage, plan: Plan) -> None:
    """Write the diff of a plan."""
    page.heading(f"Changes in {_place(plan)}")
    for line in plan.difference:
        hue = {"+": Hue.GOOD, "-": Hue.BAD}.get(line[:1], Hue.PLAIN)
        page.verbatim([page.paint(clean_lines(line)[0], hue)])


def _place(plan: Plan) -> str:
    kind = "the allow policy of " if "bindings" in plan.edit.kept(plan.after) else ""
    return clean(kind + plan.edit.resource)


def _message(page: TextPage, lines: list[str]) -> None:
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


def _dumped(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2) + "\n"


def document_of(story: Story) -> dict[str, Any]:
    """Return it as JSON."""
    change, plan, receipt = story.change, story.plan, story.receipt
    return {
        "schema": 1,
        "tool": _TOOL,
        "sandbox": story.sandbox,
        "outcome": story.outcome.value,
        "text": clean(story.said),
        "change": _change(change, plan) if change is not None else None,
        "difference": [clean_lines(line)[0] for line in plan.difference] if plan else [],
        "notes": [clean(note) for note in story.notes],
        "message": "\n".join(clean(line, limit=4000) for line in story.message) or None,
        "verified": story.verified.value,
        "shown": clean(story.shown) or None,
        "receipt": receipt.id if receipt else None,
        "exit": int(story.status),
    }


def _change(change: Applicable, plan: Plan | None) -> dict[str, Any]:
    commands = [one for one in gcloud.commands(change) if is_clean(one)]
    block = terraform.block(change)
    return {
        "change": words.slug(change),
        "text": clean(words.sentence(change)),
        "widens": plan.widens if plan else change.widens,
        "danger": words.danger(change),
        "gcloud": "\n".join(commands) or None,
        "terraform": "\n".join(clean_lines(block)) if block else None,
    }
