"""`check`, run against an embedded sandbox."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crauth_doctor.sandbox import load_world, serve

Run = Callable[..., Any]

CHECKOUT = "checkout@shop-prod.iam.gserviceaccount.com"
GOOD = "good@shop-prod.iam.gserviceaccount.com"
WHERE = ("--project", "shop-prod", "--region", "us-central1")


def test_a_missing_role_is_found_and_the_fix_named(run: Run, world: str) -> None:
    ran = run("--world", world, "check", "orders", *WHERE, "--caller", "run/checkout")
    assert ran.status == 10
    assert ran.out.startswith("BLOCKED at iam: ")
    assert "[iam/missing-invoker, proven]" in ran.out
    assert "SANDBOX" in ran.out
    assert "gcloud run services add-iam-policy-binding orders" in ran.out
    assert "\x1b" not in ran.out
    assert ran.err == ""


def test_the_same_as_json(run: Run, world: str) -> None:
    ran = run("--world", world, "check", "orders", *WHERE, "--caller", CHECKOUT, "--format", "json")
    report = json.loads(ran.out)
    assert ran.status == report["exit"] == 10
    assert report["cause"] == "iam/missing-invoker"
    assert report["conclusion"] == "proven"
    assert report["caller"]["member"] == f"serviceAccount:{CHECKOUT}"
    assert report["calls"]["withToken"] == 403


def test_clear(run: Run, world: str) -> None:
    ran = run("--world", world, "check", "orders", *WHERE, "--caller", GOOD)
    assert ran.status == 0
    assert ran.out.startswith("CLEAR, if the caller's token has the audience")


def test_clear_by_the_settings_alone_says_what_only_a_call_shows(run: Run) -> None:
    # the built-in world whose perimeter refuses this very call
    caller = "partner-sync@granite-health.iam.gserviceaccount.com"
    where = ("--project", "granite-health", "--region", "us-east1", "--caller", caller)
    ran = run("--world", "ingress-service-perimeter", "check", "claims-api", *where, "--no-call")
    assert ran.status == 0
    assert "; no test call was made, and service perimeters are not read." in " ".join(ran.out.split())


def test_cannot_tell(run: Run, world: str, tmp_path: Path) -> None:
    lacking = tmp_path / "lacking.yaml"
    lacks = (
        'lacks: [run.services.getIamPolicy, resourcemanager.projects.getIamPolicy], principal: "user:dev@example.com"'
    )
    lacking.write_text(Path(world).read_text(encoding="utf-8").replace('principal: "user:dev@example.com"', lacks))
    ran = run("--world", str(lacking), "check", "orders", *WHERE, "--caller", CHECKOUT, "--no-call")
    assert ran.status == 11
    assert ran.out.startswith("NOT DECIDED: ")
    asked = "Please grant dev@example.com roles/iam.securityReviewer on project shop-prod (for "
    assert f"{asked}resourcemanager.projects.getIamPolicy, run.services.getIamPolicy)." in " ".join(ran.out.split())
    assert "gcloud projects add-iam-policy-binding shop-prod" in ran.out


def test_a_misspelt_caller_is_named(run: Run, world: str) -> None:
    ran = run("--world", world, "check", "orders", *WHERE, "--caller", "run/chekout", "--no-call")
    assert (ran.status, ran.err) == (2, "There is no run/chekout in shop-prod. Did you mean run/checkout?\n")


@pytest.mark.parametrize(
    ("caller", "said"),
    [("run/website", "of website: there is no such service"), ("gce/us-central1-a/vm", "there is no instance")],
)
def test_a_caller_that_is_not_there_is_named(run: Run, world: str, caller: str, said: str) -> None:
    ran = run("--world", world, "check", "orders", *WHERE, "--caller", caller, "--no-call")
    text = " ".join(ran.out.split())
    assert ran.status == 11
    assert "mint ?" in text
    assert said in text.partition("What could not be seen")[2]


def test_project_and_region_come_from_the_environment(run: Run, world: str) -> None:
    environ = {"GOOGLE_CLOUD_PROJECT": "shop-prod", "CLOUDSDK_RUN_REGION": "us-central1"}
    ran = run("--world", world, "check", "orders", "--caller", GOOD, **environ)
    assert ran.status == 0


def test_no_project(run: Run, world: str) -> None:
    ran = run("--world", world, "check", "orders")
    assert ran.status == 2
    assert ran.out == ""
    assert "--project" in ran.err


def test_several_services_are_listed(run: Run, world: str) -> None:
    ran = run("--world", world, "check", "twin", "--project", "shop-prod")
    assert ran.status == 2
    for region in ("europe-west1", "us-central1"):
        assert f"projects/shop-prod/locations/{region}/services/twin" in ran.err


def test_a_failure_in_json_is_json(run: Run) -> None:
    ran = run("check", "orders", "--project", "p", "--format", "json")
    report = json.loads(ran.out)
    assert ran.status == report["exit"] == 1
    assert "gcloud auth application-default login" in report["error"]["message"]
    assert "cause" not in report


def test_another_processs_sandbox(run: Run, world: str) -> None:
    with serve(load_world(world)) as box:
        ran = run("check", "orders", *WHERE, "--caller", GOOD, CRAUTH_DOCTOR_SANDBOX=box.base)
    assert ran.status == 0
    assert "SANDBOX" in ran.out


@pytest.mark.parametrize("place", ["http://192.0.2.1:80", "https://run.googleapis.com", "http://example.com"])
def test_a_sandbox_is_on_loopback_only(run: Run, place: str) -> None:
    ran = run("check", "orders", *WHERE, CRAUTH_DOCTOR_SANDBOX=place)
    assert ran.status == 1
    assert "loopback" in ran.err
    assert ran.out == ""


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("check",), "SERVICE"),
        (("check", "orders", "--method", "GE T"), "HTTP method"),
        (("check", "orders", "--path", "x"), "starts with /"),
        (("check", "orders", "--header", ": secret"), "header's name"),
        (("check", "orders", "--timeout", "0"), "--timeout"),
        (("check", "orders", "--format", "xml"), "text"),
        (("chekc", "orders"), "chekc"),
        (("check", "orders", "--wat"), "--wat"),
    ],
)
def test_usage(run: Run, argv: tuple[str, ...], words: str) -> None:
    ran = run(*argv)
    assert ran.status == 2
    assert words in ran.err
    assert ran.out == ""


def test_a_world_that_is_none(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "w.yaml"
    path.write_text("version: 9\n")
    ran = run("--world", str(path), "check", "orders", *WHERE)
    assert ran.status == 1
    assert "version" in ran.err
    assert "Traceback" not in ran.err


def test_evidence_of_the_callers_own_call_counts(run: Run, world: str, tmp_path: Path) -> None:
    paste = tmp_path / "paste.txt"
    paste.write_text(
        "$ curl -i https://orders-123456789012.us-central1.run.app/\n"
        "HTTP/2 403\ncontent-type: text/html; charset=UTF-8\nserver: Google Frontend\n\n"
        "<html><head>\n<title>403 Forbidden</title>\n</head>\n<body text=#000000 bgcolor=#ffffff>\n"
        "<h1>Error: Forbidden</h1>\n<h2>Your client does not have permission to get URL <code>/</code> "
        "from this server.</h2>\n<h2></h2>\n</body></html>\n"
    )
    asked = ("--world", world, "check", "orders", *WHERE, "--caller", GOOD, "--evidence", str(paste))
    ran = run(*asked, "--format", "json")
    report = json.loads(ran.out)
    assert any(seen["source"]["read"] == "evidence" for seen in report["observations"]), report["observations"]
    assert report["calls"]["withToken"] == 200
    assert report["conclusion"] != "clear"
    assert ran.status == report["exit"] != 0


@pytest.mark.parametrize(
    "told",
    [
        "token = id_token.fetch_id_token(Request(), 'https://orders-123456789012.us-central1.run.app')\n",
        "$ curl -i https://orders-123456789012.us-central1.run.app/\n",
        "$ gcloud run services get-iam-policy orders --region us-central1\netag: ACAB\n",
    ],
)
def test_words_beside_what_shows_no_call_may_tell_of_one(run: Run, world: str, tmp_path: Path, told: str) -> None:
    paste = tmp_path / "paste.txt"
    asked = ("--world", world, "check", "orders", *WHERE, "--caller", GOOD, "--evidence", str(paste))
    for words, expected in (("", "clear"), ("Since Monday we get 403s:\n\n", "undecided")):
        paste.write_text(words + told)
        report = json.loads(run(*asked, "--format", "json").out)
        assert report["conclusion"] == expected
        assert report["unjudged"] == (["Your input shows no failing call."] if words else [])


def test_evidence_that_cannot_be_read(run: Run, world: str) -> None:
    ran = run("--world", world, "check", "orders", *WHERE, "--evidence", "/nowhere/paste.txt")
    assert ran.status == 1
    assert "/nowhere/paste.txt cannot be read" in ran.err


def test_a_headers_value_is_not_kept(run: Run, world: str) -> None:
    secret = "Authorization: Bearer abcdef.ghijkl.mnopqr"
    ran = run("--world", world, "check", "orders", *WHERE, "--caller", GOOD, "--header", secret, "--format", "json")
    assert "abcdef" not in ran.out + ran.err


def test_a_url_that_is_not_the_services_is_named(run: Run, world: str) -> None:
    host = "nosuch-123456789012.us-central1.run.app"
    ran = run("--world", world, "check", "orders", *WHERE, "--caller", GOOD, "--url", f"https://{host}")
    assert ran.status == 11
    assert f"What stays open - {host} is not a URL of orders." in " ".join(ran.out.split())


def test_whose_account_a_laptop_uses_is_asked_for(run: Run, world: str) -> None:
    ran = run("--world", world, "check", "orders", *WHERE, "--caller", "laptop")
    text = " ".join(ran.out.split())
    assert (ran.status, text.startswith("NOT DECIDED: ")) == (11, True)
    assert "whose account it uses is not known: pass user:E-MAIL" in text


def test_each_read_that_is_missing_is_told_once(run: Run, world: str, tmp_path: Path) -> None:
    lacking = tmp_path / "lacking.yaml"
    lacks = 'lacks: [run.services.get, run.services.list], principal: "user:dev@example.com"'
    lacking.write_text(Path(world).read_text(encoding="utf-8").replace('principal: "user:dev@example.com"', lacks))
    ran = run("--world", str(lacking), "check", "orders", *WHERE, "--caller", GOOD)
    unseen = " ".join(ran.out.split()).partition("What could not be seen")[2]
    assert unseen.count("run.services.get of orders") == 1


def test_a_call_that_was_served_proves_no_cause_before_the_application(run: Run) -> None:
    where = ("--project", "saltmarsh-store", "--region", "us-central1", "--caller", "run/storefront")
    url = "http://inventory-448820173356.us-central1.run.app"
    ran = run("--world", "reach-plain-http", "check", "inventory", *where, "--url", url, "--method", "POST")
    assert "[reach/plain-http, expected]" in ran.out
    assert "a token made here 200" in ran.out
