"""`runbook`: the page, its check, and its own commands run."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crauth_doctor.sandbox import Sandbox, load_world, parse_world, serve
from tests.built_in import FOLDER, documents, some_of
from tests.cli.conftest import small_world

Run = Callable[..., Any]

WHERE = ("--project", "shop-prod", "--region", "us-central1")
ORDERS = "//run.googleapis.com/projects/shop-prod/locations/us-central1/services/orders"
CHECKOUT = "checkout@shop-prod.iam.gserviceaccount.com"
ACCOUNT = f"//iam.googleapis.com/projects/shop-prod/serviceAccounts/{CHECKOUT}"
DENIABLE = "run.googleapis.com/routes.invoke"
URL = "https://orders-123456789012.us-central1.run.app"


def page_of(run: Run, world: str, *more: str) -> str:
    ran = run("--world", world, "runbook", "orders", *WHERE, *more)
    assert ran.status == 0, ran.err
    return str(ran.out)


def test_the_page_is_true_for_this_pair(run: Run, world: str) -> None:
    page = page_of(run, world, "--caller", "run/checkout", "--lang", "go", "--path", "/v1")
    assert page.startswith("# How run/checkout calls orders\n")
    assert f"serviceAccount:{CHECKOUT}" in page
    assert "### 1. Let the caller call orders (to do)" in page
    assert f'const url = "{URL}/v1"' in page
    assert "eyJ" not in page
    assert page.count("\n### ") == 2


def test_what_is_so_already_says_so(run: Run, world: str) -> None:
    page = page_of(run, world, "--caller", "good@shop-prod.iam.gserviceaccount.com")
    assert "Let the caller call orders (already done)" in page


def test_as_json(run: Run, world: str) -> None:
    report = json.loads(page_of(run, world, "--caller", "run/checkout", "--format", "json"))
    assert report["facts"]["member"] == f"serviceAccount:{CHECKOUT}"
    assert report["page"].startswith("# How")


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ((), "--caller"),
        (("orders",), "--caller"),
        (("orders", "--check", "{page}"), "leave them out"),
        (("--caller", "run/x", "--check", "{page}"), "leave them out"),
    ],
)
def test_usage(run: Run, tmp_path: Path, world: str, argv: tuple[str, ...], words: str) -> None:
    file = tmp_path / "page.md"
    file.write_text(page_of(run, world, "--caller", "run/checkout"))
    ran = run("runbook", *(word.format(page=file) for word in argv))
    assert ran.status == 2
    assert words in ran.err


def test_no_page(run: Run, tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("# nothing\n")
    assert "no runbook facts" in run("runbook", "--check", str(tmp_path / "page.md")).err
    missing = run("runbook", "--check", str(tmp_path / "none.md"))
    assert missing.status == 1
    assert "cannot be read" in missing.err


def check(run: Run, tmp_path: Path, page: str, changed: dict[str, Any]) -> Any:
    (tmp_path / "page.md").write_text(page)
    (tmp_path / "changed.yaml").write_text(json.dumps(changed))
    asked = ("runbook", "--check", str(tmp_path / "page.md"))
    ran = run("--world", str(tmp_path / "changed.yaml"), *asked, "--format", "json")
    report = json.loads(ran.out)
    assert report["exit"] == ran.status
    return report


GOOD = ("--caller", "good@shop-prod.iam.gserviceaccount.com")


def changed_service(**settings: Any) -> dict[str, Any]:
    document: dict[str, Any] = small_world()
    document["resources"][ORDERS] |= settings
    return document


@pytest.mark.parametrize(
    ("settings", "drifted"),
    [
        ({}, []),
        ({"ingress": "INGRESS_TRAFFIC_INTERNAL_ONLY"}, ["ingress"]),
        ({"invokerIamDisabled": True}, ["invoker_check", "public"]),
        ({"iapEnabled": True}, ["iap"]),
        ({"defaultUriDisabled": True}, ["default_url"]),
        ({"urls": ["https://orders-9.us-central1.run.app"], "uri": "https://orders-9.us-central1.run.app"},
         ["url", "audience"]),
    ],
)  # fmt: skip
def test_a_setting_drifts(run: Run, world: str, tmp_path: Path, settings: dict[str, Any], drifted: list[str]) -> None:
    report = check(run, tmp_path, page_of(run, world, *GOOD), changed_service(**settings))
    assert report["drifted"] == drifted
    assert report["exit"] == (10 if drifted else 0)


def test_a_right_drifts(run: Run, world: str, tmp_path: Path) -> None:
    page = page_of(run, world, *GOOD)
    gone = small_world()
    gone["iam"] = {}
    assert check(run, tmp_path, page, gone)["drifted"] == ["right"]
    denied = small_world()
    rule = {"deniedPrincipals": ["principalSet://goog/public:all"], "deniedPermissions": [DENIABLE]}
    project = "//cloudresourcemanager.googleapis.com/projects/shop-prod"
    denied["deny"] = {project: [{"displayName": "freeze", "rules": [{"denyRule": rule}]}]}
    assert check(run, tmp_path, page, denied)["drifted"] == ["right"]
    public = small_world()
    public["iam"][ORDERS]["bindings"].append({"role": "roles/run.invoker", "members": ["allUsers"]})
    assert check(run, tmp_path, page, public)["drifted"] == ["public"]


def test_the_callers_account_drifts(run: Run, world: str, tmp_path: Path) -> None:
    page = page_of(run, world, "--caller", "run/checkout")
    document = small_world()
    caller = document["resources"][ORDERS.replace("orders", "checkout")]
    caller["template"]["serviceAccount"] = "good@shop-prod.iam.gserviceaccount.com"
    assert check(run, tmp_path, page, document)["drifted"] == ["member"]


def test_what_the_caller_is_set_to_call_drifts(run: Run, tmp_path: Path) -> None:
    document = small_world()
    job = "//cloudscheduler.googleapis.com/projects/shop-prod/locations/us-central1/jobs/nightly"
    token = {"serviceAccountEmail": CHECKOUT, "audience": URL}
    document["resources"][job] = {"httpTarget": {"uri": f"{URL}/run", "httpMethod": "POST", "oidcToken": token}}
    file = tmp_path / "scheduler.yaml"
    file.write_text(json.dumps(document))
    page = page_of(run, str(file), "--caller", "scheduler/nightly")
    assert "sent by Cloud Scheduler" in page
    assert "gcloud scheduler jobs run nightly" in page
    assert f"--uri={URL}/run" in page
    assert "Set the caller up" in page
    assert check(run, tmp_path, page, document)["drifted"] == ["right"]
    document["resources"][job]["httpTarget"]["uri"] = f"{URL}/other"
    assert check(run, tmp_path, page, document)["drifted"] == ["url", "right"]


def test_what_may_not_be_read_is_no_drift(run: Run, world: str, tmp_path: Path) -> None:
    document = small_world()
    document["operator"]["lacks"] = ["run.services.getIamPolicy"]
    report = check(run, tmp_path, page_of(run, world, *GOOD), document)
    assert report["drifted"] == []
    assert report["exit"] == 11


def test_check_in_words(run: Run, world: str, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(page_of(run, world, *GOOD))
    ran = run("--world", world, "runbook", "--check", str(page))
    assert ran.status == 0
    assert ran.out.startswith("UP TO DATE: all ")


# The page's own commands, copied out of it. The sandbox speaks plain http, so the scheme of the URL that curl calls is
# replaced, and nothing else: the audience stays as it is printed.


def section(page: str, heading: str) -> list[str]:
    text = re.split(rf"^## {heading}$", page, flags=re.MULTILINE)[1]
    return re.findall(r"^```sh\n(.*?)^```$", re.split(r"^## ", text, flags=re.MULTILINE)[0], re.DOTALL | re.MULTILINE)


def shell(box: Sandbox, tmp_path: Path, command: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environ = {"PATH": path, "HOME": str(tmp_path), **box.exports(tmp_path / "exports")}
    command = command.replace(f"@- {URL}", f"@- http://{URL.removeprefix('https://')}")
    return subprocess.run(
        ["bash", "-c", command], env=environ, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path
    )


@pytest.mark.needs_gcloud
@pytest.mark.timeout(240)
@pytest.mark.skipif(shutil.which("gcloud") is None, reason="gcloud is not installed")
def test_the_pages_own_commands_lead_to_a_working_call(run: Run, tmp_path: Path) -> None:
    document = small_world()
    minter = {"role": "roles/iam.serviceAccountTokenCreator", "members": ["user:dev@example.com"]}
    owner = {"role": "roles/owner", "members": ["user:dev@example.com"]}
    document["iam"][ACCOUNT] = {"bindings": [minter]}
    document["iam"]["//cloudresourcemanager.googleapis.com/projects/shop-prod"] = {"bindings": [owner]}
    with serve(parse_world(document)) as box:
        written = run("runbook", "orders", *WHERE, "--caller", "run/checkout", CRAUTH_DOCTOR_SANDBOX=box.base)
        page = written.out
        file = tmp_path / "page.md"
        file.write_text(page)
        steps, [call, judge], [undo] = section(page, "Steps"), section(page, "Verify"), section(page, "Undo")
        before = shell(box, tmp_path, call)
        assert before.returncode != 0
        assert "403" in before.stdout
        for command in steps:
            done = shell(box, tmp_path, command)
            assert done.returncode == 0, done.stderr
        after = shell(box, tmp_path, call)
        assert after.returncode == 0, after.stdout + after.stderr
        assert after.stdout.startswith("HTTP/1.1 200")
        assert "eyJ" not in after.stdout + after.stderr
        judged = shell(box, tmp_path, judge)
        assert judged.returncode == 0, judged.stdout + judged.stderr
        assert run("runbook", "--check", str(file), CRAUTH_DOCTOR_SANDBOX=box.base).status == 0
        assert shell(box, tmp_path, undo).returncode == 0
        assert run("runbook", "--check", str(file), CRAUTH_DOCTOR_SANDBOX=box.base).status == 10


ASKED = ("--project", "--region", "--caller", "--url", "--path")


def _of_a_pair() -> dict[str, Any]:
    """The built-in worlds in which somebody calls a service; the others are pastes alone."""
    return {name: case for name, case in documents().items() if case["run"][0] == "check" and "world" in case}


PAIRS = _of_a_pair()


@pytest.mark.parametrize("name", some_of(list(PAIRS), 12))
def test_every_built_in_world_has_its_page(run: Run, name: str, tmp_path: Path) -> None:
    file, words = FOLDER / f"{name}.yaml", [str(word) for word in PAIRS[name]["run"]]
    pairs = [(one, words[at + 1]) for at, one in enumerate(words) if one in ASKED]
    asked = [words[1], *(word for pair in pairs for word in pair)]
    if "--caller" not in asked:
        asked += ["--caller", "me"]
    with serve(load_world(str(file))) as box:
        ran = run("runbook", *asked, CRAUTH_DOCTOR_SANDBOX=box.base)
        if ran.status in {1, 2}:
            assert re.search(r"no service|could not be read|no URL|over https only", ran.err), ran.err
            return
        assert ran.status == 0, ran.err
        page = tmp_path / "page.md"
        page.write_text(ran.out)
        assert "## Undo" in ran.out
        assert not any(asked.method in {"PUT", "PATCH"} for asked in box.requests)
        assert run("runbook", "--check", str(page), CRAUTH_DOCTOR_SANDBOX=box.base).status in {0, 10, 11}
