"""`explain`: a cause's page, all causes, or evidence judged without any access to the cloud."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from . import evidence
from .app import App
from .options import format_option, quiet_option
from .terminal import emit, look

if TYPE_CHECKING:
    from ..rules.registry import Rule


@click.command("explain")
@click.argument("what", metavar="[ID | FILE | -]", required=False)
@format_option
@quiet_option
@click.pass_obj
def command(app: App, /, what: str | None, format: str, *, quiet: bool) -> int:
    """Explain a cause by its id; without one, list all causes.

    A file (or - for stdin) is evidence of a failing call: it is judged without any access to the cloud.
    """
    del quiet  # there is nothing to leave out
    app.json = format == "json"
    if what is None:
        _list(app)
        return 0
    rule = _find(what)
    if rule is not None:
        _page(app, rule)
        return 0
    if what == "-" or os.path.isfile(what):  # noqa: PTH113 - pathlib costs more to import than all of this file
        from .session import explained, publish

        return publish(app, explained(evidence.alone(what)))
    raise click.BadParameter(_unknown(what), param_hint="ID")


def _rules() -> tuple[Rule[Any], ...]:
    from ..rules import ALL

    return ALL


def _find(what: str) -> Rule[Any] | None:
    """Find a rule by its id, or by the part of it that stands after the stage, where only one has it."""
    found = [rule for rule in _rules() if what.lower() in {rule.id, rule.id.partition("/")[2]}]
    return found[0] if len(found) == 1 else None


def _unknown(what: str) -> str:
    import difflib

    ids = [rule.id for rule in _rules()]
    slugs = {id.partition("/")[2]: id for id in ids}
    near = [*difflib.get_close_matches(what, ids, 3), *(slugs[s] for s in difflib.get_close_matches(what, slugs, 3))]
    named = [id for id in ids if f"/{what}" in id]
    suggestions = list(dict.fromkeys([*named, *near]))[:4]
    hint = f"Did you mean {' or '.join(suggestions)}?" if suggestions else "`crauth-doctor explain` lists all of them."
    return f"there is no cause {what!r}, and no such file. {hint}"


def _list(app: App) -> None:
    if app.json:
        _emit_json({"schema": 1, "rules": [_brief(rule) for rule in _rules()]})
        return
    from ..report.layout import TextPage

    page = TextPage(look(app.environ))
    width = max(len(rule.id) for rule in _rules()) + 2
    stage = None
    for rule in sorted(_rules(), key=lambda rule: rule.stage):
        if rule.stage is not stage:
            stage = rule.stage
            page.heading(stage.slug)
        page.lines += page.wrapped(rule.title, f"  {rule.id:<{width}}", " " * (width + 2))
    emit(str(page))


def _page(app: App, rule: Rule[Any]) -> None:
    if app.json:
        sections = {heading.lower(): text for heading, text in rule.page.sections}
        _emit_json({"schema": 1, "rule": {**_brief(rule), **sections, "see": rule.page.see}})
        return
    from ..report.layout import Hue, TextPage

    page = TextPage(look(app.environ))
    page.headline(rule.id, Hue.STRONG, f": {rule.title}")
    for heading, text in rule.page.sections:
        page.heading(heading)
        for paragraph in text.split("\n"):
            page.paragraph(paragraph.strip())
    page.heading("See")
    page.paragraph(rule.page.see)
    emit(str(page))


def _emit_json(document: dict[str, Any]) -> None:
    import json

    emit(json.dumps(document, indent=2) + "\n")


def _brief(rule: Rule[Any]) -> dict[str, str]:
    return {"id": rule.id, "stage": rule.stage.slug, "title": rule.title}
