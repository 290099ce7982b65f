"""What the URL of a service tells of it.

Documentation: https://docs.cloud.google.com/run/docs/triggering/https-request
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, TypeAlias
from urllib.parse import urlsplit

_REGION: Final = r"[a-z]+(?:-[a-z]+)+\d+"
_DETERMINISTIC: Final = re.compile(rf"(?P<name>[a-z][a-z0-9-]*)-(?P<number>\d+)\.(?P<region>{_REGION})\.run\.app")
_HASH: Final = re.compile(r"(?P<name>[a-z][a-z0-9-]*)-(?P<hash>[a-z0-9]+)-(?P<code>[a-z0-9]+)\.a\.run\.app")
_FUNCTION: Final = re.compile(rf"(?P<region>{_REGION})-(?P<project>[a-z][a-z0-9-]*)\.cloudfunctions\.net")


@dataclass(frozen=True, slots=True)
class Deterministic:
    """`https://[TAG---]NAME-PROJECTNUMBER.REGION.run.app`: it tells everything."""

    name: str
    number: str
    region: str
    tag: str | None = None


@dataclass(frozen=True, slots=True)
class Hashed:
    """`https://[TAG---]NAME-HASH-CODE.a.run.app`: only the project's services can tell whose it is."""

    name: str
    tag: str | None = None


@dataclass(frozen=True, slots=True)
class OfFunction:
    """`https://REGION-PROJECT.cloudfunctions.net/NAME`."""

    region: str
    project: str
    name: str


@dataclass(frozen=True, slots=True)
class Custom:
    """Any other host: a domain mapping, a load balancer."""

    host: str


Address: TypeAlias = Deterministic | Hashed | OfFunction | Custom


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
    tag, untagged = (before, after) if dashes and before else (None, host)
    found = _DETERMINISTIC.fullmatch(untagged)
    if found:
        return Deterministic(found["name"], found["number"], found["region"], tag)
    hashed = _HASH.fullmatch(untagged)
    return Hashed(hashed["name"], tag) if hashed else Custom(host)


def origin_of(url: str) -> str:
    """Scheme and host of a URL, as they stand in a service's `urls`."""
    parts = urlsplit(url)
    return f"https://{(parts.hostname or '').lower()}"
