"""`explain`: a cause's page, all causes, or evidence judged without any access to the cloud."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from ..app import App, AppCommand
from ..files import content_of
from ..options import quiet_option, report_options, say_option
from ..publishing import publish
from ..terminal import can_ask, emit, say

if TYPE_CHECKING:
    from ...model.asks.said import Said
    from ...report.document import Report
    from ...workflows.causes import Cause


def _complete_ids(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    from ...workflows.causes import causes

    return [cause.id for cause in causes() if cause.id.startswith(incomplete)]


class ExplainCommand(AppCommand):
    """`explain`, whose help names what can be said."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write it."""
        from ...model.asks.sayable import BY_NAME

        self.epilog = f"What can be said (FACT): {', '.join(BY_NAME)}."
        super().format_epilog(ctx, formatter)


@click.command("explain", cls=ExplainCommand)
@click.argument("what", metavar="[ID | FILE | - | TEXT]", required=False, shell_complete=_complete_ids)
@click.option(
    "--evidence",
    "files",
    metavar="FILE",
    multiple=True,
    help="More about the same call, such as the output of a command that the report suggested; - reads stdin.",
)
@say_option
@report_options
@quiet_option
@click.pass_obj
def command(app: App, /, what: str | None, files: tuple[str, ...], said: Said, *, quiet: bool) -> int:
    """Explain a cause by its id; without one, list all causes.

    Anything else is what you have of a failing call, judged without any access to the cloud: a file, - for stdin, or
    the text itself, such as an error message in quotes. The name of a stage, such as iam, lists its causes.
    On a terminal it asks what would tell the causes apart, one question after the other; --quiet asks nothing.
    """
    from ...workflows.causes import causes, find_cause

    listed = tuple(cause for cause in causes() if what is None or cause.stage == what.lower())
    cause = None if listed or what is None else find_cause(what)
    if (listed or cause) and (app.files or app.format not in {"text", "json"}):
        raise click.UsageError("The pages of causes are text or JSON: redirect them. Other formats are for evidence.")
    if listed or what is None:
        _list(app, listed)
        return 0
    if cause is not None:
        _page(app, cause)
        return 0
    given = _given(what, files)
    report = _judged(what, given, said)
    if quiet or app.format != "text" or not report.diagnosis.asks:
        return publish(app, report)
    return _asked(app, report, (what, *files), given, said) if can_ask() else publish(app, report)


def _given(what: str, files: tuple[str, ...]) -> tuple[str, ...]:
    """Return what is in a file, in stdin, or the words themselves, and then what there is besides."""
    from ...workflows.explain import decoded

    more = tuple(decoded(content_of(one)) for one in dict.fromkeys(files) if one != what)
    if _is_file(what):
        return (decoded(content_of(what)), *more)
    if not what.strip():
        raise click.BadParameter("it is empty. Give a cause's id, a file, - for stdin, or a text.", param_hint="TEXT")
    return (what, *more)


def _is_file(what: str) -> bool:
    return what == "-" or os.path.exists(what)  # noqa: PTH110 - pathlib costs more to import than all of this file


def _judged(what: str, given: tuple[str, ...], said: Said) -> Report:
    """Judge what is given.

    Raises:
        BadParameter: it is one word, and tells nothing.
    """
    from ...workflows.explain import explain

    report = explain(given[0], said, given[1:])
    if _is_file(what) or (report.pasted and report.pasted.pieces) or len(what.split()) > 1:
        return report
    from ...spelling import did_you_mean
    from ...workflows.causes import similar

    hint = did_you_mean(similar(what)) or "`crauth-doctor explain` lists all causes."
    raise click.BadParameter(f"there is no cause {what!r}, and no such file. {hint}", param_hint="ID")


def _asked(app: App, first: Report, names: tuple[str, ...], given: tuple[str, ...], said: Said) -> int:
    """Ask the report's questions, and print the report that the answers make."""
    import shlex

    from ...workflows.explain import explain
    from ..interview import Interviewer, prompter

    interviewer = Interviewer(prompter(app), lambda also, pasted: explain(given[0], also, (*given[1:], *pasted)), said)
    status = publish(app, interviewer.report(first))
    more = interviewer.more()
    if more:
        what, *files = names
        before = [part for one in files for part in ("--evidence", one)]
        before += [part for name, value in said.pairs for part in ("--say", f"{name}={value}")]
        say(f"\nThe same from the command line:\n  {shlex.join(('crauth-doctor', 'explain', what, *before, *more))}")
    if interviewer.told.pasted:
        say("There, - is standard input: what you pasted goes there.")
    return status


def _list(app: App, causes: tuple[Cause, ...]) -> None:
    if app.json:
        from ...report.json import dumped

        emit(dumped({"schema": 1, "rules": [_brief(cause) for cause in causes]}))
        return
    from ...report.layout import TextPage

    page = TextPage(app.look())
    width = max(len(cause.id) for cause in causes) + 2
    stage = None
    for cause in causes:
        if cause.stage != stage:
            stage = cause.stage
            page.heading(stage)
        page.lines += page.wrapped(cause.title, f"  {cause.id:<{width}}", " " * (width + 2))
    emit(str(page))


def _page(app: App, cause: Cause) -> None:
    if app.json:
        from ...report.json import dumped

        sections = {heading.lower(): text for heading, text in cause.sections}
        emit(dumped({"schema": 1, "rule": {**_brief(cause), **sections, "see": cause.see}}))
        return
    from ...report.layout import Hue, TextPage

    page = TextPage(app.look())
    page.headline(cause.id, Hue.STRONG, f": {cause.title}")
    for heading, text in cause.sections:
        page.heading(heading)
        for paragraph in text.split("\n"):
            page.paragraph(paragraph.strip())
    page.heading("See")
    page.paragraph(cause.see)
    emit(str(page))


def _brief(cause: Cause) -> dict[str, str]:
    return {"id": cause.id, "stage": cause.stage, "title": cause.title}
