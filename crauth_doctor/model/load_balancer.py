"""An Application Load Balancer before a service, in what decides one call.

Source: https://docs.cloud.google.com/load-balancing/docs/https/setup-global-ext-https-serverless
"""

from __future__ import annotations

from ..deferred import dataclass
from .fact import Fact


@dataclass(frozen=True)
class ServerlessGroup:
    """A serverless network endpoint group, and where it sends this call."""

    name: str  # `projects/P/regions/R/networkEndpointGroups/N`
    # `projects/P/locations/R/services/S`; None where its URL mask takes no service from the URL, or it leads to a
    # function
    service: str | None
    function: str | None = None  # `projects/P/locations/R/functions/F`, where it leads to one
    mask: str = ""  # its URL mask, where it has one


@dataclass(frozen=True)
class SecurityRule:
    """A rule of a Cloud Armor policy that is in force."""

    priority: int  # the lowest is looked at first
    action: str  # `allow`, `deny(403)` …
    everybody: bool  # whether it matches every address
    expression: str = ""  # its CEL expression, where it has one instead of addresses


@dataclass(frozen=True)
class SecurityPolicy:
    """A Cloud Armor policy, its rules in the order in which they are looked at.

    Source: https://docs.cloud.google.com/armor/docs/security-policy-overview
    """

    name: str
    rules: tuple[SecurityRule, ...]


@dataclass(frozen=True)
class Certificate:
    """The certificate for a host."""

    name: str  # `projects/P/global/sslCertificates/C`
    ready: bool | None  # whether it can be used; None where that is not told
    because: str = ""  # what is not in order, in a clause


@dataclass(frozen=True)
class Frontend:
    """Where a load balancer takes calls."""

    networks: frozenset[str]  # `projects/P/global/networks/N` that it has an address in, where it is internal
    # the one for the host; absent where plain http is called; unknown where Certificate Manager has it
    certificate: Fact[Certificate]


@dataclass(frozen=True)
class LoadBalancer:
    """What a load balancer does with one call."""

    host: str
    url_map: str  # `projects/P/global/urlMaps/M`
    backend: str  # `projects/P/global/backendServices/B` that the URL map chooses; empty where it chooses none
    groups: tuple[ServerlessGroup, ...]  # the serverless groups of that backend
    elsewhere: str  # what gets the call where it is nothing of Cloud Run's: a bucket, a redirect; else empty
    frontend: Fact[Frontend]  # where it takes calls; absent where no forwarding rule leads to it
    security: Fact[SecurityPolicy]  # the policy of the backend; absent where it has none
    exists: Fact[bool]  # whether the service exists that all groups lead to; absent where that is the callee
    internal: bool = False  # whether its address is one of a VPC network, and not of the internet
    iap: bool = False  # whether Identity-Aware Proxy is switched on for the backend
    iap_client: str = ""  # the OAuth client that IAP takes tokens for, where one is set

    @property
    def id(self) -> str:
        """The short name of its URL map, which is what the console calls the load balancer."""
        return self.url_map.rsplit("/", 1)[-1]

    @property
    def iap_resource(self) -> str:
        """Full resource name of what Identity-Aware Proxy protects, if it does.

        Source: https://docs.cloud.google.com/iap/docs/reference/rest/v1/v1/getIamPolicy
        """
        _, project, *scope, _, short = self.backend.split("/")
        web = f"compute-{scope[1]}" if scope[0] == "regions" else "compute"
        return f"//iap.googleapis.com/projects/{project}/iap_web/{web}/services/{short}"

    @property
    def service(self) -> str | None:
        """The one service that it sends the call to; None where it is none, or several."""
        found = {group.service for group in self.groups}
        return next(iter(found)) if len(found) == 1 else None
