from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from crauth_doctor.collect.unanswerable import UnanswerableError
from crauth_doctor.model.caller import CallerKind, Origin, Place
from crauth_doctor.model.exported import TokenSetting, TokenType
from crauth_doctor.model.fact import Absent, Known, Obstacle, Unknown
from crauth_doctor.model.run import Egress
from crauth_doctor.model.token import TokenKind

from ..conftest import FRONTEND, IAM, RUN, URL, WEB, Ask
from .scenes import ACCOUNT, APPSPOT, DEFAULT, MEMBER, SENDER, L, P, member, value

NET, SUB = f"{P}/global/networks/default", f"{P}/regions/us-central1/subnetworks/default"
INSTANCE, CLUSTER = f"{P}/zones/us-central1-a/instances/vm", f"{L}/clusters/c1"
LINK = "serviceAccount:shop-prod.svc.id.goog[shop/cart]"
OUTSIDE = Origin(Place.INTERNET, "shop-prod")
INTERFACE = {"networkInterfaces": [{"network": "default", "subnetwork": "default"}], "egress": "ALL_TRAFFIC"}
INSIDE = Origin(Place.VPC, "shop-prod", Egress.ALL_TRAFFIC, NET, SUB)
CONNECTED = Origin(Place.VPC, "shop-prod", Egress.PRIVATE_RANGES_ONLY, NET)
CONNECTOR = {f"//vpcaccess.googleapis.com/{L}/connectors/c1": {"network": "default", "ipCidrRange": "10.8.0.0/28"}}


def job(**template: Any) -> dict[str, Any]:
    return {f"{RUN}{L}/jobs/report": {"name": f"{L}/jobs/report", "template": {"template": template}}}


def function(environment: str = "GEN_2", name: str = "thumb", **config: Any) -> dict[str, Any]:
    full = f"{L}/functions/{name}"
    settings = {"name": full, "environment": environment, "serviceConfig": config}
    return CONNECTOR | {f"//cloudfunctions.googleapis.com/{full}": settings}


def app(**version: Any) -> dict[str, Any]:
    service = "//appengine.googleapis.com/apps/shop-prod/services/shop"
    old = {"id": "old", "serviceAccount": "old@shop-prod.iam.gserviceaccount.com", "createTime": "2020-01-01T00:00:00Z"}
    new = {"id": "new", "createTime": "2026-01-01T00:00:00Z", **version}
    return CONNECTOR | {
        service: {"id": "shop", "split": {"allocations": {"new": 1}}},
        f"{service}/versions/old": old,
        f"{service}/versions/new": new,
    }


def machine(**more: Any) -> dict[str, Any]:
    interface = {"network": f"https://www.googleapis.com/compute/v1/{NET}", "subnetwork": SUB, **more}
    found = {"name": "vm", "serviceAccounts": [{"email": SENDER}], "networkInterfaces": [interface]}
    return ACCOUNT | {f"//compute.googleapis.com/{INSTANCE}": found}


def cluster(**more: Any) -> dict[str, Any]:
    found = {
        "name": "c1",
        "location": "us-central1",
        "workloadIdentityConfig": {"workloadPool": "shop-prod.svc.id.goog"},
    }
    return ACCOUNT | {f"//container.googleapis.com/{CLUSTER}": found | more}


def linked(*emails: str) -> dict[str, Any]:
    policy = {"bindings": [{"role": "roles/iam.workloadIdentityUser", "members": [LINK]}]}
    return {f"{IAM}serviceAccounts/{email}": policy for email in emails}


def gateway(document: str = "", **config: Any) -> dict[str, Any]:
    name, served = f"{L}/gateways/front", f"{P}/locations/global/apis/shop/configs/v1"
    documents = [{"document": {"contents": b64encode(document.encode()).decode()}}]
    settings = {"name": served, "gatewayServiceAccount": f"projects/-/serviceAccounts/{SENDER}"}
    return ACCOUNT | {
        f"//apigateway.googleapis.com/{name}": {"name": name, "apiConfig": served},
        f"//apigateway.googleapis.com/{served}": settings | {"openapiDocuments": documents} | config,
    }


@pytest.mark.parametrize(
    ("asked", "resources", "kind", "who", "origin"),
    [
        ("job/report", job(serviceAccount=SENDER), CallerKind.CLOUD_RUN_JOB, SENDER, OUTSIDE),
        ("job/report", job(vpcAccess=INTERFACE), CallerKind.CLOUD_RUN_JOB, DEFAULT, INSIDE),
        ("function/thumb", function(serviceAccountEmail=SENDER), CallerKind.FUNCTION, SENDER, OUTSIDE),
        ("function/thumb", function(vpcConnector="c1"), CallerKind.FUNCTION, DEFAULT, CONNECTED),
        ("function/thumb", function("GEN_1"), CallerKind.FUNCTION, APPSPOT, OUTSIDE),
        (
            "function/thumb",
            function("GEN_1", vpcConnector=f"{L}/connectors/c1", vpcConnectorEgressSettings="PRIVATE_RANGES_ONLY"),
            CallerKind.FUNCTION,
            APPSPOT,
            CONNECTED,
        ),
        (
            "function/thumb",
            function(directVpcNetworkInterface=[{"network": "default"}], directVpcEgress="VPC_EGRESS_ALL_TRAFFIC"),
            CallerKind.FUNCTION,
            DEFAULT,
            INSIDE,
        ),
        ("appengine/shop", app(), CallerKind.APP_ENGINE, APPSPOT, OUTSIDE),
        ("appengine/apps/shop-prod/services/shop", app(serviceAccount=SENDER), CallerKind.APP_ENGINE, SENDER, OUTSIDE),
        (
            "appengine/shop",
            app(vpcAccessConnector={"name": f"{L}/connectors/c1", "egressSetting": "PRIVATE_IP_RANGES"}),
            CallerKind.APP_ENGINE,
            APPSPOT,
            CONNECTED,
        ),
        ("gce/us-central1-a/vm", machine(), CallerKind.COMPUTE_ENGINE, SENDER, INSIDE),
        (
            f"gce/{INSTANCE}",
            machine(accessConfigs=[{"natIP": "8.8.8.8"}]),
            CallerKind.COMPUTE_ENGINE,
            SENDER,
            Origin(Place.VPC, "shop-prod", Egress.ALL_TRAFFIC, NET),
        ),
        (
            "gke/c1/shop/cart",
            cluster(workloadIdentityConfig={}, nodeConfig={"serviceAccount": SENDER}),
            CallerKind.GKE,
            SENDER,
            Origin(Place.VPC, "shop-prod", Egress.ALL_TRAFFIC, NET),
        ),
        (
            "gke/c1/shop/cart",
            cluster(workloadIdentityConfig={}, privateClusterConfig={"enablePrivateNodes": True}),
            CallerKind.GKE,
            DEFAULT,
            INSIDE,
        ),
        ("apigateway/front", gateway(), CallerKind.API_GATEWAY, SENDER, OUTSIDE),
        ("apigateway/front", gateway(gatewayServiceAccount=""), CallerKind.API_GATEWAY, DEFAULT, OUTSIDE),
    ],
)
def test_workloads(ask: Ask, asked: str, resources: dict[str, Any], kind: CallerKind, who: str, origin: Origin) -> None:
    facts, _ = ask(caller=asked, resources=resources)
    assert (value(facts.caller).kind, member(facts)) == (kind, f"serviceAccount:{who}")
    assert value(facts.origin) == origin
    assert isinstance(facts.minting, Absent)
    assert isinstance(facts.subnetwork, Absent) == (
        origin.subnetwork is None or not isinstance(facts.subnetwork, Known)
    )


APP = "//appengine.googleapis.com/apps/shop-prod"
OF_APP = "app@shop-prod.iam.gserviceaccount.com"


@pytest.mark.parametrize(
    ("resources", "who"),
    [
        ({f"{APP}/services/shop": {"id": "shop"}}, APPSPOT),
        ({f"{APP}/services/shop": {"id": "shop"}, APP: {"id": "shop-prod"}}, APPSPOT),
        ({f"{APP}/services/shop": {"id": "shop"}, APP: {"serviceAccount": OF_APP}}, OF_APP),
        (app() | {APP: {"serviceAccount": OF_APP}}, OF_APP),
        (app(serviceAccount=SENDER) | {APP: {"serviceAccount": OF_APP}}, SENDER),
    ],
)
def test_an_app_whose_versions_name_no_account(ask: Ask, resources: dict[str, Any], who: str) -> None:
    facts, _ = ask(caller="appengine/shop", resources=resources)
    assert (member(facts), value(facts.origin)) == (f"serviceAccount:{who}", OUTSIDE)


def test_an_app_that_may_not_be_read(ask: Ask) -> None:
    lacks = {"operator": {"principal": "user:dev@example.com", "lacks": ["appengine.applications.get"]}}
    facts, _ = ask(caller="appengine/shop", resources={f"{APP}/services/shop": {"id": "shop"}}, world=lacks)
    assert isinstance(facts.principal, Unknown)
    assert facts.principal.permission == "appengine.applications.get"
    assert value(facts.origin) == OUTSIDE


def test_an_app_whose_versions_may_not_be_listed(ask: Ask) -> None:
    lacks = {"operator": {"principal": "user:dev@example.com", "lacks": ["appengine.versions.list"]}}
    facts, _ = ask(caller="appengine/shop", resources={f"{APP}/services/shop": {"id": "shop"}}, world=lacks)
    for fact in (facts.principal, facts.origin):
        assert isinstance(fact, Unknown)
        assert fact.permission == "appengine.versions.list"


def test_a_function_is_a_service(ask: Ask) -> None:
    service = {f"{RUN}{L}/services/my-thumb": {"template": {"serviceAccount": WEB, "vpcAccess": INTERFACE}}}
    found = function(name="My_Thumb", service=f"{L}/services/my-thumb", serviceAccountEmail=SENDER)
    facts, _ = ask(caller="function/My_Thumb", resources=service | found)
    assert value(facts.caller_service).id == "my-thumb"
    assert (member(facts), value(facts.origin)) == (f"serviceAccount:{WEB}", INSIDE)
    elsewhere = function(service=FRONTEND)
    facts, _ = ask(caller=f"function/{L}/functions/thumb", resources=elsewhere)
    assert value(facts.caller_service).id == "frontend"


def test_the_older_form_of_a_function(ask: Ask) -> None:
    full = f"{L}/functions/old"
    found = {"name": full, "httpsTrigger": {"url": "https://x"}, "serviceAccountEmail": SENDER}
    facts, _ = ask(caller="function/old", resources={f"//cloudfunctions.googleapis.com/{full}": found})
    assert (member(facts), value(facts.origin)) == (MEMBER, OUTSIDE)


def test_a_machine_without_an_account(ask: Ask) -> None:
    resources = machine()
    resources[f"//compute.googleapis.com/{INSTANCE}"].pop("serviceAccounts")
    facts, _ = ask(caller="gce/us-central1-a/vm", resources=resources)
    assert isinstance(facts.principal, Absent)
    assert "no service account is attached" in str(facts.principal.source)


def test_a_workload_that_is_linked(ask: Ask) -> None:
    facts, _ = ask(caller="gke/c1/shop/cart", resources=cluster(), iam=linked(SENDER))
    assert member(facts) == MEMBER
    facts, _ = ask(caller=f"gke/{CLUSTER}/shop/cart", resources=cluster(), iam=linked(SENDER))
    assert member(facts) == MEMBER


def test_a_workload_without_a_link(ask: Ask) -> None:
    facts, _ = ask(caller="gke/c1/shop/cart", resources=cluster())
    assert isinstance(facts.principal, Absent)
    assert LINK in facts.principal.source.target


def test_a_workload_with_several_links(ask: Ask) -> None:
    facts, _ = ask(caller="gke/c1/shop/cart", resources=cluster(), iam=linked(SENDER, WEB))
    assert isinstance(facts.principal, Unknown)
    assert f"{SENDER}, {WEB}" in facts.principal.detail


@pytest.mark.parametrize("permission", ["iam.serviceAccounts.list", "iam.serviceAccounts.getIamPolicy"])
def test_a_link_that_may_not_be_looked_for(ask: Ask, permission: str) -> None:
    world = {"operator": {"principal": "user:dev@example.com", "lacks": [permission]}}
    facts, _ = ask(caller="gke/c1/shop/cart", resources=cluster(), world=world)
    assert isinstance(facts.principal, Unknown)
    assert facts.principal.permission == permission
    assert isinstance(facts.origin, Known)


@pytest.mark.parametrize("asked", ["c1", "c1/shop", "c1/shop/", f"{CLUSTER}/shop", "c1/a/b/c"])
def test_a_workload_takes_three_words(ask: Ask, asked: str) -> None:
    with pytest.raises(UnanswerableError, match="gke/CLUSTER/NAMESPACE/KSA"):
        ask(caller=f"gke/{asked}")


BACKENDS = f"""
swagger: "2.0"
paths:
  /a: {{get: {{x-google-backend: {{address: "https://other.example.com"}}}}}}
  /b: {{get: {{x-google-backend: {{address: "{URL}/b", jwt_audience: "{URL}"}}}}}}
  /c: {{get: {{x-google-backend: {{address: "{URL}/c"}}}}}}
"""


def test_what_a_gateway_sends(ask: Ask) -> None:
    facts, _ = ask(caller="apigateway/front", resources=gateway(BACKENDS))
    assert (value(facts.sending).target, value(facts.token).audience) == (f"{URL}/b", URL)
    plain = BACKENDS.replace(f'address: "{URL}/b", jwt_audience: "{URL}"', f'address: "{URL}/b", disable_auth: true')
    facts, _ = ask(caller="apigateway/front", resources=gateway(plain))
    assert value(facts.sending).auth == TokenSetting(TokenType.NONE)
    assert isinstance(facts.principal, Absent)
    facts, _ = ask(caller="apigateway/front", resources=gateway("paths: {/: {x-google-backend: {address: https://a}}}"))
    assert (value(facts.sending).target, facts.token) == (None, ask()[0].token)
    bare = f"x-google-backend: {{address: {URL}}}"
    facts, _ = ask(caller="apigateway/front", resources=gateway(bare))
    assert (value(facts.token).kind, value(facts.token).audience) == (TokenKind.ID_TOKEN, URL)


READS = [
    ("job/report", job(), "run.jobs.get"),
    ("function/thumb", function(), "cloudfunctions.functions.get"),
    ("appengine/shop", app(), "appengine.versions.list"),
    ("gce/us-central1-a/vm", machine(), "compute.instances.get"),
    ("gke/c1/shop/cart", cluster(), "container.clusters.list"),
    ("apigateway/front", gateway(), "apigateway.apiconfigs.get"),
]


@pytest.mark.parametrize(("asked", "resources", "permission"), READS)
def test_what_may_not_be_read(ask: Ask, asked: str, resources: dict[str, Any], permission: str) -> None:
    world = {"operator": {"principal": "user:dev@example.com", "lacks": [permission]}}
    facts, _ = ask(caller=asked, resources=resources, world=world)
    assert isinstance(facts.principal, Unknown)
    assert facts.principal.permission == permission
    assert isinstance(facts.service, Known)


@pytest.mark.parametrize("asked", [asked for asked, _, _ in READS])
def test_what_does_not_exist(ask: Ask, asked: str) -> None:
    facts, _ = ask(caller=asked)
    assert isinstance(facts.principal, Unknown)
    assert facts.principal.obstacle is Obstacle.NOT_TOLD
    assert isinstance(facts.service, Known)


SECRET = {"KEY": "hunter2", "http_proxy": "http://me:hunter2@10.0.0.9:3128", "NO_PROXY": "localhost", "no_Proxy": "x"}
KEPT = (("HTTP_PROXY", "http://10.0.0.9:3128"), ("NO_PROXY", "localhost"))
SET = [{"name": name, "value": text} for name, text in SECRET.items()]
HIDDEN = {"name": "https_proxy", "valueSource": {"secretKeyRef": {"secret": "proxy"}}}


@pytest.mark.parametrize(
    ("asked", "resources"),
    [
        ("run/frontend", {f"{RUN}{FRONTEND}": {"template": {"serviceAccount": WEB, "containers": [{"env": SET}]}}}),
        ("job/report", job(containers=[{"env": SET}])),
        ("function/thumb", function(environmentVariables=SECRET)),
        ("function/thumb", function("GEN_1", environmentVariables=SECRET)),
    ],
)
def test_of_the_variables_of_a_workload_only_proxies_are_kept(ask: Ask, asked: str, resources: dict[str, Any]) -> None:
    facts, _ = ask(caller=asked, resources=resources)
    assert value(facts.caller_service).proxies == KEPT
    assert "hunter2" not in repr(facts)


def test_what_a_job_tells_of_itself(ask: Ask) -> None:
    found = job(serviceAccount=SENDER, vpcAccess=INTERFACE, containers=[{"env": [HIDDEN]}, {}])
    facts, _ = ask(caller="job/report", resources=found)
    own = value(facts.caller_service)
    assert (own.full_name, own.url, own.account) == (f"{RUN}{L}/jobs/report", "", SENDER)
    assert own.vpc_access is not None
    assert own.vpc_access.egress is Egress.ALL_TRAFFIC
    assert own.proxies == (("HTTPS_PROXY", ""),)
