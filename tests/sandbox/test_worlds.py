"""The built-in worlds: the front end really answers what each one declares."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import yaml

from crauth_doctor.sandbox import load_world, serve

WORLDS = sorted(Path(str(resources.files("crauth_doctor.sandbox") / "worlds")).glob("*.yaml"))
RUN = "//run.googleapis.com/projects/shop-prod/locations/us-central1/services/"
ANSWERS = {"reach": 404, "ingress": 404, "token": 401, "iam": 403}
APP = {"app/refused": 403, "app/not-found": 404, "app/failing": 503}


def test_there_is_one_for_every_cause_of_the_path() -> None:
    names = {file.stem for file in WORLDS}
    assert {
        "demo",
        "healthy",
        "iam-missing-invoker",
        "ingress-outside-vpc",
        "token-audience-path",
        "app-refused",
    } <= names


@pytest.mark.parametrize("file", WORLDS, ids=lambda file: file.stem)
def test_the_front_end_says_what_the_world_declares(file: Path) -> None:
    case = yaml.safe_load(file.read_text())
    cause = case["expect"]["cause"]
    assert case["title"]
    assert cause is None or file.stem == "demo" or file.stem.startswith(cause.partition("/")[0])
    with serve(load_world(file)) as sandbox:
        answer = _call(sandbox, case["run"])
    if cause is None:
        assert answer == 200
    elif cause.startswith("app/"):
        assert answer == APP[cause]
    elif cause.startswith("mint/"):
        assert answer == f"mint {({'mint/impersonation-denied': 403, 'mint/account-disabled': 400}).get(cause, 404)}"
    else:
        assert answer == ANSWERS[cause.partition("/")[0]]


def _call(sandbox: Any, run: list[str]) -> Any:
    """What the declared call gets: the status, or `mint STATUS` where it got no token."""
    options = dict(zip(run[2::2], run[3::2], strict=True))
    caller = options["--caller"]
    url = options.get("--url") or (run[1] if "://" in run[1] else None)
    service = RUN + "orders"
    url = url or sandbox.cloud.resources[service]["uri"]
    audience = options.get("--audience", sandbox.cloud.resources[service]["uri"])
    account = options.get("--impersonate-service-account")
    headers = {}
    if caller.startswith("run/"):
        headers["X-Sandbox-From"] = RUN + caller.removeprefix("run/")
        account = sandbox.cloud.resources[headers["X-Sandbox-From"]]["template"]["serviceAccount"]
    if account:
        minted = requests.post(
            f"{sandbox.base}/iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{account}:generateIdToken",
            headers={"Authorization": f"Bearer {sandbox.operator_token}"},
            json={"audience": audience, "includeEmail": True},
            timeout=5,
        )
        if not minted.ok:
            return f"mint {minted.status_code}"
        token = minted.json()["token"]
    else:
        token = sandbox.id_token("user:dev@example.com" if caller == "me" else caller, audience)
    headers["Authorization"] = f"Bearer {token}"
    where = f"http://{urlsplit(url).hostname}{options.get('--path', '/')}"
    return requests.get(where, headers=headers, proxies={"http": sandbox.base}, timeout=5).status_code
