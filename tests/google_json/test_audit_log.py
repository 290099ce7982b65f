from __future__ import annotations

from typing import Any

import pytest

from crauth_doctor.google_json import audit_log, log_entries
from crauth_doctor.model.evidence import EventKind

OFF = "run.googleapis.com/invoker-iam-disabled"


def entry(method: str, **payload: Any) -> dict[str, Any]:
    return {
        "logName": "projects/p/logs/cloudaudit.googleapis.com%2Factivity",
        "timestamp": "2026-06-01T08:00:00Z",
        "protoPayload": {"methodName": f"google.cloud.run.v1.Services.{method}", "resourceName": "s", **payload},
    }


def kinds(raw: dict[str, Any]) -> list[EventKind]:
    return [one.kind for one in audit_log.events(raw, log_entries.entry(raw))]


@pytest.mark.parametrize(
    ("request_", "found"),
    [
        ({"service": {"invokerIamDisabled": True}}, [EventKind.UPDATED, EventKind.CHECK_OFF_ASKED]),
        ({"service": {"metadata": {"annotations": {OFF: "true"}}}}, [EventKind.UPDATED, EventKind.CHECK_OFF_ASKED]),
        ({"service": {"template": {}}}, [EventKind.UPDATED, EventKind.CHECK_ON]),
        ({"service": {"template": {}}, "updateMask": "template"}, [EventKind.UPDATED]),
        ({"service": {"template": {}}, "updateMask": "invokerIamDisabled"}, [EventKind.UPDATED, EventKind.CHECK_ON]),
    ],
)
def test_a_deploy_says_of_the_check_only_what_it_wrote(request_: dict[str, Any], found: list[EventKind]) -> None:
    assert kinds(entry("UpdateService", request=request_)) == found


def test_a_member_far_down_a_long_policy_is_not_lost() -> None:
    bindings = [{"role": f"roles/{number}", "members": [f"user:{number}@example.com"]} for number in range(400)]
    raw = entry("SetIamPolicy", request={"policy": {"bindings": bindings}})
    found = audit_log.events(raw, log_entries.entry(raw))
    assert found[-1].member == "user:399@example.com"


def test_a_refused_attempt_did_nothing() -> None:
    assert kinds(entry("SetIamPolicy", status={"code": 7})) == [EventKind.GRANT_FAILED]
    assert kinds(entry("DeleteService", status={"code": 7})) == []
