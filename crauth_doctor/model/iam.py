"""Who may do what: principals, bindings, allow and deny policies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from functools import lru_cache
from typing import Final

from ..deferred import dataclass, regex
from .fact import Fact, Obstacle, Source, Unknown

INVOKE = "run.routes.invoke"
"""The permission that Cloud Run's front end asks for.

Source: https://docs.cloud.google.com/run/docs/reference/iam/permissions
"""

INVOKER = "roles/run.invoker"
SERVICES_INVOKER = "roles/run.servicesInvoker"
EVERYBODY = ("allUsers", "allAuthenticatedUsers")

_POOL = regex(
    r"principal(?:Set)?://iam\.googleapis\.com/(?:projects/[^/]+/)?locations/global/"
    r"(?:workforcePools|workloadIdentityPools)/."
)
_OF_KUBERNETES = regex(r"serviceAccount:[^\[\]]+\.svc\.id\.goog\[[^\[\]]+\]")


def short_member(member: str) -> str:
    """Return a member as people say it: the e-mail address, where it has one."""
    kind, _, rest = member.partition(":")
    return rest if kind in {"user", "serviceAccount", "group"} else member


@dataclass(frozen=True)
class Principal:
    """Who a call is made as, as IAM writes it in a policy."""

    member: str  # `serviceAccount:E-MAIL`, `user:E-MAIL`, `group:…`, `principal://…`, `principalSet://…`

    @classmethod
    def of_email(cls, email: str) -> Principal:
        """Return the member of an e-mail address: a service account by its domain, else a user."""
        return cls(f"{'serviceAccount' if email.lower().endswith('.gserviceaccount.com') else 'user'}:{email}")

    @property
    def kind(self) -> str:
        """What stands before the colon: `user`, `serviceAccount`, `principal` …."""
        return self.member.partition(":")[0]

    @property
    def email(self) -> str | None:
        """The e-mail address, for the kinds that have one."""
        kind, _, rest = self.member.partition(":")
        return rest.lower() if kind in {"user", "serviceAccount", "group"} else None

    @property
    def is_service_account(self) -> bool:
        """Whether it is a service account."""
        return self.kind == "serviceAccount"

    @property
    def is_federated(self) -> bool:
        """Whether it is of a workforce or workload identity pool, which Cloud Run does not take.

        An agent's own identity (`principal://agents.…`) is none of these.

        Source: https://docs.cloud.google.com/iam/docs/federated-identity-supported-services
        """
        return _is_of_pool(self.member)


@lru_cache(maxsize=4096)
def _is_of_pool(member: str) -> bool:
    return bool(_POOL.match(member) or _OF_KUBERNETES.fullmatch(member))


@dataclass(frozen=True)
class Account:
    """A service account that exists."""

    email: str
    disabled: bool = False  # whether it is disabled; such an account gets no token


@dataclass(frozen=True)
class Condition:
    """A condition on a binding, in CEL."""

    expression: str  # in CEL
    title: str = ""
    description: str = ""  # what it is for; gcloud finds a binding only by all three


@dataclass(frozen=True)
class Binding:
    """A role given to members."""

    role: str
    members: frozenset[str]
    condition: Condition | None = None


@dataclass(frozen=True)
class Policy:
    """An allow policy, read with version 3."""

    bindings: tuple[Binding, ...]
    etag: str = ""  # to be sent back with a write


@dataclass(frozen=True)
class PolicyAt:
    """An allow policy, and the resource that it stands on."""

    resource: str  # full resource name, `//run.googleapis.com/…` or `//cloudresourcemanager.googleapis.com/…`
    policy: Fact[Policy]  # the policy, absent when the resource has none, or why it could not be read


@dataclass(frozen=True)
class Role:
    """What a role contains, of the permissions that decide here."""

    permissions: frozenset[str]
    disabled: bool = False  # whether it is disabled or deleted, and so gives nothing


@dataclass(frozen=True)
class Tag:
    """A tag that is in effect on a resource, its own or one that it inherits.

    Source: https://docs.cloud.google.com/resource-manager/reference/rest/v3/effectiveTags/list
    """

    key: str  # namespaced name of its key, such as `123456789012/env`
    key_id: str  # `tagKeys/281475012345678`
    value: str  # short name of its value, such as `prod`
    value_id: str  # `tagValues/281475012345679`


TAGS_NOT_ASKED: Final = Unknown(Source("given", "no condition asks for tags"), Obstacle.NOT_ASKED)


@dataclass(frozen=True)
class AllowPolicies:
    """Every allow policy that can let a caller in, from the service up to the organization."""

    chain: tuple[PolicyAt, ...]  # the service's own first, then its ancestors', nearest first
    above: Fact[bool]  # whether the chain is whole; unknown when the ancestors could not be listed
    # what each role that is bound in the chain contains, by its name
    roles: Mapping[str, Fact[Role]] = field(default_factory=dict)
    number: str = ""  # the number of the project in the chain; empty where it is not known
    tags: Fact[tuple[Tag, ...]] = TAGS_NOT_ASKED  # those in effect on the resource, where a condition asks for them


@dataclass(frozen=True)
class ElsewherePolicy:
    """An allow policy of a resource that is not the callee but could be taken for it."""

    resource: str  # full resource name
    what: str  # what it is to the reader: `the service of the same name in europe-west1`, `the function`, `the account`
    policy: Policy


@dataclass(frozen=True)
class DenyRule:
    """One rule of a deny policy."""

    policy: str  # the policy's display name, or its id
    attached_to: str  # full resource name of where it stands
    # denied principals, in IAM v2's form (`principal://iam.googleapis.com/…/serviceAccounts/E`)
    principals: frozenset[str]
    exceptions: frozenset[str] = frozenset()  # principals left out
    permissions: frozenset[str] = frozenset()  # denied permissions, such as `run.googleapis.com/routes.invoke`
    permission_exceptions: frozenset[str] = frozenset()  # permissions left out
    condition: Condition | None = None  # the rule holds only where this is true


@dataclass(frozen=True)
class Denials:
    """The deny rules of a project and of everything that it stands in."""

    rules: tuple[DenyRule, ...] = ()  # those that were read, and can forbid to invoke
    # reads that failed: a rule may stand there too, so that nothing is forbidden is known only without any
    unread: tuple[Unknown, ...] = ()


@dataclass(frozen=True)
class Troubleshot:
    """What Policy Troubleshooter says of whether a principal may invoke a service.

    Source: https://docs.cloud.google.com/policy-intelligence/docs/reference/policytroubleshooter/rest/v3/iam/troubleshoot
    """

    is_allowed: bool | None  # whether the allow policies let it in; None where that is left open
    is_denied: bool | None = None  # whether a deny policy forbids it; None where that is left open


@dataclass(frozen=True)
class Constraints:
    """Effective organization policies that decide who may be let in.

    Source: https://docs.cloud.google.com/organization-policy/reference/org-policy-constraints
    """

    restricts_members: bool = False  # whether domain restricted sharing holds, which refuses `allUsers`
    requires_invoker_check: bool = False  # whether the invoker check may not be switched off
