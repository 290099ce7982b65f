"""`explain`: pages of causes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from crauth_doctor.rules import ALL

Run = Callable[..., Any]


def test_every_cause_has_a_page(run: Run) -> None:
    for rule in ALL:
        ran = run("explain", rule.id)
        assert (ran.status, ran.out.startswith(f"{rule.id}: "), "https://" in ran.out) == (0, True, True), ran
        headings = [f"\n{heading}\n  " for heading in ("What happens", "Confirm", "Fix", "Danger", "See")]
        assert [heading for heading in headings if heading not in ran.out] == [], rule.id
        assert all(len(line) <= 80 or len(line.split()) == 1 for line in ran.out.splitlines()), rule.id


def test_all_causes_by_stage(run: Run) -> None:
    ran = run("explain")
    assert ran.status == 0
    assert all(f"  {rule.id} " in ran.out for rule in ALL)
    stages = [line for line in ran.out.splitlines() if line and not line.startswith(" ")]
    assert stages == [s for s in ["mint", "reach", "ingress", "iap", "token", "iam", "app", "warning"] if s in stages]


def test_the_part_after_the_stage_is_enough(run: Run) -> None:
    assert run("explain", "missing-invoker").out.startswith("iam/missing-invoker: ")


def test_an_unknown_id_names_the_nearest(run: Run) -> None:
    ran = run("explain", "iam/mising-invoker")
    assert ran.status == 2
    assert "iam/missing-invoker" in ran.err
    assert ran.out == ""


def test_as_json(run: Run) -> None:
    page = json.loads(run("explain", "iam/missing-invoker", "--format", "json").out)
    assert page["rule"]["id"] == "iam/missing-invoker"
    assert page["rule"]["see"].startswith("https://")
    listed = json.loads(run("explain", "--format", "json").out)
    assert {rule["id"] for rule in listed["rules"]} == {rule.id for rule in ALL}


def test_evidence_alone_is_judged_without_a_cloud(run: Run, tmp_path: Path) -> None:
    paste = tmp_path / "paste.txt"
    paste.write_text(
        "I call https://api-abc123-uc.a.run.app/healthz and get\nHTTP/1.1 404 Not Found\n"
        "Content-Type: text/html; charset=UTF-8\n\n"
        "<title>Error 404 (Not Found)!!1</title>\n<p><b>404.</b> <ins>That's an error.</ins>\n"
        "<p>The requested URL <code>/healthz</code> was not found on this server.\n"
    )
    ran = run("explain", str(paste), "--format", "json")
    report = json.loads(ran.out)
    assert report["cause"] == "reach/reserved-path"
    assert ran.status == report["exit"] == 10
    assert report["sandbox"] is False
    assert run("explain", str(paste)).out.split(":")[0].endswith("at reach")


def test_evidence_that_tells_nothing_is_undecided(run: Run, tmp_path: Path) -> None:
    paste = tmp_path / "paste.txt"
    paste.write_text("It does not work.\n")
    ran = run("explain", str(paste))
    assert ran.status == 11
    assert ran.out.startswith("NOT DECIDED: Nothing in your input was understood.")


UNNAMED = """task = &cloudtaskspb.HttpRequest{
  Url: target,
  AuthorizationHeader: &cloudtaskspb.HttpRequest_OidcToken{
    OidcToken: &cloudtaskspb.OidcToken{ServiceAccountEmail: account, Audience: target},
  },
}
PERMISSION_DENIED(7): HTTP status code 403
"""


def test_what_has_no_name_is_not_called_by_it(run: Run, tmp_path: Path) -> None:
    paste = tmp_path / "paste.txt"
    paste.write_text(UNNAMED)
    said = " ".join(run("explain", str(paste)).out.split())
    assert said.startswith("NOT DECIDED: the call was refused")
    assert " of - " not in said


def test_a_fix_names_the_account_that_the_message_names(run: Run) -> None:
    text = (
        "ERROR: (gcloud.auth.print-identity-token) PERMISSION_DENIED: Failed to impersonate "
        "[smoke@shop-prod.iam.gserviceaccount.com]. Permission 'iam.serviceAccounts.getAccessToken' denied on resource "
        "(or it may not exist). This command is authenticated as jo@example.com"
    )
    ran = run("explain", text, "-q")
    assert "[mint/gcloud-needs-access-token, expected]" in ran.out
    assert "smoke@shop-prod.iam.gserviceaccount.com" in ran.out.partition("What to do")[2]
    assert "ACCOUNT@PROJECT" not in ran.out
