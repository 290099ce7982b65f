"""An operator who may read nothing but the service still gets a useful report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .conftest import Run, small_world

CHECKOUT = "checkout@shop-prod.iam.gserviceaccount.com"
LACKS = [
    "cloudscheduler.jobs.get",
    "iam.denypolicies.list",
    "iam.roles.get",
    "iam.serviceAccounts.get",
    "iam.serviceAccounts.getIamPolicy",
    "iam.serviceAccounts.getOpenIdToken",
    "iap.webServiceVersions.getIamPolicy",
    "logging.logEntries.list",
    "orgpolicy.policy.get",
    "resourcemanager.projects.get",
    "resourcemanager.projects.getIamPolicy",
    "run.domainmappings.get",
    "run.services.getIamPolicy",
    "run.services.list",
]
KNOWN = "ingress", "reach"


@pytest.fixture
def blind(tmp_path: Path) -> str:
    """The same world, to somebody who may read the service and nothing else."""
    world = small_world()
    world["operator"]["lacks"] = LACKS
    path = tmp_path / "blind.yaml"
    path.write_text(json.dumps(world))
    return str(path)


def args(caller: str, *more: str) -> tuple[str, ...]:
    where = ("--project", "shop-prod", "--region", "us-central1")
    return ("check", "orders", *where, "--caller", caller, "--quiet", *more)


@pytest.mark.parametrize("caller", [CHECKOUT, "run/checkout"])
def test_what_is_known_what_is_hidden_and_what_to_ask_for(run: Run, blind: str, caller: str) -> None:
    ran = run("--world", blind, *args(caller))
    assert ran.status == 11, "it cannot tell"
    assert "NOT DECIDED" in ran.out
    assert "reach ✓  ingress ✓" in ran.out, "what does not need those permissions is told"
    assert "no token 403, a junk token 401" in ran.out, "and what calls show"
    assert "Ask an administrator for the missing permissions" in ran.out
    assert " on project " in " ".join(ran.out.split()), "once, and for each resource"
    for permission in ("run.services.getIamPolicy", "resourcemanager.projects.getIamPolicy", "iam.denypolicies.list"):
        assert f"{permission} of " in ran.out, "what each missing permission hides"
    assert "Traceback" not in ran.out + ran.err


@pytest.mark.parametrize("caller", [CHECKOUT, "run/checkout"])
def test_the_same_for_machines(run: Run, blind: str, caller: str) -> None:
    found: dict[str, Any] = json.loads(run("--world", blind, *args(caller, "--format", "json")).out)
    assert (found["exit"], found["conclusion"], found["cause"]) == (11, "undecided", None)
    verdicts = {one["stage"]: one["verdict"] for one in found["stages"]}
    assert all(verdicts[stage] == "clear" for stage in KNOWN)
    assert verdicts["iam"] == "unknown"
    assert all(one["obstacle"] == "forbidden" and one["permission"] for one in found["unread"])
    assert {"run.services.getIamPolicy", "iam.denypolicies.list"} <= {one["permission"] for one in found["unread"]}


def test_a_caller_without_identity_is_told_all_the_same(run: Run, blind: str) -> None:
    found: dict[str, Any] = json.loads(run("--world", blind, *args("browser", "--format", "json")).out)
    assert (found["exit"], found["cause"]) == (10, "mint/sender-cannot-authenticate")


def test_what_the_call_saw_stands_in_for_policies(run: Run, blind: str) -> None:
    """The operator's own token is refused: that much is sure without reading a policy."""
    found: dict[str, Any] = json.loads(run("--world", blind, *args("me", "--format", "json")).out)
    assert (found["cause"], found["conclusion"]) == ("iam/missing-invoker", "likely")


def test_a_caller_that_cannot_be_read(run: Run, blind: str) -> None:
    found: dict[str, Any] = json.loads(run("--world", blind, *args("scheduler/nightly", "--format", "json")).out)
    assert found["exit"] == 11
    assert "cloudscheduler.jobs.get" in {one["permission"] for one in found["unread"]}
