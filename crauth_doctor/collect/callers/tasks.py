"""A Cloud Tasks queue, or one task of it: what the queue sets holds for all of its tasks.

Documentation: https://docs.cloud.google.com/tasks/docs/creating-http-target-tasks,
https://docs.cloud.google.com/tasks/docs/configuring-queues
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ...gcp.products.senders import QUEUES, newest_task, task_of
from ...google_json.senders import Queue, Sends
from ...model.caller import CallerKind
from ...model.exported import TokenType
from ...model.fact import WANTED, Absent, Fact, Known, Obstacle, Source, Unknown
from .kind import LookupContext, ResolvedCaller
from .lookup import Looked, look, start
from .senders import Sender

SENDER: Final = Sender(CallerKind.TASKS, QUEUES.what)
_IN_QUEUE: Final = "/tasks/"


def resolve(asked: str, name: str, context: LookupContext) -> ResolvedCaller:
    """Resolve a queue by `QUEUE`, or a task by `QUEUE/TASK`; both also by their full names.

    Raises:
        UnanswerableError: several queues of the project have this name.
    """
    queue, task = _parted(name.removeprefix(f"//{QUEUES.host}/"))
    guess = _guess(queue, context)
    aside = replace(context, google=context.google.aside())
    early = start(context, "its tasks", lambda: _sent(aside, guess, task)) if guess else None
    looked = look(context, QUEUES, asked, queue)
    if isinstance(looked.value, Absent):
        return SENDER.resolved(asked, looked, looked.value)
    sent = context.google.noted(early.get()) if early and looked.name == guess else _sent(context, looked.name, task)
    resolved = SENDER.resolved(asked, looked, _of_queue(looked, sent))
    if task is None or not isinstance(resolved.caller, Known):
        return resolved
    resource = f"{resolved.caller.value.resource}{_IN_QUEUE}{task}"
    return replace(resolved, caller=Known(replace(resolved.caller.value, resource=resource), resolved.caller.source))


def _parted(name: str) -> tuple[str, str | None]:
    queue, full, task = name.partition(_IN_QUEUE)
    if full or name.startswith("projects/"):
        return queue, task or None
    queue, _, task = name.partition("/")
    return queue, task or None


def _guess(queue: str, context: LookupContext) -> str | None:
    """Where the queue should be, so that its tasks are read beside it."""
    if queue.startswith("projects/"):
        return queue
    return f"projects/{context.project}/locations/{context.region}/queues/{queue}" if context.region else None


def _sent(context: LookupContext, queue: str, task: str | None) -> Fact[Sends | None]:
    if task is None:
        return newest_task(context.google, queue)
    found = task_of(context.google, f"{queue}{_IN_QUEUE}{task}")
    return Known(found.value, found.source) if isinstance(found, Known) else found


def _of_queue(looked: Looked[Queue], sent: Fact[Sends | None]) -> Fact[Sends]:
    """Return the task's settings under the queue's; a queue that sets all by itself needs no task to be known."""
    queue = looked.value
    if not isinstance(queue, Known):
        if isinstance(sent, Known) and sent.value is not None and sent.source.read in {"evidence", WANTED}:
            return Known(_alone(sent.value), Source(WANTED, sent.source.target))
        return queue  # whatever a task says, the queue may say otherwise
    task = sent.value if isinstance(sent, Known) else None
    if task is None and queue.value.auth is None:
        if isinstance(sent, Unknown):
            return sent
        detail = "a task carries its own token, and there is none in the queue now"
        return Unknown(sent.source, Obstacle.NOT_TOLD, detail)
    return Known(queue.value.sends(task or Sends()), sent.source if task else queue.source)


def _alone(task: Sends) -> Sends:
    """Return what a task says whose queue is not shown: a token that it does not set, the queue may."""
    sets_none = task.auth is not None and task.auth.type is TokenType.NONE
    return replace(task, auth=None) if sets_none else task
