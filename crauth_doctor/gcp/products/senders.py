"""Products that call a URL for their user, in what they are set to call."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ...google_json import senders as google_json
from ...google_json.json_access import Json
from ...google_json.senders import ApiConfig, Sends
from ...model.fact import Fact
from .. import methods, rest
from ..door import Door
from ..resource_kinds import Product


def task_of(google: Door, name: str) -> Fact[Sends]:
    """Read one task by its relative name; what it carries takes `cloudtasks.tasks.fullView` too."""
    return rest.get(google, methods.TASK, f"//{methods.TASK.host}/{name}", google_json.task, name=name)


def newest_task(google: Door, queue: str) -> Fact[Sends | None]:
    """Read the newest of the tasks on a queue's first page, with the last call of any of them; None without any."""

    def parse(found: list[Json]) -> Sends | None:
        tasks = [google_json.task(one) for one in found]
        newest = max(tasks, key=lambda one: one.created, default=None)
        attempts = [one.attempt for one in tasks if one.attempt is not None]
        last = max(attempts, key=lambda one: one.at or "", default=None)
        return replace(newest, attempt=last) if newest is not None else None

    target = f"//{methods.TASKS.host}/{queue}/tasks"
    return rest.list_all(google, methods.TASKS, target, parse, most=1, parent=queue)


def api_config(google: Door, name: str) -> Fact[ApiConfig]:
    """Read a configuration of API Gateway by `projects/P/locations/global/apis/A/configs/C`."""
    return rest.named(google, methods.API_CONFIG, name, google_json.api_config)


JOBS: Final = Product(
    "scheduler job",
    "jobs",
    methods.SCHEDULER_JOB,
    methods.SCHEDULER_JOBS,
    google_json.job,
    places=methods.SCHEDULER_LOCATIONS,
)
QUEUES: Final = Product(
    "queue", "queues", methods.QUEUE, methods.QUEUES, google_json.queue, places=methods.QUEUE_LOCATIONS
)
SUBSCRIPTIONS: Final = Product(
    "subscription",
    "subscriptions",
    methods.SUBSCRIPTION,
    methods.SUBSCRIPTIONS,
    google_json.subscription,
    "projects/{project}",
)
TRIGGERS: Final = Product("trigger", "triggers", methods.TRIGGER, methods.TRIGGERS, google_json.trigger)
WORKFLOWS: Final = Product("workflow", "workflows", methods.WORKFLOW, methods.WORKFLOWS, google_json.workflow)
GATEWAYS: Final = Product(
    "gateway", "gateways", methods.GATEWAY, methods.GATEWAYS, lambda found: str(found["apiConfig"])
)
CONNECTIONS: Final = Product(
    "BigQuery connection", "connections", methods.CONNECTION, methods.CONNECTIONS, google_json.connection
)
UPTIME_CHECKS: Final = Product(
    "uptime check",
    "uptimeCheckConfigs",
    methods.UPTIME_CHECK,
    methods.UPTIME_CHECKS,
    google_json.uptime_check,
    "projects/{project}",
)
