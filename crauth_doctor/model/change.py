"""A change that would fix a cause. What it is; `fixes` says how to make it, `apply` makes it."""

from __future__ import annotations

from ..deferred import dataclass
from .iam import INVOKER, SERVICES_INVOKER, Condition
from .run import Egress, Ingress


@dataclass(frozen=True)
class GrantRole:
    """Give one member one role on one resource."""

    resource: str  # full resource name: a service, a project, or a service account
    role: str  # `roles/…`
    member: str  # as IAM writes it
    condition: Condition | None = None
    # whether it opens more than one service to one caller; it always does anywhere else, or by a role that is for more
    # than calling
    widens: bool = False

    def __post_init__(self) -> None:
        is_service = self.resource.startswith("//run.googleapis.com/") and "/services/" in self.resource
        if not is_service or self.role not in {INVOKER, SERVICES_INVOKER}:
            object.__setattr__(self, "widens", True)


@dataclass(frozen=True)
class RevokeRole:
    """Take one member's role on one resource away."""

    resource: str
    role: str
    member: str
    condition: Condition | None = None
    widens: bool = False


@dataclass(frozen=True)
class SetIngress:
    """Change which network paths a service lets in."""

    service: str
    ingress: Ingress
    widens: bool = True


@dataclass(frozen=True)
class AddAudience:
    """Declare a custom audience. It creates a new revision."""

    service: str
    audience: str
    widens: bool = False


@dataclass(frozen=True)
class EnableDefaultUrl:
    """Let the service answer on its run.app URLs again."""

    service: str
    widens: bool = True


@dataclass(frozen=True)
class SetInvokerCheck:
    """Turn the invoker check on or off. Off means that whoever passes ingress is let in."""

    service: str
    on: bool

    @property
    def widens(self) -> bool:
        """Whether more callers are let in by it."""
        return not self.on


@dataclass(frozen=True)
class SetVpcEgress:
    """Send a caller's traffic through its VPC."""

    workload: str  # full resource name of the calling service or job
    egress: Egress
    network: str | None = None  # network to join, where it has none yet
    subnetwork: str | None = None  # subnetwork to join
    # short name of the function that the service is made of, whose next deploy may set it back
    function: str | None = None
    widens: bool = False


@dataclass(frozen=True)
class EnablePrivateAccess:
    """Turn Private Google Access on for a subnetwork."""

    subnetwork: str
    widens: bool = False


@dataclass(frozen=True)
class EnableAccount:
    """Enable a disabled service account."""

    email: str
    widens: bool = True


@dataclass(frozen=True)
class SetRuntimeAccount:
    """Run a workload as another service account, with all that this may do. It creates a new revision."""

    workload: str
    email: str
    widens: bool = True


@dataclass(frozen=True)
class SetSenderAudience:
    """Have a Cloud Scheduler job or a Pub/Sub push subscription ask for tokens with another audience."""

    sender: str  # full resource name of the job or subscription
    audience: str  # what its tokens are to be for
    account: str  # e-mail of the account that they are of, which stays: gcloud wants it again, and an edit keeps to it
    # the URL that it calls, which stays; None where it is not to be repeated, such as one with a query
    target: str | None = None
    widens: bool = False


@dataclass(frozen=True)
class RequestAudience:
    """Ask for tokens with this audience: a change in the caller's own code or settings."""

    audience: str
    caller: str | None = None  # full resource name of the caller, where its setting can be named (a scheduler job …)
    widens: bool = False


@dataclass(frozen=True)
class ShowPolicy:
    """Look at an allow policy."""

    resource: str  # full resource name


@dataclass(frozen=True)
class ShowUrl:
    """Look at the URL of a service."""

    service: str  # full resource name


@dataclass(frozen=True)
class ShowMapping:
    """Look at the conditions and DNS records of a domain mapping."""

    host: str
    service: str  # full resource name of a service of the mapping's project and region


@dataclass(frozen=True)
class ShowProvider:
    """Look at the attribute mapping and condition of a provider of a workload identity pool."""

    provider: str  # relative resource name


@dataclass(frozen=True)
class ListServices:
    """List what there is in the project of a service."""

    service: str  # its full resource name


@dataclass(frozen=True)
class SignInAs:
    """Make one's Application Default Credentials those of a service account, and name their file.

    Python's `fetch_id_token` reads the file that the variable `GOOGLE_APPLICATION_CREDENTIALS` names, and passes over
    the one that gcloud writes.

    Source: https://googleapis.dev/python/google-auth/latest/reference/google.oauth2.id_token.html
    """

    account: str  # its e-mail
    names_file: bool = True  # whether the file has to be named, for it is not found otherwise


@dataclass(frozen=True)
class PrintToken:
    """Have gcloud print an ID token of a service account."""

    account: str
    audience: str


@dataclass(frozen=True)
class CreateAgent:
    """Create the service agent of an API."""

    api: str  # host of the API
    resource: str  # full name of a resource of the project


@dataclass(frozen=True)
class DisableIap:
    """Switch Identity-Aware Proxy off for a service, or for the backend service of a load balancer."""

    service: str


@dataclass(frozen=True)
class ListDenyPolicies:
    """Look at the deny policies that are attached to something."""

    resource: str  # full resource name of a project, a folder or an organization


@dataclass(frozen=True)
class SendAccessToken:
    """Have a Cloud Scheduler job send an access token in place of its ID token."""

    sender: str  # full resource name of the job
    account: str  # e-mail of the account that the token is of


@dataclass(frozen=True)
class Advise:
    """Something that a person must do or decide; this tool does not do it."""

    slug: str  # what kind of advice it is, stable for machines
    text: str = ""  # one or two sentences; empty where the first of the commands says it all
    commands: tuple[Applicable | Command, ...] = ()
    widens: bool = False  # whether it lets more callers in
    costs: str = ""  # what it opens or costs, in a sentence


Applicable = (
    GrantRole
    | RevokeRole
    | SetIngress
    | AddAudience
    | EnableDefaultUrl
    | SetInvokerCheck
    | SetVpcEgress
    | EnablePrivateAccess
    | EnableAccount
    | SetRuntimeAccount
    | SetSenderAudience
)
"""What `apply` may carry out. A change that is not here has no code that could run it."""

Command = (
    ShowPolicy
    | ShowUrl
    | ShowMapping
    | ShowProvider
    | ListServices
    | SignInAs
    | PrintToken
    | CreateAgent
    | DisableIap
    | SendAccessToken
    | ListDenyPolicies
)
"""What advice may tell a person to run, besides a change."""

Change = Applicable | RequestAudience | Advise

SERVICE = "//run.googleapis.com/projects/PROJECT/locations/REGION/services/SERVICE"
"""The callee, where its name is not known; what is known of it is put in its place."""
IAP_RESOURCE = "//iap.googleapis.com/projects/PROJECT/iap_web/cloud_run-REGION/services/SERVICE"
"""The same for its resource of Identity-Aware Proxy."""
ACCOUNT = "ACCOUNT@PROJECT.iam.gserviceaccount.com"
"""A service account, where it is not known."""
MEMBER = "MEMBER"
"""The caller, where it is not known."""
OPERATOR = "user:E-MAIL"
"""Whoever runs a command or deploys something, where that is not known."""
AUDIENCE = "AUDIENCE"
"""The audience to ask for, where it is not known."""


def account_resource(email: str) -> str:
    """Return the full resource name of a service account."""
    return f"//iam.googleapis.com/projects/-/serviceAccounts/{email}"
