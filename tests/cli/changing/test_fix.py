"""`check --fix`: the product in one test, for every cause that a change mends."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml

from crauth_doctor.sandbox import Sandbox, load_world, serve

from .conftest import DENY, MEMBER, ORDERS, OTHERS, PROJECT, WHERE, Open

Run = Callable[..., Any]

CALLER = ("--caller", "run/checkout")
MENDED = (
    "demo",
    "iam-condition-unsupported",
    "iam-custom-role-lacks-permission",
    "iam-principal-recreated",
    "iam-role-lacks-permission",
    "iam-wrong-principal",
    "iam-wrong-resource",
    "ingress-private-ranges-only",
    "token-audience-custom-domain",
    "token-audience-unknown",
)
VIEWERS = OTHERS[:1]


def file(name: str) -> str:
    return str(files("crauth_doctor.sandbox").joinpath(f"worlds/{name}.yaml"))


def built_in(name: str) -> Any:
    return load_world(file(name))


def case(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(Path(file(name)).read_text(encoding="utf-8"))
    return found


def policies(box: Sandbox) -> list[str]:
    return [one.path for one in box.requests if one.path.endswith(":setIamPolicy") or one.method == "PATCH"]


@pytest.mark.parametrize("name", MENDED)
def test_diagnosed_fixed_and_clear(run: Run, name: str) -> None:
    """Law 7, by the world's own command line; and taken back, it blocks again."""
    argv = [str(word) for word in case(name)["run"]]
    with serve(built_in(name)) as box:
        ran = run(*argv, "--fix", "--yes", CRAUTH_DOCTOR_SANDBOX=box.base)
        assert ran.status == 0, ran.out + ran.err
        assert f"[{case(name)['expect']['cause']}, " in ran.out
        assert re.search(r"^CLEAR\b", ran.out, re.MULTILINE)
        assert run(*argv, CRAUTH_DOCTOR_SANDBOX=box.base).status == 0
        assert run("undo", "--yes", CRAUTH_DOCTOR_SANDBOX=box.base).status == 0
        assert run(*argv, CRAUTH_DOCTOR_SANDBOX=box.base).status == 10


@pytest.mark.parametrize("name", ["ingress-none", "mint-account-disabled", "reach-default-url-disabled"])
def test_what_widens_access_is_never_made_by_yes(run: Run, name: str) -> None:
    with serve(built_in(name)) as box:
        ran = run("check", "orders", *WHERE, *CALLER, "--fix", "--yes", CRAUTH_DOCTOR_SANDBOX=box.base)
        assert ran.status == 10
        assert "(WIDENS ACCESS)" in ran.err
        assert "--yes is not enough" in ran.err
        assert policies(box) == []


def test_a_dry_run_plans_and_writes_nothing(run: Run) -> None:
    with serve(built_in("iam-wrong-principal")) as box:
        ran = run("check", "orders", *WHERE, *CALLER, "--fix", "--dry-run", CRAUTH_DOCTOR_SANDBOX=box.base)
        assert ran.status == 10
        assert "+   serviceAccount:123456789012-compute@" in ran.err
        assert policies(box) == []


def test_without_a_terminal_and_without_yes(run: Run) -> None:
    with serve(built_in("demo")) as box:
        ran = run("check", "orders", *WHERE, *CALLER, "--fix", CRAUTH_DOCTOR_SANDBOX=box.base)
        assert ran.status == 2
        assert "Pass --yes" in ran.err
        assert policies(box) == []


def test_json_is_the_last_check_with_what_was_changed(run: Run) -> None:
    with serve(built_in("demo")) as box:
        ran = run(
            "check", "orders", *WHERE, *CALLER, "--fix", "--yes", "--format", "json", CRAUTH_DOCTOR_SANDBOX=box.base
        )
    report = json.loads(ran.out)
    assert (report["conclusion"], report["exit"], ran.status) == ("clear", 0, 0)
    assert [one["outcome"] for one in report["changes"]] == ["done"]
    assert report["changes"][0]["receipt"]


def test_propagation_is_waited_for(shop: Open) -> None:
    it = shop(iam={ORDERS: {"bindings": VIEWERS}}, delays={"propagation": 90})
    began = it.box.now()
    ran = it("check", "orders", *WHERE, *CALLER, "--fix", "--yes")
    assert ran.status == 0, ran.out
    assert (it.box.now() - began).total_seconds() >= 90
    assert "Not in effect yet, after" in ran.err


def test_what_blocks_too_is_mended_though_the_cause_is_mended_by_hand(shop: Open) -> None:
    it = shop(iam={ORDERS: {"bindings": VIEWERS}})
    audience = "https://orders-123456789012.us-central1.run.app/api"
    ran = it("check", "orders", *WHERE, *CALLER, "--audience", audience, "--fix", "--yes", "--no-wait")
    assert ran.status == 10
    assert "You make this change yourself." in ran.err
    assert "Also blocking: " in ran.err
    assert it.bindings()[-1] == {"role": "roles/run.invoker", "members": [MEMBER]}
    assert ran.err.count("Fix 1 of 1") == 2, "nothing is offered twice"
    assert "iam/propagation" not in ran.out, "a token that fails its check never gets to the grant"


@pytest.mark.parametrize(
    "argv",
    [
        ("check", "orders", *WHERE, *CALLER, "--no-call"),
        ("runbook", "orders", *WHERE, *CALLER),
        ("snippet", "orders", *WHERE, *CALLER, "--lang", "terraform"),
        ("grant", "orders", *WHERE, *CALLER, "--dry-run", "--no-wait"),
    ],
    ids=lambda argv: argv[0],
)
def test_one_role_everywhere_and_the_narrower_one_by_least(shop: Open, argv: tuple[str, ...]) -> None:
    it = shop()
    usual, least = it(*argv).out, it(*argv, "--least").out
    assert "roles/run.invoker" in usual
    assert "servicesInvoker" not in usual
    assert "roles/run.servicesInvoker" in least


def test_fix_gives_the_narrower_role_by_least(shop: Open) -> None:
    it = shop()
    assert it("check", "orders", *WHERE, *CALLER, "--fix", "--yes", "--least", "--no-wait").status == 0
    assert it.bindings()[-1] == {"role": "roles/run.servicesInvoker", "members": [MEMBER]}


def test_what_is_somebody_elses_to_change_is_left_to_them(shop: Open) -> None:
    it = shop(deny={PROJECT: [DENY]})
    ran = it("check", "orders", *WHERE, *CALLER, "--fix", "--yes")
    assert ran.status == 10
    assert "[iam/denied, " in ran.out
    assert "You make this change yourself" in ran.err
    assert it.writes() == []


def test_an_operator_who_may_not(shop: Open) -> None:
    it = shop(
        iam={ORDERS: {"bindings": VIEWERS}},
        operator={"principal": "user:dev@example.com", "lacks": ["run.services.setIamPolicy"]},
    )
    ran = it("check", "orders", *WHERE, *CALLER, "--fix", "--yes")
    assert ran.status == 10
    assert "run.services.setIamPolicy is missing" in " ".join(ran.err.split())
    assert "Please make this change" in ran.err
    assert it.bindings() == VIEWERS


@pytest.mark.parametrize("flag", ["--yes", "--dry-run"])
def test_consent_is_for_fix_only(shop: Open, flag: str) -> None:
    ran = shop()("check", "orders", *WHERE, flag)
    assert ran.status == 2
    assert "go with --fix" in ran.err


def test_warnings_are_tidied_only_by_somebody_who_answers(shop: Open) -> None:
    stale = "deleted:serviceAccount:checkout@shop-prod.iam.gserviceaccount.com?uid=123456789012345678901"
    granted = {"role": "roles/run.invoker", "members": [MEMBER, stale]}
    it = shop(iam={ORDERS: {"bindings": [granted]}})
    ran = it("check", "orders", *WHERE, *CALLER, "--fix", "--yes")
    assert (ran.status, it.writes()) == (0, [])
    planned = it("check", "orders", *WHERE, *CALLER, "--fix", "--dry-run")
    assert "[warning/stale-member]" in planned.err
    assert f"-   {stale}" in planned.err
    assert it.writes() == []
