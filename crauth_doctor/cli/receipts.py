"""`receipts`: what was changed, and how each change ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from .app import App, Failure
from .options import format_option, identity_options, quiet_option, timeout_option
from .terminal import emit, look

if TYPE_CHECKING:
    from ..apply import Receipt, Unreadable


@click.command("receipts")
@identity_options
@timeout_option
@format_option
@quiet_option
@click.pass_obj
def command(app: App, /, format: str, timeout: float, **given: Any) -> int:
    """List the changes that were made, and how each ended.

    One that was interrupted is looked up: its policy tells whether it was made. A file that is no receipt is named.
    """
    app.json = format == "json"
    from ..apply import UnreadableError
    from .changing import receipts_of

    receipts = receipts_of(app)
    try:
        found, broken = receipts.listed()
    except UnreadableError as error:
        raise Failure(str(error)) from None
    if any(one.status == "pending" for one in found):
        found = _looked_up(app, found, timeout, given)
    if app.json:
        import json

        unreadable = [{"file": one.file, "why": one.why} for one in broken]
        listed = {"schema": 1, "receipts": [one.document() for one in found], "unreadable": unreadable}
        emit(json.dumps(listed, indent=2) + "\n")
    else:
        _list(app, found, broken, str(receipts.folder))
    return 0


def _looked_up(app: App, found: list[Receipt], timeout: float, given: dict[str, Any]) -> list[Receipt]:
    """Find out how interrupted changes ended; where there is no way to Google, they stay as they are."""
    from ..apply import as_they_stand
    from .changing import Consent, Desk, resolved
    from .grant import asking
    from .session import open_door

    try:
        google = open_door(app, asking("", None, None, timeout, app, {**given, "project": None, "region": None}))
    except Failure:
        return found
    desk = Desk(app, google, Consent(dry_run=True, yes=False, quiet=True))
    return as_they_stand(resolved(desk.executor, one) for one in found)


def _list(app: App, found: list[Receipt], broken: list[Unreadable], folder: str) -> None:
    from ..fixes import words
    from ..redaction import clean
    from ..report.layout import Hue, TextPage

    page = TextPage(look(app.environ))
    if not found and not broken:
        page.paragraph(f"There are none in {folder}.", "")
    for one in sorted(found, key=lambda each: each.is_sandbox):
        page.gap()
        how = {"done": "done", "undone": "undone", "not-made": "not made"}.get(one.status, "pending")
        tags = [how, *["takes a change back"] * one.reversed, *["SANDBOX"] * one.is_sandbox]
        page.lines.append(f"{page.paint(clean(one.id), Hue.STRONG)}   [{', '.join(tags)}]")
        back = "Taken back: " if one.reversed else ""
        page.paragraph(f"{back}{clean(words.sentence(one.change))}")
        page.paragraph(f"{clean(one.when)}, by {clean(one.who)}")
        if one.status == "pending":
            page.paragraph("It was interrupted, or is under way: whether it was made is not known yet.")
        if one.note:
            page.paragraph(clean(one.note))
    for file in broken:
        page.gap()
        page.paragraph(f"{clean(file.file)} cannot be read as a receipt: {clean(file.why)}.", "")
    emit(str(page))
