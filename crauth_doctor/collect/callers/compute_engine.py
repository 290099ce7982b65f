"""A virtual machine that calls: as its attached account, from its network.

Documentation: https://docs.cloud.google.com/compute/docs/access/service-accounts
"""

from __future__ import annotations

from typing import Final

from ...gcp import methods
from ...gcp.products import projects, workloads
from ...google_json.workloads import Machine
from ...model.caller import Caller, CallerKind, Origin, Place
from ...model.fact import Absent, Fact, Known, Source
from ...model.iam import Principal
from ...model.run import Egress
from .kind import LookupContext, ResolvedCaller, given
from .lookup import Looked, missing, start

_HOST: Final = methods.INSTANCE.host


def resolve(asked: str, name: str, context: LookupContext) -> ResolvedCaller:
    """Resolve a machine by `ZONE/INSTANCE`, or by its full name."""
    parts = name.removeprefix(f"//{_HOST}/").split("/")
    project = parts[1] if parts[0] == "projects" and len(parts) > 2 else context.project
    relative = f"projects/{project}/zones/{parts[-2] if len(parts) == 2 else ''}/instances/{parts[-1]}"
    if parts[0] == "projects" and len(parts) == 6:
        relative = "/".join(parts)
    reading = start(context, f"the project {project}", lambda: projects.project(context.google, project))
    found = workloads.instance(context.google, relative)
    looked = Looked(relative, found, reading.get())
    caller = given(Caller(asked, CallerKind.COMPUTE_ENGINE, looked.full_name(_HOST)))
    if not isinstance(found, Known):
        unknown = missing(looked, "instance")
        return ResolvedCaller(caller, unknown, unknown)
    machine, source = found.value, found.source
    return ResolvedCaller(caller, _principal(machine, source), Known(place_of(machine, looked.project_id), source))


def place_of(machine: Machine, project: str) -> Origin:
    """All of a machine's traffic leaves through its network, and so it counts, with an external address too.

    With one, the subnetwork's Private Google Access decides nothing.
    Source: https://docs.cloud.google.com/run/docs/securing/ingress,
    https://docs.cloud.google.com/vpc/docs/private-google-access
    """
    subnetwork = None if machine.external else machine.subnetwork
    return Origin(Place.VPC, project, Egress.ALL_TRAFFIC, machine.network, subnetwork)


def _principal(machine: Machine, source: Source) -> Fact[Principal]:
    if machine.account is None:
        return Absent(Source(source.read, f"{source.target}: no service account is attached"))
    return Known(Principal(f"serviceAccount:{machine.account}"), source)
