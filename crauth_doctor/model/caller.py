"""The caller: what it is, and where in the network it calls from."""

from __future__ import annotations

import ipaddress
from enum import StrEnum
from typing import Final

from ..deferred import dataclass
from .exported import TokenSetting
from .fact import Unknown
from .run import Egress

_PRIVATE_RANGES: Final = tuple(
    ipaddress.ip_network(n) for n in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fd00::/8")
)
"""RFC 1918, RFC 6598 and local IPv6 addresses, such as a Private Service Connect endpoint's."""


def is_private(address: str) -> bool:
    """Whether an address is one of a private network."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(ip in network for network in _PRIVATE_RANGES)


class CallerKind(StrEnum):
    """What kind of thing makes the call."""

    SERVICE_ACCOUNT = "service-account"
    PRINCIPAL = "principal"
    OPERATOR = "me"
    CLOUD_RUN_SERVICE = "cloud-run-service"
    CLOUD_RUN_JOB = "cloud-run-job"
    WORKER_POOL = "worker-pool"
    FUNCTION = "function"
    SCHEDULER = "scheduler"
    TASKS = "tasks"
    PUBSUB = "pubsub"
    EVENTARC = "eventarc"
    WORKFLOW = "workflow"
    COMPUTE_ENGINE = "compute-engine"
    GKE = "gke"
    APP_ENGINE = "app-engine"
    API_GATEWAY = "api-gateway"
    BIGQUERY = "bigquery"
    UPTIME_CHECK = "uptime-check"
    AGENT_ENGINE = "agent-engine"
    CLOUD_BUILD = "cloud-build"
    FEDERATION = "federation"
    BROWSER = "browser"
    APP = "app"
    WEBHOOK = "webhook"
    LAPTOP = "laptop"


@dataclass(frozen=True)
class Caller:
    """Who calls, as the user named it."""

    asked: str  # the user's own words, such as `run/frontend`
    kind: CallerKind
    resource: str | None = None  # full resource name, where it is a resource
    # e-mail of the service account through which it mints its tokens, where it has to impersonate one
    impersonates: str | None = None
    # whether it holds a certificate of its own as an agent, to which client libraries bind tokens
    has_certificate: bool = False


class Place(StrEnum):
    """Where a call enters Google's network from."""

    HERE = "here"
    """Where this tool runs; which network that is, only the test call can tell."""
    INTERNET = "internet"
    VPC = "vpc"
    GOOGLE = "google"
    """A Google service that counts as internal when its project and the URL are right (Scheduler, Pub/Sub …)."""


@dataclass(frozen=True)
class Origin:
    """The caller's place in the network, as far as its own settings tell."""

    place: Place
    project: str | None = None  # the project of the caller's resource or network
    egress: Egress | None = None  # which of its traffic enters the VPC; None when it has no VPC egress
    network: str | None = None  # the VPC network, as a name with its project
    subnetwork: str | None = None  # the subnetwork that its traffic leaves from
    assumed: str = ""  # whether this is a guess (an e-mail address has no place), and what it rests on


@dataclass(frozen=True)
class Subnetwork:
    """A subnetwork of the caller's."""

    name: str
    private_google_access: bool


@dataclass(frozen=True)
class PrivateZone:
    """A private DNS zone for `run.app` that the caller's network sees."""

    dns_name: str  # `run.app.` or a name below it
    addresses: tuple[str, ...]  # where `*.run.app` of it leads, IPv4 and IPv6
    wildcard: bool  # whether it has a record for `*.run.app.`, or for the callee's own host
    # private addresses known to be Private Service Connect endpoints for Google APIs in that network, which serve
    # run.app as Google's own ranges do; None where they could not be read, or where no address of the zone is private,
    # so that they were not asked for. Documentation:
    # https://docs.cloud.google.com/vpc/docs/about-accessing-google-apis-endpoints
    endpoints: tuple[str, ...] | None = None
    # reads that failed on the way, and that would tell which private addresses are endpoints
    unread: tuple[Unknown, ...] = ()


@dataclass(frozen=True)
class Sending:
    """How a product of Google sends the call for its user: a scheduler job, a task, a subscription, a trigger …."""

    product: str  # what sends it, as people call it: `Cloud Scheduler`
    target: str | None = None  # the URL that is set
    auth: TokenSetting | None = None  # the token that is set; None where it could not be told
    # the member that mints the token, `serviceAccount:service-NUMBER@gcp-sa-….iam.gserviceaccount.com`; None where the
    # workload mints its own
    agent: str | None = None
    project: str | None = None  # the project that the resource belongs to
    assuming: str = ""  # what its token setting takes for granted


@dataclass(frozen=True)
class Federation:
    """How the caller's foreign tokens become an account's: workload identity federation."""

    # what keeps the identity from impersonating an account, a sentence each; empty where nothing was seen
    misfit: tuple[str, ...] = ()
    assuming: str = ""  # what that takes for granted
    account: str | None = None  # e-mail of the one account that trusts others of the pool; None where none or several
    refuses: bool = False  # whether the provider itself takes no token of the identity


@dataclass(frozen=True)
class Attempt:
    """A call that a product of Google made for its user, as the product tells it."""

    at: str | None = None  # when, RFC 3339; None where it is not told
    http_status: int | None = None  # the HTTP status that was answered; None where none came, or none is told
    # the code of google.rpc.Code that the product made of it, 0 for success; None where it is not told. Source:
    # https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto
    code: int | None = None
