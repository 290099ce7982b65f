"""Google's own gcloud, unmodified, against a served world."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.patience import LONG

ACCOUNT = "checkout-run@shop-prod.iam.gserviceaccount.com"
ORDERS = "//run.googleapis.com/projects/shop-prod/locations/us-central1/services/orders"
REGION = ("--region", "us-central1")


@pytest.mark.needs_gcloud
@pytest.mark.timeout(180)
@pytest.mark.skipif(shutil.which("gcloud") is None, reason="gcloud is not installed")
def test_gcloud_sees_and_changes_the_world(open_shop: Any, world: dict[str, Any], tmp_path: Path) -> None:
    world["iam"][ORDERS] = {"bindings": []}
    shop = open_shop(world)
    kept = {key: os.environ[key] for key in ("PATH", "CLOUDSDK_PYTHON") if key in os.environ}
    environment = {**kept, "HOME": str(tmp_path), **shop.sandbox.exports(tmp_path)}

    def gcloud(*words: str) -> Any:
        command = ["gcloud", *words, "--format=json"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    described = gcloud("run", "services", "describe", "orders", *REGION)
    assert described["status"]["url"] == "https://orders-abc123-uc.a.run.app"
    grant = (f"--member=serviceAccount:{ACCOUNT}", "--role=roles/run.servicesInvoker")
    added = gcloud("run", "services", "add-iam-policy-binding", "orders", *REGION, *grant)
    assert added["bindings"] == [{"role": "roles/run.servicesInvoker", "members": [f"serviceAccount:{ACCOUNT}"]}]
    assert shop.invoke().status_code == 200
    updated = gcloud("run", "services", "update", "orders", *REGION, "--ingress=internal")
    assert updated["metadata"]["annotations"]["run.googleapis.com/ingress-status"] == "internal"
    assert shop.call().status_code == 404
    if not LONG:
        return
    listed = gcloud("run", "services", "list")
    assert sorted(each["metadata"]["name"] for each in listed) == ["checkout", "orders"]
    gcloud("run", "services", "update", "orders", *REGION, "--ingress=all")
    assert gcloud("run", "services", "get-iam-policy", "orders", *REGION)["bindings"] == added["bindings"]
    removed = gcloud("run", "services", "remove-iam-policy-binding", "orders", *REGION, *grant)
    assert "bindings" not in removed
    assert shop.invoke().status_code == 403
    project = gcloud("projects", "get-iam-policy", "shop-prod")
    assert project["bindings"] == [{"role": "roles/owner", "members": ["user:admin@example.com"]}]
    account = gcloud("iam", "service-accounts", "describe", ACCOUNT)
    assert account["uniqueId"] == "109876543210987654321"
    role = gcloud("iam", "roles", "describe", "roles/run.invoker")
    assert role["includedPermissions"] == ["run.jobs.run", "run.routes.invoke"]
