"""What a run would use is told, and nothing of it is secret."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
USER = {
    "type": "authorized_user",
    "client_id": "c",
    "client_secret": "planted-secret",
    "refresh_token": "planted-refresh",
}


def told(run: Run, *argv: str, **environ: str) -> dict[str, Any]:
    ran = run("info", "--format", "json", *argv, **environ)
    assert (ran.status, ran.err) == (0, "")
    found: dict[str, Any] = json.loads(ran.out)
    return found


def test_credentials_and_where_they_were_found(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "adc.json"
    file.write_text(json.dumps({**USER, "account": "dev@example.com", "quota_project_id": "bill-me"}))
    found = told(run, GOOGLE_APPLICATION_CREDENTIALS=str(file))
    assert found["credentials"] == {
        "kind": "authorized_user",
        "origin": f"GOOGLE_APPLICATION_CREDENTIALS ({file})",
        "email": "dev@example.com",
        "impersonated": None,
        "quotaProject": "bill-me",
    }
    assert "planted" not in json.dumps(found)


def test_gcloud_s_settings(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "home" / ".config" / "gcloud"
    (folder / "configurations").mkdir(parents=True)
    (folder / "active_config").write_text("work")
    (folder / "configurations" / "config_work").write_text(
        "[core]\nproject=shop\naccount=a@example.com\n[run]\nregion=eu\n"
    )
    (folder / "legacy_credentials" / "a@example.com").mkdir(parents=True)
    (folder / "legacy_credentials" / "a@example.com" / "adc.json").write_text(json.dumps(USER))
    found = told(run)
    assert found["defaults"] == {
        "configuration": "work", "project": "shop", "region": "eu", "account": "a@example.com", "impersonate": None
    }  # fmt: skip
    assert found["credentials"]["origin"].startswith("gcloud's account a@example.com (")
    assert "planted" not in json.dumps(found)


def test_whom_it_impersonates(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "adc.json"
    file.write_text(json.dumps(USER))
    found = told(
        run, "--impersonate-service-account", "sa@p.iam.gserviceaccount.com", GOOGLE_APPLICATION_CREDENTIALS=str(file)
    )
    assert found["credentials"]["impersonated"] == "sa@p.iam.gserviceaccount.com"


def test_none_is_no_failure(run: Run) -> None:
    found = told(run)
    assert found["credentials"] is None
    assert found["problem"].startswith("No Google credentials were found")
    text = run("info")
    assert text.status == 0
    assert "No Google credentials were found" in text.out


def test_endpoints_versions_and_proxies(run: Run) -> None:
    found = told(run, HTTPS_PROXY="http://me:planted@proxy.example.com:3128", NO_PROXY="localhost")
    assert "https://run.googleapis.com" in found["endpoints"]
    assert {"crauth-doctor", "Python", "google-auth"} <= found["versions"].keys()
    assert found["network"]["NO_PROXY"] == "localhost"
    assert "proxy.example.com:3128" in found["network"]["HTTPS_PROXY"]
    assert "planted" not in json.dumps(found)


def test_a_sandbox_is_named(run: Run, world: str) -> None:
    found = told(run, "--world", world)
    assert found["sandbox"].startswith("http://127.0.0.1:")
    assert found["credentials"]["email"] == "dev@example.com"


@pytest.mark.parametrize("environ", [{}, {"HTTPS_PROXY": "http://me:planted@proxy.example.com:3128"}])
def test_it_fits_a_terminal(run: Run, environ: dict[str, str]) -> None:
    ran = run("info", **environ)
    assert all(len(line) <= 80 for line in ran.out.splitlines())
    assert "planted" not in ran.out
