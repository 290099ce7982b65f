"""Where the calls of each kind of workload come from, and as whom they are made."""

from __future__ import annotations

import base64
from typing import Any

import pytest

ORDERS = "//run.googleapis.com/projects/shop-prod/locations/us-central1/services/orders"
EMAIL = "checkout-run@shop-prod.iam.gserviceaccount.com"
ACCOUNT = f"//iam.googleapis.com/projects/shop-prod/serviceAccounts/{EMAIL}"
URL = "https://orders-abc123-uc.a.run.app"
COMPUTE = "//compute.googleapis.com/projects/shop-prod"
SUBNETWORK = f"{COMPUTE}/regions/us-central1/subnetworks/s"
CONNECTOR = "projects/shop-prod/locations/us-central1/connectors/c"
FUNCTION = "//cloudfunctions.googleapis.com/projects/shop-prod/locations/us-central1/functions/f"
APP = "//appengine.googleapis.com/apps/shop-prod/services/default"
CLUSTER = "//container.googleapis.com/projects/shop-prod/locations/us-central1/clusters/c"
POD = f"{CLUSTER}/ns/ksa"
VM = f"{COMPUTE}/zones/us-central1-a/instances/vm"
JOB = "//run.googleapis.com/projects/shop-prod/locations/us-central1/jobs/j"
GATEWAY = "//apigateway.googleapis.com/projects/shop-prod/locations/us-central1/gateways/g"
DIRECT = {"networkInterfaces": [{"network": "shop", "subnetwork": "s"}]}
CARD = {"network": "shop", "subnetwork": "s"}


@pytest.fixture(name="internal")
def internal_fixture(world: dict[str, Any]) -> dict[str, Any]:
    world["resources"][ORDERS]["ingress"] = "INGRESS_TRAFFIC_INTERNAL_ONLY"
    world["resources"] |= {
        f"//vpcaccess.googleapis.com/{CONNECTOR}": {"network": "shop", "subnet": {"name": "s"}},
        SUBNETWORK: {"network": "shop", "privateIpGoogleAccess": True},
        CLUSTER: {"network": "shop"},
    }
    link = {"role": "roles/iam.workloadIdentityUser", "members": ["serviceAccount:shop-prod.svc.id.goog[ns/ksa]"]}
    world["iam"][ACCOUNT] = {"bindings": [link]}
    return world


def job(**access: Any) -> dict[str, Any]:
    return {JOB: {"template": {"template": {"serviceAccount": EMAIL, "vpcAccess": access}}}}


def version(egress: str | None) -> dict[str, Any]:
    connector = {"vpcAccessConnector": {"name": CONNECTOR, "egressSetting": egress}} if egress else {}
    return {APP: {}, f"{APP}/versions/v1": {"serviceAccount": EMAIL, **connector}}


def function(**more: Any) -> dict[str, Any]:
    return {FUNCTION: {"serviceAccountEmail": EMAIL, **more}}


def machine(*interfaces: dict[str, Any]) -> dict[str, Any]:
    return {VM: {"serviceAccounts": [{"email": EMAIL}], "networkInterfaces": list(interfaces)}}


@pytest.mark.parametrize(
    ("resources", "caller", "status", "without_access"),
    [
        (job(), JOB, 404, 404),
        (job(**DIRECT), JOB, 404, 404),
        (job(**DIRECT, egress="ALL_TRAFFIC"), JOB, 200, 0),
        (version(None), APP, 404, 404),
        (version("PRIVATE_IP_RANGES"), APP, 404, 404),
        (version("ALL_TRAFFIC"), APP, 200, 0),
        (function(), FUNCTION, 404, 404),
        (function(vpcConnector=CONNECTOR, vpcConnectorEgressSettings="ALL_TRAFFIC"), FUNCTION, 200, 0),
        (function(vpcConnector="c"), FUNCTION, 404, 404),
        (machine(CARD), VM, 200, 0),
        (machine({**CARD, "accessConfigs": [{"natIP": "203.0.113.4"}]}), VM, 200, 200),
        (machine({"network": "projects/other/global/networks/n"}), VM, 404, 404),
        ({}, POD, 200, 200),
    ],
)
def test_where_a_call_comes_from(
    open_shop: Any, internal: Any, resources: Any, caller: str, status: int, without_access: int
) -> None:
    internal["resources"] |= resources
    assert open_shop(internal).sandbox.fire(caller, url=URL)["status"] == status
    internal["resources"][SUBNETWORK]["privateIpGoogleAccess"] = False
    assert open_shop(internal).sandbox.fire(caller, url=URL)["status"] == without_access


def test_a_cluster_in_a_shared_vpc_stands_in_the_host_projects_network(open_shop: Any, internal: Any) -> None:
    internal["resources"][CLUSTER]["networkConfig"] = {"network": "projects/host/global/networks/shop"}
    assert open_shop(internal).sandbox.fire(POD, url=URL)["status"] == 404
    own = {"networkInterfaces": [{"network": "projects/host/global/networks/shop"}]}
    internal["resources"][ORDERS]["template"]["vpcAccess"] = own
    assert open_shop(internal).sandbox.fire(POD, url=URL)["status"] == 200


@pytest.mark.parametrize(("access", "status"), [({}, 0), (DIRECT, 200), ({**DIRECT, "egress": "ALL_TRAFFIC"}, 200)])
def test_only_a_network_leads_to_an_internal_load_balancer(
    open_shop: Any, internal: Any, access: dict[str, Any], status: int
) -> None:
    link = "https://www.googleapis.com/compute/v1/projects/shop-prod"
    group, backend = "regions/us-central1/networkEndpointGroups/orders", "global/backendServices/orders"
    internal["resources"][SUBNETWORK]["privateIpGoogleAccess"] = False  # a private address needs none
    internal["resources"][ORDERS]["customAudiences"] = ["https://orders.example.com"]
    internal["resources"] |= job(**access) | {
        f"{COMPUTE}/{group}": {"cloudRun": {"service": "orders"}},
        f"{COMPUTE}/{backend}": {"loadBalancingScheme": "INTERNAL_MANAGED", "backends": [{"group": f"{link}/{group}"}]},
        f"{COMPUTE}/global/urlMaps/m": {
            "hostRules": [{"hosts": ["orders.example.com"], "pathMatcher": "all"}],
            "pathMatchers": [{"name": "all", "defaultService": f"{link}/{backend}"}],
        },
    }
    assert open_shop(internal).sandbox.fire(JOB, url="https://orders.example.com")["status"] == status


def test_private_google_access_decides_nothing_of_a_domain(open_shop: Any, internal: Any) -> None:
    internal["resources"][SUBNETWORK]["privateIpGoogleAccess"] = False
    internal["resources"][ORDERS]["customAudiences"] = ["https://orders.example.com"]
    mapping = "//run.googleapis.com/projects/shop-prod/locations/us-central1/domainmappings/orders.example.com"
    ready = {"conditions": [{"type": "Ready", "status": "True"}]}
    internal["resources"] |= job(**DIRECT, egress="ALL_TRAFFIC") | {
        mapping: {"spec": {"routeName": "orders"}, "status": ready}
    }
    assert open_shop(internal).sandbox.fire(JOB, url="https://orders.example.com")["status"] == 200


def test_what_is_lost_on_the_way_gets_no_page_of_googles(open_shop: Any, internal: Any) -> None:
    internal["resources"][SUBNETWORK]["privateIpGoogleAccess"] = False
    internal["resources"][ORDERS]["defaultUriDisabled"] = True
    internal["resources"] |= job(**DIRECT, egress="ALL_TRAFFIC")
    assert open_shop(internal).sandbox.fire(JOB, url=URL)["status"] == 0


def test_a_pod_without_a_link_gets_no_token(open_shop: Any, internal: Any) -> None:
    told = open_shop(internal).sandbox.fire(f"{CLUSTER}/ns/other", url=URL)
    assert told["status"] == 0
    assert "missing" in told["error"]


def test_the_default_account_of_app_engine(open_shop: Any, internal: Any) -> None:
    internal["resources"] |= {APP: {}}
    assert "shop-prod@appspot" in open_shop(internal).sandbox.fire(APP, url=URL)["error"]


@pytest.mark.parametrize(
    ("more", "status"),
    [("", 401), (f"\n  jwt_audience: {URL}", 200), ("\n  disable_auth: true", 403)],
)
def test_a_gateway_calls_its_backend(open_shop: Any, internal: Any, more: str, status: int) -> None:
    document = f"swagger: '2.0'\nx-google-backend:\n  address: {URL}/base{more}\npaths: {{}}\n"
    contents = base64.b64encode(document.encode()).decode()
    config = "projects/shop-prod/locations/global/apis/a/configs/v1"
    internal["resources"][ORDERS]["ingress"] = "INGRESS_TRAFFIC_ALL"
    internal["resources"] |= {
        GATEWAY: {"apiConfig": config},
        f"//apigateway.googleapis.com/{config}": {
            "gatewayServiceAccount": f"projects/-/serviceAccounts/{EMAIL}",
            "openapiDocuments": [{"document": {"contents": contents}}],
        },
    }
    assert open_shop(internal).sandbox.fire(GATEWAY)["status"] == status


@pytest.mark.parametrize(
    ("kind", "permission"),
    [("forwardingRules", "compute.globalForwardingRules.list"), ("addresses", "compute.globalAddresses.list")],
)
def test_global_lists_have_permissions_of_their_own(
    open_shop: Any, world: dict[str, Any], kind: str, permission: str
) -> None:
    name = f"projects/shop-prod/global/{kind}"
    world["resources"] |= {
        f"//compute.googleapis.com/{name}/google": {"network": "shop"},
        f"//compute.googleapis.com/projects/shop-prod/regions/us-central1/{kind}/other": {"network": "shop"},
    }
    listed = open_shop(world).api(f"compute.googleapis.com/compute/v1/{name}").json()
    assert [one["name"] for one in listed["items"]] == ["google"]
    world["operator"]["lacks"] = [permission]
    refused = open_shop(world).api(f"compute.googleapis.com/compute/v1/{name}")
    assert refused.status_code == 403
    assert permission in refused.text
