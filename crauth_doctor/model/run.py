"""A Cloud Run service, in the few fields that decide a call."""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from ..deferred import dataclass
from .fact import Unknown


class Ingress(StrEnum):
    """Which network paths a service lets in, in gcloud's words.

    Source: https://docs.cloud.google.com/run/docs/securing/ingress
    """

    ALL = "all"
    INTERNAL = "internal"
    INTERNAL_AND_LB = "internal-and-cloud-load-balancing"
    NONE = "none"


class Egress(StrEnum):
    """Which of a workload's traffic goes through its VPC, in gcloud's words."""

    ALL_TRAFFIC = "all-traffic"
    PRIVATE_RANGES_ONLY = "private-ranges-only"


class IdentityType(StrEnum):
    """What a workload calls as, in gcloud's words.

    Source: https://docs.cloud.google.com/run/docs/ai/authenticate-agents
    """

    SERVICE_ACCOUNT = "service-account"
    AGENT = "agent-identity"


@dataclass(frozen=True)
class CallingIdentity:
    """What a workload calls as, by its settings."""

    kind: IdentityType | None = IdentityType.SERVICE_ACCOUNT  # None where it is one that this version does not know
    # whether an agent's instances hold a certificate, to which client libraries bind its tokens
    has_certificate: bool = True


BY_ACCOUNT: Final = CallingIdentity()
"""What every workload calls as that says nothing of it."""


@dataclass(frozen=True)
class VpcAccess:
    """How a workload is joined to a VPC."""

    # what goes through it (left out means private ranges only); None where it is a value that this version does not
    # know
    egress: Egress | None
    network: str | None = None  # full or short name of the network, where the setting names it (Direct VPC egress)
    subnetwork: str | None = None  # the same for the subnetwork
    # name of the Serverless VPC Access connector, where one is used instead; `-` where it is not shown
    connector: str | None = None


@dataclass(frozen=True)
class Service:
    """A Cloud Run service."""

    name: str  # `projects/P/locations/R/services/S`; the project may be an id or a number
    urls: tuple[str, ...]  # every URL of it, without a trailing slash
    custom_audiences: tuple[str, ...] = ()  # strings accepted as `aud` besides the URLs
    account: str | None = None  # e-mail of the account it runs as, where it is set
    checks_iam: bool = True  # whether the invoker check is on
    default_url_disabled: bool = False  # whether its run.app URLs answer 404 to everybody
    iap_enabled: bool = False  # whether Identity-Aware Proxy stands before it
    tag_urls: tuple[str, ...] = ()  # URLs of traffic tags
    shows_tags: bool = False  # whether these are known to be all of them
    vpc_access: VpcAccess | None = None  # its own egress; None when it has none, and so calls over the internet
    reconciling: bool = False  # whether a change of it is still being carried out
    failing: str | None = None  # why its latest revision does not serve, where it does not
    function: str | None = None  # name of the function that it is the service of (Cloud Run functions), where it is one
    labels: tuple[tuple[str, str], ...] = ()  # its labels, for what they tell of who deployed it
    # HTTP_PROXY, HTTPS_PROXY and NO_PROXY of its containers, in whichever case they are set, without user and password;
    # no other variable
    proxies: tuple[tuple[str, str], ...] = ()
    wanted_ingress: Ingress | None = None  # the ingress asked for, where it differs from the one in force
    updated: str | None = None  # when it was last changed, RFC 3339
    # where it is deployed, of a service of several regions, each of which has a policy of its own
    regions: tuple[str, ...] = ()

    @property
    def made_by_terraform(self) -> bool:
        """Whether it has the label that Google's Terraform provider puts on what it makes.

        Source: https://registry.terraform.io/providers/hashicorp/google/latest/docs/guides/provider_reference
        """
        return ("goog-terraform-provisioned", "true") in self.labels

    @property
    def project(self) -> str:
        """The project's id or number, as the name has it."""
        return self.name.split("/")[1]

    @property
    def region(self) -> str:
        """The location, such as `us-central1`."""
        return self.name.split("/")[3]

    @property
    def id(self) -> str:
        """The short name, such as `orders`."""
        return self.name.rsplit("/", 1)[-1]

    @property
    def full_name(self) -> str:
        """The full resource name, `//run.googleapis.com/projects/…`."""
        return f"//run.googleapis.com/{self.name}"

    @property
    def elsewhere(self) -> tuple[str, ...]:
        """The other regions of a service of several, each of which has a policy of its own.

        Source: https://docs.cloud.google.com/run/docs/multiple-regions
        """
        return tuple(region for region in self.regions if region != self.region)

    @property
    def url(self) -> str:
        """The URL to call and to use as audience: the first run.app one."""
        return next((u for u in self.urls if is_run_app(u)), self.urls[0] if self.urls else "")

    def accepts_audience(self, audience: str) -> bool:
        """Whether the front end takes this `aud`.

        A trailing slash is tolerated on the service's own URLs, and on nothing else.
        Source: https://docs.cloud.google.com/run/docs/configuring/custom-audiences
        """
        if audience in self.custom_audiences:
            return True
        return audience.removesuffix("/") in self.urls


@dataclass(frozen=True)
class Domain:
    """A domain mapping: a host of the user's own that leads to a service.

    Source: https://docs.cloud.google.com/run/docs/mapping-custom-domains
    """

    host: str
    service: str | None  # `projects/P/locations/R/services/S` that it leads to; None where it says none
    ready: bool | None  # whether it serves; None where it is still being set up
    because: tuple[str, ...] = ()  # what is not in order yet, a sentence each


@dataclass(frozen=True)
class Siblings:
    """Other services of the project that the same tool deployed in the same way, by their labels."""

    public: tuple[str, ...] = ()  # short names of those that everybody may call
    unread: tuple[Unknown, ...] = ()  # reads of their policies that failed


@lru_cache(maxsize=1024)
def host_of(url: str) -> str:
    """Return the host of a URL in lower case, without port; empty when it has none."""
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def is_run_app(url: str) -> bool:
    """Whether the URL is one that Cloud Run makes (`….run.app`)."""
    return host_of(url).endswith(".run.app")


def is_made_by_google(url: str) -> bool:
    """Whether the URL is one that Google made for a service or a function, not one of a domain of somebody's own."""
    return host_of(url).endswith((".run.app", ".cloudfunctions.net"))


def attaches_token(host: str) -> bool:
    """Whether a host is an API gateway's, which makes the token that arrives itself, whatever it is called with.

    Source: https://docs.cloud.google.com/endpoints/docs/openapi/openapi-extensions#jwt_audience_disable_auth
    """
    return host.endswith(".gateway.dev")


def is_local(host: str) -> bool:
    """Whether a host is the machine that calls: what listens there passes the call on, or is another program."""
    return host in {"localhost", "127.0.0.1", "0.0.0.0", "::1"}  # noqa: S104 - hosts that were called


def is_custom(host: str) -> bool:
    """Whether a host is none of Google's own: a domain, or a front."""
    return bool(host) and not host.endswith((".run.app", ".cloudfunctions.net", ".googleapis.com"))


def is_mtls(url: str) -> bool:
    """Whether the URL is one at which callers show a certificate, as bound tokens need it (`….mtls.run.app`).

    Source: https://github.com/googleapis/google-cloud-java/blob/main/google-auth-library-java/README.md
    """
    return host_of(url).endswith(".mtls.run.app")
