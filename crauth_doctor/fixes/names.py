"""Resource names taken apart, as every dialect needs them."""

from __future__ import annotations

from dataclasses import field
from typing import Final

from ..deferred import dataclass
from ..say import Say

RUN: Final = "run.googleapis.com"
IAM: Final = "iam.googleapis.com"
IAP: Final = "iap.googleapis.com"
SCHEDULER: Final = "cloudscheduler.googleapis.com"
PUBSUB: Final = "pubsub.googleapis.com"

_ROOTS: Final = frozenset({"projects", "folders", "organizations"})


@dataclass(frozen=True)
class Resource:
    """A resource name, full (`//run.googleapis.com/projects/…`) or relative (`projects/…`)."""

    host: str  # the API's host; empty for a relative name
    path: str  # what follows it
    # the collections of the path with the id in each: `{"projects": "p", "services": "orders"}`
    parts: dict[str, str] = field(hash=False)

    @property
    def collection(self) -> str:
        """The last collection, which tells what it is: `services`, `projects`, `serviceAccounts` …."""
        return next(reversed(self.parts), "")

    @property
    def id(self) -> str:
        """The short name."""
        return self.parts.get(self.collection, "")

    @property
    def project(self) -> str:
        """The project's id or number; empty when the name does not tell."""
        project = self.parts.get("projects", "")
        if project in {"", "-"} and self.collection == "serviceAccounts":
            return project_of_account(self.id)
        return "" if project == "-" else project

    @property
    def region(self) -> str:
        """The location; empty when it has none."""
        return self.parts.get("locations", "") or self.parts.get("regions", "")


def parse(name: str) -> Resource:
    """Parse a full resource name; a name of another shape has no parts."""
    host, path = "", name
    if name.startswith("//"):
        host, _, path = name[2:].partition("/")
    words = path.split("/")
    is_name = len(words) % 2 == 0 and all(words[::2]) and (host != "" or words[0] in _ROOTS)
    pairs = dict(zip(words[::2], words[1::2], strict=True)) if is_name else {}
    return Resource(host, path, pairs)


def project_of_account(email: str) -> str:
    """Return the project (id or number) that a service account's e-mail tells; empty when it tells none.

    Source: https://docs.cloud.google.com/iam/docs/service-account-types
    """
    local, _, domain = email.partition("@")
    if domain.endswith(".iam.gserviceaccount.com"):
        return domain.removesuffix(".iam.gserviceaccount.com")
    if domain == "appspot.gserviceaccount.com":
        return local
    if domain == "developer.gserviceaccount.com" and local.endswith("-compute"):
        return local.removesuffix("-compute")
    return ""


def in_words(name: str) -> str:
    """Return a resource as people say it: `orders`, `project shop-prod`, `account a@b`."""
    resource = parse(name)
    match resource.collection:
        case "projects" if resource.id == "-":
            return "the project"
        case "locations":
            return Say(
                "{value} of project {project}",
                value="all regions" if resource.id == "-" else resource.id,
                project=resource.project,
            )
        case "":
            return _unpaired(name)
        case kind if kind in _KINDS:
            return Say(f"{_KINDS[kind]} {{resource}}", resource=resource.id)
        case _:
            return resource.id


def _unpaired(name: str) -> str:
    """Return a name that is no list of pairs: below `global`, or a collection or a setting of something."""
    if "/global/" in name and (placed := parse(name.replace("/global/", "/"))).collection:
        return placed.id
    parent, _, last = name.rpartition("/")
    if parse(parent).collection:
        return Say("{last} of {parent}", last=last, parent=Say("{parent}", parent=in_words(parent)))
    return name.removeprefix("//")


_KINDS: Final = {
    "projects": "project",
    "folders": "folder",
    "organizations": "organization",
    "serviceAccounts": "the service account",
    "jobs": "the job",
    "workerPools": "the worker pool",
    "subscriptions": "the subscription",
    "queues": "the queue",
}
"""Collections whose resources are not called by their names alone."""
