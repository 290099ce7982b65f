from __future__ import annotations

from typing import Any

import pytest

from crauth_doctor.collect.unanswerable import UnanswerableError
from crauth_doctor.model.caller import CallerKind, Origin, Place
from crauth_doctor.model.fact import Absent, Known, Unknown
from crauth_doctor.model.facts import Facts
from crauth_doctor.model.run import Egress

from .conftest import CHECKOUT, FRONTEND, NUMBER, RUN, WEB, Ask

VPC = "projects/shop-prod/global/networks/default"
SUBNETWORK = "projects/shop-prod/regions/us-central1/subnetworks/default"
CONNECTOR = "projects/shop-prod/locations/us-central1/connectors/c1"
ZONES = "//dns.googleapis.com/projects/shop-prod/managedZones/"
INTERNAL = {
    f"{RUN}projects/shop-prod/locations/us-central1/services/orders": {"ingress": "INGRESS_TRAFFIC_INTERNAL_ONLY"}
}


def kind(facts: Facts) -> CallerKind:
    assert isinstance(facts.caller, Known)
    return facts.caller.value.kind


def member(facts: Facts) -> str:
    assert isinstance(facts.principal, Known), facts.principal
    return facts.principal.value.member


def origin(facts: Facts) -> Origin:
    assert isinstance(facts.origin, Known), facts.origin
    return facts.origin.value


def frontend(**access: Any) -> dict[str, Any]:
    return {f"{RUN}{FRONTEND}": {"template": {"serviceAccount": WEB, "vpcAccess": access}}}


@pytest.mark.parametrize(
    ("asked", "found", "who"),
    [
        (CHECKOUT, CallerKind.SERVICE_ACCOUNT, f"serviceAccount:{CHECKOUT}"),
        (f"serviceAccount:{CHECKOUT}", CallerKind.SERVICE_ACCOUNT, f"serviceAccount:{CHECKOUT}"),
        ("a@example.com", CallerKind.PRINCIPAL, "user:a@example.com"),
        ("user:a@example.com", CallerKind.PRINCIPAL, "user:a@example.com"),
        ("group:g@example.com", CallerKind.PRINCIPAL, "group:g@example.com"),
        (
            "principal://iam.googleapis.com/x/subject/y",
            CallerKind.PRINCIPAL,
            "principal://iam.googleapis.com/x/subject/y",
        ),
        ("principalSet://iam.googleapis.com/x/*", CallerKind.PRINCIPAL, "principalSet://iam.googleapis.com/x/*"),
        ("me", CallerKind.OPERATOR, "user:dev@example.com"),
        (None, CallerKind.OPERATOR, "user:dev@example.com"),
    ],
)
def test_callers_by_identity(ask: Ask, asked: str | None, found: CallerKind, who: str) -> None:
    facts, _ = ask(caller=asked)
    assert (kind(facts), member(facts)) == (found, who)
    assert origin(facts).place is Place.HERE
    assert bool(origin(facts).assumed) == (found is not CallerKind.OPERATOR)
    assert isinstance(facts.account, Known) == who.startswith("serviceAccount:")
    assert isinstance(facts.caller_service, Absent)
    has_token = asked in {CHECKOUT, f"serviceAccount:{CHECKOUT}", "me", None}
    assert isinstance(facts.minted, Known) == has_token
    assert isinstance(facts.calls, Known)
    assert (facts.calls.value.with_token is not None) == has_token


def test_the_operator_by_their_own_address_gets_a_token_too(ask: Ask) -> None:
    facts, _ = ask(caller="dev@example.com")
    assert isinstance(facts.minted, Known)
    assert facts.minted.value.email == "dev@example.com"


def test_whose_account_a_laptop_uses_is_not_known(ask: Ask) -> None:
    facts, _ = ask(caller="laptop")
    assert origin(facts) == Origin(Place.INTERNET)
    assert isinstance(facts.principal, Unknown)


@pytest.mark.parametrize("asked", ["browser", "app", "webhook"])
def test_callers_without_an_identity(ask: Ask, asked: str) -> None:
    assert isinstance(ask(caller=asked, send_calls=False)[0].minted, Absent)
    facts, box = ask(caller=asked)
    assert kind(facts) == asked
    assert origin(facts) == Origin(Place.INTERNET)
    for fact in (facts.principal, facts.account, facts.minted, facts.denials, facts.elsewhere, facts.subnetwork):
        assert isinstance(fact, Absent)
    assert isinstance(facts.calls, Known)
    assert facts.calls.value.with_token is None
    assert not [one for one in box.requests if "denypolicies" in one.path or "generateIdToken" in one.path]


@pytest.mark.parametrize("asked", ["", "user", "run/", "who/x", "a b@c.d", "allUsers", "@x.y"])
def test_words_that_are_no_caller(ask: Ask, asked: str) -> None:
    with pytest.raises(UnanswerableError, match="is not a caller that this tool understands") as raised:
        ask(caller=asked)
    assert "run/…" in raised.value.choices


@pytest.mark.parametrize("name", ["frontend", FRONTEND, f"{RUN}{FRONTEND}", FRONTEND.replace("shop-prod", NUMBER)])
def test_a_service_calls_as_its_account(ask: Ask, name: str) -> None:
    facts, _ = ask(caller=f"run/{name}")
    assert member(facts) == f"serviceAccount:{WEB}"
    assert origin(facts) == Origin(Place.INTERNET, project="shop-prod")
    assert isinstance(facts.caller, Known)
    assert facts.caller.value.resource == f"{RUN}{FRONTEND}"
    assert isinstance(facts.caller_service, Known)


def test_without_an_account_it_is_the_default_one(ask: Ask) -> None:
    default = f"serviceAccount:{NUMBER}-compute@developer.gserviceaccount.com"
    facts, _ = ask(caller="run/frontend", resources={f"{RUN}{FRONTEND}": {}})
    assert member(facts) == default
    facts, _ = ask(
        caller="run/frontend", resources={f"{RUN}{FRONTEND}": {"urls": ["https://frontend-abc123-uc.a.run.app"]}}
    )
    assert member(facts) == default


def test_a_caller_in_another_region_is_found_there(ask: Ask) -> None:
    name = "projects/shop-prod/locations/europe-west1/services/batch"
    facts, _ = ask(caller="run/batch", resources={f"{RUN}{name}": {"template": {"serviceAccount": WEB}}})
    assert isinstance(facts.caller_service, Known)
    assert facts.caller_service.value.name == name


def test_callers_of_one_name_in_many_regions_are_a_question(ask: Ask) -> None:
    regions = ("asia-east1", "europe-west1")
    batch: dict[str, Any] = {f"{RUN}projects/shop-prod/locations/{region}/services/batch": {} for region in regions}
    with pytest.raises(UnanswerableError) as raised:
        ask(caller="run/batch", resources=batch)
    assert raised.value.choices[0] == "run/projects/shop-prod/locations/asia-east1/services/batch"


def test_a_caller_that_does_not_exist(ask: Ask) -> None:
    facts, _ = ask(caller="run/nothing")
    assert isinstance(facts.caller_service, Absent)
    assert isinstance(facts.principal, Unknown)
    assert isinstance(facts.service, Known)


def test_direct_vpc_egress(ask: Ask) -> None:
    access = {"networkInterfaces": [{"network": "default", "subnetwork": "default"}], "egress": "ALL_TRAFFIC"}
    subnetwork = {f"//compute.googleapis.com/{SUBNETWORK}": {"privateIpGoogleAccess": True, "network": VPC}}
    facts, _ = ask(caller="run/frontend", resources=frontend(**access) | subnetwork)
    assert origin(facts) == Origin(Place.VPC, "shop-prod", Egress.ALL_TRAFFIC, VPC, SUBNETWORK)
    assert isinstance(facts.subnetwork, Known)
    assert facts.subnetwork.value.private_google_access


@pytest.mark.parametrize("interface", [{"network": "default"}, {"subnetwork": "default"}])
def test_half_of_an_interface_is_enough(ask: Ask, interface: dict[str, str]) -> None:
    subnetwork = {f"//compute.googleapis.com/{SUBNETWORK}": {"network": f"https://www.googleapis.com/compute/v1/{VPC}"}}
    facts, _ = ask(caller="run/frontend", resources=frontend(networkInterfaces=[interface]) | subnetwork)
    assert origin(facts) == Origin(Place.VPC, "shop-prod", Egress.PRIVATE_RANGES_ONLY, VPC, SUBNETWORK)


@pytest.mark.parametrize("name", ["c1", CONNECTOR])
def test_a_connector(ask: Ask, name: str) -> None:
    connector = {f"//vpcaccess.googleapis.com/{CONNECTOR}": {"network": "default", "ipCidrRange": "10.8.0.0/28"}}
    facts, _ = ask(caller="run/frontend", resources=frontend(connector=name) | connector)
    assert origin(facts) == Origin(Place.VPC, "shop-prod", Egress.PRIVATE_RANGES_ONLY, VPC)
    assert isinstance(facts.subnetwork, Absent)


def test_a_connector_that_cannot_be_read_leaves_the_path_unknown(ask: Ask) -> None:
    lacks = {"operator": {"principal": "user:dev@example.com", "lacks": ["vpcaccess.connectors.get"]}}
    connector: dict[str, Any] = {f"//vpcaccess.googleapis.com/{CONNECTOR}": {}}
    facts, _ = ask(caller="run/frontend", resources=frontend(connector="c1") | connector | INTERNAL, world=lacks)
    for fact in (facts.origin, facts.subnetwork, facts.zones):
        assert isinstance(fact, Unknown)
        assert fact.permission == "vpcaccess.connectors.get"
    assert member(facts) == f"serviceAccount:{WEB}"


def zone(*rrsets: tuple[str, str, list[str]], dns_name: str = "run.app.", network: str = VPC) -> dict[str, Any]:
    return {
        "dnsName": dns_name,
        "visibility": "private",
        "privateVisibilityConfig": {"networks": [{"networkUrl": f"https://www.googleapis.com/compute/v1/{network}"}]},
        "rrsets": [{"name": name, "type": kind, "rrdatas": data} for name, kind, data in rrsets],
    }


VIP = ["199.36.153.8", "199.36.153.9"]
ALL_VIPS = ("199.36.153.8", "199.36.153.9", "199.36.153.10", "199.36.153.11")
HOST = f"orders-{NUMBER}.us-central1.run.app."


@pytest.mark.parametrize(
    ("described", "addresses", "wildcard"),
    [
        (zone(("run.app.", "A", VIP), ("*.run.app.", "CNAME", ["run.app."])), tuple(VIP), True),
        (zone(("*.run.app.", "A", VIP), ("*.run.app.", "AAAA", ["2600::1"])), (*VIP, "2600::1"), True),
        (zone(("*.run.app.", "CNAME", ["private.googleapis.com."])), ALL_VIPS, True),
        (zone((HOST, "A", ["10.0.0.9"]), ("*.run.app.", "A", VIP)), ("10.0.0.9",), True),
        (zone(("us-central1.run.app.", "A", VIP), ("*.run.app.", "A", VIP)), (), False),
        (zone(("*.us-central1.run.app.", "A", VIP), dns_name="us-central1.run.app."), tuple(VIP), True),
        (zone(("run.app.", "A", VIP)), (), False),
        (zone(("*.run.app.", "CNAME", ["*.run.app."])), (), True),
        (zone(("*.run.app.", "CNAME", ["elsewhere.example.com."])), (), True),
    ],
)
def test_private_zones(ask: Ask, described: dict[str, Any], addresses: tuple[str, ...], wildcard: bool) -> None:
    resources = frontend(networkInterfaces=[{"network": "default"}]) | INTERNAL | {f"{ZONES}z": described}
    facts, _ = ask(caller="run/frontend", resources=resources)
    assert isinstance(facts.zones, Known), facts.zones
    (found,) = facts.zones.value
    assert (found.addresses, found.wildcard) == (addresses, wildcard)


RULES = "//compute.googleapis.com/projects/shop-prod/global/forwardingRules/"
RESERVED = "//compute.googleapis.com/projects/shop-prod/global/addresses/google"
IN_USE = {"address": "10.0.0.9", "purpose": "PRIVATE_SERVICE_CONNECT", "status": "IN_USE"}
NO_RULES = "compute.globalForwardingRules.list"
NO_ADDRESSES = "compute.globalAddresses.list"


def endpoint(address: str = "10.0.0.9", **more: Any) -> dict[str, Any]:
    network = f"https://www.googleapis.com/compute/v1/{VPC}"
    return {f"{RULES}google": {"IPAddress": address, "target": "all-apis", "network": network, **more}}


@pytest.mark.parametrize(
    ("resources", "lacks", "endpoints"),
    [
        ({}, [], ()),
        (endpoint(), [], ("10.0.0.9",)),
        (endpoint(target="vpc-sc"), [], ("10.0.0.9",)),
        (endpoint("10.0.0.10"), [], ("10.0.0.10",)),
        (endpoint(network="other"), [], ()),
        (endpoint(target="projects/p/regions/r/serviceAttachments/s"), [], ()),
        (endpoint(), [NO_RULES, NO_ADDRESSES], None),
        (endpoint() | {RESERVED: IN_USE}, [NO_RULES], ("10.0.0.9",)),
        (endpoint() | {RESERVED: IN_USE | {"status": "RESERVED"}}, [NO_RULES], None),
        (endpoint() | {RESERVED: IN_USE | {"purpose": "VPC_PEERING"}}, [NO_RULES], None),
        ({RESERVED: IN_USE}, [], ()),
    ],
)
def test_endpoints_for_google_apis(
    ask: Ask, resources: dict[str, Any], lacks: list[str], endpoints: tuple[str, ...] | None
) -> None:
    described = frontend(networkInterfaces=[{"network": "default"}]) | INTERNAL
    described |= {f"{ZONES}z": zone(("*.run.app.", "A", ["10.0.0.9"]))} | resources
    world = {"operator": {"principal": "user:dev@example.com", "lacks": lacks}}
    facts, _ = ask(caller="run/frontend", resources=described, world=world)
    assert isinstance(facts.zones, Known)
    assert [one.endpoints for one in facts.zones.value] == [endpoints]


def test_endpoints_are_asked_for_only_where_an_address_is_private(ask: Ask) -> None:
    described = frontend(networkInterfaces=[{"network": "default"}]) | INTERNAL | endpoint()
    described |= {f"{ZONES}z": zone(("*.run.app.", "A", [*VIP, "198.51.100.40"]))}
    facts, box = ask(caller="run/frontend", resources=described)
    assert isinstance(facts.zones, Known)
    assert facts.zones.value[0].endpoints is None
    assert not [one for one in box.requests if "/global/" in one.path]


def test_zones_that_do_not_concern_the_call(ask: Ask) -> None:
    resources = frontend(networkInterfaces=[{"network": "default"}]) | {
        f"{ZONES}other": zone(network="projects/shop-prod/global/networks/other"),
        f"{ZONES}domain": zone(dns_name="example.com."),
    }
    for ingress in ({}, INTERNAL):
        facts, _ = ask(caller="run/frontend", resources=resources | ingress)
        assert isinstance(facts.zones, Known)
        assert facts.zones.value == ()
