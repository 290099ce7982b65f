"""`who`: run against an embedded sandbox, and held against whom the sandbox lets in."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from crauth_doctor.sandbox import parse_world, serve
from tests.cli.conftest import small_world

Run = Callable[..., Any]

WHERE = ("--project", "shop-prod", "--region", "us-central1")
PROJECT = "//cloudresourcemanager.googleapis.com/projects/shop-prod"
ORDERS = "//run.googleapis.com/projects/shop-prod/locations/us-central1/services/orders"
URL = "https://orders-123456789012.us-central1.run.app"
DENIED = "principal://iam.googleapis.com/projects/-/serviceAccounts/denied@shop-prod.iam.gserviceaccount.com"
SA = "serviceAccount:{}@shop-prod.iam.gserviceaccount.com"


def mixed() -> dict[str, Any]:
    """A world with a member of each sort."""
    document: dict[str, Any] = small_world()
    document["resources"]["//iam.googleapis.com/projects/shop-prod/roles/caller"] = {
        "includedPermissions": ["run.routes.invoke"]
    }
    document["iam"][PROJECT] = {
        "bindings": [
            {"role": "roles/owner", "members": ["user:admin@example.com"]},
            {"role": "roles/storage.admin", "members": ["user:store@example.com"]},
            {"role": "projects/shop-prod/roles/caller", "members": [SA.format("checkout"), SA.format("denied")]},
        ]
    }
    document["iam"][ORDERS] = {
        "version": 3,
        "bindings": [
            {"role": "roles/run.invoker", "members": [SA.format("good")]},
            {"role": "roles/run.viewer", "members": ["user:looker@example.com", "user:admin@example.com"]},
            {
                "role": "roles/run.invoker",
                "members": ["user:late@example.com"],
                "condition": {"title": "t", "expression": 'request.time < timestamp("2026-01-01T00:00:00Z")'},
            },
        ],
    }
    document["deny"] = {
        PROJECT: [
            {
                "displayName": "no robots",
                "rules": [
                    {
                        "denyRule": {
                            "deniedPrincipals": [DENIED],
                            "deniedPermissions": ["run.googleapis.com/routes.invoke"],
                        }
                    }
                ],
            }
        ]
    }
    return document


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "mixed.yaml"
    path.write_text(json.dumps(mixed()))
    return str(path)


def test_text(run: Run, file: str) -> None:
    ran = run("--world", file, "who", "orders", *WHERE)
    assert ran.status == 0, ran.err
    assert ran.out.startswith("PRIVATE: orders (shop-prod, us-central1) may be called by 3 members.\n")
    may, seems = ran.out.split("Who only seems to")
    for member in (SA.format("good"), SA.format("checkout"), "user:admin@example.com"):
        assert member in may
    for member in ("user:looker@example.com", "user:late@example.com", SA.format("denied")):
        assert member in seems
    assert "store@" not in ran.out
    assert "roles/run.viewer on service orders" not in may
    assert 'deny policy "no robots"' in seems
    assert "\x1b" not in ran.out
    assert ran.err == ""


def test_json_agrees_with_whom_the_sandbox_lets_in(run: Run) -> None:
    with serve(parse_world(mixed())) as box:
        ran = run("who", "orders", *WHERE, "--format", "json", CRAUTH_DOCTOR_SANDBOX=box.base)
        report = json.loads(ran.out)
        judged: dict[str, bool] = {}
        for one in report["holders"]:
            judged[one["member"]] = judged.get(one["member"], False) or one["may"]
        assert len(judged) == 6
        for member, may in judged.items():
            token = box.id_token(member, URL)
            got = requests.get(
                f"{box.base}/{URL.removeprefix('https://')}/", headers={"Authorization": f"Bearer {token}"}, timeout=10
            )
            assert (got.status_code == 200) is may, member
    assert report["public"] is False
    assert report["sandbox"] is True
    assert report["exit"] == ran.status == 0
    assert {one["seems"] for one in report["holders"] if one["member"] == "user:admin@example.com"} == {False}


def test_public(run: Run, tmp_path: Path) -> None:
    document = small_world()
    document["resources"][ORDERS]["invokerIamDisabled"] = True
    file = tmp_path / "w.yaml"
    file.write_text(json.dumps(document))
    ran = run("--world", str(file), "who", "orders", *WHERE)
    assert ran.out.startswith("PUBLIC: ")
    assert "invoker check is off" in ran.out
    assert json.loads(run("--world", str(file), "who", "orders", *WHERE, "--format", "json").out)["public"] is True


@pytest.mark.parametrize("lacking", ["run.services.getIamPolicy", "resourcemanager.projects.getIamPolicy"])
def test_a_list_that_may_lack_somebody_says_so(run: Run, tmp_path: Path, lacking: str) -> None:
    document = small_world()
    document["operator"]["lacks"] = [lacking]
    file = tmp_path / "w.yaml"
    file.write_text(json.dumps(document))
    ran = run("--world", str(file), "who", "orders", *WHERE)
    assert ran.status == 11
    assert "somebody may be missing" in ran.out
    assert lacking in ran.out


def test_a_hostile_name_is_made_harmless(run: Run, tmp_path: Path) -> None:
    document = mixed()
    document["deny"][PROJECT][0]["displayName"] = "\x1b[31mred\u202eder"
    file = tmp_path / "w.yaml"
    file.write_text(json.dumps(document))
    for more in ((), ("--format", "json")):
        ran = run("--world", str(file), "who", "orders", *WHERE, *more)
        assert "redder" in ran.out
        assert "\x1b" not in ran.out
        assert "\u202e" not in ran.out


def test_no_such_service(run: Run, file: str) -> None:
    ran = run("--world", file, "who", "nope", *WHERE)
    assert ran.status == 1
    assert "no service" in ran.err


def test_each_region_of_a_service_has_a_policy_of_its_own(run: Run, tmp_path: Path) -> None:
    document = mixed()
    document["resources"][ORDERS]["multiRegionSettings"] = {"regions": ["us-central1", "asia-east1"]}
    path = tmp_path / "regions.yaml"
    path.write_text(json.dumps(document))
    said = " ".join(run("--world", str(path), "who", "orders", *WHERE).out.split())
    assert "It is also deployed to asia-east1. Each region has a policy of its own" in said
    assert json.loads(run("--world", str(path), "who", "orders", *WHERE, "--format", "json").out)["otherRegions"] == [
        "asia-east1"
    ]
    granted = run(
        "--world",
        str(path),
        "grant",
        "orders",
        *WHERE,
        "--sa",
        SA.format("checkout").partition(":")[2],
        "--dry-run",
        "--anyway",
    )
    assert "this grant holds in us-central1 only" in " ".join(granted.err.split())


def test_a_count_says_so_where_not_every_policy_was_read(run: Run) -> None:
    where = ("--project", "redstart-water", "--region", "us-central1")
    ran = run("--world", "operator-sees-little", "who", "meters", *where)
    assert ran.status == 11
    assert "may be called by 1 member, as far as could be read." in " ".join(ran.out.split())
