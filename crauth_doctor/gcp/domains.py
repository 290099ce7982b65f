"""Domain mappings, which only version 1 of Cloud Run's API has, on the region's own host.

Documentation: https://docs.cloud.google.com/run/docs/reference/rest/v1/namespaces.domainmappings
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from ..model.fact import Fact
from ..model.run import Domain
from .google import Google
from .rest import Json, Row, get

READ: Final = "run.domainmappings.get"

MAPPING: Final = Row(
    READ,
    "run:v1:namespaces.domainmappings.get",
    "run.googleapis.com",
    "GET",
    "/apis/domains.cloudrun.com/v1/namespaces/{project}/domainmappings/{domain}",
)


def mapping(google: Google, project: str, region: str, host: str) -> Fact[Domain]:
    """Read the mapping of a host in one region; absent where there is none there."""
    row = replace(MAPPING, host=f"{region}-{MAPPING.host}")
    target = f"//run.googleapis.com/projects/{project}/locations/{region}/domainmappings/{host}"

    def parse(found: Json) -> Domain:
        return _domain(found, host, f"projects/{project}/locations/{region}/services/")

    return get(google, row, target, parse, project=project, domain=host)


def _domain(found: Json, host: str, prefix: str) -> Domain:
    status: Any = found.get("status") or {}
    spec: Any = found.get("spec") or {}
    conditions = {str(one.get("type")): one for one in status.get("conditions", ())}
    ready = conditions.get("Ready", {})
    route = status.get("mappedRouteName") or spec.get("routeName")
    return Domain(
        host=host,
        service=f"{prefix}{route}" if route else None,
        ready={"True": True, "False": False}.get(str(ready.get("status"))),
        because=tuple(_reasons(conditions)),
        records=tuple(str(one["rrdata"]) for one in status.get("resourceRecords", ()) if one.get("rrdata")),
    )


def _reasons(conditions: dict[str, Any]) -> Iterator[str]:
    for kind, one in conditions.items():
        if str(one.get("status")) != "True":
            said = str(one.get("message") or one.get("reason") or "not said why")
            yield f"{kind}: {said}"
