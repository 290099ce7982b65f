"""Whose rights are used, and which of gcloud's configurations holds."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crauth_doctor.gcp.google import Google, connect

Run = Callable[..., Any]
USER = {"type": "authorized_user", "client_id": "c", "client_secret": "s"}
ORDERS = ("orders", "--region", "us-central1", "--caller", "good@shop-prod.iam.gserviceaccount.com", "-q")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Application Default Credentials, two accounts that gcloud is signed in with, and two configurations."""
    config = tmp_path / "home" / ".config" / "gcloud"
    for account in ("dev@example.com", "ops@example.com"):
        (config / "legacy_credentials" / account).mkdir(parents=True)
        file = config / "legacy_credentials" / account / "adc.json"
        file.write_text(json.dumps({**USER, "refresh_token": f"of-{account}"}))
    (config / "application_default_credentials.json").write_text(json.dumps({**USER, "refresh_token": "of-adc"}))
    (config / "configurations").mkdir()
    (config / "configurations" / "config_default").write_text("[core]\nproject = shop-dev\naccount = dev@example.com\n")
    (config / "configurations" / "config_work").write_text("[core]\nproject = shop-prod\naccount = ops@example.com\n")
    return tmp_path / "home"


def whose(google: Google) -> object:
    return vars(google.credentials)["_refresh_token"]


@pytest.mark.parametrize(
    ("asked", "token"),
    [
        ({}, "of-adc"),
        ({"account": "ops@example.com"}, "of-ops@example.com"),
        ({"configuration": "work"}, "of-ops@example.com"),
        ({"configuration": "work", "account": "dev@example.com"}, "of-dev@example.com"),
    ],
)
def test_whose_rights_are_used(home: Path, asked: dict[str, str], token: str) -> None:
    assert whose(connect({"HOME": str(home)}, **asked)) == token  # type: ignore[arg-type]


def test_a_configuration_names_the_project(run: Run, home: Path, world: str) -> None:
    asked = ("check", *ORDERS, "--world", world, "--format", "json", "--configuration")
    assert "/projects/shop-prod/" in json.loads(run(*asked, "work", HOME=str(home)).out)["target"]["service"]
    assert "/projects/shop-dev/" in json.loads(run(*asked, "default", HOME=str(home)).out)["target"]["service"]


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("--account", "opps@example.com"), "gcloud is not signed in with opps@example.com: run `gcloud auth login "),
        (("--account", "opps@example.com"), "It is signed in with: dev@example.com, ops@example.com."),
        (("--account", "../../x"), "gcloud is not signed in with ../../x"),
        (("--configuration", "wrok"), "gcloud has no configuration 'wrok'. There is: default, work."),
    ],
)
def test_an_account_or_a_configuration_that_is_none(run: Run, home: Path, argv: tuple[str, ...], said: str) -> None:
    ran = run("check", *ORDERS, "--project", "shop-prod", *argv, HOME=str(home))
    assert (ran.status, ran.out) == (2, "")
    assert said in " ".join(ran.err.split())


def test_a_sandbox_has_its_own_operator(run: Run, home: Path, world: str) -> None:
    ran = run("check", *ORDERS, "--world", world, "--account", "dev@example.com", HOME=str(home))
    assert ran.status == 2
    assert "leave --account out" in ran.err


def test_another_universe_is_refused(run: Run, home: Path) -> None:
    asked = ("check", *ORDERS, "--project", "shop-prod")
    by_environment = run(*asked, HOME=str(home), GOOGLE_CLOUD_UNIVERSE_DOMAIN="apis-s3ns.fr")
    file = home / "other.json"
    file.write_text(json.dumps({**USER, "refresh_token": "r", "universe_domain": "apis-s3ns.fr"}))
    by_file = run(*asked, HOME=str(home), GOOGLE_APPLICATION_CREDENTIALS=str(file))
    for ran in (by_environment, by_file):
        assert (ran.status, ran.out) == (1, "")
        assert "of the universe apis-s3ns.fr: this tool knows Google Cloud (googleapis.com) and no other." in ran.err


def test_an_account_that_cannot_be_impersonated_is_told_once_and_in_words(run: Run, world: str) -> None:
    where = ("--project", "shop-prod", "--region", "us-central1", "--impersonate-service-account", "nope")
    ran = run("--world", world, "check", "orders", *where)
    text = " ".join(ran.out.split())
    assert ran.status == 11
    assert text.count("Unable to acquire impersonated credentials: Not found; Gaia id not found for email nope") == 1
    assert "Check the name of the impersonated account" in text
    assert "gcloud auth application-default login" not in text
