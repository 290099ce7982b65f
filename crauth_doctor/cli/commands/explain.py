"""`explain`: a cause's page, all causes, or evidence judged without any access to the cloud."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from ...model.asks import BY_NAME
from ..app import App, AppCommand
from ..files import content_of
from ..options import quiet_option, report_options, say_option
from ..terminal import emit, look
from .check import publish

if TYPE_CHECKING:
    from ...model.asks import Said
    from ...report.document import Report
    from ...workflows.causes import Cause


def _complete_ids(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    from ...workflows.causes import causes

    return [cause.id for cause in causes() if cause.id.startswith(incomplete)]


@click.command("explain", cls=AppCommand, epilog=f"What can be said (FACT): {', '.join(BY_NAME)}.")
@click.argument("what", metavar="[ID | FILE | - | TEXT]", required=False, shell_complete=_complete_ids)
@click.option(
    "--evidence",
    "files",
    metavar="FILE",
    multiple=True,
    help="More of the same call, such as what a command printed that the report asked for; - reads stdin.",
)
@say_option
@report_options
@quiet_option
@click.pass_obj
def command(app: App, /, what: str | None, files: tuple[str, ...], format: str, said: Said, *, quiet: bool) -> int:
    """Explain a cause by its id; without one, list all causes.

    Anything else is what you have of a failing call, judged without any access to the cloud: a file, - for stdin, or
    the text itself, such as an error message in quotes. The name of a stage, such as iam, lists its causes.
    """
    del quiet  # there is nothing to leave out
    app.json = format == "json"
    from ...workflows.causes import causes, find_cause

    listed = tuple(cause for cause in causes() if what is None or cause.stage == what.lower())
    cause = None if listed or what is None else find_cause(what)
    if (listed or cause) and (app.files or format not in {"text", "json"}):
        raise click.UsageError("The pages of causes are text or JSON: redirect them. Other formats are for evidence.")
    if listed or what is None:
        _list(app, listed)
        return 0
    if cause is not None:
        _page(app, cause)
        return 0
    return publish(app, _judged(what, files, said))


def _judged(what: str, files: tuple[str, ...], said: Said) -> Report:
    """Judge a file, stdin, or the words themselves, with what there is besides."""
    from ...workflows.causes import similar
    from ...workflows.explain import decoded, explain

    more = [decoded(content_of(one)) for one in dict.fromkeys(files) if one != what]
    if what == "-" or os.path.exists(what):  # noqa: PTH110 - pathlib costs more to import than all of this file
        return explain("\n".join((decoded(content_of(what)), *more)), said)
    if not what.strip():
        raise click.BadParameter("it is empty. Give a cause's id, a file, - for stdin, or a text.", param_hint="TEXT")
    report = explain("\n".join((what, *more)), said)
    if (report.pasted and report.pasted.pieces) or len(what.split()) > 1:
        return report
    from ...spelling import did_you_mean

    hint = did_you_mean(similar(what)) or "`crauth-doctor explain` lists all causes."
    raise click.BadParameter(f"there is no cause {what!r}, and no such file. {hint}", param_hint="ID")


def _list(app: App, causes: tuple[Cause, ...]) -> None:
    if app.json:
        from ...report.json import dumped

        emit(dumped({"schema": 1, "rules": [_brief(cause) for cause in causes]}))
        return
    from ...report.layout import TextPage

    page = TextPage(look(app.environ))
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

    page = TextPage(look(app.environ))
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
