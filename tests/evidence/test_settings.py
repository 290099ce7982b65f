"""Settings of the caller that stand in a file or in a cluster, and not in Google's API: they are read as that one's."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from crauth_doctor.evidence import read
from crauth_doctor.model.caller import CallerKind
from crauth_doctor.model.exported import TokenSetting, TokenType
from crauth_doctor.model.fact import WANTED, Absent, Known, Unknown, value_of
from crauth_doctor.workflows.explain import explain, facts_of

URL = "https://orders-123456789012.europe-west1.run.app"
SERVICE = {
    "name": "projects/shop-prod/locations/europe-west1/services/orders",
    "uri": URL,
    "urls": [URL],
    "ingress": "INGRESS_TRAFFIC_ALL",
    "template": {},
}


def api(**backend: Any) -> dict[str, object]:
    """The description of an API that a gateway serves."""
    get = {"operationId": "items", "x-google-backend": {"address": f"{URL}/v1", **backend}}
    return {"swagger": "2.0", "info": {"title": "Orders"}, "paths": {"/v1": {"get": get}}}


def shown(document: object, form: str, *others: object) -> str:
    text = json.dumps(document, indent=2) if form == "json" else yaml.safe_dump(document)
    return "\n\n".join((text, *(json.dumps(each, indent=2) for each in others)))


@pytest.mark.parametrize("form", ["json", "yaml"])
@pytest.mark.parametrize(
    ("backend", "auth", "cause"),
    [
        ({"disable_auth": True}, TokenSetting(TokenType.NONE), "mint/no-token-configured"),
        (
            {"jwt_audience": "https://billing-123456789012.europe-west1.run.app"},
            TokenSetting(TokenType.OIDC, None, "https://billing-123456789012.europe-west1.run.app"),
            "token/audience-other-service",
        ),
        ({"jwt_audience": URL}, TokenSetting(TokenType.OIDC, None, URL), None),
    ],
)
def test_what_a_gateway_attaches_stands_in_its_apis_description(
    form: str, backend: dict[str, Any], auth: TokenSetting, cause: str | None
) -> None:
    text = shown(api(**backend), form, SERVICE)
    facts = facts_of(read(text))
    sending = value_of(facts.sending)
    assert sending is not None
    assert (sending.target, sending.auth) == (f"{URL}/v1", auth)
    assert facts.sending.source.read == WANTED, "what is deployed may differ"
    caller = value_of(facts.caller)
    assert caller is not None
    assert caller.kind is CallerKind.API_GATEWAY
    assert isinstance(facts.principal, Absent if backend.get("disable_auth") else Unknown), "whose token is not told"
    found = explain(text).diagnosis.cause
    assert (found.rule if found else None) == cause


def test_a_description_that_calls_no_backend_is_no_gateway() -> None:
    assert not read(json.dumps({"swagger": "2.0", "paths": {"/v1": {"get": {}}}})).document.resources


def test_a_call_that_somebody_makes_at_the_service_is_not_the_gateways() -> None:
    page = "<html><head><title>403 Forbidden</title></head></html>"
    text = f"{shown(api(), 'yaml', SERVICE)}\n\n$ curl -i {URL}/v1\nHTTP/2 403\nserver: Google Frontend\n\n{page}\n"
    assert value_of(facts_of(read(text)).sending) is None


def test_the_default_account_is_not_taken_for_the_gateways() -> None:
    project = {"projectId": "shop-prod", "projectNumber": "123456789012", "lifecycleState": "ACTIVE"}
    assert isinstance(facts_of(read(shown(api(), "json", SERVICE, project))).principal, Unknown)


ACCOUNT = "orders-caller@shop-prod.iam.gserviceaccount.com"


def kubernetes(annotations: dict[str, str], **metadata: str) -> dict[str, object]:
    told = {"name": "web", "namespace": "shop", "annotations": annotations, **metadata}
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": told}


LINKED = {"iam.gke.io/gcp-service-account": ACCOUNT}


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_the_account_of_a_pod(form: str) -> None:
    facts = facts_of(read(shown(kubernetes(LINKED), form)))
    who, caller = facts.principal, value_of(facts.caller)
    assert isinstance(who, Known)
    assert (who.value.member, who.source.read) == (f"serviceAccount:{ACCOUNT}", WANTED), "another pod may call"
    assert caller is not None
    assert (caller.kind, caller.asked) == (CallerKind.GKE, "gke/-/shop/web")


def test_a_pod_that_is_linked_to_no_account_may_have_its_nodes() -> None:
    text = f"{shown(kubernetes({}), 'yaml')}\n\nGET {URL}/ -> 401\n"
    assert isinstance(facts_of(read(text)).principal, Unknown)
    assert explain(text).diagnosis.cause is None


def test_of_several_pods_none_is_the_caller() -> None:
    several = {"apiVersion": "v1", "kind": "List", "items": [kubernetes(LINKED), kubernetes({})]}
    assert not isinstance(facts_of(read(json.dumps(several))).principal, Known | Absent)


BEFORE = {**SERVICE, "iapEnabled": True}
WHO = "user:dana@example.com"
READS = "gcloud iap web get-iam-policy --project=shop-prod --resource-type=cloud-run --service=orders"


def test_the_policy_of_iap_is_the_one_that_its_command_names() -> None:
    policy = {"bindings": [{"role": "roles/iap.httpsResourceAccessor", "members": [WHO]}], "etag": "BwY="}
    text = f"$ {READS} --region=europe-west1\n{json.dumps(policy, indent=2)}\n"
    assert [*read(text).document.iam] == [
        "//iap.googleapis.com/projects/shop-prod/iap_web/cloud_run-europe-west1/services/orders"
    ]


@pytest.mark.parametrize(
    ("kind", "fields", "name"),
    [
        (
            "web_cloud_run_service",
            {"location": "europe-west1", "cloud_run_service_name": "orders"},
            "iap_web/cloud_run-europe-west1/services/orders",
        ),
        ("web_backend_service", {"web_backend_service": "front"}, "iap_web/compute/services/front"),
        (
            "web_region_backend_service",
            {"region": "europe-west1", "web_region_backend_service": "front"},
            "iap_web/compute-europe-west1/services/front",
        ),
        ("web", {}, "iap_web"),
    ],
)
def test_what_terraform_grants_of_iap(kind: str, fields: dict[str, str], name: str) -> None:
    given = {"project": "shop-prod", "role": "roles/iap.httpsResourceAccessor", "member": WHO, **fields}
    lines = "".join(f'  {key} = "{value}"\n' for key, value in given.items())
    found = read(f'resource "google_iap_{kind}_iam_member" "who" {{\n{lines}}}\n').document
    assert [*found.iam] == [f"//iap.googleapis.com/projects/shop-prod/{name}"]
