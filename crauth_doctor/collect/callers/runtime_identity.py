"""What workloads have in common that get their own tokens: an account, set or the project's default, and a place.

A serverless one's VPC egress says where its calls come from, and its connector says through which network.
Documentation: https://docs.cloud.google.com/run/docs/configuring/vpc-direct-vpc,
https://docs.cloud.google.com/vpc/docs/configure-serverless-vpc-access
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from ...gcp.products import network, projects
from ...gcp.products.projects import Project
from ...google_json.workloads import Workload
from ...iam.members import agent_member
from ...model.caller import Caller, Origin, Place
from ...model.fact import Absent, Fact, Known, Obstacle, Source, Unknown
from ...model.iam import Principal
from ...model.run import CallingIdentity, IdentityType, Service, VpcAccess
from .kind import LookupContext
from .lookup import Looked, start, start_project

COMPUTE: Final = "-compute@developer.gserviceaccount.com"


def compute_default(project: Fact[Project], source: Source) -> Fact[Principal]:
    """The project's default compute account, which Cloud Run, second generation functions and machines run as.

    Source: https://docs.cloud.google.com/iam/docs/service-account-types#default
    """
    if not isinstance(project, Known):
        return unread(project)
    return Known(Principal(f"serviceAccount:{project.value.number}{COMPUTE}"), source)


def app_default(project: Fact[Project], source: Source) -> Fact[Principal]:
    """The project's App Engine account, which App Engine and first generation functions run as.

    Source: https://docs.cloud.google.com/iam/docs/service-account-types#default
    """
    if not isinstance(project, Known):
        return unread(project)
    return Known(Principal(f"serviceAccount:{project.value.id}@appspot.gserviceaccount.com"), source)


def running_as(account: str | None, default: Fact[Principal], source: Source) -> Fact[Principal]:
    """The account that is set, else the default."""
    return default if account is None else Known(Principal(f"serviceAccount:{account}"), source)


def certified(caller: Caller, identity: CallingIdentity) -> Caller:
    """Return the caller with whether it holds a certificate as an agent."""
    return replace(caller, has_certificate=identity.kind is IdentityType.AGENT and identity.has_certificate)


def calling_as(
    identity: CallingIdentity, name: str, account: Callable[[], Fact[Principal]], source: Source, context: LookupContext
) -> Fact[Principal]:
    """Tell whom a workload of Cloud Run calls as: its account, or itself as an agent."""
    match identity.kind:
        case IdentityType.SERVICE_ACCOUNT:
            return account()
        case IdentityType.AGENT:
            return agent("run", name, source, context)
        case None:
            detail = "it has a type of identity that this version does not know"
            return Unknown(source, Obstacle.NOT_UNDERSTOOD, detail)


def agent(product: str, name: str, source: Source, context: LookupContext) -> Fact[Principal]:
    """The own identity of an agent, which its organization and the number of its project are part of."""
    asked = name.split("/")[1]
    reading = start_project(context, asked)
    ancestry, project = projects.ancestry(context.google, asked), reading.get()
    if not isinstance(ancestry, Known):
        return unread(ancestry)
    if not isinstance(project, Known):
        return unread(project)
    organization = next((one.partition("/")[2] for one in ancestry.value if one.startswith("organizations/")), None)
    return Known(Principal(agent_member(product, name, project.value.number, organization)), source)


def as_service(looked: Looked[Workload], workload: Workload) -> Known[Service]:
    """What a job's or a function's own settings tell, in the form of a service; it has no URL of a service's."""
    found = Service(looked.name, (), account=workload.account, vpc_access=workload.vpc, proxies=workload.proxies)
    return Known(found, looked.value.source)


def unread(fact: Absent | Unknown) -> Unknown:
    """Return that something needed to tell who calls is not there."""
    if isinstance(fact, Unknown):
        return fact
    return Unknown(fact.source, Obstacle.NOT_TOLD, "it was not found, so who calls is not known")


def origin_of(vpc: VpcAccess | None, project: str, region: str, source: Source, context: LookupContext) -> Fact[Origin]:
    """Tell where calls come from.

    Without a VPC that is over the internet, its project's own services included.
    """
    if vpc is None:
        return Known(Origin(Place.INTERNET, project=project), source)
    if vpc.egress is None:
        return Unknown(source, Obstacle.NOT_UNDERSTOOD, "its VPC egress is one that this version does not know")
    network_name, subnetwork = vpc.network, vpc.subnetwork
    if vpc.connector is not None:
        context.zones[project] = start(context, "DNS zones", lambda: network.private_zones(context.google, project))
        connector = network.connector(context.google, _connector_name(vpc.connector, project, region))
        if isinstance(connector, Absent):
            return Unknown(connector.source, Obstacle.NOT_UNDERSTOOD, "its VPC connector does not exist")
        if isinstance(connector, Unknown):
            return connector
        network_name, subnetwork, source = connector.value.network, connector.value.subnetwork, connector.source
    elif subnetwork is None and network_name is not None:
        # Left out, it is the one of the network's own name.
        # Source: https://docs.cloud.google.com/run/docs/configuring/vpc-direct-vpc
        host = network_name.split("/")[1]
        subnetwork = f"projects/{host}/regions/{region}/subnetworks/{network_name.rsplit('/', 1)[-1]}"
    if network_name is None and subnetwork is not None:
        named = network.network_of(context.google, subnetwork)
        if isinstance(named, Known):
            network_name = named.value
    return Known(Origin(Place.VPC, project, vpc.egress, network_name, subnetwork), source)


def _connector_name(connector: str, project: str, region: str) -> str:
    if connector.startswith("projects/"):
        return connector
    return f"projects/{project}/locations/{region}/connectors/{connector}"
