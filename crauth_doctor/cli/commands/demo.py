"""`demo`: the tool's main job on a built-in world. No cloud, no network, no terminal needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ...deferred import dataclass
from ...workflows.context import SANDBOX_VARIABLE
from ..app import App, AppCommand
from ..built_in import built_in, meant_world
from ..options import quiet_option
from ..terminal import emit

if TYPE_CHECKING:
    from ...model.change import GrantRole
    from ...report.document import Report
    from ...workflows.context import CallRequest

_RUN = "//run.googleapis.com/"
_CLOSING = "Now with your own service: crauth-doctor check SERVICE --caller WHO"


@dataclass(frozen=True)
class _Show:
    """A built-in world."""

    file: str
    title: str
    argv: tuple[str, ...]


@click.command("demo", cls=AppCommand)
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
    grant = _offered(_check(app, show))
    if grant is None:
        _tell(_CLOSING)
        return 0
    _apply(app, _request(show), grant)
    after = _check(app, show)
    _tell(_CLOSING)
    return after.exit


def _built_in(name: str) -> _Show:
    import yaml

    file = built_in(name)
    if file is None:
        hint = meant_world(name) or "Leave NAME out for the main one, or take a cause, such as token-audience-path."
        raise click.BadParameter(f"there is no demo {name!r}. {hint}", param_hint="NAME")
    case = yaml.safe_load(file.read_text(encoding="utf-8"))
    return _Show(str(file), str(case["title"]), tuple(map(str, case["run"])))


def _isolated(app: App, show: _Show) -> App:
    """Return the same run in the world's sandbox, with nothing of the user's own configuration."""
    app.world = show.file
    base = app.sandbox()
    assert base is not None
    looks = {name: app.environ[name] for name in ("NO_COLOR", "TERM") if name in app.environ}
    app.environ = {**looks, SANDBOX_VARIABLE: base}
    return app


def _check(app: App, show: _Show) -> Report:
    """Check as the command line would, and print what it would."""
    import shlex

    from ...report import text
    from ...report.layout import continued
    from ...workflows import diagnose

    look = app.look()
    command = "\n".join(continued(f"crauth-doctor {shlex.join(show.argv)}", look.width - len("$ ")))
    emit(f"$ {command}\n\n")
    document = diagnose.check(app.context(), _request(show))
    emit(text.render(document, look) + "\n")
    return document


def _request(show: _Show) -> CallRequest:
    from .check import request_in

    return request_in(list(show.argv[1:]))


def _offered(document: Report) -> GrantRole | None:
    """Return the first fix, where it is one that the demo knows how to make."""
    from ...model.change import GrantRole

    cause = document.diagnosis.cause
    fixes = cause.finding.fixes if cause and cause.finding else ()
    match fixes[:1]:
        case (GrantRole(resource=resource, condition=None, widens=False) as grant,) if resource.startswith(_RUN):
            return grant
        case _:
            return None


def _apply(app: App, request: CallRequest, grant: GrantRole) -> None:
    """Make the grant as `grant` would; its receipt is nobody's, and goes with the demo."""
    import tempfile

    from ...workflows.grant import grant_in_sandbox

    with tempfile.TemporaryDirectory(prefix="crauth-doctor-") as folder:
        app.environ = {**app.environ, "XDG_STATE_HOME": folder}
        grant_in_sandbox(app.context(), request, grant, _tell_grant)


def _tell_grant(sentence: str) -> None:
    _tell(f"Now the fix is made, in the sandbox only, by setIamPolicy: {sentence}")


def _tell(text: str) -> None:
    from ...report.layout import Look, TextPage

    page = TextPage(Look())
    page.paragraph(text, "")
    emit(f"{page}\n")
