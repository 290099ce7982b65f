"""Workloads that make calls of their own: as which account they run, and how they are joined to a VPC.

Only these fields are kept: settings of workloads hold secrets in their variables.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from ..model.fact import Fact
from ..model.run import Egress, VpcAccess
from . import products, rest
from .google import Google
from .network import network_name, subnetwork_name
from .products import Product
from .proxies import proxies_of

_EGRESS: Final[Mapping[str, Egress]] = {
    "": Egress.PRIVATE_RANGES_ONLY,
    "ALL_TRAFFIC": Egress.ALL_TRAFFIC,
    "PRIVATE_RANGES_ONLY": Egress.PRIVATE_RANGES_ONLY,
    "PRIVATE_IP_RANGES": Egress.PRIVATE_RANGES_ONLY,
}
"""The same two settings in each product's own words; unset means private ranges only."""


@dataclass(frozen=True, slots=True)
class Workload:
    """A workload.

    Args:
        account: e-mail of the account that it runs as, where it is set.
        vpc: how it is joined to a VPC.
        service: relative name of the Cloud Run service that it runs as, for a function of the second generation.
        first_generation: whether it is a function of the first one.
        proxies: HTTP_PROXY, HTTPS_PROXY and NO_PROXY of its environment, and no other variable.
    """

    account: str | None
    vpc: VpcAccess | None = None
    service: str | None = None
    first_generation: bool = False
    proxies: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Machine:
    """A virtual machine, or the nodes of a cluster, with the network that they stand in.

    Args:
        account: e-mail of the attached account; None where there is none, `default` for the project's.
        network: `projects/P/global/networks/N`.
        subnetwork: `projects/P/regions/R/subnetworks/S`.
        external: whether it has an external address, by which its calls leave without Private Google Access.
        pool: the workload identity pool, `P.svc.id.goog`, of a cluster that has it on.
    """

    account: str | None
    network: str | None
    subnetwork: str | None
    external: bool = False
    pool: str | None = None


def instance(google: Google, name: str) -> Fact[Machine]:
    """Read a virtual machine by `projects/P/zones/Z/instances/I`."""
    _, project, _, zone, *_ = name.split("/")
    region = zone.rpartition("-")[0]

    def parse(found: rest.Json) -> Machine:
        interface: Mapping[str, Any] = next(iter(found.get("networkInterfaces") or ()), {})
        account: Mapping[str, Any] = next(iter(found.get("serviceAccounts") or ()), {})
        return Machine(
            _email(account.get("email")),
            network_name(str(interface["network"]), project) if interface.get("network") else None,
            subnetwork_name(str(interface["subnetwork"]), project, region) if interface.get("subnetwork") else None,
            external=bool(interface.get("accessConfigs")),
        )

    return rest.get(google, products.INSTANCE, f"//{products.INSTANCE.host}/{name}", parse, name=name)


def located(machine: Machine, project: str, location: str) -> Machine:
    """Return a cluster with the names of its network whole."""
    region = location if location.count("-") == 1 else location.rpartition("-")[0]
    return replace(
        machine,
        network=network_name(machine.network or "default", project),
        subnetwork=subnetwork_name(machine.subnetwork or "default", project, region),
    )


def accounts_of(google: Google, project: str) -> Fact[tuple[str, ...]]:
    """List the e-mails of a project's service accounts."""
    parent = f"projects/{project}"

    def parse(found: list[rest.Json]) -> tuple[str, ...]:
        return tuple(str(item["email"]) for item in found)

    return rest.list_all(google, products.ACCOUNTS, f"//{products.ACCOUNTS.host}/{parent}", parse, parent=parent)


def app_account(google: Google, app: str) -> Fact[str | None]:
    """Read the account that an App Engine app's versions run as where they name none; None where the app names none."""
    name = f"apps/{app}"

    def parse(found: rest.Json) -> str | None:
        return _email(found.get("serviceAccount"))

    return rest.get(google, products.APP, f"//{products.APP.host}/{name}", parse, name=name)


def app_split(google: Google, name: str) -> Fact[Mapping[str, float]]:
    """Read how an App Engine service, `apps/A/services/S`, splits its traffic: shares by version."""

    def parse(found: rest.Json) -> Mapping[str, float]:
        return {str(key): float(share) for key, share in ((found.get("split") or {}).get("allocations") or {}).items()}

    return rest.get(google, products.APP_SERVICE, f"//{products.APP_SERVICE.host}/{name}", parse, name=name)


def app_versions(google: Google, name: str) -> Fact[tuple[tuple[str, Workload], ...]]:
    """List the versions of an App Engine service, the newest first: ids and settings."""

    def parse(found: list[rest.Json]) -> tuple[tuple[str, Workload], ...]:
        newest = sorted(found, key=lambda one: str(one.get("createTime") or ""), reverse=True)
        return tuple((str(one.get("id") or str(one["name"]).rsplit("/", 1)[-1]), _version(one)) for one in newest)

    target = f"//{products.APP_VERSIONS.host}/{name}/versions"
    return rest.list_all(google, products.APP_VERSIONS, target, parse, parent=name)


def _function(found: rest.Json) -> Workload:
    """A function; of the first generation in the form of either version of the API."""
    config: Mapping[str, Any] = found.get("serviceConfig") or {}
    is_first = found.get("environment") == "GEN_1" or (not config and "environment" not in found)
    settings = config or found
    account = _email(settings.get("serviceAccountEmail"))
    proxies = proxies_of((settings.get("environmentVariables") or {}).items())
    if is_first:
        return Workload(account, _of_connector(settings), first_generation=True, proxies=proxies)
    service = str(config.get("service") or "") or None
    vpc = _direct(config, str(found["name"])) or _of_connector(config)
    return Workload(account, vpc, service, proxies=proxies)


def _direct(config: Mapping[str, Any], name: str) -> VpcAccess | None:
    _, project, _, region, *_ = name.split("/")
    return vpc_access(
        {"networkInterfaces": config.get("directVpcNetworkInterface"), "egress": config.get("directVpcEgress")},
        project,
        region,
    )


def _of_connector(found: Mapping[str, Any]) -> VpcAccess | None:
    connector = str(found.get("vpcConnector") or "")
    return VpcAccess(_egress(found.get("vpcConnectorEgressSettings")), connector=connector) if connector else None


def _run_job(found: rest.Json) -> Workload:
    template: Mapping[str, Any] = (found.get("template") or {}).get("template") or {}
    _, project, _, region, *_ = str(found["name"]).split("/")
    variables = [one for container in template.get("containers") or () for one in container.get("env") or ()]
    return Workload(
        _email(template.get("serviceAccount")),
        vpc_access(template.get("vpcAccess"), project, region),
        proxies=proxies_of((one.get("name"), one.get("value")) for one in variables),
    )


def _version(found: rest.Json) -> Workload:
    connector: Mapping[str, Any] = found.get("vpcAccessConnector") or {}
    vpc = None
    if connector.get("name"):
        vpc = VpcAccess(_egress(connector.get("egressSetting")), connector=str(connector["name"]))
    return Workload(_email(found.get("serviceAccount")), vpc)


def _cluster(found: rest.Json) -> Machine:
    """A cluster, its network's name as it stands there; its nodes' account is that of its first node pool.

    Documentation: https://docs.cloud.google.com/kubernetes-engine/docs/concepts/workload-identity
    """
    networks: Mapping[str, Any] = found.get("networkConfig") or {}
    private: Mapping[str, Any] = found.get("privateClusterConfig") or {}
    pools = [one.get("config") for one in found.get("nodePools") or ()] or [found.get("nodeConfig")]
    nodes: Mapping[str, Any] = pools[0] or {}
    return Machine(
        _email(nodes.get("serviceAccount")) or "default",
        str(networks.get("network") or found.get("network") or "default"),
        str(networks.get("subnetwork") or found.get("subnetwork") or "default"),
        not (networks.get("defaultEnablePrivateNodes") or private.get("enablePrivateNodes")),
        str((found.get("workloadIdentityConfig") or {}).get("workloadPool") or "") or None,
    )


def vpc_access(found: object, project: str, region: str) -> VpcAccess | None:
    """Read a `vpcAccess` of Cloud Run as REST writes it."""
    if not isinstance(found, dict):
        return None
    interface: Mapping[str, Any] | None = next(iter(found.get("networkInterfaces") or ()), None)
    connector = str(found.get("connector") or "") or None
    if interface is None and connector is None:
        return None
    interface = interface or {}
    return VpcAccess(
        _egress(found.get("egress")),
        network_name(str(interface["network"]), project) if interface.get("network") else None,
        subnetwork_name(str(interface["subnetwork"]), project, region) if interface.get("subnetwork") else None,
        connector,
    )


def _egress(value: object) -> Egress | None:
    """None for a value that this version does not know."""
    text = str(value or "").removeprefix("VPC_EGRESS_")
    return _EGRESS.get("" if text.endswith("UNSPECIFIED") else text)


def _email(value: object) -> str | None:
    return str(value or "").rsplit("/", 1)[-1] or None


FUNCTIONS: Final = Product("function", "functions", products.FUNCTION, products.FUNCTIONS, _function)
RUN_JOBS: Final = Product("job", "jobs", products.RUN_JOB, products.RUN_JOBS, _run_job)
CLUSTERS: Final = Product("cluster", "clusters", products.CLUSTER, products.CLUSTERS, _cluster)
