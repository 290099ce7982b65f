"""`expect`: a contract of who may call what, held against what is true."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from ..app import App, AppCommand
from ..files import content_of
from ..options import (
    from_option,
    report_run_options,
    service_or_saved,
    where_options,
)
from ..publishing import publish_as
from ..terminal import emit

if TYPE_CHECKING:
    from ...workflows.context import CallRequest


@click.command("expect", cls=AppCommand)
@click.argument("names", metavar="[FILE | SERVICE...]", nargs=-1, required=True)
@click.option("--init", is_flag=True, help="Write a contract of what is true now.")
@click.option(
    "--call/--no-call", "send_calls", default=False, help="Whether to send test calls (GET).  [default: --no-call]"
)
@click.option(
    "--unknown",
    type=click.Choice(["fail", "warn"]),
    default="fail",
    show_default=True,
    help="How to treat what cannot be told.",
)
@click.option("--all", "every", is_flag=True, help="In SARIF, also list what is met.")
@where_options
@from_option
@report_run_options
@click.pass_obj
def command(
    app: App, /, names: tuple[str, ...], *, init: bool, unknown: str, every: bool, quiet: bool,
    **given: Any,
) -> int:  # fmt: skip
    """Check a contract that says who may call what.

    FILE is a contract in YAML: which callers may call a service, which may not, that nobody else holds the right, that
    it is never public, its audience, ingress and account. Exits with 0 if all of it holds, 10 if some does not, and
    11 if that cannot be told. --init prints a contract of what is true now, each line with its evidence. Nothing is
    changed.
    """
    request = replace(service_or_saved({**given, "service": names[0]}), service="")
    if init:
        if app.files or app.format not in {"text", "json"}:
            raise click.UsageError("--init prints a contract as text or JSON.")
        return _init(app, [replace(request, service=name) for name in names], quiet=quiet)
    if len(names) > 1:
        raise click.UsageError("Name one FILE; several services go with --init.")
    from ...report.contract import FORMATS, rendered
    from ...workflows.explain import decoded
    from ...workflows.several.contract import contract_in
    from ...workflows.several.expect import expect

    if not {app.format, *(name for name, _ in app.files)} <= {*FORMATS}:
        raise click.UsageError(f"Results of a contract can be written in these formats: {', '.join(FORMATS)}.")
    if every and "sarif" not in {app.format, *(name for name, _ in app.files)}:
        raise click.UsageError("--all goes with SARIF: the other formats list what is met anyway.")

    def beside(file: str) -> str:
        return decoded(content_of(os.path.join(os.path.dirname(names[0]), file)))  # noqa: PTH118, PTH120 - as files.py

    contract = contract_in(decoded(content_of(names[0])), names[0], beside)
    found = expect(app.context(quiet=quiet), contract, request, tolerated=unknown == "warn")
    publish_as(app, lambda name, for_file: rendered(name, found, None if for_file else app.look(), every=every))
    return found.exit


def _init(app: App, requests: list[CallRequest], *, quiet: bool) -> int:
    from ...report.contract import contract_of
    from ...report.json import written
    from ...workflows.several.expect import drafted

    text = contract_of(drafted(app.context(quiet=quiet), requests))
    if app.json:
        emit(written({"contract": text, "exit": 0}))
    else:
        emit(text)
    return 0
