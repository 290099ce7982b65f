from __future__ import annotations

import json

import pytest

from crauth_doctor.gcp.products import accounts, deny, logs, network, projects, run
from crauth_doctor.google_json.networks import Connector, Record, Zone
from crauth_doctor.model.caller import Subnetwork
from crauth_doctor.model.fact import Absent, Known, Unknown
from crauth_doctor.model.iam import INVOKE, Binding, Condition, Role
from crauth_doctor.model.run import Egress, Ingress, VpcAccess

from .conftest import CHECKOUT, ORDERS, WORLD, Open


@pytest.mark.parametrize(
    ("email", "project"),
    [
        (CHECKOUT, "shop-prod"),
        ("123-compute@developer.gserviceaccount.com", "123"),
        ("shop-prod@appspot.gserviceaccount.com", "shop-prod"),
        ("service-123@gcp-sa-pubsub.iam.gserviceaccount.com", "-"),
        ("service-123@serverless-robot-prod.iam.gserviceaccount.com", "-"),
        ("me@shop.example.com.iam.gserviceaccount.com", "example.com:shop"),
        ("someone@example.com", "-"),
    ],
)
def test_an_accounts_project_is_in_its_address(email: str, project: str) -> None:
    assert accounts.project_of(email) == project


def test_accounts_and_roles(opened: Open) -> None:
    custom = "//iam.googleapis.com/projects/shop-prod/roles/"
    _, google = opened(
        resources=WORLD["resources"]
        | {
            f"{custom}caller": {"includedPermissions": [INVOKE], "stage": "GA"},
            f"{custom}off": {"includedPermissions": [INVOKE], "stage": "DISABLED"},
            "//iam.googleapis.com/organizations/9/roles/top": {"includedPermissions": ["run.services.get"]},
        }
    )
    account = accounts.account(google, CHECKOUT)
    assert isinstance(account, Known)
    assert (account.value.email, account.value.disabled) == (CHECKOUT, False)

    def role(name: str) -> Role:
        fact = accounts.role(google, name)
        assert isinstance(fact, Known), fact
        return fact.value

    assert role("projects/shop-prod/roles/caller") == Role(frozenset({INVOKE}))
    assert role("projects/shop-prod/roles/off").disabled
    assert role("organizations/9/roles/top").permissions == {"run.services.get"}
    assert INVOKE in role("roles/run.invoker").permissions
    assert isinstance(accounts.role(google, "projects/shop-prod/roles/none"), Absent)


def test_ancestry_and_policies_of_ancestors(opened: Open) -> None:
    crm = "//cloudresourcemanager.googleapis.com/"
    condition = {"expression": "request.path == '/x'", "title": "only x"}
    binding = {"role": "roles/run.invoker", "members": ["user:a@example.com"], "condition": condition}
    _, google = opened(iam={f"{crm}folders/77": {"version": 3, "bindings": [binding]}})
    ancestry = projects.ancestry(google, "shop-prod")
    assert isinstance(ancestry, Known)
    assert ancestry.value == ("projects/shop-prod", "folders/77", "organizations/9")
    for name in ancestry.value:
        policy = projects.policy_at(google, name)
        assert isinstance(policy, Known)
        assert [one.condition for one in policy.value.bindings] == (
            [Condition(condition["expression"], "only x")] if name == "folders/77" else []
        )
    project = projects.project(google, "shop-prod")
    assert isinstance(project, Known)
    assert project.value.number == "123456789012"


def test_lists_are_read_page_by_page(opened: Open) -> None:
    names = [f"s{number:03}" for number in range(250)]
    under = "//run.googleapis.com/projects/shop-prod/locations/us-central1/services/"
    crm = {name: value for name, value in WORLD["resources"].items() if "cloudresourcemanager" in name}
    zones = {
        f"//dns.googleapis.com/projects/shop-prod/managedZones/z{number}": {
            "dnsName": "run.app.",
            "visibility": "private",
        }
        for number in range(3)
    }
    _, google = opened(resources={**crm, **{under + name: {} for name in names}, **zones})
    listed = run.services(google, "shop-prod")
    assert isinstance(listed, Known)
    assert [one.service.id for one in listed.value.services] == names
    found = network.private_zones(google, "shop-prod")
    assert isinstance(found, Known)
    assert len(found.value) == 3


def test_pages_of_the_table_are_followed(opened: Open) -> None:
    page = '{"managedZones": [{"name": "a", "dnsName": "run.app.", "visibility": "private"}], "nextPageToken": "%s"}'
    faults = [{"match": "dns.googleapis.com", "status": 200, "body": page % token} for token in ("n", "m", "")]
    box, google = opened(faults=faults)
    found = network.private_zones(google, "shop-prod")
    assert isinstance(found, Known)
    assert len(found.value) == len(box.requests) == 3


def test_a_list_that_never_ends_is_given_up(opened: Open) -> None:
    page = '{"managedZones": [], "nextPageToken": "again"}'
    _, google = opened(faults=[{"match": "dns.googleapis.com", "status": 200, "times": 99, "body": page}])
    assert isinstance(network.private_zones(google, "shop-prod"), Unknown)


def test_subnetworks_connectors_and_zones(opened: Open) -> None:
    vpc = "projects/shop-prod/global/networks/default"
    subnetwork = "projects/shop-prod/regions/us-central1/subnetworks/default"
    connector = "projects/shop-prod/locations/us-central1/connectors/c1"
    zone = {
        "name": "run-app",
        "dnsName": "run.app.",
        "visibility": "private",
        "privateVisibilityConfig": {"networks": [{"networkUrl": f"https://www.googleapis.com/compute/v1/{vpc}"}]},
        "rrsets": [{"name": "*.run.app.", "type": "A", "ttl": 300, "rrdatas": ["199.36.153.8"]}],
    }
    _, google = opened(
        resources=WORLD["resources"]
        | {
            f"//compute.googleapis.com/{subnetwork}": {"privateIpGoogleAccess": True, "network": vpc},
            f"//vpcaccess.googleapis.com/{connector}": {"network": "default", "subnet": {"name": "default"}},
            "//dns.googleapis.com/projects/shop-prod/managedZones/run-app": zone,
            "//dns.googleapis.com/projects/shop-prod/managedZones/open": {"dnsName": "x.", "visibility": "public"},
        }
    )
    read = network.subnetwork(google, subnetwork)
    assert isinstance(read, Known)
    assert read.value == Subnetwork(subnetwork, private_google_access=True)
    of = network.network_of(google, subnetwork)
    assert isinstance(of, Known)
    assert of.value == vpc
    through = network.connector(google, connector)
    assert isinstance(through, Known)
    assert through.value == Connector(vpc, subnetwork)
    zones = network.private_zones(google, "shop-prod")
    assert isinstance(zones, Known)
    assert zones.value == (Zone("run-app", "run.app.", frozenset({vpc})),)
    records = network.records(google, "shop-prod", "run-app")
    assert isinstance(records, Known)
    assert Record("*.run.app.", "A", ("199.36.153.8",)) in records.value


def test_deny_policies_are_read_with_their_rules(opened: Open) -> None:
    rule = {
        "deniedPrincipals": ["principalSet://goog/public:all"],
        "exceptionPrincipals": ["principal://goog/subject/a@example.com"],
        "deniedPermissions": ["run.googleapis.com/routes.invoke"],
        "denialCondition": {"expression": "true", "title": "always"},
    }
    point = "//cloudresourcemanager.googleapis.com/projects/shop-prod"
    _, google = opened(deny={point: [{"displayName": "freeze", "rules": [{"denyRule": rule}]}]})
    fact = deny.deny_rules(google, "projects/shop-prod")
    assert isinstance(fact, Known), fact
    (found,) = fact.value
    assert (found.policy, found.attached_to) == ("freeze", point)
    assert found.permissions == {"run.googleapis.com/routes.invoke"}
    assert found.exceptions == {"principal://goog/subject/a@example.com"}
    assert found.condition == Condition("true", "always")
    none = deny.deny_rules(google, "folders/77")
    assert isinstance(none, Known)
    assert none.value == ()


def test_a_service_in_the_fields_that_decide(opened: Open) -> None:
    secret = "postgres://user:hunter2@db"
    service = {
        "ingress": "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER",
        "template": {
            "vpcAccess": {"networkInterfaces": [{"network": "default"}]},
            "containers": [
                {"env": [{"name": "DATABASE", "value": secret}, {"name": "HTTP_PROXY", "value": "http://p"}]}
            ],
        },
        "urls": ["https://orders-1.us-central1.run.app/"],
        "uri": "https://orders-abc123-uc.a.run.app",
        "customAudiences": ["orders"],
        "invokerIamDisabled": True,
        "defaultUriDisabled": True,
        "iapEnabled": True,
        "trafficStatuses": [{"tag": "blue", "uri": "https://blue---orders-1.us-central1.run.app"}],
        "terminalCondition": {"state": "CONDITION_FAILED", "message": "image not found"},
        "labels": {"team": "shop"},
    }
    _, google = opened(resources=WORLD["resources"] | {f"//run.googleapis.com/{ORDERS}": service})
    fact = run.service(google, ORDERS)
    assert isinstance(fact, Known)
    found = fact.value.service
    assert fact.value.ingress is Ingress.INTERNAL_AND_LB
    assert found.vpc_access == VpcAccess(Egress.PRIVATE_RANGES_ONLY, "projects/shop-prod/global/networks/default")
    assert found.urls == ("https://orders-1.us-central1.run.app", "https://orders-abc123-uc.a.run.app")
    assert (found.checks_iam, found.default_url_disabled, found.iap_enabled) == (False, True, True)
    assert (found.custom_audiences, found.failing) == (("orders",), "image not found")
    assert found.tag_urls == ("https://blue---orders-1.us-central1.run.app",)
    assert (found.labels, found.proxies) == ((("team", "shop"),), (("HTTP_PROXY", "http://p"),))
    assert secret not in repr(fact)


@pytest.mark.parametrize("value", ["INGRESS_TRAFFIC_OF_TOMORROW", ""])
def test_an_ingress_of_tomorrow_is_unknown(opened: Open, value: object) -> None:
    body = json.dumps({"name": ORDERS, "ingress": value, "urls": []})
    _, google = opened(faults=[{"match": "run.googleapis.com", "status": 200, "body": body}])
    fact = run.service(google, ORDERS)
    assert isinstance(fact, Known)
    assert isinstance(fact.value.ingress_fact(fact.source), Unknown)


def test_an_egress_of_tomorrow_is_no_default(opened: Open) -> None:
    access = {"egress": "OF_TOMORROW", "connector": "c"}
    body = json.dumps({"name": ORDERS, "template": {"vpcAccess": access}})
    _, google = opened(faults=[{"match": "run.googleapis.com", "status": 200, "body": body}])
    fact = run.service(google, ORDERS)
    assert isinstance(fact, Known)
    assert fact.value.service.vpc_access == VpcAccess(None, connector="c")


def test_a_policy_survives_being_read(opened: Open) -> None:
    condition = {"expression": "request.path == '/x'", "title": "only x"}
    binding = {"role": "roles/run.invoker", "members": ["user:a@example.com"], "condition": condition}
    _, google = opened(iam={f"//run.googleapis.com/{ORDERS}": {"version": 3, "bindings": [binding]}})
    read = run.service_policy(google, ORDERS)
    assert isinstance(read, Known)
    assert read.value.bindings == (
        Binding("roles/run.invoker", frozenset({"user:a@example.com"}), Condition("request.path == '/x'", "only x")),
    )


def test_log_entries_newest_first_and_no_more_than_wanted(opened: Open) -> None:
    name = "projects/shop-prod/logs/run.googleapis.com%2Frequests"
    entries = [
        {"logName": name, "timestamp": f"2026-06-01T08:00:{second:02}Z", "insertId": str(second), "textPayload": "x"}
        for second in range(9)
    ]
    _, google = opened(logs=entries)
    fact = logs.entries(google, "shop-prod", f'logName="{name}"', most=3)
    assert isinstance(fact, Known), fact
    assert [entry["insertId"] for entry in fact.value] == ["8", "7", "6"]
