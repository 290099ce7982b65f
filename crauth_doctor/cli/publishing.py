"""A report where it was asked for: on stdout, in files, in the summary of a CI job's step."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, TypeAlias

import click

from .app import App
from .files import append_to_summary, replace_file
from .terminal import print_report

if TYPE_CHECKING:
    from ..report.document import Report

Renderer: TypeAlias = Callable[[str, bool], str]
"""Returns a report in the format of this name, for a file or for stdout."""


def publish(app: App, document: Report) -> int:
    """Print the report, write it into the files that were named, and return the exit status.

    Raises:
        WorkflowError: a file could not be written; the report is printed all the same.
    """
    if app.json:
        from dataclasses import replace

        document = replace(document, timings=app.trace.taken())
    publish_as(app, renderer(app, document))
    return document.exit


def renderer(app: App, document: Report) -> Renderer:
    """Return what writes a report in each format."""
    from ..report.formats import rendered

    return lambda name, for_file: rendered(name, document, app.look(whole=for_file), for_file=for_file)


def formats_among(app: App, names: Collection[str], what: str) -> None:
    """Refuse a format that was asked for and is not there.

    Raises:
        UsageError: it is none of them.
    """
    if not {app.format, *(name for name, _ in app.files)} <= {*names}:
        raise click.UsageError(f"{what} can be written as {', '.join(names)}.")


def publish_as(app: App, render: Renderer) -> None:
    """Print a report in the format that was asked for, and write it into the files that were named.

    Raises:
        WorkflowError: a file could not be written; the report is printed all the same.
    """
    print_report(render(app.format, False), app.format, app.environ)
    write_files(app, render)


def write_files(app: App, render: Renderer) -> None:
    """Write a report into the files that were named.

    Raises:
        WorkflowError: one could not be written.
    """
    from ..redaction import printable, without_commands
    from ..report.formats import MARKED_UP

    for name, file in app.files:
        text = render(name, True)
        if name != "github":  # any other may be printed by a job in which a runner reads along
            text = without_commands(text) if name in MARKED_UP else printable(text)
        replace_file(file, text)
    summary = app.environ.get("GITHUB_STEP_SUMMARY")
    if app.format == "github" and summary:
        append_to_summary(summary, render("markdown", True))
