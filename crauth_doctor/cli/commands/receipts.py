"""`receipts`: what was changed, and how each change ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from ..app import App, AppCommand
from ..options import plain_run_options, request_of
from ..terminal import emit

if TYPE_CHECKING:
    from ...workflows.undo import ReceiptList

_ENDED: Final = {"done": "done", "undone": "undone", "not-made": "not made"}


@click.command("receipts", cls=AppCommand)
@plain_run_options
@click.pass_obj
def command(app: App, /, *, quiet: bool, **given: Any) -> int:
    """List the changes that were made, and how each ended.

    One that was interrupted is looked up: its policy tells whether it was made. A file that is not a receipt is named.
    """
    from ...workflows.undo import receipts

    found = receipts(app.context(quiet=quiet), request_of(given))
    if app.json:
        from ...report.json import dumped

        unreadable = [{"file": one.file, "why": one.why} for one in found.unreadable]
        emit(
            dumped(
                {"schema": 1, "receipts": [one.receipt.document() for one in found.entries], "unreadable": unreadable}
            )
        )
    else:
        _list(app, found)
    return 0


def _list(app: App, found: ReceiptList) -> None:
    from ...redaction import clean
    from ...report.layout import Hue, TextPage

    page = TextPage(app.look())
    if not found.entries and not found.unreadable:
        page.paragraph(f"There are no receipts in {found.folder}.", "")
    for entry in sorted(found.entries, key=lambda each: each.receipt.is_sandbox):
        one = entry.receipt
        page.gap()
        how = _ENDED.get(one.status, "pending")
        tags = [how, *["undoes a change"] * one.reversed, *["SANDBOX"] * one.is_sandbox]
        page.lines.append(f"{page.paint(clean(one.id), Hue.STRONG)}   [{', '.join(tags)}]")
        back = "Undone: " if one.reversed else ""
        page.paragraph(f"{back}{clean(entry.text)}")
        page.paragraph(f"{clean(one.when)}, by {clean(one.who)}")
        if one.status == "pending":
            page.paragraph("It was interrupted, or is under way: whether it was made is not known yet.")
        if one.note:
            page.paragraph(clean(one.note))
    for file in found.unreadable:
        page.gap()
        page.paragraph(f"{clean(file.file)} cannot be read as a receipt: {clean(file.why)}.", "")
    emit(str(page))
