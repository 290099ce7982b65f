"""A setting that was exported from Google Cloud or stands in a file, in the fields that decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from ..deferred import dataclass
from .holder import Holders
from .iam import Policy
from .run import Ingress, Service


class ExportKind(StrEnum):
    """What was exported."""

    SERVICE = "service"
    JOB = "job"
    FUNCTION = "function"
    FUNCTION_GEN1 = "function-gen1"
    POLICY = "policy"
    SCHEDULER_JOB = "scheduler-job"
    TASK = "task"
    QUEUE = "queue"
    SUBSCRIPTION = "subscription"
    TRIGGER = "trigger"
    WORKFLOW = "workflow"
    DOMAIN_MAPPING = "domain-mapping"
    BACKEND_SERVICE = "backend-service"
    ORG_POLICY = "org-policy"
    SERVICE_ACCOUNT = "service-account"
    KUBERNETES_ACCOUNT = "kubernetes-account"
    CREDENTIALS = "credentials"
    PROVIDER = "workload-identity-provider"
    DENY_POLICY = "deny-policy"
    TROUBLESHOOTER = "policy-troubleshooter"
    SUBNETWORK = "subnetwork"
    DNS_ZONE = "dns-zone"
    RESOURCE = "resource"
    """Something else that tells its full name."""
    OPERATION = "operation"
    """Something of an API that succeeded: it proves that a call of the Admin API was let in."""
    OTHER = "other"


class TokenType(StrEnum):
    """What kind of token a sender is set up to attach."""

    OIDC = "oidc"
    OAUTH = "oauth"
    NONE = "none"
    """The setting was read, and attaches nothing."""


@dataclass(frozen=True)
class TokenSetting:
    """The token that a job, task, subscription or trigger attaches."""

    type: TokenType
    account: str | None = None  # e-mail of the account that it is minted for
    # the audience set; None leaves it to the product's default, and it is empty where something is set whose value is
    # not shown
    audience: str | None = None


@dataclass(frozen=True)
class Export:
    """One exported resource."""

    kind: ExportKind
    lines: tuple[int, int]  # where it stands, first and last, counted from one
    name: str | None = None  # its resource name, or the short one where the export has no more
    service: Service | None = None  # the service, where it is one
    ingress: Ingress | None = None  # the ingress in force, where it is a service
    # the policy, where it is one; without bindings it is an empty policy, which is read, not unknown
    policy: Policy | None = None
    target: str | None = None  # the URL that it calls or routes to
    auth: TokenSetting | None = None  # the token that it attaches; None where its kind has none
    # other deciding settings as strings, by a stable name
    fields: Mapping[str, str] = field(default_factory=dict)
    # the gcloud command group that printed it, where the paste shows it (`run services get-iam-policy`)
    command: str = ""
    partial: bool = False  # whether the paste shows only a part of it, so that what is not there is unknown
    wanted: bool = False  # whether it says what was asked for and not what is: Terraform's source and plans, a manifest


class SettingsWarning(StrEnum):
    """What whoever looks after a service should know of its settings."""

    OPEN_WITHOUT_BINDING = "open-without-binding"
    """Its invoker check is off: it is public, and no binding says so."""
    ALL_USERS = "all-users"
    ALL_AUTHENTICATED_USERS = "all-authenticated-users"
    NOBODY = "nobody"
    DELETED_MEMBER = "deleted-member"
    INGRESS_PENDING = "ingress-pending"
    """The ingress that was asked for is not the one in force."""
    DEFAULT_URL_DISABLED = "default-url-disabled"
    ONLY_WANTED = "only-wanted"
    """Terraform's source or a manifest says so: what is deployed may differ."""
    SHOWN_IN_PART = "shown-in-part"
    POLICY_NOT_SHOWN = "policy-not-shown"
    POLICY_IN_PART = "policy-in-part"


@dataclass(frozen=True)
class ServiceSettings:
    """What the settings of one service say."""

    access: Holders  # who may call it, its ingress, and what could not be seen
    urls: tuple[str, ...]
    audiences: tuple[str, ...]  # what it accepts as `aud`, the one to ask for first; empty where that is not shown
    tag_urls: tuple[str, ...]  # URLs of its traffic tags, which are called and are no audiences
    checks_iam: bool | None  # whether its invoker check is on; None where that is not shown
    iap: bool | None  # whether Identity-Aware Proxy stands before it; None where that is not shown
    warnings: tuple[SettingsWarning, ...]  # what to know of it
    command: str  # the command that shows what is missing, or looks at the service itself
