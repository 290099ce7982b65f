"""`grant`, step by step."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import CHECKOUT, DENY, IAM, MEMBER, ORDERS, OTHERS, PROJECT, WHERE, WORLD, Open

Run = Callable[..., Any]


def test_a_grant_is_made_verified_and_can_be_taken_back(shop: Open) -> None:
    it = shop()
    ran = it.grant("--yes", "-v")
    assert ran.status == 0, ran.err
    assert f"DONE: {CHECKOUT} has roles/run.invoker on service orders." in " ".join(ran.out.split())
    assert "Verified: a call as" in ran.out
    assert "gcloud run services add-iam-policy-binding orders" in ran.out
    assert 'resource "google_cloud_run_v2_service_iam_member"' in ran.out
    assert it.bindings() == [*OTHERS, {"role": "roles/run.invoker", "members": [MEMBER]}]
    assert it.box.operator_token not in ran.out + ran.err
    undone = it("undo", "--yes")
    assert undone.status == 0, undone.err
    assert it.bindings() == OTHERS
    assert it("undo", "--yes").status == 2


def test_every_step_is_visible_on_stderr(shop: Open) -> None:
    err = shop().grant("--yes").err
    steps = [
        "Reading orders",
        "Checking the member",
        "Changes in",
        f"+   {MEMBER}",
        "Writing",
        "Verified: the change",
        "Calling",
    ]
    places = [err.index(step) for step in steps]
    assert places == sorted(places)


def test_quiet_prints_the_report_alone(shop: Open) -> None:
    ran = shop().grant("--yes", "--quiet")
    assert (ran.status, ran.err) == (0, "")


def test_json(shop: Open) -> None:
    it = shop()
    ran = it.grant("--yes", "--format", "json")
    report = json.loads(ran.out)
    assert (report["schema"], report["outcome"], report["verified"], report["exit"]) == (1, "done", "yes", 0)
    assert report["change"]["change"] == "grant-role"
    assert report["difference"] == ["+ roles/run.invoker", f"+   {MEMBER}"]
    listed = json.loads(it("receipts", "--format", "json").out)["receipts"]
    assert [(one["id"], one["status"]) for one in listed] == [(report["receipt"], "done")]


def test_a_dry_run_never_sends_a_write(shop: Open) -> None:
    it = shop()
    for more in ((), ("--yes",), ("--least",), ("--expires", "2h", "--path", "/api"), ("--whole-project",)):
        ran = it.grant("--dry-run", *more)
        assert ran.status == 0, ran.err
        assert "PLANNED" in ran.out
        assert "(--dry-run)" in ran.out
    assert it.writes() == []
    assert it.bindings() == OTHERS
    assert "There are no receipts" in it("receipts").out


def test_without_a_terminal_and_without_yes_nothing_is_changed(shop: Open) -> None:
    it = shop()
    ran = it.grant()
    assert ran.status == 2
    assert "Pass --yes" in " ".join(ran.out.split())
    assert f"+   {MEMBER}" in ran.out
    assert it.writes() == []


def test_the_caller_is_who_it_runs_as(shop: Open) -> None:
    it = shop()
    assert it.grant("--yes", who=("--caller", "run/checkout")).status == 0
    assert MEMBER in it.bindings()[-1]["members"]


def test_an_account_that_the_caller_does_not_run_as_is_not_granted(shop: Open) -> None:
    it = shop()
    spare = "spare@shop-prod.iam.gserviceaccount.com"
    ran = it.grant("--yes", who=("--sa", spare, "--caller", "run/checkout"))
    assert ran.status == 10
    assert f"run/checkout calls as {MEMBER}, not as" in " ".join(ran.out.split())
    assert it.writes() == []


def test_the_role_with_least_rights_and_conditions_that_cloud_run_evaluates(shop: Open) -> None:
    it = shop()
    ran = it.grant("--yes", "--least", "--expires", "2h", "--path", "/api/")
    assert ran.status == 0, ran.err
    assert "roles/run.invoker would let it run jobs as well" in " ".join(ran.out.split())
    added = it.bindings()[-1]
    assert added["role"] == "roles/run.servicesInvoker"
    expression = added["condition"]["expression"]
    assert expression.startswith('request.time < timestamp("2026-06-01T11:00:0')
    assert expression.endswith('&& request.path.startsWith("/api/")')
    assert any(one.path == "/api/" and one.status == 200 for one in it.box.requests), "verified where it holds"


def test_nothing_to_do_where_it_stands_directly(shop: Open) -> None:
    it = shop(iam={ORDERS: {"bindings": [{"role": "roles/run.servicesInvoker", "members": [MEMBER]}]}})
    ran = it.grant("--yes")
    assert ran.status == 0
    assert "NOTHING TO DO" in ran.out
    assert "directly: roles/run.servicesInvoker" in " ".join(ran.out.split())
    assert it.writes() == []
    assert it.grant("--yes", "--anyway").status == 0
    assert len(it.bindings()) == 2


def test_nothing_to_do_where_it_is_inherited(shop: Open) -> None:
    it = shop(iam={PROJECT: {"bindings": [{"role": "roles/run.developer", "members": [MEMBER]}]}})
    ran = it.grant("--yes")
    assert (ran.status, it.writes()) == (0, [])
    assert "by inheritance: roles/run.developer" in " ".join(ran.out.split())


def test_a_group_that_cannot_be_seen_into_is_named(shop: Open) -> None:
    it = shop(iam={ORDERS: {"bindings": [{"role": "roles/run.invoker", "members": ["group:all@example.com"]}]}})
    ran = it.grant("--yes")
    assert ran.status == 0
    assert "may have the right already by group:all@example.com" in " ".join(ran.out.split())


def test_an_account_that_does_not_exist(shop: Open) -> None:
    it = shop()
    ran = it.grant("--yes", who=("--sa", "ghost@shop-prod.iam.gserviceaccount.com"))
    assert ran.status == 10
    assert "does not exist, or was deleted" in " ".join(ran.out.split())
    assert it.writes() == []


def test_what_one_must_know_is_said_before(shop: Open) -> None:
    rule = {"iam.allowedPolicyMemberDomains": {"rules": [{"values": {"allowedValues": ["C0example"]}}]}}
    it = shop(
        resources={
            ORDERS: {**WORLD["resources"][ORDERS], "labels": {"goog-terraform-provisioned": "true"}},
            f"{IAM}{CHECKOUT}": {"disabled": True},
        },
        orgPolicies={PROJECT: rule},
    )
    disabled = it.grant("--dry-run")
    assert "is disabled, and gets no token" in " ".join(disabled.out.split())
    assert "was made by Terraform" in " ".join(disabled.out.split())
    assert "Domain restricted sharing" not in disabled.out, "the account is of this very project"
    ann = ("--member", "user:ann@partner.example")
    assert "Domain restricted sharing applies here" in " ".join(it.grant("--dry-run", who=ann).out.split())
    refused = it.grant("--yes", who=ann)
    assert refused.status in {10, 11}
    if refused.status == 10:
        assert "do not belong to a permitted customer" in " ".join(refused.out.split())


def test_a_policy_that_terraform_wrote_is_known_by_its_audit_log(shop: Open) -> None:
    entry = {
        "logName": "projects/shop-prod/logs/cloudaudit.googleapis.com%2Factivity",
        "resource": {"type": "cloud_run_revision", "labels": {"service_name": "orders", "location": "us-central1"}},
        "timestamp": "2026-05-31T09:00:00Z",
        "protoPayload": {
            "methodName": "google.cloud.run.v1.Services.SetIamPolicy",
            "requestMetadata": {"callerSuppliedUserAgent": "Terraform/1.9 terraform-provider-google/6.8"},
        },
    }
    assert "was written by Terraform" in " ".join(shop(logs=[entry]).grant("--dry-run").out.split())
    assert "Terraform:" not in shop().grant("--dry-run").out


def test_a_policy_that_may_not_even_be_read(shop: Open) -> None:
    it = shop(operator={"principal": "user:dev@example.com", "lacks": ["run.services.getIamPolicy"]})
    ran = it.grant("--yes")
    assert ran.status == 10
    text = " ".join(ran.out.split())
    assert "run.services.getIamPolicy" in text
    assert "Send this to an administrator" in text
    assert it.writes() == []


def test_a_service_of_that_name_elsewhere_is_named(shop: Open) -> None:
    ran = shop()("grant", "orders", "--project", "shop-prod", "--region", "europe-west1", "--sa", CHECKOUT, "--yes")
    assert ran.status == 2
    assert "there is projects/shop-prod/locations/us-central1/services/orders" in ran.err


def test_an_operator_who_may_not_is_given_a_message_to_send(shop: Open) -> None:
    it = shop(operator={"principal": "user:dev@example.com", "lacks": ["run.services.setIamPolicy"]})
    ran = it.grant("--yes")
    assert ran.status == 10
    assert it.writes() == []
    text = " ".join(ran.out.split())
    assert "Send this to an administrator" in text
    assert "run.services.setIamPolicy (in roles/run.admin)" in text
    assert ORDERS in text
    assert "gcloud run services add-iam-policy-binding orders" in text
    report = json.loads(it.grant("--yes", "--format", "json").out)
    assert report["outcome"] == "blocked"
    assert "roles/run.admin" in report["message"]


@pytest.mark.parametrize("everybody", ["allUsers", "allAuthenticatedUsers"])
def test_everybody_is_refused_and_told_what_else_there_is(shop: Open, everybody: str) -> None:
    it = shop()
    ran = it.grant("--yes", who=("--member", everybody))
    assert ran.status == 2
    text = " ".join(ran.out.split())
    for word in ("--no-invoker-iam-check", "--iap", "API Gateway", "never granted"):
        assert word in text
    assert it.writes() == []
    kept = shop(orgPolicies={PROJECT: {"run.managed.requireInvokerIam": {"rules": [{"enforce": True}]}}})
    refused = kept.grant("--yes", "--format", "json", who=("--member", everybody))
    ways = json.loads(refused.out)["alternatives"]
    assert "An organization policy forbids that here" in ways[0]["text"]
    assert ways[0]["command"] is None


@pytest.mark.parametrize(
    ("who", "said"),
    [
        ((), "Name one"),
        (("--sa", CHECKOUT, "--member", "user:a@example.com"), "Name one"),
        (("--sa", "ann@example.com"), "not a service account"),
        (("--member", "ann@example.com"), "is not a member"),
        (("--member", "domain:example.com"), "create a group"),
        (("--member", "principalSet://iam.googleapis.com/x"), "no federated principals"),
        (("--caller", "browser"), "no Google identity"),
        (("--sa", CHECKOUT, "--expires", "soon"), "not a duration such as"),
        (("--sa", CHECKOUT, "--expires", "9999w"), "not a duration such as"),
        (("--sa", CHECKOUT, "--path", "api"), "not the beginning of a path"),
        (("--sa", CHECKOUT, "--path", '/"||true||"'), "not the beginning of a path"),
        (("--sa", CHECKOUT, "--path", "/a", "--whole-project"), "leave out --whole-project"),
    ],
)
def test_words_that_are_not_understood(shop: Open, who: tuple[str, ...], said: str) -> None:
    it = shop()
    ran = it.grant("--yes", who=who)
    assert ran.status == 2
    assert said in " ".join(ran.err.split())
    assert it.writes() == []


def test_the_whole_project_only_by_its_own_flag(shop: Open) -> None:
    it = shop()
    refused = it.grant("--yes", "--whole-project")
    assert (refused.status, it.writes()) == (2, [])
    assert "--yes is not enough for what widens access" in " ".join(refused.out.split())
    assert "that is not the one service that you named" in " ".join(refused.out.split())
    ran = it.grant("--widen", "--whole-project")
    assert ran.status == 0, ran.err
    assert {"role": "roles/run.invoker", "members": [MEMBER]} in it.bindings(PROJECT)
    assert it.bindings() == OTHERS


def test_an_unknown_service(shop: Open) -> None:
    ran = shop()("grant", "ordes", *WHERE, "--sa", CHECKOUT, "--yes")
    assert ran.status == 2
    assert "There is no service ordes (shop-prod, us-central1). Did you mean orders?" in ran.err


def test_propagation_is_waited_for_with_words(shop: Open) -> None:
    it = shop(delays={"propagation": 90})
    began = it.box.now()
    ran = it.grant("--yes")
    assert ran.status == 0, ran.out
    assert 90 <= (it.box.now() - began).total_seconds() < 180
    assert "Still refused (403), after" in ran.err
    assert "usually two minutes, sometimes seven or more" in ran.err
    assert "Verified" in ran.out


def test_waiting_has_an_end(shop: Open) -> None:
    it = shop(delays={"propagation": 5000})
    began = it.box.now()
    ran = it.grant("--yes")
    assert ran.status == 10
    assert 500 <= (it.box.now() - began).total_seconds() < 700
    assert "longer than a change usually takes" in " ".join(ran.out.split())
    assert "undo" in ran.out, "the grant stands, and can be taken back"


def test_a_deny_policy_makes_waiting_useless(shop: Open) -> None:
    it = shop(deny={PROJECT: [DENY]}, delays={"propagation": 90})
    began = it.box.now()
    ran = it.grant("--yes")
    assert ran.status == 10
    assert (it.box.now() - began).total_seconds() < 60
    text = " ".join(ran.out.split())
    assert "waiting does not help" in text
    assert "The deny policy freeze on project shop-prod forbids this member" in text
    assert "freeze" in ran.err, "it was said before, too"


def test_no_wait_makes_no_call(shop: Open) -> None:
    it = shop()
    ran = it.grant("--yes", "--no-wait")
    assert ran.status == 0
    assert "Not verified (--no-wait)" in ran.out
    assert not any(one.host.endswith(".run.app") for one in it.box.requests)


@pytest.mark.parametrize("member", ["user:ann@example.com", "group:all@example.com"])
def test_somebody_else_cannot_be_called_as(shop: Open, member: str) -> None:
    it = shop()
    ran = it.grant("--yes", who=("--member", member))
    assert ran.status == 11
    assert f"Not verified by a call as {member.partition(':')[2]}" in " ".join(ran.out.split())
    assert {"role": "roles/run.invoker", "members": [member]} in it.bindings()


def test_a_call_that_breaks_off_is_made_again(shop: Open) -> None:
    fault = {"match": "orders-123456789012.us-central1.run.app", "reset": True}
    ran = shop(faults=[{**fault, "times": 2}]).grant("--yes")
    assert ran.status == 0, ran.out
    assert "No answer came, after" in ran.err
    ran = shop(faults=[{**fault, "times": 99}]).grant("--yes")
    assert ran.status == 11
    assert "could not be reached from here" in " ".join(ran.out.split())


def test_a_call_that_is_stopped_before_iam_proves_nothing(shop: Open) -> None:
    it = shop(resources={ORDERS: {**WORLD["resources"][ORDERS], "ingress": "INGRESS_TRAFFIC_INTERNAL_ONLY"}})
    ran = it.grant("--yes")
    assert ran.status == 11
    assert "got 404 before IAM was asked (reach or ingress)" in " ".join(ran.out.split())


def test_a_state_directory_that_cannot_be_written(shop: Open, run: Run, tmp_path: Path) -> None:
    it = shop()
    (tmp_path / "file").write_text("")
    ran = run(
        "grant", "orders", *WHERE, "--sa", CHECKOUT, "--yes",
        CRAUTH_DOCTOR_SANDBOX=it.box.base, XDG_STATE_HOME=str(tmp_path / "file"),
    )  # fmt: skip
    assert ran.status == 1
    assert "Nothing was changed" in ran.err
    assert it.writes() == []
