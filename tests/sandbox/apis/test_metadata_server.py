from __future__ import annotations

from typing import Any

import pytest
import requests

from crauth_doctor.sandbox.edge import signing_keys

ACCOUNT = "checkout-run@shop-prod.iam.gserviceaccount.com"
ORDERS = "//run.googleapis.com/projects/shop-prod/locations/us-central1/services/orders"
METADATA = {"Metadata-Flavor": "Google"}
LISTING = "http://metadata.google.internal/computeMetadata/v1/instance"
INSTANCE = f"{LISTING}/service-accounts/default"


def test_the_metadata_server(shop: Any) -> None:
    assert shop.call(f"{INSTANCE}/email", headers=METADATA).text == "dev@example.com"
    answer = shop.call(f"{INSTANCE}/identity", params={"audience": "a", "format": "full"}, headers=METADATA)
    assert answer.headers["metadata-flavor"] == "Google"
    assert answer.text.count(".") == 2
    empty = shop.call(f"{INSTANCE}/identity", headers=METADATA)
    assert (empty.status_code, empty.text.strip()) == (400, "non-empty audience parameter required")
    assert shop.call(f"{INSTANCE}/email").status_code == 403
    token = shop.call(f"{INSTANCE}/token", headers=METADATA).json()["access_token"]
    assert shop.sandbox.cloud.whose_token(token)[0].member == "user:dev@example.com"
    project = shop.call("http://169.254.169.254/computeMetadata/v1/project/project-id", headers=METADATA)
    assert project.text == "shop-prod"
    other = METADATA | {"X-Sandbox-From": ORDERS.replace("orders", "checkout")}
    assert shop.call(f"{INSTANCE}/email", headers=other).text == ACCOUNT
    assert shop.call(f"{INSTANCE}/nothing", headers=METADATA).status_code == 404


AGENT = {"identityType": "IDENTITY_TYPE_AGENT_IDENTITY"}
WORKLOADS = {
    "jobs/report": {"template": {"template": {"serviceAccount": ACCOUNT}}},
    "workerPools/drain": {"template": {"serviceAccount": ACCOUNT}},
    "jobs/default": {"template": {"template": {}}},
    "services/bot": {"template": {"serviceAccount": ACCOUNT, "workloadIdentityConfig": AGENT}},
    "jobs/review": {"template": {"template": {"workloadIdentityConfig": AGENT}}},
}
BESIDE = ORDERS.removesuffix("services/orders")


def test_each_workload_gets_the_identity_of_its_own(shop: Any) -> None:
    with shop.sandbox.cloud.writing():
        for name, resource in WORKLOADS.items():
            shop.sandbox.cloud.put(f"{BESIDE}{name}", resource)

    def claims(name: str, *, certificate: str = "") -> dict[str, Any]:
        headers = METADATA | {"X-Sandbox-From": f"{BESIDE}{name}"}
        body = {"json": {"certificate_chain": certificate}, "method": "POST"} if certificate else {}
        query = {"audience": "https://a.example.com", "format": "full"}
        token = shop.call(f"{INSTANCE}/identity", params=query, headers=headers, **body).text
        found: dict[str, Any] = signing_keys.verify(token)[1]
        return found

    default = f"{shop.sandbox.cloud.project('shop-prod').number}-compute@developer.gserviceaccount.com"
    emails = [claims(name)["email"] for name in ("jobs/report", "workerPools/drain", "jobs/default")]
    assert emails == [ACCOUNT, ACCOUNT, default]
    for name in ("services/bot", "jobs/review"):
        assert "email" not in claims(name)
        assert claims(name)["iss"].startswith("https://sts.googleapis.com/v1/")
        assert claims(name)["sub"].endswith(f"/locations/us-central1/{name}")
    assert "cnf" not in claims("services/bot")
    assert claims("services/bot", certificate="-----BEGIN CERTIFICATE-----")["cnf"]


@pytest.mark.parametrize("slash", ["", "/"])
def test_the_metadata_server_lists_an_instance(shop: Any, slash: str) -> None:
    answer = shop.call(f"{LISTING}{slash}", headers=METADATA)
    assert (answer.status_code, answer.headers["metadata-flavor"]) == (200, "Google")
    assert "service-accounts/" in answer.text.splitlines()
    plain = [one for one in answer.text.splitlines() if not one.endswith("/")]
    assert all(shop.call(f"{LISTING}/{one}", headers=METADATA).status_code == 200 for one in plain)
    assert shop.call(f"{LISTING}{slash}").status_code == 403


def test_who_a_token_is(shop: Any) -> None:
    info = requests.get(
        "http://www.googleapis.com/oauth2/v3/userinfo",
        headers={"Authorization": f"Bearer {shop.sandbox.operator_token}"},
        proxies=shop.proxies,
        timeout=10,
    ).json()
    assert info["email"] == "dev@example.com"
    assert shop.call("http://oauth2.googleapis.com/tokeninfo?access_token=x").status_code == 400
