"""Real exports (public, names changed) are served as they are: what a user pastes into a world."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.cloud import run_v2
from google.oauth2.credentials import Credentials

REAL = Path(__file__).parent / "real"
PROJECT = "//cloudresourcemanager.googleapis.com/projects"


@pytest.fixture(name="real")
def real_fixture(open_shop: Any) -> Any:
    [service] = json.loads((REAL / "run-v2-services-list.json").read_text())["services"]
    [account] = json.loads((REAL / "iam-service-accounts.json").read_text())["accounts"]
    function = yaml.safe_load((REAL / "run-v1-function-service.yaml").read_text())
    resources = {
        f"{PROJECT}/gcpdiag-cloudrun1-aaaa": {"name": "projects/123400010"},
        f"{PROJECT}/usersrole": {"name": "projects/867125446811"},
        f"//run.googleapis.com/{service['name']}": service,
        f"//iam.googleapis.com/{account['name']}": account,
        "//run.googleapis.com/projects/usersrole/locations/us-central1/services/beforecreated": function,
    }
    policy = json.loads((REAL / "project-iam-policy.json").read_text())
    world = {"version": 1, "resources": resources, "iam": {f"{PROJECT}/gcpdiag-cloudrun1-aaaa": policy}}
    return open_shop(world)


def test_the_client_reads_a_real_service(real: Any) -> None:
    client = run_v2.ServicesClient(
        transport="rest",
        credentials=Credentials(real.sandbox.operator_token),
        client_options={"api_endpoint": f"{real.sandbox.base}/run.googleapis.com"},
    )
    [service] = client.list_services(parent="projects/gcpdiag-cloudrun1-aaaa/locations/-")
    assert service.etag.startswith('"CKL_2JcGEOCHhscC')
    assert service.template.service_account == "123400010-compute@developer.gserviceaccount.com"
    function = client.get_service(name="projects/usersrole/locations/us-central1/services/beforecreated")
    assert len(function.urls) == 3
    assert list(function.custom_audiences) == ["https://us-central1-usersrole.cloudfunctions.net/beforecreated"]
    assert "env" not in real.api(f"run.googleapis.com/v2/{function.name}").text


def test_the_real_policy_and_account(real: Any) -> None:
    crm = "cloudresourcemanager.googleapis.com/v1/projects/123400010:getIamPolicy"
    policy = real.api(crm, "POST", json={}).json()
    assert (policy["etag"], len(policy["bindings"])) == ("BwXmCdbeyfA=", 7)
    account = "iam.googleapis.com/v1/projects/-/serviceAccounts/115693944847802201137"
    assert real.api(account).json()["email"] == "123400010-compute@developer.gserviceaccount.com"


def test_the_default_account_may_call_as_editor_on_every_name(real: Any) -> None:
    member = "serviceAccount:123400010-compute@developer.gserviceaccount.com"
    for host in ("cloudrun1-vavezhxkqq-uc.a.run.app", "cloudrun1-123400010.us-central1.run.app"):
        assert real.invoke(f"http://{host}/", member, "https://cloudrun1-vavezhxkqq-uc.a.run.app").status_code == 200
    assert real.call("http://us-central1-usersrole.cloudfunctions.net/beforecreated").status_code == 403
