"""Virtual machines and workloads on GKE that call.

Documentation: https://docs.cloud.google.com/compute/docs/access/service-accounts,
https://docs.cloud.google.com/kubernetes-engine/docs/how-to/workload-identity
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Final

from ...gcp import methods
from ...gcp.products import accounts, workloads
from ...gcp.products.workloads import CLUSTERS
from ...google_json.workloads import Machine, located
from ...model.caller import Caller, CallerKind, Origin, Place
from ...model.fact import Absent, Fact, Known, Obstacle, Source, Unknown
from ...model.iam import Policy, Principal
from ...model.run import Egress
from ..unanswerable import UnanswerableError
from .kind import LookupContext, ResolvedCaller, given
from .lookup import Looked, look, missing, read_each, start, start_project
from .runtime_identity import compute_default

_HOST: Final = methods.INSTANCE.host


def resolve_machine(asked: str, name: str, context: LookupContext) -> ResolvedCaller:
    """Resolve a machine by `ZONE/INSTANCE`, or by its full name."""
    parts = name.removeprefix(f"//{_HOST}/").split("/")
    project = parts[1] if parts[0] == "projects" and len(parts) > 2 else context.project
    relative = f"projects/{project}/zones/{parts[-2] if len(parts) == 2 else ''}/instances/{parts[-1]}"
    if parts[0] == "projects" and len(parts) == 6:
        relative = "/".join(parts)
    reading = start_project(context, project)
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


_ROLE: Final = "roles/iam.workloadIdentityUser"
_MOST: Final = 25
"""Accounts whose policies are read: those named like the workload first."""


def resolve_gke(asked: str, name: str, context: LookupContext) -> ResolvedCaller:
    """Resolve a workload by `CLUSTER/NAMESPACE/KSA`: it calls as the account that its Kubernetes account is linked to.

    The link's one half is an annotation in the cluster, which no API of Google's tells; the other half is the account's
    policy, which gives `roles/iam.workloadIdentityUser` to `serviceAccount:POOL[NAMESPACE/KSA]`. Without a link there
    is an access token of a federated identity, and no ID token.

    Raises:
        UnanswerableError: no namespace and account are named.
    """
    parts = name.removeprefix(f"//{CLUSTERS.host}/").split("/")
    full = parts[0] == "projects" and len(parts) > 6
    cluster, rest = ("/".join(parts[:6]), parts[6:]) if full else (parts[0], parts[1:])
    if len(rest) != 2 or not all(rest):
        raise UnanswerableError(f"{asked!r} does not name a workload: pass gke/CLUSTER/NAMESPACE/KSA.", ("gke/…",))
    project = parts[1] if full else context.project
    listing = start(context, "service accounts", lambda: workloads.accounts_of(context.google, project))
    # The location of a cluster is as often a zone, so that all of them are searched at once.
    looked = look(replace(context, region=None), CLUSTERS, asked, cluster)
    caller = given(Caller(asked, CallerKind.GKE, f"{looked.full_name(CLUSTERS.host)}/k8s/namespaces/{rest[0]}"))
    if not isinstance(looked.value, Known):
        unknown = missing(looked, CLUSTERS.what)
        return ResolvedCaller(caller, unknown, unknown)
    machine = located(looked.value.value, looked.project_id, looked.region)
    origin = Known(place_of(machine, looked.project_id), looked.value.source)
    if machine.pool is None:
        return ResolvedCaller(caller, _of_nodes(looked, machine), origin)
    return ResolvedCaller(caller, _linked(machine.pool, rest[0], rest[1], listing.get(), context), origin)


def _of_nodes(looked: Looked[Machine], machine: Machine) -> Fact[Principal]:
    """Without Workload Identity, pods use the account of their node."""
    source = looked.value.source
    if machine.account in {None, "default"}:
        return compute_default(looked.project, source)
    return Known(Principal(f"serviceAccount:{machine.account}"), source)


def _linked(
    pool: str, namespace: str, ksa: str, listed: Fact[tuple[str, ...]], context: LookupContext
) -> Fact[Principal]:
    """Find the account whose policy lets this Kubernetes account use it."""
    if not isinstance(listed, Known):
        return listed if isinstance(listed, Unknown) else Unknown(listed.source, Obstacle.NOT_UNDERSTOOD)
    member = f"serviceAccount:{pool}[{namespace}/{ksa}]"
    likely = sorted(listed.value, key=lambda email: (not _is_alike(email, ksa, namespace), email))
    read = read_each(context, likely[:_MOST], partial(accounts.account_policy, context.google))
    links = [(email, fact) for email, fact in read if isinstance(fact, Known) and _gives(fact.value, member)]
    if len(links) == 1:
        email, fact = links[0]
        return Known(Principal(f"serviceAccount:{email}"), fact.source)
    if links:
        detail = f"{member} may use several accounts, and only its annotation in the cluster tells which: pass --caller"
        names = ", ".join(email for email, _ in links)
        return Unknown(links[0][1].source, Obstacle.NOT_TOLD, f"{detail} with one of {names}")
    unread = next((fact for _, fact in read if isinstance(fact, Unknown)), None)
    unread = unread or workloads.accounts_left_out(context.google, listed.source.target.rsplit("/", 1)[-1])
    if unread is not None:
        return unread
    if len(likely) > _MOST:
        detail = f"of {len(likely)} accounts, the policies of {_MOST} were read, and none names {member}"
        return Unknown(listed.source, Obstacle.NOT_TOLD, f"{detail}: pass --caller E-MAIL")
    return Absent(Source("iam.serviceAccounts.getIamPolicy", f"no account's policy gives {_ROLE} to {member}"))


def _is_alike(email: str, ksa: str, namespace: str) -> bool:
    local = email.partition("@")[0]
    return any(word in local or local in word for word in (ksa, namespace))


def _gives(policy: Policy, member: str) -> bool:
    return any(binding.role == _ROLE and member in binding.members for binding in policy.bindings)
