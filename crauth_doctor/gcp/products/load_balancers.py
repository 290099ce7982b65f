"""Load balancers: what they are made of, in a whole project; and Cloud Armor policies."""

from __future__ import annotations

from typing import Final

from ...google_json import load_balancers
from ...google_json.json_access import Json
from ...model.fact import Fact, Source, Unknown
from ...model.load_balancer import SecurityPolicy
from .. import methods, rest
from ..door import Door

KINDS: Final = ("urlMaps", "backendServices", "networkEndpointGroups", "forwardingRules", "sslCertificates")
"""What is listed for every call; target proxies are those of its scheme."""


def source_of(project: str, kind: str) -> Source:
    """Return the read of a kind's list."""
    return Source(methods.LOAD_BALANCING[kind].read, f"//compute.googleapis.com/projects/{project}")


def every(google: Door, project: str, kind: str) -> Fact[tuple[Json, ...]]:
    """List what there is of a kind in a project, in every region and globally, as Google's JSON."""
    target = source_of(project, kind).target
    return rest.list_all(google, methods.LOAD_BALANCING[kind], target, tuple, project=project)


def left_out(google: Door, project: str, kind: str) -> Unknown | None:
    """Return that the list of a kind leaves some out; None where it was read whole."""
    return rest.left_out(google, methods.LOAD_BALANCING[kind], source_of(project, kind).target)


def security_policy(google: Door, name: str) -> Fact[SecurityPolicy]:
    """Read a Cloud Armor policy that a backend names, by `projects/P/{global|regions/R}/securityPolicies/S`."""
    row = methods.REGION_SECURITY_POLICY if "/regions/" in name else methods.SECURITY_POLICY
    return rest.named(google, row, name, lambda found: load_balancers.security_policy(found, name), there=True)
