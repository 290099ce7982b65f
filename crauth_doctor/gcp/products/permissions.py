"""What the operator may do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ...google_json.json_access import Json
from ...model.fact import Fact, Obstacle, Source, Unknown
from .. import methods, rest
from ..door import Door
from ..methods import Carrier

BINDING: Final = methods.CARRIERS["run.googleapis.com", "services"].set.read
"""To give or take a role on a service."""


def carrier(resource: str) -> Carrier | None:
    """How the allow policy of a full resource name is read and written; None for a kind that this tool never writes."""
    host, _, path = resource.removeprefix("//").partition("/")
    words = path.split("/")
    return methods.CARRIERS.get((host, words[-2])) if len(words) > 1 and resource.startswith("//") else None


def held(google: Door, resource: str, permissions: Iterable[str]) -> Fact[frozenset[str]]:
    """Tell which of these permissions the operator has on a resource. No role is needed to ask.

    Documentation: https://docs.cloud.google.com/iam/docs/testing-permissions
    """
    how = carrier(resource)
    if how is None:
        return Unknown(Source("nothing", resource), Obstacle.NOT_ASKED, "no policy of such a resource is handled")

    def parse(found: Json) -> frozenset[str]:
        return frozenset(map(str, found.get("permissions", ())))

    name = resource.removeprefix("//").partition("/")[2]
    return rest.get(google, how.test, resource, parse, body={"permissions": sorted(permissions)}, name=name)
