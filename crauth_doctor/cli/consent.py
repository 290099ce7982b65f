"""The options of every command that changes something, who agrees to it at a terminal, and how it is told."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from .terminal import emit, is_terminal, say

if TYPE_CHECKING:
    from ..report.change import ChangeReport, Difference
    from ..workflows.change_session import Consent, WayOut
    from .app import App

F = TypeVar("F", bound=Callable[..., Any])

_DRY_RUN: Final = click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
_YES: Final = click.option("--yes", "-y", is_flag=True, help="Change what you named without asking.")
_WIDEN: Final = click.option("--widen", is_flag=True, help="Also agree to changes that open more than you named.")
wait_option: Final = click.option(
    "--wait/--no-wait",
    default=True,
    help="Whether to verify by a real call, for as long as a change may take.  [default: --wait]",
)


def change_options(command: F) -> F:
    """`--dry-run`, `--yes` and `--widen`, which mean the same wherever something is changed."""
    return _DRY_RUN(_YES(_WIDEN(command)))


def consent_of(
    app: App, given: dict[str, Any], *, quiet: bool, confirm: Callable[[str], bool] | None = None
) -> Consent:
    """Return what the options of `change_options` say.

    Without `confirm`, consent is asked for on the terminal, where there is one.
    """
    from ..workflows.change_session import Consent

    agreed = {name: given.get(name, False) for name in ("dry_run", "yes", "widen")}
    if quiet:
        return Consent(**agreed)
    if confirm is None and is_terminal(sys.stdin) and is_terminal(sys.stderr):
        confirm = _confirmed
    width = app.look().width
    return Consent(
        **agreed,
        confirm=confirm,
        choose=lambda ways: _chosen(ways, width),
        tell=(lambda text: say(_told(text, width))) if is_terminal(sys.stderr) else say,
        preview=lambda difference: _preview(difference, width),
    )


def publish_change(app: App, report: ChangeReport) -> int:
    """Print what became of a change, and return the exit status."""
    from ..report.change import as_json, as_text

    emit(as_json(report) if app.json else as_text(report, app.look()))
    return int(report.status)


def _confirmed(question: str) -> bool:
    return click.confirm(question, default=False, err=True)


def _chosen(ways: Sequence[WayOut], width: int) -> int | None:
    """Ask which way to take; one that this tool makes, and that opens nothing, is what Enter takes."""
    from ..report.layout import Look, TextPage

    page = TextPage(Look(width))
    page.heading("Which way?")
    for number, way in enumerate(ways, 1):
        lead = "WIDENS ACCESS: " * way.widens + "by hand: " * way.by_hand
        page.lines += page.wrapped(f"{lead}{way.text}", f"  {number}  ", "     ")
        if way.costs:
            page.paragraph(way.costs, "     ")
    page.lines.append("  0  none of them")
    say(str(page).rstrip("\n"))
    usual = 0 if ways[0].by_hand or ways[0].widens else 1
    number = click.prompt("Which way?", type=click.IntRange(0, len(ways)), default=usual, err=True)
    return number - 1 if number else None


def _told(text: str, width: int) -> str:
    """Return a step as it fits the terminal; what stands indented is a command."""
    from ..report.layout import Look, TextPage

    page = TextPage(Look(width))
    if text.startswith("  "):
        page.command(text.strip())
    else:
        page.paragraph(text, "")
    return "\n".join(page.lines)


def _preview(difference: Difference, width: int) -> None:
    from ..report.change import add_difference
    from ..report.layout import Look, TextPage

    page = TextPage(Look(width))
    add_difference(page, difference)
    say(str(page).rstrip("\n"))
