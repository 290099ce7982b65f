"""The audience of the tokens that a Cloud Scheduler job or a Pub/Sub push subscription attaches, read and written.

Neither has an etag. What is written is therefore read once more just before, and not written where it has changed.
Documentation: https://docs.cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs/patch,
https://docs.cloud.google.com/pubsub/docs/reference/rest/v1/projects.subscriptions/modifyPushConfig
"""

from __future__ import annotations

from typing import Final

from ..deferred import dataclass
from ..google_json.json_access import Json
from ..model.fact import Fact, Known, Obstacle, Source, Unknown
from . import methods, rest
from .google import Google
from .methods import Row
from .write import Accepted, Answer, Conflict, Refused, send_once


@dataclass(frozen=True)
class TokenSender:
    """A kind of resource that attaches tokens."""

    get: Row
    set: Row  # writes its `part`
    part: str  # the field that is sent whole, so that nothing of it is lost

    @property
    def token(self) -> str:
        """The path of the token's settings."""
        return f"{self.part}.oidcToken"


HOLDERS: Final = {
    ("cloudscheduler.googleapis.com", "jobs"): TokenSender(
        methods.SCHEDULER_JOB, methods.UPDATE_SCHEDULER_JOB, "httpTarget"
    ),
    ("pubsub.googleapis.com", "subscriptions"): TokenSender(methods.SUBSCRIPTION, methods.MODIFY_PUSH, "pushConfig"),
}


def holder(resource: str) -> TokenSender | None:
    """How the token of a full resource name is read and written; None for a kind that this tool never writes."""
    host, _, path = resource.removeprefix("//").partition("/")
    words = path.split("/")
    return HOLDERS.get((host, words[-2])) if len(words) > 1 and resource.startswith("//") else None


def document(google: Google, resource: str) -> Fact[Json]:
    """Read a job or subscription as it is."""
    how = holder(resource)
    if how is None:
        detail = "it is not a Cloud Scheduler job or Pub/Sub subscription: change it where it is set up"
        return Unknown(Source("nothing", resource), Obstacle.NOT_ASKED, detail)
    return rest.document(google, how.get, resource)


def write(google: Google, resource: str, before: Json, after: Json) -> Answer:
    """Write the token's settings, unless what goes along with them has changed since it was read."""
    how = holder(resource)
    if how is None:
        raise ValueError(f"{resource} attaches no token that this tool writes")
    now = document(google, resource)
    if isinstance(now, Unknown):
        return Refused(now)
    if not isinstance(now, Known) or now.value.get(how.part) != before.get(how.part):
        return Conflict()
    answer = send_once(google, how.set, resource, {how.part: after[how.part]})
    is_silent = isinstance(answer, Accepted) and how.part not in answer.document
    return Accepted(after) if is_silent else answer
