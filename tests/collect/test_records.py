"""The logs: read last, only where they can matter, and cut down to what decides."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crauth_doctor.collect.entries import audited, failing, perimeter, seconds
from crauth_doctor.collect.question import Question
from crauth_doctor.collect.readings import Collected, collect_all
from crauth_doctor.gcp.google import connect
from crauth_doctor.model.evidence import EventKind, LogEntry, LogKind, Wording
from crauth_doctor.model.fact import Absent, Known, Unknown, value_of
from crauth_doctor.model.run import Service
from crauth_doctor.sandbox import Sandbox, parse_world, serve

from .conftest import CHECKOUT, ORDERS, RUN, URL, WORLD, invoker

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
MEMBER = f"serviceAccount:{CHECKOUT}"
SCHEDULER = "Google-Cloud-Scheduler"
JOB = "//cloudscheduler.googleapis.com/projects/shop-prod/locations/us-central1/jobs/nightly"
TARGET = {"uri": f"{URL}/run", "httpMethod": "POST", "oidcToken": {"serviceAccountEmail": CHECKOUT, "audience": URL}}
LACKS = "The request was not authenticated. The IAM principal lacks {run.routes.invoke} permission."
SERVICE = Service(ORDERS, (URL,))


def ago(**span: float) -> str:
    return f"{NOW - timedelta(**span):%Y-%m-%dT%H:%M:%S.123456Z}"


def call(when: str, status: int = 403, agent: str = SCHEDULER, path: str = "/run", **more: Any) -> dict[str, Any]:
    labels = {"service_name": "orders", "location": "us-central1", "project_id": "shop-prod"}
    return {
        "logName": "projects/shop-prod/logs/run.googleapis.com%2Frequests",
        "timestamp": when,
        "resource": {"type": "cloud_run_revision", "labels": labels},
        "httpRequest": {
            "requestMethod": "POST",
            "requestUrl": f"{URL}{path}",
            "status": status,
            "userAgent": agent,
            "latency": "0s",
            "remoteIp": "203.0.113.8",
        },
        "textPayload": LACKS,
        "jsonPayload": {"secret": "hunter2"},
        **more,
    }


def done(when: str, method: str, name: str = ORDERS, **payload: Any) -> dict[str, Any]:
    labels = {"service_name": "orders", "location": "us-central1", "project_id": "shop-prod"}
    return {
        "logName": "projects/shop-prod/logs/cloudaudit.googleapis.com%2Factivity",
        "timestamp": when,
        "resource": {"type": "cloud_run_revision", "labels": labels},
        "protoPayload": {
            "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
            "methodName": f"google.cloud.run.v1.Services.{method}",
            "resourceName": name,
            "authenticationInfo": {"principalEmail": "admin@example.com"},
            "requestMetadata": {"callerIp": "203.0.113.9"},
            **payload,
        },
    }


def delta(action: str, member: str) -> dict[str, Any]:
    return {"policyDelta": {"bindingDeltas": [{"action": action, "role": "roles/run.invoker", "member": member}]}}


def refused(when: str, agent: str = "curl/8", name: str = ORDERS) -> dict[str, Any]:
    return {
        "logName": "projects/shop-prod/logs/cloudaudit.googleapis.com%2Fpolicy",
        "timestamp": when,
        "resource": {"type": "audited_resource", "labels": {"method": "run.googleapis.com/HttpIngress"}},
        "protoPayload": {
            "methodName": "run.googleapis.com/HttpIngress",
            "resourceName": name,
            "requestMetadata": {"callerSuppliedUserAgent": agent},
            "metadata": {"violationReason": "NO_MATCHING_ACCESS_LEVEL"},
        },
    }


@pytest.fixture
def asked() -> Iterator[Any]:
    """Ask about `orders` for the scheduler job, with some entries in the logs."""
    with ExitStack() as stack:

        def start(
            *logs: dict[str, Any],
            policy: Any = None,
            caller: str = "scheduler/nightly",
            path: str = "/",
            fails: bool = False,
            **changed: Any,
        ) -> Any:
            world = deepcopy(WORLD) | changed
            world["resources"][JOB] = {"httpTarget": TARGET}
            world["iam"] = {f"{RUN}{ORDERS}": policy or {}}
            world["logs"] = list(logs)
            box = stack.enter_context(serve(parse_world(world)))
            question = Question("orders", caller, "shop-prod", "us-central1", path=path, says_it_fails=fails)
            return collect_all(question, connect({}, sandbox=box.base)), box

        yield start


def entries(got: Collected) -> tuple[LogEntry, ...]:
    return got.logs.logs if got.logs else ()


def methods_of(entry: LogEntry) -> str:
    return (entry.method_name or "").rsplit(".", 1)[-1]


def log_reads(box: Sandbox) -> int:
    return len([one for one in box.requests if one.host == "logging.googleapis.com"])


def test_not_read_where_the_settings_explain_what_the_calls_saw(asked: Any) -> None:
    got, box = asked(call(ago(hours=1)), policy=invoker(MEMBER))
    assert (got.logs, log_reads(box)) == (None, 0)
    assert isinstance(got.facts.logged, Absent)


def test_read_where_nothing_lets_the_caller_in(asked: Any) -> None:
    got, box = asked(call(ago(hours=1)), done(ago(days=2), "SetIamPolicy", serviceData=delta("REMOVE", MEMBER)))
    assert log_reads(box) == 2
    assert [one.kind for one in entries(got)] == [LogKind.AUDIT_ACTIVITY, LogKind.REQUEST]
    assert isinstance(got.facts.logged, Known)
    assert got.facts.logged.value == 2
    assert isinstance(got.facts.written, Known)
    assert got.facts.written.value == int((NOW - timedelta(days=2)).timestamp())


def test_read_where_the_call_is_refused_against_all_settings(asked: Any) -> None:
    """As it is for some minutes after a grant."""
    written = done(ago(minutes=3), "SetIamPolicy", serviceData=delta("ADD", MEMBER))
    fault = {"match": URL.removeprefix("https://"), "times": 9, "status": 403}
    got, box = asked(written, policy=invoker(MEMBER), faults=[fault])
    assert log_reads(box) == 2
    assert isinstance(got.facts.written, Known)
    assert [methods_of(one) for one in entries(got)] == ["SetIamPolicy"]


def test_read_where_the_caller_could_not_be_tried(asked: Any) -> None:
    operator = {"principal": "user:dev@example.com", "lacks": ["iam.serviceAccounts.getOpenIdToken"]}
    got, _ = asked(call(ago(hours=1), status=401), policy=invoker(MEMBER), operator=operator)
    assert [one.status for one in entries(got)] == [401]


def test_what_the_operator_may_not_read_is_unknown(asked: Any) -> None:
    operator = {"principal": "user:dev@example.com", "lacks": ["logging.logEntries.list"]}
    got, _ = asked(call(ago(hours=1)), operator=operator)
    assert got.logs is None
    for fact in (got.facts.logged, got.facts.written):
        assert isinstance(fact, Unknown)
        assert fact.permission == "logging.logEntries.list"


def test_the_tools_own_calls_are_nobodys(asked: Any) -> None:
    """The calls of a first run stand in the log when a second one reads it."""
    got, box = asked(caller="me")
    assert got.logs is None
    question = Question("orders", "me", "shop-prod", "us-central1")
    again = collect_all(question, connect({}, sandbox=box.base))
    assert again.logs is None


def test_calls_of_anybody_else_are_not_the_callers(asked: Any) -> None:
    log = (call(ago(hours=1), agent="curl/8"), call(ago(hours=2), agent="Mozilla/5.0"))
    assert entries(asked(*log)[0]) == ()
    assert entries(asked(*log, caller=CHECKOUT)[0]) == ()


def test_only_what_decides_is_kept(asked: Any) -> None:
    got, _ = asked(call(ago(hours=1)), done(ago(days=2), "SetIamPolicy", serviceData=delta("ADD", MEMBER)))
    assert len(entries(got)) == 2
    assert "hunter2" not in repr(got.logs)
    assert "203.0.113" not in repr(got.logs)


class TestSaidToFail:
    """The caller's own call is said to fail: the log is read for callers of every kind, also where the test passes."""

    LOG = (call(ago(hours=1), agent="curl/8", path="/work?key=hunter2"), call(ago(hours=2), status=500, agent="curl/8"))

    def anybodys(self, got: Collected) -> tuple[LogEntry, ...]:
        return value_of(got.facts.refused) or ()

    @pytest.mark.parametrize("caller", [CHECKOUT, "run/frontend", "me", "laptop"])
    def test_refusals_may_be_anybodys(self, asked: Any, caller: str) -> None:
        got, _ = asked(*self.LOG, policy=invoker(MEMBER), caller=caller, fails=True)
        (found,) = self.anybodys(got)
        assert (found.status, found.message, found.wording) == (403, LACKS, Wording.LACKS_PERMISSION)
        assert "hunter2" not in repr(found)
        assert got.logs is None
        assert isinstance(got.facts.refused, Known)

    def test_nothing_is_read_where_nobody_says_so(self, asked: Any) -> None:
        got, box = asked(*self.LOG, policy=invoker(MEMBER), caller=CHECKOUT)
        assert log_reads(box) == 0
        assert isinstance(got.facts.refused, Absent)
        got, _ = asked(*self.LOG, caller=CHECKOUT)
        assert isinstance(got.facts.refused, Absent)

    def test_a_refusal_of_the_very_path_is_the_callers(self, asked: Any) -> None:
        got, _ = asked(*self.LOG, policy=invoker(MEMBER), caller=CHECKOUT, path="/work", fails=True)
        assert [one.status for one in entries(got)] == [403]
        got, _ = asked(*self.LOG, policy=invoker(MEMBER), caller=CHECKOUT, path="/else", fails=True)
        assert entries(got) == ()
        assert len(self.anybodys(got)) == 1

    def test_a_known_agent_tells_whose_they_are(self, asked: Any) -> None:
        got, _ = asked(call(ago(hours=1)), *self.LOG, policy=invoker(MEMBER), fails=True)
        assert [one.user_agent for one in entries(got)] == [SCHEDULER]
        assert self.anybodys(got) == ()

    def test_what_was_before_the_last_change_is_left_out(self, asked: Any) -> None:
        changed = done(ago(minutes=30), "SetIamPolicy", serviceData=delta("ADD", MEMBER))
        got, _ = asked(*self.LOG, changed, policy=invoker(MEMBER), caller=CHECKOUT, fails=True)
        assert self.anybodys(got) == ()

    def test_logs_that_may_not_be_read_leave_it_unknown(self, asked: Any) -> None:
        operator = {"principal": "user:dev@example.com", "lacks": ["logging.logEntries.list"]}
        got, _ = asked(*self.LOG, policy=invoker(MEMBER), caller=CHECKOUT, fails=True, operator=operator)
        assert isinstance(got.facts.refused, Unknown)


class TestFailing:
    NEWEST_FIRST = (call(ago(hours=1)), call(ago(hours=2)), call(ago(hours=3), status=401))

    def test_as_far_back_as_they_failed_alike(self) -> None:
        assert [one.log.status for one in failing(self.NEWEST_FIRST, 0, "/run")] == [403, 403]

    def test_nothing_where_the_last_one_was_served(self) -> None:
        assert failing((call(ago(minutes=5), status=204), *self.NEWEST_FIRST), 0, "/run") == ()

    def test_other_paths_are_other_calls(self) -> None:
        log = (call(ago(minutes=5), status=200, path="/other"), *self.NEWEST_FIRST)
        assert len(failing(log, 0, "/run")) == 2
        assert failing(log, 0, "/none") == ()
        assert failing(log, 0, None) == ()

    def test_nothing_from_before_the_last_change(self) -> None:
        since = int((NOW - timedelta(minutes=90)).timestamp())
        assert len(failing(self.NEWEST_FIRST, since, "/run")) == 1

    def test_nothing_of_this_tool(self) -> None:
        log = (call(ago(minutes=5), agent="crauth-doctor/1.2.3"), call(ago(minutes=6), status=500))
        assert [one.log.status for one in failing(log, 0, "/run")] == [500]

    @pytest.mark.parametrize(
        "entry",
        [{}, {"httpRequest": 7}, {"httpRequest": {"status": "x"}}, call("soon"), call(ago(), path="[")],
    )
    def test_what_is_no_entry_is_left_out(self, entry: dict[str, Any]) -> None:
        assert failing((entry,), 0, "/run") == ()


class TestAudited:
    def methods(self, *log: dict[str, Any], member: str | None = MEMBER) -> list[str]:
        kept = audited(log, SERVICE, member).kept
        return [methods_of(one.log) for one in kept]

    @pytest.mark.parametrize(
        ("change", "kept"),
        [
            (delta("ADD", MEMBER), True),
            (delta("REMOVE", MEMBER.upper().replace("SERVICEACCOUNT", "serviceAccount")), True),
            (delta("REMOVE", "allUsers"), True),
            (delta("ADD", "group:g@example.com"), True),
            (delta("REMOVE", "group:g@example.com"), False),
            (delta("REMOVE", "user:else@example.com"), False),
        ],
    )
    def test_only_what_concerns_the_caller(self, change: dict[str, Any], kept: bool) -> None:
        assert self.methods(done(ago(days=1), "SetIamPolicy", serviceData=change)) == ["SetIamPolicy"] * kept

    def test_the_last_word_on_a_member_counts(self) -> None:
        granted = done(ago(days=2), "SetIamPolicy", serviceData=delta("ADD", "allUsers"))
        revoked = done(ago(days=1), "SetIamPolicy", serviceData=delta("REMOVE", "allUsers"))
        found = audited([revoked, granted], SERVICE, None)
        assert [[one.kind for one in each.done] for each in found.kept] == [[EventKind.REVOKED]]
        assert len(found.written) == 2

    def test_a_write_without_a_delta(self) -> None:
        policy = {"policy": invoker(MEMBER, "user:else@example.com")}
        kept = audited([done(ago(days=1), "SetIamPolicy", request=policy)], SERVICE, MEMBER).kept
        assert [(one.kind, one.member) for one in kept[0].done] == [(EventKind.POLICY_SET, MEMBER)]

    def test_every_write_tells_when(self) -> None:
        change = done(ago(days=1), "SetIamPolicy", serviceData=delta("ADD", "user:else@example.com"))
        assert [one.at for one in audited([change], SERVICE, MEMBER).written] == [seconds(ago(days=1))]

    def test_a_grant_on_the_project_counts_for_this_caller(self) -> None:
        mine = done(ago(days=1), "SetIamPolicy", "projects/shop-prod", serviceData=delta("ADD", MEMBER))
        other = done(ago(hours=1), "SetIamPolicy", "projects/shop-prod", serviceData=delta("ADD", "user:x@example.com"))
        found = audited([other, mine], SERVICE, MEMBER)
        assert [one.at for one in found.written] == [one.at for one in found.kept] == [seconds(ago(days=1))]

    def test_roles_that_let_nobody_in_do_not_count(self) -> None:
        change = delta("ADD", MEMBER)
        change["policyDelta"]["bindingDeltas"][0]["role"] = "roles/storage.admin"
        assert self.methods(done(ago(days=1), "SetIamPolicy", serviceData=change)) == []

    def test_a_refused_write_did_nothing(self) -> None:
        change = done(ago(days=1), "SetIamPolicy", serviceData=delta("ADD", MEMBER), status={"code": 7})
        assert audited([change], SERVICE, MEMBER).written == ()

    def test_made_anew(self) -> None:
        gone, made = done(ago(days=2), "DeleteService"), done(ago(days=1), "CreateService")
        assert self.methods(made, gone) == ["DeleteService", "CreateService"]
        assert self.methods(made) == []
        assert audited([made, gone], SERVICE, MEMBER).written[-1].at == seconds(ago(days=1))

    def test_the_same_name_in_another_region_is_another_service(self) -> None:
        gone, made = done(ago(days=2), "DeleteService"), done(ago(days=1), "CreateService")
        gone["resource"]["labels"]["location"] = "europe-west1"
        assert self.methods(made, gone) == []

    def test_the_check_switched_off_and_on(self) -> None:
        def deployed(days: int, **service: Any) -> dict[str, Any]:
            return done(ago(days=days), "ReplaceService", request={"service": service})

        annotations = {"annotations": {"run.googleapis.com/invoker-iam-disabled": "true"}}
        off, on = deployed(3, metadata=annotations), deployed(1, metadata={})
        assert self.methods(on, off) == ["ReplaceService", "ReplaceService"]
        assert self.methods(on) == []
        unrelated = done(ago(days=1), "UpdateService", request={"service": {"template": {}}, "updateMask": "template"})
        assert self.methods(unrelated, off) == ["ReplaceService"]


def test_what_a_perimeter_refused() -> None:
    log = (refused(ago(hours=1)), refused(ago(hours=1), agent="crauth-doctor/1"), refused(ago(hours=1), name="x"))
    other = refused(ago(hours=1), name="projects/shop-prod/locations/us-central1/services/else")
    assert len(perimeter((*log, other), SERVICE)) == 2
    assert len(perimeter((*log, other), SERVICE, own=True)) == 3, "where the operator is the caller"
    assert perimeter(log, SERVICE)[0].log.details == "NO_MATCHING_ACCESS_LEVEL"


def test_an_entry_that_names_no_time_is_left_out() -> None:
    assert perimeter((refused("soon"),), SERVICE) == ()
    assert audited((done("soon", "SetIamPolicy"), {}, {"protoPayload": []}), SERVICE, None).kept == ()
