"""Who asks to let everybody in is told what that means, and what else there is."""

from __future__ import annotations

import shlex
from typing import Final

from ..deferred import dataclass
from ..gcp.products import constraints
from ..model.fact import value_of
from .context import CallRequest, Context, WorkflowError
from .diagnose import open_connection, question_of

_MEANING: Final = {
    "allUsers": "everybody on the internet, without any token, for as long as the binding exists",
    "allAuthenticatedUsers": "everybody who has any Google account, of any organization",
}
_UNKEPT: Final = "No organization policy that forbids it was seen; if there is one, Google refuses the command."
_SECONDS: Final = 8.0


@dataclass(frozen=True)
class Refusal:
    """Why everybody is not let in, and what else there is.

    Args:
        said: why, in a sentence.
        alternatives: what would do instead: a sentence, and the command that does it where there is one.
    """

    said: str
    alternatives: tuple[tuple[str, str | None], ...]


def refuse(context: Context, request: CallRequest, member: str) -> Refusal:
    """Grant nothing, and return what would do instead, as far as organization policies allow it."""
    service, project, region = request.service, request.project, request.region
    forbidden = _requires_check(context, request)
    off = _command(service, project, region, "--no-invoker-iam-check")
    ways = (
        (
            f"If the service should be public: switch its invoker check off. {forbidden or _UNKEPT}",
            None if forbidden else off,
        ),
        (
            "If people of your organization open it in a browser: Identity-Aware Proxy signs them in.",
            _command(service, project, region, "--iap"),
        ),
        (
            "If partners or devices call it: API Gateway or a load balancer in front checks keys and limits calls.",
            None,
        ),
        ("If one caller calls it: grant that one.", "crauth-doctor grant SERVICE --sa EMAIL"),
    )
    return Refusal(f"{member} is never granted by this tool: it lets in {_MEANING[member]}.", ways)


def _requires_check(context: Context, request: CallRequest) -> str | None:
    """Return that an organization policy keeps the invoker check on, where that can be read."""
    where = question_of(context, request).project
    if where is None:
        return None
    try:
        google = open_connection(context, CallRequest(seconds=_SECONDS))
    except WorkflowError:
        return None
    kept = value_of(constraints.requires_invoker_check(google, where))
    return "An organization policy forbids that here (run.managed.requireInvokerIam)." if kept else None


def _command(service: str, project: str | None, region: str | None, flag: str) -> str:
    name = service.rstrip("/").rsplit("/", 1)[-1] if "://" not in service else "SERVICE"
    words = ["gcloud", "run", "services", "update", name, flag]
    words += [f"--project={project}"] * bool(project) + [f"--region={region}"] * bool(region)
    return shlex.join(words)
