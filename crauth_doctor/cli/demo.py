"""`demo`: the tool's main job on a built-in world. No cloud, no network, no terminal needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from .app import SANDBOX_VARIABLE, App, Failure
from .options import Asked, quiet_option
from .terminal import emit, look

if TYPE_CHECKING:
    from ..gcp.connection import Google
    from ..model.change import GrantRole
    from ..report.document import Report

_RUN = "//run.googleapis.com/"
_CLOSING = "Now with your own service: crauth-doctor check SERVICE --caller WHO"


@dataclass(frozen=True, slots=True)
class _Show:
    """A built-in world.

    Args:
        file: where it stands.
        title: the situation, in one sentence.
        argv: the command line that it is made for.
    """

    file: str
    title: str
    argv: tuple[str, ...]


@click.command("demo")
@click.argument("name", metavar="[NAME]", default="demo")
@quiet_option
@click.pass_obj
def command(app: App, /, name: str, *, quiet: bool) -> int:
    """Show the tool at work on a built-in world.

    A check finds what blocks a call, the fix is made, and a second check is clear. All of it happens in a sandbox
    inside this process: nothing real is read or changed.
    """
    show = _built_in(name)
    app = _isolated(app, show)
    if not quiet:
        _tell("This is a demo. A pretend Google Cloud runs inside this process; nothing real is read or changed.")
        _tell(f"{show.title}.")
    before, google = _check(app, show)
    grant = _offered(before)
    if grant is None:
        _tell(_CLOSING)
        return 0
    _apply(google, grant)
    after, _ = _check(app, show)
    _tell(_CLOSING)
    return after.exit


def _built_in(name: str) -> _Show:
    import difflib
    from importlib.resources import files

    import yaml

    folder = files("crauth_doctor.sandbox").joinpath("worlds")
    names = [entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml")]
    if name not in names:
        near = difflib.get_close_matches(name, names, 3)
        hint = f"Did you mean {' or '.join(near)}?" if near else "Leave NAME out for the main one."
        raise click.BadParameter(f"there is no demo {name!r}. {hint}", param_hint="NAME")
    file = folder.joinpath(f"{name}.yaml")
    case = yaml.safe_load(file.read_text(encoding="utf-8"))
    return _Show(str(file), str(case["title"]), tuple(map(str, case["run"])))


def _isolated(app: App, show: _Show) -> App:
    """Return the same run in the world's sandbox, with nothing of the user's own configuration."""
    app.world = show.file
    base = app.sandbox()
    assert base is not None
    looks = {name: app.environ[name] for name in ("NO_COLOR", "TERM") if name in app.environ}
    app.world, app.environ = None, {**looks, SANDBOX_VARIABLE: base}
    return app


def _check(app: App, show: _Show) -> tuple[Report, Google]:
    """Check as the command line would, and print what it would."""
    import shlex

    from ..report import text
    from .check import command as check
    from .session import gather, judged, open_door

    given = check.make_context("check", list(show.argv[1:])).params
    is_json, seconds = given.pop("format") == "json", given.pop("timeout")
    asked = Asked(json=is_json, seconds=seconds, **{k: v for k, v in given.items() if k in Asked.__dataclass_fields__})
    emit(f"$ crauth-doctor {shlex.join(show.argv)}\n\n")
    google = open_door(app, asked)
    document = judged(gather(app, asked, google), asked, sandbox=google.sandbox is not None)
    emit(text.render(document, look(app.environ)) + "\n")
    return document, google


def _offered(document: Report) -> GrantRole | None:
    """Return the first fix, where it is one that the demo knows how to make."""
    from ..model.change import GrantRole

    cause = document.diagnosis.cause
    fixes = cause.finding.fixes if cause and cause.finding else ()
    match fixes[:1]:
        case (GrantRole(resource=resource, condition=None, widens=False) as grant,) if resource.startswith(_RUN):
            return grant
        case _:
            return None


def _apply(google: Google, grant: GrantRole) -> None:
    """Make the grant by the same hand as `grant`; its receipt is nobody's, and goes with the demo."""
    import tempfile
    from pathlib import Path

    from .. import __version__
    from ..apply import ChangeExecutor, Named, Receipts
    from ..fixes.words import sentence

    if google.sandbox is None:
        raise Failure("The demo changes nothing but a sandbox.")
    _tell(f"Now the fix is made, in the sandbox only, by setIamPolicy: {sentence(grant)}")
    with tempfile.TemporaryDirectory(prefix="crauth-doctor-") as folder:
        executor = ChangeExecutor(google, Receipts(Path(folder)), version=__version__)
        plan = executor.plan(grant, Named(grant.member, grant.resource))
        executor.apply(plan, plan.agreed())


def _tell(text: str) -> None:
    from ..report.layout import Look, TextPage

    page = TextPage(Look())
    page.paragraph(text, "")
    emit(f"{page}\n")
