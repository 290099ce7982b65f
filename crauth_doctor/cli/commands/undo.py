"""`undo`: exactly one change, taken back by its receipt."""

from __future__ import annotations

from typing import Any

import click

from ..app import App, AppCommand
from ..consent import change_options, consent_of, publish_change
from ..options import plain_run_options, request_of


def _complete_receipts(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    import os

    from ...workflows.context import Context
    from ...workflows.undo import kept_receipts

    return sorted(id for id in kept_receipts(Context(os.environ)) if id.startswith(incomplete))


@click.command("undo", cls=AppCommand)
@click.argument("receipt", metavar="[RECEIPT]", required=False, shell_complete=_complete_receipts)
@change_options
@plain_run_options
@click.pass_obj
def command(app: App, /, receipt: str | None, *, quiet: bool, **given: Any) -> int:
    """Undo one change, and nothing else.

    RECEIPT is an id, as `receipts` lists them, or a file in the folder of receipts; without it, your latest change is
    undone. What others have changed since stays as it is. Giving a role back, or opening something again, widens
    access: it needs --widen, or an answer.
    """
    from ...workflows.undo import undo

    consent = consent_of(app, given, quiet=quiet)
    return publish_change(app, undo(app.context(quiet=quiet), request_of(given), receipt, consent))
