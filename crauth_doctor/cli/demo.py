"""`demo`: the tool's main job on a built-in world. No cloud, no network, no terminal needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from .app import App, Failure
from .options import DEFAULT_SECONDS, Asked, quiet_option
from .terminal import emit, look

if TYPE_CHECKING:
    from ..gcp.google import Google
    from ..model.change import GrantRole
    from ..report.document import Document

_PROJECT: Final = "shop-prod"
_REGION: Final = "us-central1"
_SERVICE: Final = "orders"
_CALLER: Final = "run/checkout"


@click.command("demo")
@click.argument("name", metavar="[NAME]", default="demo")
@quiet_option
@click.pass_obj
def command(app: App, /, name: str, *, quiet: bool) -> int:
    """Show the tool at work on a built-in world.

    A check finds what blocks a call, the fix is made, and a second check is clear. All of it happens in a sandbox
    inside this process: nothing real is read or changed.
    """
    del quiet  # what a demo prints is its report
    app.world = _world(name)
    app.environ = {key: app.environ[key] for key in ("NO_COLOR", "TERM") if key in app.environ}
    base = app.sandbox()
    assert base is not None
    app.environ = {**app.environ, "CRAUTH_DOCTOR_SANDBOX": base}
    app.world = None

    _tell("This is a demo. A pretend Google Cloud runs inside this process; nothing real is read or changed.")
    before, google = _check(app)
    grant = _offered(before)
    _tell("That fix is one of those that can be made by a command. It is made now, in the sandbox only:")
    _apply(google, grant)
    after, _ = _check(app)
    _tell("Now with your own service:  crauth-doctor check SERVICE --caller WHO")
    return after.exit


def _world(name: str) -> str:
    from importlib.resources import files

    folder = files("crauth_doctor.sandbox").joinpath("worlds")
    names = sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml"))
    if name not in names:
        raise click.BadParameter(f"there is no demo {name!r}; there is {', '.join(names)}.", param_hint="NAME")
    return str(folder.joinpath(f"{name}.yaml"))


def _check(app: App) -> tuple[Document, Google]:
    """Check as the command line would, and print what it would."""
    from ..report import text
    from .session import gather, judged, open_door

    asked = _asked()
    _prompt(f"crauth-doctor check {_SERVICE} --project {_PROJECT} --region {_REGION} --caller {_CALLER}")
    google = open_door(app, asked)
    document = judged(gather(app, asked, google), asked, google)
    emit(text.render(document, look(app.environ)) + "\n")
    return document, google


def _asked() -> Asked:
    return Asked(
        service=_SERVICE,
        project=_PROJECT,
        region=_REGION,
        caller=_CALLER,
        url=None,
        path=None,
        method="GET",
        audience=None,
        headers=(),
        evidence=(),
        call=True,
        seconds=DEFAULT_SECONDS,
        impersonate=None,
        billing_project=None,
        json=False,
        quiet=False,
    )


def _offered(document: Document) -> GrantRole:
    from ..model.change import GrantRole

    cause = document.diagnosis.cause
    fixes = cause.finding.fixes if cause and cause.finding else ()
    grant = next((change for change in fixes if isinstance(change, GrantRole) and not change.widens), None)
    if grant is None:
        raise Failure("The demo's world does not show what it should: no role is offered to be granted.")
    return grant


def _apply(google: Google, grant: GrantRole) -> None:
    """Add the member to the service's policy, read with its etag and written back with it."""
    from ..fixes.words import sentence

    if google.sandbox is None:
        raise Failure("The demo changes nothing but a sandbox.")
    name = grant.resource.removeprefix("//run.googleapis.com/")
    client: Any = google.services()
    policy = client.get_iam_policy(request={"resource": name, "options": {"requested_policy_version": 3}})
    policy.bindings.add(role=grant.role, members=[grant.member])
    client.set_iam_policy(request={"resource": name, "policy": policy})
    _tell(f"Done, in the sandbox: {sentence(grant)}")


def _prompt(command: str) -> None:
    emit(f"$ {command}\n\n")


def _tell(text: str) -> None:
    from ..report.layout import Look, Page

    page = Page(Look())
    page.paragraph(text, "")
    emit(f"{page}\n")
