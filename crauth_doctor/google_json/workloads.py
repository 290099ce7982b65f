"""What workloads that make calls of their own run as, and how they are joined to a VPC.

Only these fields are kept: settings of workloads hold secrets in their variables.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..deferred import dataclass
from ..model.run import BY_ACCOUNT, CallingIdentity, IdentityType, VpcAccess
from . import json_access as look
from .json_access import Json
from .networks import network_name, subnetwork_name
from .services import IDENTITY, egress, identity_of, proxies_of, variables_of, vpc_access


@dataclass(frozen=True)
class Workload:
    """A workload."""

    account: str | None  # e-mail of the account that it runs as, where it is set
    vpc: VpcAccess | None = None  # how it is joined to a VPC
    # relative name of the Cloud Run service that it runs as, for a function of the second generation
    service: str | None = None
    first_generation: bool = False  # whether it is a function of the first one
    # HTTP_PROXY, HTTPS_PROXY and NO_PROXY of its environment, and no other variable
    proxies: tuple[tuple[str, str], ...] = ()
    identity: CallingIdentity = BY_ACCOUNT  # whether it calls as its account or as an agent of its own


@dataclass(frozen=True)
class Machine:
    """A virtual machine, or the nodes of a cluster, with the network that they stand in."""

    account: str | None  # e-mail of the attached account; None where there is none, `default` for the project's
    network: str | None  # `projects/P/global/networks/N`
    subnetwork: str | None  # `projects/P/regions/R/subnetworks/S`
    external: bool = False  # whether it has an external address, by which its calls leave without Private Google Access
    pool: str | None = None  # the workload identity pool, `P.svc.id.goog`, of a cluster that has it on


@dataclass(frozen=True)
class BuildTrigger:
    """A trigger, in what tells who its builds are."""

    account: str | None  # e-mail or unique id of the account that is set, on the trigger or in its inline build
    pool: str | None = None  # the private pool that its inline build runs in
    by_file: bool = False  # whether its build stands in a file of the repository, which is not read


@dataclass(frozen=True)
class Provider:
    """A provider."""

    # Google's attributes by what of the foreign token they are; empty for the defaults of AWS
    mapping: Mapping[str, str]
    condition: str = ""  # what must hold of a token, as an expression; empty where nothing must
    disabled: bool = False  # whether it takes no tokens
    issuer: str = ""  # who issues the tokens, for OpenID Connect


@dataclass(frozen=True)
class ReasoningEngine:
    """An agent on Agent Engine."""

    account: str | None  # e-mail of the account that is set
    identity: IdentityType | None  # what it calls as; None where that is of a kind that this version does not know
    effective: str  # whom it calls as, as the API tells; empty where it does not
    attached: bool  # whether it is joined to a VPC


def reasoning_engine(found: Json) -> ReasoningEngine:
    """Return an agent on Agent Engine."""
    spec = look.mapping(found, "spec")
    word = look.text(spec, "identityType")
    kind = (
        IDENTITY.get(f"IDENTITY_TYPE_{word.removeprefix('IDENTITY_TYPE_')}") if word else IdentityType.SERVICE_ACCOUNT
    )
    attached = bool(look.mapping(spec, "deploymentSpec", "pscInterfaceConfig"))
    return ReasoningEngine(
        look.last(spec, "serviceAccount"), kind, look.text(spec, "effectiveIdentity") or "", attached
    )


def instance(found: Json, project: str, zone: str) -> Machine:
    """Return a virtual machine of a project and zone."""
    interface = next(iter(look.items(found, "networkInterfaces")), {})
    account = next(iter(look.items(found, "serviceAccounts")), {})
    network, subnetwork = look.text(interface, "network"), look.text(interface, "subnetwork")
    return Machine(
        look.last(account, "email"),
        network_name(network, project) if network else None,
        subnetwork_name(subnetwork, project, zone.rpartition("-")[0]) if subnetwork else None,
        external=bool(look.items(interface, "accessConfigs")),
    )


def cluster(found: Json) -> Machine:
    """Return a cluster, its network's name as it stands there; its nodes' account is that of its first node pool.

    Documentation: https://docs.cloud.google.com/kubernetes-engine/docs/concepts/workload-identity
    """
    networks = look.mapping(found, "networkConfig")
    pools = look.items(found, "nodePools")
    nodes = look.mapping(pools[0], "config") if pools else look.mapping(found, "nodeConfig")
    return Machine(
        look.last(nodes, "serviceAccount") or "default",
        look.text(networks, "network") or look.text(found, "network") or "default",
        look.text(networks, "subnetwork") or look.text(found, "subnetwork") or "default",
        not (networks.get("defaultEnablePrivateNodes") or look.at(found, "privateClusterConfig", "enablePrivateNodes")),
        look.text(found, "workloadIdentityConfig", "workloadPool"),
    )


def located(machine: Machine, project: str, location: str) -> Machine:
    """Return a cluster with the names of its network whole."""
    region = location if location.count("-") == 1 else location.rpartition("-")[0]
    return replace(
        machine,
        network=network_name(machine.network or "default", project),
        subnetwork=subnetwork_name(machine.subnetwork or "default", project, region),
    )


def function(found: Json) -> Workload:
    """Return a function; of the first generation in the form of either version of the API."""
    config = look.mapping(found, "serviceConfig")
    is_first = found.get("environment") == "GEN_1" or (not config and "environment" not in found)
    settings: Json = config or found
    account = look.last(settings, "serviceAccountEmail")
    proxies = proxies_of(look.mapping(settings, "environmentVariables").items())
    if is_first:
        return Workload(account, _of_connector(settings), first_generation=True, proxies=proxies)
    direct = {"networkInterfaces": config.get("directVpcNetworkInterface"), "egress": config.get("directVpcEgress")}
    vpc = vpc_access(direct, *_place(found)) or _of_connector(config)
    return Workload(account, vpc, look.text(config, "service"), proxies=proxies)


def run_job(found: Json) -> Workload:
    """Return a Cloud Run job."""
    template = look.mapping(found, "template", "template")
    vpc = vpc_access(template.get("vpcAccess"), *_place(found))
    return Workload(
        look.last(template, "serviceAccount"),
        vpc,
        proxies=proxies_of(variables_of(template)),
        identity=identity_of(template),
    )


def worker_pool(found: Json) -> Workload:
    """Return a worker pool, which calls and is not called."""
    template = look.mapping(found, "template")
    vpc = vpc_access(template.get("vpcAccess"), *_place(found))
    return Workload(look.last(template, "serviceAccount"), vpc, proxies=proxies_of(variables_of(template)))


def app_version(found: Json) -> Workload:
    """Return a version of an App Engine service."""
    connector = look.text(found, "vpcAccessConnector", "name")
    setting = look.at(found, "vpcAccessConnector", "egressSetting")
    vpc = VpcAccess(egress(setting), connector=connector) if connector else None
    return Workload(look.last(found, "serviceAccount"), vpc)


def build_trigger(found: Json) -> BuildTrigger:
    """Return a trigger of Cloud Build."""
    build = look.mapping(found, "build")
    account = look.last(found, "serviceAccount") or look.last(build, "serviceAccount")
    return BuildTrigger(account, look.text(build, "options", "pool", "name"), by_file=not build)


def provider(found: Json) -> Provider:
    """Return a provider of a workload identity pool."""
    return Provider(
        {name: str(value) for name, value in look.mapping(found, "attributeMapping").items()},
        str(found.get("attributeCondition") or ""),
        look.is_true(found, "disabled") or found.get("state") == "DELETED",
        look.text(found, "oidc", "issuerUri") or "",
    )


def _of_connector(found: Json) -> VpcAccess | None:
    connector = look.text(found, "vpcConnector")
    return VpcAccess(egress(found.get("vpcConnectorEgressSettings")), connector=connector) if connector else None


def _place(found: Json) -> tuple[str, str]:
    _, project, _, region, *_ = str(found["name"]).split("/")
    return project, region


def kubernetes_account(found: Json) -> tuple[str, str | None] | None:
    """Return a Kubernetes service account by `NAMESPACE/NAME`, and the account that it is linked to; None for another.

    Documentation: https://docs.cloud.google.com/kubernetes-engine/docs/how-to/workload-identity
    """
    if look.text(found, "kind") != "ServiceAccount" or look.text(found, "apiVersion") != "v1":
        return None
    metadata = look.mapping(found, "metadata")
    linked = look.text(metadata, "annotations", "iam.gke.io/gcp-service-account")
    return f"{look.text(metadata, 'namespace') or 'default'}/{look.text(metadata, 'name') or '-'}", linked
