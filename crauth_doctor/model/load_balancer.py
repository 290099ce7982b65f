"""An Application Load Balancer before a service, in what decides one call.

Source: https://docs.cloud.google.com/load-balancing/docs/https/setup-global-ext-https-serverless
"""

from __future__ import annotations

from ..deferred import dataclass
from .fact import Fact


@dataclass(frozen=True)
class ServerlessGroup:
    """A serverless network endpoint group, and where it sends this call.

    Args:
        name: `projects/P/regions/R/networkEndpointGroups/N`.
        service: `projects/P/locations/R/services/S`; None where its URL mask takes no service from the URL, or it
            leads to a function.
        function: `projects/P/locations/R/functions/F`, where it leads to one.
        mask: its URL mask, where it has one.
    """

    name: str
    service: str | None
    function: str | None = None
    mask: str = ""


@dataclass(frozen=True)
class SecurityRule:
    """A rule of a Cloud Armor policy that is in force.

    Args:
        priority: the lowest is looked at first.
        action: `allow`, `deny(403)` ….
        everybody: whether it matches every address.
        expression: its CEL expression, where it has one instead of addresses.
    """

    priority: int
    action: str
    everybody: bool
    expression: str = ""


@dataclass(frozen=True)
class SecurityPolicy:
    """A Cloud Armor policy, its rules in the order in which they are looked at.

    Source: https://docs.cloud.google.com/armor/docs/security-policy-overview
    """

    name: str
    rules: tuple[SecurityRule, ...]


@dataclass(frozen=True)
class Certificate:
    """The certificate for a host.

    Args:
        name: `projects/P/global/sslCertificates/C`.
        ready: whether it can be used; None where that is not told.
        because: what is not in order, in a clause.
    """

    name: str
    ready: bool | None
    because: str = ""


@dataclass(frozen=True)
class Frontend:
    """Where a load balancer takes calls.

    Args:
        rules: the names of its forwarding rules.
        networks: `projects/P/global/networks/N` that it has an address in, where it is internal.
        certificate: the one for the host; absent where plain http is called; unknown where Certificate Manager has it.
    """

    rules: tuple[str, ...]
    networks: frozenset[str]
    certificate: Fact[Certificate]


@dataclass(frozen=True)
class LoadBalancer:
    """What a load balancer does with one call.

    Args:
        url_map: `projects/P/global/urlMaps/M`.
        backend: `projects/P/global/backendServices/B` that the URL map chooses; empty where it chooses none.
        groups: the serverless groups of that backend.
        elsewhere: what gets the call where it is nothing of Cloud Run's: a bucket, a redirect; else empty.
        frontend: where it takes calls; absent where no forwarding rule leads to it.
        security: the policy of the backend; absent where it has none.
        exists: whether the service exists that all groups lead to; absent where that is the callee.
        internal: whether its address is one of a VPC network, and not of the internet.
        iap: whether Identity-Aware Proxy is switched on for the backend.
        iap_client: the OAuth client that IAP takes tokens for, where one is set.
    """

    host: str
    url_map: str
    backend: str
    groups: tuple[ServerlessGroup, ...]
    elsewhere: str
    frontend: Fact[Frontend]
    security: Fact[SecurityPolicy]
    exists: Fact[bool]
    internal: bool = False
    iap: bool = False
    iap_client: str = ""

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
