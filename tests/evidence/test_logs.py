# ruff: noqa: E501 - what programs print stands here as they print it
from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from crauth_doctor.evidence import read
from crauth_doctor.model.evidence import EventKind, LogEntry, LogKind, Wording
from crauth_doctor.workflows.explain import explain

OLD = "The request was not authenticated. Either allow unauthenticated invocations or set the proper Authorization header."
MORE = " Read more at https://cloud.google.com/run/docs/securing/authenticating"


def request(text: str, status: int = 403, **more: object) -> dict[str, object]:
    return {
        "insertId": "9af45b6788fe",
        "httpRequest": {
            "requestMethod": "POST",
            "requestUrl": "https://billing-abc-ew.a.run.app/v1/items",
            "status": status,
            "userAgent": "APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)",
            "latency": "0s",
            "remoteIp": "203.0.113.24",
        },
        "resource": {
            "type": "cloud_run_revision",
            "labels": {"service_name": "billing", "location": "europe-west4", "project_id": "acme-prod"},
        },
        "timestamp": "2026-08-03T22:51:24.317482Z",
        "severity": "WARNING",
        "logName": "projects/acme-prod/logs/run.googleapis.com%2Frequests",
        "textPayload": text,
        **more,
    }


def only(text: str) -> LogEntry:
    logs = read(text).logs
    assert len(logs) == 1
    return logs[0]


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        (OLD + MORE, Wording.NOT_AUTHENTICATED),
        (
            "The request was not authenticated. Either allow public access or set the proper Authorization header",
            Wording.NOT_AUTHENTICATED,
        ),
        (OLD + " Empty Authorization header value." + MORE, Wording.EMPTY_HEADER),
        (OLD + " The IAM principal lacks {run.routes.invoke} permission." + MORE, Wording.LACKS_PERMISSION),
        (
            "The request was not authorized to invoke this service. The access token could not be verified.",
            Wording.TOKEN_NOT_VERIFIED,
        ),
        ("The request was not authorized to invoke this service.", Wording.NOT_AUTHORIZED),
        ("The request was aborted because there was no available instance.", Wording.NO_INSTANCE),
        (
            "The request failed because either the HTTP response was malformed or connection to the instance had an error.",
            Wording.INSTANCE_FAILED,
        ),
        ("hello", None),
    ],
)
def test_wordings_of_the_front_end(text: Any, wording: Any) -> None:
    assert only(json.dumps(request(text))).wording is wording


@pytest.mark.parametrize("write", [lambda value: json.dumps(value, indent=2), json.dumps, yaml.safe_dump])
def test_json_and_yaml_between_prose(write: Any) -> None:
    entry = only(f"The log says:\n\n{write(request(OLD))}\n\nWhy?")
    assert entry.kind is LogKind.REQUEST
    assert (entry.status, entry.method, entry.url, entry.latency) == (
        403,
        "POST",
        "https://billing-abc-ew.a.run.app/v1/items",
        0.0,
    )
    assert (entry.service, entry.at) == ("billing", 1785797484)


def test_lists_concatenated_objects_and_one_cut_off() -> None:
    entry = request(OLD)
    assert len(read(json.dumps([entry, entry, entry], indent=1)).logs) == 3
    assert len(read(json.dumps(entry, indent=2) + "\n" + json.dumps(entry, indent=2)).logs) == 2
    assert len(read(json.dumps(entry) + "\n" + json.dumps(entry)).logs) == 2
    assert len(read(json.dumps({"entries": [entry]})).logs) == 1
    assert len(read(yaml.safe_dump([entry, entry]) + "---\n" + yaml.safe_dump(entry)).logs) == 3
    shortened = json.dumps(entry, indent=2)
    assert read(shortened[: int(len(shortened) * 0.7)]).logs[0].status == 403


def test_elisions_and_trailing_commas_are_forgiven() -> None:
    text = '{\n  "httpRequest": {\n    "status": 403,\n    "requestUrl": "https://a.run.app/",\n    ...\n  },\n  "severity": "WARNING",\n}'
    assert only(text).status == 403


def test_scheduler_as_json_as_table_and_as_keys() -> None:
    payload = {
        "@type": "type.googleapis.com/google.cloud.scheduler.logging.AttemptFinished",
        "debugInfo": "URL_ERROR-ERROR_AUTHENTICATION. Original HTTP response code number = 401",
        "jobName": "projects/p/locations/r/jobs/nightly",
        "status": "UNAUTHENTICATED",
        "url": "https://billing-abc-ew.a.run.app/run",
    }
    full = only(
        json.dumps(
            {
                "insertId": "a",
                "jsonPayload": payload,
                "resource": {"type": "cloud_scheduler_job", "labels": {"job_id": "nightly"}},
            }
        )
    )
    assert (full.kind, full.status, full.code, full.service, full.url) == (
        LogKind.SCHEDULER,
        401,
        "UNAUTHENTICATED",
        "nightly",
        "https://billing-abc-ew.a.run.app/run",
    )
    dotted = only(
        "Scheduler log:\n\njsonPayload.status: UNAUTHENTICATED\nhttpRequest.status: 401\ndebugInfo: URL_ERROR-ERROR_AUTHENTICATION\n"
    )
    assert (dotted.kind, dotted.status, dotted.code) == (LogKind.SCHEDULER, 401, "UNAUTHENTICATED")
    keys = only(
        "jobName: nightly\nurl:     https://a.acme.example/run/\nstatus:  NOT_FOUND\ndebugInfo: URL_ERROR-ERROR_NOT_FOUND. Original HTTP response code number = 404\n"
    )
    assert (keys.kind, keys.status, keys.url) == (LogKind.SCHEDULER, 404, "https://a.acme.example/run/")


def test_load_balancer_and_its_policy() -> None:
    entry = only(
        json.dumps(
            {
                "httpRequest": {"requestMethod": "GET", "requestUrl": "https://api.acme.example/", "status": 403},
                "jsonPayload": {
                    "statusDetails": "denied_by_security_policy",
                    "enforcedSecurityPolicy": {"name": "edge", "outcome": "DENY"},
                },
                "logName": "projects/p/logs/requests",
                "resource": {"type": "http_load_balancer", "labels": {"url_map_name": "m"}},
            }
        )
    )
    assert (entry.kind, entry.details, entry.security_policy) == (
        LogKind.LOAD_BALANCER,
        "denied_by_security_policy",
        "edge",
    )


def audit(method: str, **payload: object) -> str:
    return json.dumps(
        {
            "logName": "projects/p/logs/cloudaudit.googleapis.com%2Factivity",
            "timestamp": "2026-06-01T08:00:00Z",
            "protoPayload": {
                "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
                "authenticationInfo": {"principalEmail": "ci@p.iam.gserviceaccount.com"},
                "methodName": method,
                "resourceName": "projects/p/locations/r/services/billing",
                **payload,
            },
        },
        indent=2,
    )


def test_audit_of_policies() -> None:
    deltas = [
        {"action": "ADD", "role": "roles/run.invoker", "member": "allUsers"},
        {"action": "REMOVE", "role": "roles/run.invoker", "member": "serviceAccount:a@p.iam.gserviceaccount.com"},
    ]
    evidence = read(
        audit("google.cloud.run.v2.Services.SetIamPolicy", serviceData={"policyDelta": {"bindingDeltas": deltas}})
    )
    assert [(event.kind, event.member) for event in evidence.events] == [
        (EventKind.GRANTED, "allUsers"),
        (EventKind.REVOKED, "serviceAccount:a@p.iam.gserviceaccount.com"),
    ]
    assert evidence.events[0].at == 1780300800
    assert evidence.events[0].by == "ci@p.iam.gserviceaccount.com"
    whole = read(
        audit(
            "google.cloud.run.v1.Services.SetIamPolicy",
            request={"policy": {"bindings": [{"role": "roles/run.invoker", "members": ["allUsers"]}]}},
        )
    )
    assert [(event.kind, event.member) for event in whole.events] == [(EventKind.POLICY_SET, "allUsers")]
    refused = read(
        audit(
            "google.cloud.run.v1.Services.SetIamPolicy",
            status={
                "code": 9,
                "message": "One or more users named in the policy do not belong to a permitted customer",
            },
        )
    )
    assert [event.kind for event in refused.events] == [EventKind.GRANT_FAILED]


@pytest.mark.parametrize(
    ("method", "kind"),
    [
        ("google.cloud.run.v2.Services.CreateService", EventKind.CREATED),
        ("google.cloud.run.v1.Services.ReplaceService", EventKind.UPDATED),
        ("google.cloud.run.v2.Services.DeleteService", EventKind.DELETED),
        ("google.cloud.functions.v2.FunctionService.CreateFunction", EventKind.CREATED),
        ("google.iam.admin.v1.DeleteServiceAccount", EventKind.DELETED),
    ],
)
def test_audit_of_lifecycles(method: Any, kind: Any) -> None:
    assert [event.kind for event in read(audit(method)).events] == [kind]


def test_audit_tells_the_invoker_check() -> None:
    on = read(
        audit("google.cloud.run.v2.Services.UpdateService", request={"service": {"ingress": "INGRESS_TRAFFIC_ALL"}})
    )
    off = read(audit("google.cloud.run.v2.Services.UpdateService", request={"service": {"invokerIamDisabled": True}}))
    assert EventKind.CHECK_ON in {event.kind for event in on.events}
    assert EventKind.CHECK_OFF_ASKED in {event.kind for event in off.events}


def test_perimeter() -> None:
    entry = only(
        json.dumps(
            {
                "logName": "projects/p/logs/cloudaudit.googleapis.com%2Fpolicy",
                "protoPayload": {
                    "metadata": {"violationReason": "NO_MATCHING_ACCESS_LEVEL"},
                    "status": {"code": 7, "message": "prohibited"},
                },
                "resource": {"type": "audited_resource", "labels": {"method": "run.googleapis.com/HttpIngress"}},
            }
        )
    )
    assert (entry.kind, entry.method_name, entry.details) == (
        LogKind.AUDIT_POLICY,
        "run.googleapis.com/HttpIngress",
        "NO_MATCHING_ACCESS_LEVEL",
    )


def test_credentials_that_an_application_logs(jwt: Any) -> None:
    stripped = jwt(signature="SIGNATURE_REMOVED_BY_GOOGLE", iss="https://accounts.google.com", aud="https://a.run.app")
    payload = {
        "message": "refused: token signature does not verify",
        "headers": {"x-serverless-authorization": f"Bearer {stripped}", "authorization": ""},
    }
    evidence = read(
        json.dumps({"insertId": "a", "jsonPayload": payload, "logName": "projects/p/logs/run.googleapis.com%2Fstdout"})
    )
    entry = evidence.logs[0]
    assert entry.kind is LogKind.CONTAINER
    tokens = [made.token for made in entry.credentials if made.token]
    assert [token.signature_removed for token in tokens] == [True]
    assert evidence.latest is None


@pytest.mark.parametrize(("code", "status"), [("UNAUTHENTICATED", 401), ("PERMISSION_DENIED", 403), ("OK", None)])
def test_an_attempt_of_cloud_tasks(code: str, status: int | None) -> None:
    attempt = {
        "dispatchCount": "3",
        "responseCount": "0",
        "status": code,
        "targetAddress": "POST https://billing-abc-ew.a.run.app/v1/items",
        "targetType": "HTTP",
    }
    entry = only(
        json.dumps(
            {
                "insertId": "a",
                "logName": "projects/p/logs/cloudtasks.googleapis.com%2Ftask_operations_log",
                "resource": {"type": "cloud_tasks_queue", "labels": {"queue_id": "q"}},
                "jsonPayload": {
                    "@type": "type.googleapis.com/google.cloud.tasks.logging.v1.TaskActivityLog",
                    "attemptResponseLog": attempt,
                },
            }
        )
    )
    assert (entry.kind, entry.status, entry.method, entry.url) == (
        LogKind.TASKS,
        status,
        "POST",
        "https://billing-abc-ew.a.run.app/v1/items",
    )


@pytest.mark.parametrize("separator", ["\n", " "])
def test_an_entry_as_the_old_console_gave_it_is_read(separator: str) -> None:
    """Without quotes around names, and without commas."""
    entry = separator.join(
        (
            "{", 'insertId: "a1"', "jsonPayload: {", '@type: "type.googleapis.com/google.cloud.scheduler.logging.AttemptFinished"',
            'jobName: "projects/shop-prod/locations/europe-west1/jobs/nightly"', 'status: "PERMISSION_DENIED"',
            'url: "https://orders-123456789012.europe-west1.run.app/run"', "}", "httpRequest: {", "status: 403", "}", "}",
        )
    )  # fmt: skip
    (found,) = read(f"{entry}\n").logs
    assert (found.status, found.url) == (403, "https://orders-123456789012.europe-west1.run.app/run")


INFO = "URL_ERROR-ERROR_AUTHENTICATION. Original HTTP response code number = 401"
JOBS = "https://europe-west4-run.googleapis.com/apis/run.googleapis.com/v1/namespaces/acme/jobs/reindex:run"


@pytest.mark.parametrize(
    "text",
    [
        f'"debugInfo":"{INFO}"\n"status":"UNAUTHENTICATED"\n"url":"{JOBS}"\n',
        f'    "debugInfo": "{INFO}",\n    "status": "UNAUTHENTICATED",\n    "url": "{JOBS}",\n',
        f"status      UNAUTHENTICATED\ndebugInfo   {INFO}\nurl         {JOBS}\n",
        f"status = UNAUTHENTICATED\ndebugInfo = {INFO}\nurl = {JOBS}\n",
        f"jsonPayload.status\tUNAUTHENTICATED\njsonPayload.debugInfo\t{INFO}\njsonPayload.url\t{JOBS}\n",
    ],
)
def test_a_schedulers_entry_is_read_without_its_braces(text: str) -> None:
    entry = only(f"Every run fails:\n\n{text}\nWe changed nothing.\n")
    assert (entry.kind, entry.status, entry.code, entry.url) == (LogKind.SCHEDULER, 401, "UNAUTHENTICATED", JOBS)


TARGET = "https://billing-abc-ew.a.run.app/push"
PUSHES = "APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)"


@pytest.mark.parametrize(
    ("line", "agent"),
    [
        (f"POST 403 {TARGET}", None),
        (f"2026-08-03 22:51:24.317 CEST POST 403 737 B 3 ms {PUSHES} {TARGET}", PUSHES),
        (f"2026-08-03T22:51:24.317Z POST403737 B3 ms{PUSHES} {TARGET}", PUSHES),
        (f"POST 403 0ms Google-Cloud-Tasks {TARGET}", "Google-Cloud-Tasks"),
        (f"WARNING 2026-08-03T22:51:24.317482Z [httpRequest.requestMethod: POST] [httpRequest.status: 403] [httpRequest.responseSize: 0 B] [httpRequest.latency: 0 ms] [httpRequest.userAgent: {PUSHES}] {TARGET}", PUSHES),
    ],
)  # fmt: skip
@pytest.mark.parametrize("said", ["", f" {OLD}{MORE}"])
def test_a_line_of_the_logs_explorer_is_an_entry(line: str, agent: str | None, said: str) -> None:
    entry = only(f"This is what we see:\n\n{line}{said}\n")
    assert (entry.kind, entry.method, entry.status, entry.url) == (LogKind.REQUEST, "POST", 403, TARGET)
    assert entry.user_agent == agent


@pytest.mark.parametrize(
    "line",
    [
        "UNAUTHENTICATED(16): HTTP status code 401",
        "| Reason to retry | UNAUTHENTICATED(16): HTTP status code 401 |",
        "Previous run  2 (UNAUTHENTICATED(16): HTTP status code 401)",
    ],
)
def test_what_a_task_got_is_cloud_tasks_own_words(line: str) -> None:
    entry = only(f"The task's page says:\n\n{line}\n")
    assert (entry.kind, entry.status, entry.code) == (LogKind.TASKS, 401, "UNAUTHENTICATED")
    left = {each.rule for each in explain(f"{line}\n").diagnosis.open}
    assert "token/access-token" in left
    assert not left & {"token/preflight", "mint/sender-cannot-authenticate"}, "nothing but Cloud Tasks made the call"


CRAWLED = "URL_ERROR-ERROR_NOT_FOUND. Original HTTP response code number = 404"
JOB_NAME = "projects/acme/locations/us-central1/jobs/nightly"


@pytest.mark.parametrize(
    ("text", "url", "code", "job"),
    [
        (f"Cloud Scheduler: status: NOT_FOUND, debugInfo: {CRAWLED}\nurl: {TARGET}\n", TARGET, "NOT_FOUND", None),
        (f'AttemptFinished status=NOT_FOUND url={TARGET} debugInfo="{CRAWLED}"\n', TARGET, "NOT_FOUND", None),
        (f'The log of the job says "{CRAWLED}" for {TARGET}.\n', TARGET, None, None),
        (f"{JOB_NAME} fails:\n\n`{CRAWLED}`\n", None, None, JOB_NAME),
        (f"| job | last attempt |\n|---|---|\n| nightly | {CRAWLED} |\n", None, None, None),
    ],
)
def test_what_a_job_got_is_cloud_schedulers_own_words(
    text: str, url: str | None, code: str | None, job: str | None
) -> None:
    entry = only(text)
    assert (entry.kind, entry.status, entry.code, entry.service) == (LogKind.SCHEDULER, 404, code, job)
    assert (entry.url or "").rstrip(".") == (url or "")


@pytest.mark.parametrize(
    "line",
    [
        f'jsonPayload.debugInfo="{CRAWLED}" OR severity=ERROR',
        f'resource.type=cloud_scheduler_job jsonPayload.debugInfo:"{CRAWLED}"',
        f'if "{CRAWLED}" in entry["jsonPayload"]["debugInfo"]:',
        "`URL_CRAWLED. Original HTTP response code number = 200`",
    ],
)
def test_what_looks_for_such_an_entry_is_none(line: str) -> None:
    assert not read(f"{line}\n").logs


@pytest.mark.parametrize("line", [f"see POST {TARGET}", f"POST 40312 {TARGET}", f"at x.js:403 {TARGET}"])
def test_another_number_is_no_entry(line: str) -> None:
    assert not read(f"{line}\n").logs


@pytest.mark.parametrize("written", [json.dumps, yaml.safe_dump])
def test_the_request_of_a_test_call_is_none_of_the_callers(written: Any) -> None:
    own = request(OLD + " Empty Authorization header value.")
    own["httpRequest"] = {**request("")["httpRequest"], "userAgent": "crauth-doctor/1.2.3"}  # type: ignore[dict-item]
    assert read(written([own])).logs == ()
    assert [entry.wording for entry in read(written([own, request(OLD)])).logs] == [Wording.NOT_AUTHENTICATED]


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (OLD, 403),
        (OLD + " Empty Authorization header value.", 403),
        ("The request was not authorized to invoke this service. The access token could not be verified.", 401),
    ],
)
def test_a_refusal_that_is_told_by_its_words_alone_has_its_status(said: str, status: int) -> None:
    report = explain(said)
    assert report.diagnosis.observations[0].status == status
    assert all(ask.fact != "status" for ask in report.diagnosis.asks)
