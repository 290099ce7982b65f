"""What Google's products are set to do, by one table: a name or a list in, one small value out.

Only the fields that decide are kept: bodies and headers of jobs and tasks may hold secrets.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from ..google_json.json_access import Json
from ..model.fact import Absent, Fact, Unknown
from . import rest
from .google import Google

T = TypeVar("T")

_NO_PLACE: Final = "is not a valid location"
"""How Cloud Tasks and Cloud Scheduler say, with 400, that they are not offered somewhere."""


def _row(read: str, schema: str, path: str, items: str = "", **query: str) -> rest.Row:
    """One GET; the host is named after the API."""
    return rest.Row(read, schema, f"{schema.partition(':')[0]}.googleapis.com", "GET", path, items, query=query or None)


@dataclass(frozen=True)
class Product(Generic[T]):
    """One kind of resource of a product.

    Args:
        what: what people call one: `scheduler job`.
        collection: the word before its short name.
        one: reads one by its name.
        every: lists those of a parent.
        parse: keeps what decides.
        parent: what the list is of, with `{project}`.
        places: lists the locations, where the API does not take `-` for all of them.
    """

    what: str
    collection: str
    one: rest.Row
    every: rest.Row
    parse: Callable[[Json], T]
    parent: str = "projects/{project}/locations/-"
    places: rest.Row | None = None

    @property
    def host(self) -> str:
        """The API's host."""
        return self.one.host


def get(google: Google, product: Product[T], name: str) -> Fact[T]:
    """Read one by its relative resource name; there is none in a location that the product does not have."""
    fact = rest.get(google, product.one, f"//{product.host}/{name}", product.parse, name=name)
    return _unless_no_place(google, fact)


def locations(google: Google, places: rest.Row, project: str) -> Fact[tuple[str, ...]]:
    """List the short names of the locations in which a project can have a product."""

    def parse(found: list[Json]) -> tuple[str, ...]:
        return tuple(str(item["locationId"]) for item in found)

    parent = f"projects/{project}"
    return rest.list_all(google, places, f"//{places.host}/{parent}/locations", parse, parent=parent)


def named(
    google: Google, product: Product[T], project: str, short: str, place: str = "-"
) -> Fact[tuple[tuple[str, T], ...]]:
    """List those of a project that have this short name, in one location or wherever they are: names and values."""
    parent = product.parent.replace("{project}", project)
    parent = f"{parent[:-1]}{place}" if parent.endswith("/-") else parent

    def parse(found: list[Json]) -> tuple[tuple[str, T], ...]:
        names = [(_relative(product, item, project), item) for item in found]
        return tuple((name, product.parse(item)) for name, item in names if name.rsplit("/", 1)[-1] == short)

    fact = rest.list_all(google, product.every, f"//{product.host}/{parent}", parse, parent=parent)
    return fact if place == "-" else _unless_no_place(google, fact)


def _unless_no_place(google: Google, fact: Fact[T]) -> Fact[T]:
    """Take an answer that there is no such location for what it is: nothing is there."""
    if isinstance(fact, Unknown) and fact.detail.startswith("400:") and _NO_PLACE in fact.detail:
        google.excused(fact)
        return Absent(fact.source)
    return fact


def _relative(product: Product[T], item: Json, project: str) -> str:
    """The relative name; Kubernetes Engine lists short ones."""
    name = str(item.get("name", ""))
    if "/" in name:
        return name
    return f"projects/{project}/locations/{item.get('location') or item.get('zone')}/{product.collection}/{name}"


SCHEDULER_JOB: Final = _row("cloudscheduler.jobs.get", "cloudscheduler:v1:projects.locations.jobs.get", "/v1/{+name}")
SCHEDULER_JOBS: Final = _row(
    "cloudscheduler.jobs.list", "cloudscheduler:v1:projects.locations.jobs.list", "/v1/{+parent}/jobs", "jobs"
)
SCHEDULER_LOCATIONS: Final = _row(
    "cloudscheduler.locations.list", "cloudscheduler:v1:projects.locations.list", "/v1/{+parent}/locations", "locations"
)
QUEUE_LOCATIONS: Final = _row(
    "cloudtasks.locations.list", "cloudtasks:v2:projects.locations.list", "/v2/{+parent}/locations", "locations"
)
QUEUE: Final = _row("cloudtasks.queues.get", "cloudtasks:v2:projects.locations.queues.get", "/v2/{+name}")
QUEUES: Final = _row(
    "cloudtasks.queues.list", "cloudtasks:v2:projects.locations.queues.list", "/v2/{+parent}/queues", "queues"
)
TASK: Final = _row(
    "cloudtasks.tasks.get",
    "cloudtasks:v2:projects.locations.queues.tasks.get",
    "/v2/{+name}",
    responseView="FULL",
)
TASKS: Final = _row(
    "cloudtasks.tasks.list",
    "cloudtasks:v2:projects.locations.queues.tasks.list",
    "/v2/{+parent}/tasks",
    "tasks",
    responseView="FULL",
    pageSize="100",
)
SUBSCRIPTION: Final = _row("pubsub.subscriptions.get", "pubsub:v1:projects.subscriptions.get", "/v1/{+name}")
SUBSCRIPTIONS: Final = _row(
    "pubsub.subscriptions.list", "pubsub:v1:projects.subscriptions.list", "/v1/{+parent}/subscriptions", "subscriptions"
)
TRIGGER: Final = _row("eventarc.triggers.get", "eventarc:v1:projects.locations.triggers.get", "/v1/{+name}")
TRIGGERS: Final = _row(
    "eventarc.triggers.list", "eventarc:v1:projects.locations.triggers.list", "/v1/{+parent}/triggers", "triggers"
)
WORKFLOW: Final = _row("workflows.workflows.get", "workflows:v1:projects.locations.workflows.get", "/v1/{+name}")
WORKFLOWS: Final = _row(
    "workflows.workflows.list", "workflows:v1:projects.locations.workflows.list", "/v1/{+parent}/workflows", "workflows"
)

FUNCTION: Final = _row(
    "cloudfunctions.functions.get", "cloudfunctions:v2:projects.locations.functions.get", "/v2/{+name}"
)
FUNCTIONS: Final = _row(
    "cloudfunctions.functions.list",
    "cloudfunctions:v2:projects.locations.functions.list",
    "/v2/{+parent}/functions",
    "functions",
)
RUN_JOB: Final = _row("run.jobs.get", "run:v2:projects.locations.jobs.get", "/v2/{+name}")
RUN_JOBS: Final = _row("run.jobs.list", "run:v2:projects.locations.jobs.list", "/v2/{+parent}/jobs", "jobs")
INSTANCE: Final = _row("compute.instances.get", "compute:v1:instances.get", "/compute/v1/{+name}")
CLUSTER: Final = _row("container.clusters.get", "container:v1:projects.locations.clusters.get", "/v1/{+name}")
CLUSTERS: Final = _row(
    "container.clusters.list", "container:v1:projects.locations.clusters.list", "/v1/{+parent}/clusters", "clusters"
)
ACCOUNTS: Final = _row(
    "iam.serviceAccounts.list", "iam:v1:projects.serviceAccounts.list", "/v1/{+parent}/serviceAccounts", "accounts"
)
GATEWAY: Final = _row("apigateway.gateways.get", "apigateway:v1:projects.locations.gateways.get", "/v1/{+name}")
GATEWAYS: Final = _row(
    "apigateway.gateways.list", "apigateway:v1:projects.locations.gateways.list", "/v1/{+parent}/gateways", "gateways"
)
API_CONFIG: Final = _row(
    "apigateway.apiconfigs.get", "apigateway:v1:projects.locations.apis.configs.get", "/v1/{+name}", view="FULL"
)
APP: Final = _row("appengine.applications.get", "appengine:v1:apps.get", "/v1/{+name}")
APP_SERVICE: Final = _row("appengine.services.get", "appengine:v1:apps.services.get", "/v1/{+name}")
APP_VERSIONS: Final = _row(
    "appengine.versions.list", "appengine:v1:apps.services.versions.list", "/v1/{+parent}/versions", "versions"
)
BUILD_TRIGGER: Final = _row("cloudbuild.builds.get", "cloudbuild:v1:projects.locations.triggers.get", "/v1/{+name}")
BUILD_ACCOUNT: Final = _row(
    "cloudbuild.builds.get", "cloudbuild:v1:projects.locations.getDefaultServiceAccount", "/v1/{+name}"
)
PROVIDER: Final = _row(
    "iam.workloadIdentityPoolProviders.get",
    "iam:v1:projects.locations.workloadIdentityPools.providers.get",
    "/v1/{+name}",
)

TABLE: Final = (
    SCHEDULER_JOB,
    SCHEDULER_JOBS,
    SCHEDULER_LOCATIONS,
    QUEUE_LOCATIONS,
    QUEUE,
    QUEUES,
    TASK,
    TASKS,
    SUBSCRIPTION,
    SUBSCRIPTIONS,
    TRIGGER,
    TRIGGERS,
    WORKFLOW,
    WORKFLOWS,
    FUNCTION,
    FUNCTIONS,
    RUN_JOB,
    RUN_JOBS,
    INSTANCE,
    CLUSTER,
    CLUSTERS,
    ACCOUNTS,
    GATEWAY,
    GATEWAYS,
    API_CONFIG,
    APP,
    APP_SERVICE,
    APP_VERSIONS,
    BUILD_TRIGGER,
    BUILD_ACCOUNT,
    PROVIDER,
)
