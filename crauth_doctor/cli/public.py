"""Who asks to let everybody in is told what that means, and what else there is."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

from .. import __version__
from ..report.layout import TextPage
from ..report.status import ExitStatus
from .app import App, Failure
from .terminal import emit, look

if TYPE_CHECKING:
    from ..gcp.connection import Google

_MEANING = {
    "allUsers": "everybody on the internet, without any token, for as long as the binding stands",
    "allAuthenticatedUsers": "everybody who has any Google account, of any organization",
}


def refuse(app: App, service: str, member: str, project: str | None, region: str | None) -> int:
    """Grant nothing, and say what would do instead, as far as organization policies allow it."""
    forbidden = _requires_check(app, project)
    off = _command(service, project, region, "--no-invoker-iam-check")
    ways = [
        (
            f"The service is meant to be public: switch its invoker check off. {forbidden or _UNKEPT}",
            None if forbidden else off,
        ),
        (
            "People of your organization are meant to open it in a browser: Identity-Aware Proxy signs them in.",
            _command(service, project, region, "--iap"),
        ),
        (
            "Partners or devices call it: API Gateway or a load balancer before it takes keys, and limits who asks.",
            None,
        ),
        ("One caller calls it: grant that one.", "crauth-doctor grant SERVICE --sa EMAIL"),
    ]
    said = f"{member} is never granted by this tool: it lets in {_MEANING[member]}."
    if app.json:
        alternatives = [{"text": text, "command": command} for text, command in ways]
        emit(_json(said, alternatives))
        return ExitStatus.USAGE
    page = TextPage(look(app.environ))
    page.paragraph(said, "")
    page.heading("What else there is")
    for text, command in ways:
        page.item(text)
        if command:
            page.command(command)
    emit(str(page))
    return ExitStatus.USAGE


_UNKEPT = "No organization policy was seen that forbids it; where one does, Google refuses the command."


def _requires_check(app: App, project: str | None) -> str | None:
    """Say that an organization policy keeps the invoker check on, where that can be read."""
    from ..gcp import constraints
    from ..gcp.connection import NotConnectedError, connect
    from ..gcp.settings import settings
    from ..model.fact import value_of

    where = project or settings(app.environ).project
    if where is None:
        return None
    try:
        google: Google = connect(app.environ, sandbox=app.sandbox(), seconds=8.0)
    except (NotConnectedError, Failure):
        return None
    kept = value_of(constraints.requires_invoker_check(google, where))
    return "An organization policy forbids that here (run.managed.requireInvokerIam)." if kept else None


def _command(service: str, project: str | None, region: str | None, flag: str) -> str:
    name = service.rstrip("/").rsplit("/", 1)[-1] if "://" not in service else "SERVICE"
    words = ["gcloud", "run", "services", "update", name, flag]
    words += [f"--project={project}"] * bool(project) + [f"--region={region}"] * bool(region)
    return shlex.join(words)


def _json(said: str, alternatives: list[dict[str, str | None]]) -> str:
    document = {
        "schema": 1,
        "tool": {"name": "crauth-doctor", "version": __version__},
        "error": {"message": said},
        "alternatives": alternatives,
        "exit": int(ExitStatus.USAGE),
    }
    return json.dumps(document, indent=2) + "\n"
