"""A change that would fix a cause. What it is; `fixes` says how to make it, `apply` makes it."""

from __future__ import annotations

from dataclasses import dataclass

from .iam import INVOKER, SERVICES_INVOKER, Condition
from .run import Egress, Ingress


@dataclass(frozen=True, slots=True)
class GrantRole:
    """Give one member one role on one resource.

    Args:
        resource: full resource name: a service, a project, or a service account.
        role: `roles/…`.
        member: as IAM writes it.
        condition: under which it holds.
        widens: whether it opens more than one service to one caller; it always does anywhere else, or by a role that
            is for more than calling.
    """

    resource: str
    role: str
    member: str
    condition: Condition | None = None
    widens: bool = False

    def __post_init__(self) -> None:
        is_service = self.resource.startswith("//run.googleapis.com/") and "/services/" in self.resource
        if not is_service or self.role not in {INVOKER, SERVICES_INVOKER}:
            object.__setattr__(self, "widens", True)


@dataclass(frozen=True, slots=True)
class RevokeRole:
    """Take one member's role on one resource away."""

    resource: str
    role: str
    member: str
    condition: Condition | None = None
    widens: bool = False


@dataclass(frozen=True, slots=True)
class SetIngress:
    """Change which network paths a service lets in."""

    service: str
    ingress: Ingress
    widens: bool = True


@dataclass(frozen=True, slots=True)
class AddAudience:
    """Declare a custom audience. It makes a new revision."""

    service: str
    audience: str
    widens: bool = False


@dataclass(frozen=True, slots=True)
class EnableDefaultUrl:
    """Let the service answer on its run.app URLs again."""

    service: str
    widens: bool = True


@dataclass(frozen=True, slots=True)
class SetInvokerCheck:
    """Turn the invoker check on or off. Off means that whoever passes ingress is let in."""

    service: str
    on: bool

    @property
    def widens(self) -> bool:
        """Whether more callers are let in by it."""
        return not self.on


@dataclass(frozen=True, slots=True)
class SetVpcEgress:
    """Send a caller's traffic through its VPC.

    Args:
        workload: full resource name of the calling service or job.
        egress: which traffic.
        network: network to join, where it has none yet.
        subnetwork: subnetwork to join.
    """

    workload: str
    egress: Egress
    network: str | None = None
    subnetwork: str | None = None
    widens: bool = False


@dataclass(frozen=True, slots=True)
class EnablePrivateAccess:
    """Turn Private Google Access on for a subnetwork."""

    subnetwork: str
    widens: bool = False


@dataclass(frozen=True, slots=True)
class EnableAccount:
    """Enable a disabled service account."""

    email: str
    widens: bool = True


@dataclass(frozen=True, slots=True)
class SetRuntimeAccount:
    """Run a workload as another service account, with all that this may do. It makes a new revision."""

    workload: str
    email: str
    widens: bool = True


@dataclass(frozen=True, slots=True)
class SetSenderAudience:
    """Have a Cloud Scheduler job or a Pub/Sub push subscription ask for tokens with another audience.

    Args:
        sender: full resource name of the job or subscription.
        audience: what its tokens are to be for.
        account: e-mail of the account that they are of, which stays: gcloud wants it again, and an edit keeps to it.
        target: the URL that it calls, which stays; None where it is not to be repeated, such as one with a query.
    """

    sender: str
    audience: str
    account: str
    target: str | None = None
    widens: bool = False


@dataclass(frozen=True, slots=True)
class RequestAudience:
    """Ask for tokens with this audience: a change in the caller's own code or settings.

    Args:
        audience: what to ask for.
        caller: full resource name of the caller, where its setting can be named (a scheduler job …).
    """

    audience: str
    caller: str | None = None
    widens: bool = False


@dataclass(frozen=True, slots=True)
class Advise:
    """Something that a person must do or decide; no command does it.

    Args:
        slug: what kind of advice it is, stable for machines.
        text: one or two sentences.
        commands: command lines that help with it, complete and safe to copy.
        widens: whether it lets more callers in.
    """

    slug: str
    text: str
    commands: tuple[str, ...] = ()
    widens: bool = False


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

Change = Applicable | RequestAudience | Advise
