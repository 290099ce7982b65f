"""What the URL of a service tells of it.

Documentation: https://docs.cloud.google.com/run/docs/triggering/https-request
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import Final, TypeAlias
from urllib.parse import parse_qs, urlsplit

from ..deferred import dataclass, regex

_REGION: Final = r"[a-z]+(?:-[a-z]+)+\d+"
_DETERMINISTIC: Final = regex(rf"(?P<name>[a-z][a-z0-9-]*)-(?P<number>\d+)\.(?P<region>{_REGION})(?:\.mtls)?\.run\.app")
_HASH: Final = regex(r"(?P<name>[a-z][a-z0-9-]*)-(?P<hash>[a-z0-9]+)-(?P<code>[a-z0-9]+)\.a\.run\.app")
_FUNCTION: Final = regex(rf"(?P<region>{_REGION})-(?P<project>[a-z][a-z0-9-]*)\.cloudfunctions\.net")

REGIONS: Final = (
    "africa-south1", "asia-east1", "asia-east2", "asia-northeast1", "asia-northeast2", "asia-northeast3", "asia-south1",
    "asia-south2", "asia-southeast1", "asia-southeast2", "asia-southeast3", "australia-southeast1",
    "australia-southeast2", "europe-central2", "europe-north1", "europe-north2", "europe-southwest1", "europe-west1",
    "europe-west2", "europe-west3", "europe-west4", "europe-west6", "europe-west8", "europe-west9", "europe-west10",
    "europe-west12", "me-central1", "me-central2", "me-west1", "northamerica-northeast1", "northamerica-northeast2",
    "northamerica-south1", "southamerica-east1", "southamerica-west1", "us-central1", "us-east1", "us-east4",
    "us-east5", "us-south1", "us-west1", "us-west2", "us-west3", "us-west4",
)  # fmt: skip
"""Regions of Cloud Run at the end of 2026, for what a misspelt one was meant to be; others may have come since.

Source: https://docs.cloud.google.com/run/docs/locations
"""


@dataclass(frozen=True)
class Deterministic:
    """`https://[TAG---]NAME-PROJECTNUMBER.REGION[.mtls].run.app`: it tells everything."""

    name: str
    number: str
    region: str


@dataclass(frozen=True)
class Hashed:
    """`https://[TAG---]NAME-HASH-CODE.a.run.app`: only the project's services can tell whose it is."""

    name: str


@dataclass(frozen=True)
class OfFunction:
    """`https://REGION-PROJECT.cloudfunctions.net/NAME`."""

    region: str
    project: str
    name: str


@dataclass(frozen=True)
class Custom:
    """Any other host: a domain mapping, a load balancer."""

    host: str


Address: TypeAlias = Deterministic | Hashed | OfFunction | Custom


@lru_cache(maxsize=1024)
def parse_url(url: str) -> Address | None:
    """Read a URL; None where it is none."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not host:
        return None
    function = _FUNCTION.fullmatch(host)
    if function:
        return OfFunction(function["region"], function["project"], parts.path.strip("/").partition("/")[0])
    before, dashes, after = host.partition("---")
    untagged = after if dashes and before else host
    found = _DETERMINISTIC.fullmatch(untagged)
    if found:
        return Deterministic(found["name"], found["number"], found["region"])
    hashed = _HASH.fullmatch(untagged)
    return Hashed(hashed["name"]) if hashed else Custom(host)


def below_function(name: str) -> str:
    """Return the name of the service that a function of this name is deployed as."""
    return name.lower().replace("_", "-")


def names_another(url: str, names: Collection[str]) -> bool:
    """Tell whether a URL of Google's names a service, function or API that is none of these, by their short names."""
    match parse_url(url):
        case Deterministic(name=name) | Hashed(name=name):
            return name not in names
        case OfFunction(name=name) if name:
            return below_function(name) not in names
        case Custom(host=host):
            return host.endswith(".googleapis.com")
        case _:
            return False


def origin_of(url: str) -> str:
    """Scheme and host of a URL, as they stand in a service's `urls`."""
    parts = urlsplit(url)
    return f"https://{(parts.hostname or '').lower()}"


@dataclass(frozen=True)
class NamedService:
    """A service, as people write or copy it."""

    service: str  # its short name, `projects/P/locations/R/services/S`, or a URL
    region: str | None = None  # its region, where that is told beside a short name


_HOST: Final = regex(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?::\d+)?(?:[/?#].*)?")
_CONSOLE: Final = regex(r"/(?:run/detail|functions/details)/(?P<region>[a-z0-9-]+)/(?P<name>[\w-]+)(?:[/;].*)?")
_RESOURCE: Final = regex(r"/v[12]\w*/(?P<name>projects/[^/]+/locations/[^/]+/services/[^/:]+)")


def named_service(text: str) -> NamedService:
    """Read what people paste for a service: a host without its scheme, the console's page, the API's resource.

    Documentation: https://docs.cloud.google.com/run/docs/managing/services (the console's page of a service)
    """
    text = text.strip()
    url = text if "://" in text else f"https://{text}" if _HOST.fullmatch(text) else ""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:
        return NamedService(text)
    page = _CONSOLE.fullmatch(parts.path) if host == "console.cloud.google.com" else None
    if page:
        project = parse_qs(parts.query).get("project", [""])[0]
        name = f"projects/{project}/locations/{page['region']}/services/{page['name']}"
        return NamedService(name) if project else NamedService(page["name"], page["region"])
    resource = _RESOURCE.fullmatch(parts.path) if host.endswith("run.googleapis.com") else None
    return NamedService(resource["name"] if resource else url or text)
