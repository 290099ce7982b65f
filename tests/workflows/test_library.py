"""Everything can be done without the command line: typed in, typed out, and nothing is printed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from crauth_doctor.model.fact import Obstacle, Source, Unknown
from crauth_doctor.report.change import ChangeOutcome, Difference, Verified
from crauth_doctor.sandbox import Sandbox, load_world, serve
from crauth_doctor.workflows import (
    causes,
    diagnose,
    explain,
    fix,
    grant,
    grant_preflight,
    revoke,
    runbook,
    snippet,
    undo,
    who,
)
from crauth_doctor.workflows.change_session import Consent
from crauth_doctor.workflows.context import CallRequest, Context, MisuseError, WorkflowError
from crauth_doctor.workflows.grant_preflight import DenyingRules
from crauth_doctor.workflows.inventory import ProjectInventory

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "crauth_doctor" / "sandbox" / "worlds" / "demo.yaml"
CALL = CallRequest("orders", project="shop-prod", region="us-central1", caller="run/checkout")
YES = Consent(yes=True)


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with serve(load_world(str(DEMO))) as box:
        yield box


@pytest.fixture
def context(box: Sandbox, tmp_path: Path) -> Context:
    return Context({"HOME": str(tmp_path), "NO_GCE_CHECK": "true"}, box.base)


def test_what_readme_shows(
    box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"<!-- library -->\n```python\n(.*?)```", readme, re.DOTALL)
    assert shown
    code = [line for line in shown[1].splitlines() if line]
    assert len(code) <= 10
    for name, value in {"HOME": str(tmp_path), "NO_GCE_CHECK": "true", "CRAUTH_DOCTOR_SANDBOX": box.base}.items():
        monkeypatch.setenv(name, value)
    exec(shown[1], {})
    cause, said = capsys.readouterr().out.splitlines()
    assert "iam/missing-invoker" in cause
    assert said == "checkout-run@shop-prod.iam.gserviceaccount.com has roles/run.invoker on service orders."


def test_check_call_and_explain(context: Context, capfd: pytest.CaptureFixture[str]) -> None:
    checked = diagnose.check(context, CALL)
    called = diagnose.call(context, CALL)
    assert checked.diagnosis.cause
    assert checked.diagnosis.cause.rule == "iam/missing-invoker"
    assert called.answer
    assert called.answer.response.status == 403
    told = explain.explain('HTTP/2 401\nwww-authenticate: Bearer error="invalid_token"\n')
    assert told.target.service is None
    assert capfd.readouterr() == ("", "")


def test_grant_list_undo_and_revoke(context: Context, capfd: pytest.CaptureFixture[str]) -> None:
    said: list[str] = []
    shown: list[Difference] = []
    asked: list[str] = []

    def confirm(question: str) -> bool:
        asked.append(question)
        return True

    consent = Consent(confirm=confirm, tell=said.append, preview=shown.append)
    made = grant.grant(context, grant.GrantRequest(CALL), consent)
    assert (made.outcome, made.verified) == (ChangeOutcome.DONE, Verified.YES)
    assert asked == ["Make this change?"]
    assert [one.lines for one in shown] == [made.difference.lines if made.difference else ()]
    assert "Verified: the change is in place." in said
    assert [one.receipt.id for one in undo.receipts(context, CALL).entries] == [made.receipt]
    assert undo.undo(context, CALL, None, YES).outcome is ChangeOutcome.DONE
    grant.grant(context, grant.GrantRequest(CALL, wait=False), YES)
    (taken,) = revoke.revoke(context, CALL, None, YES)
    assert (taken.outcome, taken.status) == (ChangeOutcome.DONE, 0)
    assert capfd.readouterr() == ("", "")


def test_without_consent_nothing_is_changed(context: Context, box: Sandbox) -> None:
    before = box.cloud.policy(f"//run.googleapis.com/projects/shop-prod/locations/us-central1/services/{CALL.service}")
    report = grant.grant(context, grant.GrantRequest(CALL), Consent())
    assert (report.outcome, report.status) == (ChangeOutcome.PLANNED, 2)
    assert before == box.cloud.policy(
        f"//run.googleapis.com/projects/shop-prod/locations/us-central1/services/{CALL.service}"
    )


def test_fix(context: Context, capfd: pytest.CaptureFixture[str]) -> None:
    shown: list[str] = []
    result = fix.FixLoop(context, CALL, YES, lambda found: shown.append(found.diagnosis.conclusion.value)).run()
    assert (result.status, len(result.changes)) == (0, 1)
    assert [shown[0], shown[-1]] == ["proven", "clear"]
    assert capfd.readouterr() == ("", "")


def test_who_snippet_runbook_and_lists(context: Context, capfd: pytest.CaptureFixture[str]) -> None:
    assert who.who(context, CallRequest("orders", project="shop-prod", region="us-central1")).holders.service
    code = snippet.snippet(context, CALL, "python")
    assert code.wiring.audience in code.code
    book = runbook.runbook(context, CALL)
    assert runbook.check_runbook(context, CALL, book.facts)
    listed = ProjectInventory(context)
    assert "orders" in {one.value.rsplit("/", 1)[-1] for one in listed.services("shop-prod").found}
    assert "run/checkout" in {one.value for one in listed.callers("shop-prod").found}
    assert {one.id for one in causes.causes()} >= {"iam/missing-invoker"}
    assert grant_preflight.refuse(context, CALL, "allUsers").alternatives
    assert capfd.readouterr() == ("", "")


def test_what_cannot_be_done_says_what_to_do_next(context: Context) -> None:
    with pytest.raises(WorkflowError, match="no service"):
        snippet.snippet(context, CallRequest("orders-2", project="shop-prod", region="us-central1"), "python")
    with pytest.raises(MisuseError, match="--lang"):
        snippet.snippet(context, CallRequest(audience="https://x.example", url="https://x.example"))
    with pytest.raises(WorkflowError, match="application-default login"):
        diagnose.check(Context({"HOME": "/nowhere", "NO_GCE_CHECK": "true"}), CALL)


def test_deny_policies_that_could_not_be_read_are_told(context: Context, tmp_path: Path) -> None:
    unread = Unknown(
        Source("iam.denypolicies.list", "//cloudresourcemanager.googleapis.com/projects/shop-prod"),
        Obstacle.FORBIDDEN,
        permission="iam.denypolicies.list",
    )
    (note,) = DenyingRules((), (unread,)).notes
    assert "could not be read (iam.denypolicies.list)" in note
    lacking = tmp_path / "lacking.yaml"
    world = DEMO.read_text(encoding="utf-8")
    lacks = "{principal: 'user:dev@example.com', lacks: [iam.denypolicies.list], "
    lacking.write_text(world.replace("{principal: 'user:dev@example.com', ", lacks), encoding="utf-8")
    with serve(load_world(str(lacking))) as box:
        report = grant.grant(Context(context.environ, box.base), grant.GrantRequest(CALL, wait=False), YES)
    assert report.outcome is ChangeOutcome.DONE
    assert [one for one in report.notes if "deny policies" in one and "could not be read" in one]
