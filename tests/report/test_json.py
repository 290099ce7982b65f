"""The JSON report, version 1."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from crauth_doctor import __version__
from crauth_doctor.model.http import Response
from crauth_doctor.model.token import Token, TokenKind
from crauth_doctor.report.document import CallAnswer, Report
from crauth_doctor.report.json import render, render_error

SERVICE = "//run.googleapis.com/projects/shop-prod/locations/us-central1/services/orders"


def test_every_key_of_version_1(proven: Report) -> None:
    report = json.loads(render(proven))
    assert report["schema"] == 1
    assert report["tool"] == {"name": "crauth-doctor", "version": __version__}
    assert report["target"] == {
        "service": SERVICE,
        "url": "https://orders-123456789012.us-central1.run.app/",
        "method": "GET",
        "path": "/",
    }
    assert report["caller"] == {
        "asked": "run/checkout",
        "member": "serviceAccount:checkout@shop-prod.iam.gserviceaccount.com",
        "kind": "cloud-run-service",
    }
    assert report["conclusion"] == "proven"
    assert report["cause"] == "iam/missing-invoker"
    assert [(s["stage"], s["verdict"]) for s in report["stages"]] == [
        ("mint", "clear"),
        ("reach", "clear"),
        ("ingress", "clear"),
        ("iap", "not-applicable"),
        ("token", "clear"),
        ("iam", "blocks"),
        ("app", "unknown"),
    ]
    assert report["exit"] == 10
    assert report["sandbox"] is True


def test_findings(proven: Report) -> None:
    cause, warning = json.loads(render(proven))["findings"]
    assert warning["id"] == "warning/fragile-identity"
    assert cause["id"] == "iam/missing-invoker"
    assert cause["stage"] == "iam"
    assert cause["verdict"] == "blocks"
    assert cause["title"] == "checkout@shop-prod.iam.gserviceaccount.com may not invoke orders"
    assert cause["because"] == ["No binding of orders or of shop-prod gives it run.routes.invoke."]
    assert cause["evidence"][0] == {"read": "run.services.getIamPolicy", "target": SERVICE}
    assert len(cause["evidence"]) == 2
    grant, check = cause["fixes"]
    assert (grant["change"], grant["applicable"], grant["widens"]) == ("grant-role", True, False)
    assert grant["gcloud"].startswith("gcloud run services add-iam-policy-binding orders --project=shop-prod ")
    assert grant["terraform"].startswith('resource "google_cloud_run_v2_service_iam_member" ')
    assert "\n  project  = " in grant["terraform"]
    assert (check["change"], check["widens"]) == ("set-invoker-check", True)


def test_unread(likely: Report) -> None:
    report = json.loads(render(likely))
    assert report["unread"] == [
        {
            "read": "resourcemanager.folders.getIamPolicy",
            "target": "//cloudresourcemanager.googleapis.com/folders/77",
            "obstacle": "forbidden",
            "permission": "resourcemanager.folders.getIamPolicy",
            "detail": "The caller does not have permission",
            "hides": [],
            "ask": None,
        }
    ]
    assert [f["id"] for f in report["findings"]] == ["iam/missing-invoker", "app/refused"]


@pytest.mark.parametrize(
    ("name", "status"),
    [("proven", 10), ("likely", 10), ("clear", 0), ("undecided", 11), ("unexplained", 11), ("contradicted", 11)],
)
def test_exit(name: str, status: int, request: pytest.FixtureRequest) -> None:
    report = json.loads(render(request.getfixturevalue(name)))
    assert report["exit"] == status
    assert report["conclusion"] == name
    assert (report["cause"] is None) == (name in {"clear", "undecided", "unexplained"})


def test_words_of_others_are_cleaned(proven: Report) -> None:
    odd = replace(proven, target=replace(proven.target, url="https://a\x1b[2J\u202eb\n"))
    assert json.loads(render(odd))["target"]["url"] == "https://ab"


def test_a_failure_has_no_cause_that_could_be_taken_for_none_found() -> None:
    report = json.loads(render_error("It broke\x1b[2J."))
    assert report == {
        "schema": 1,
        "tool": {"name": "crauth-doctor", "version": __version__},
        "error": {"message": "It broke."},
        "exit": 1,
    }


def test_the_answer_of_a_call(proven: Report) -> None:
    answer = CallAnswer(
        "https://orders-123456789012.us-central1.run.app/",
        Response(403, {"server": "x"}, "no\nno"),
        Token(TokenKind.ID_TOKEN, "https://a", email="a@b"),
    )
    report = json.loads(render(replace(proven, answer=answer)))
    assert report["answer"]["status"] == 403
    assert report["answer"]["headers"] == {"server": "x"}
    assert report["answer"]["body"] == "no\nno"
    assert report["answer"]["token"]["aud"] == "https://a"
