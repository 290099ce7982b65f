# ruff: noqa: E501 - what programs print stands here as they print it
from __future__ import annotations

import json
from typing import Any

import pytest

from crauth_doctor.evidence import call_facts as merge
from crauth_doctor.evidence import read
from crauth_doctor.model.caller import CallerKind
from crauth_doctor.model.evidence import EventKind, Evidence
from crauth_doctor.model.fact import Absent, Known, Obstacle, Source, Unknown, value_of
from crauth_doctor.model.facts import NOT_ASKED, NOT_GIVEN, Facts
from crauth_doctor.model.finding import Verdict
from crauth_doctor.model.http import Call
from crauth_doctor.model.token import TokenKind
from crauth_doctor.workflows.explain import explain, facts_of

URL = "https://billing-123456789012.europe-west4.run.app/v1/items"
READ = Source("run.services.get", "somewhere")


def test_nothing_tells_nothing() -> None:
    facts = facts_of(read("Good morning."))
    assert isinstance(facts.evidence, Known)
    assert isinstance(facts.evidence.value, Evidence)
    assert (facts.call, facts.seen, facts.token) == (Facts().call, NOT_GIVEN, NOT_ASKED)
    assert isinstance(facts.now, Unknown)


def failing(credential: str = "", status: int = 401, url: str = URL) -> str:
    header = f" -H 'Authorization: {credential}'" if credential else ""
    return f"$ curl -i {url}{header}\nHTTP/2 {status}\ndate: Mon, 01 Jun 2026 08:55:30 GMT\nserver: Google Frontend\n\n"


def test_the_failing_call_its_answer_its_token_and_its_time(id_token: str) -> None:
    facts = facts_of(read(failing(f"Bearer {id_token}")))
    call, seen = value_of(facts.call), value_of(facts.seen)
    token, principal = value_of(facts.token), value_of(facts.principal)
    assert call == Call(URL, "GET", frozenset({"authorization"}))
    assert seen is not None
    assert seen.status == 401
    assert token is not None
    assert token.kind is TokenKind.ID_TOKEN
    assert principal is not None
    assert principal.member == "serviceAccount:caller@acme-prod.iam.gserviceaccount.com"
    assert value_of(facts.now) == 1780304130
    assert facts.seen.source == Source("evidence", "curl -i, lines 1-4")


def test_a_call_that_shows_every_header_and_none_is_a_credential() -> None:
    token = facts_of(read(failing())).token
    assert isinstance(token, Absent)
    assert token.source.target.startswith("no credential header")


def test_a_credential_that_is_not_shown_is_unknown() -> None:
    token = facts_of(read(failing("Bearer $TOKEN"))).token
    assert isinstance(token, Unknown)
    assert token.obstacle is Obstacle.NOT_UNDERSTOOD


def test_a_command_says_what_kind_of_token_it_makes() -> None:
    token = value_of(facts_of(read(failing("Bearer $(gcloud auth print-access-token)").replace("'", '"'))).token)
    assert token is not None
    assert token.kind is TokenKind.ACCESS_TOKEN


def test_the_serverless_header_wins(jwt: Any) -> None:
    text = f"> GET / HTTP/2\n> host: a.run.app\n> authorization: Bearer {jwt(iss='app')}\n> x-serverless-authorization: Bearer {jwt(iss='accounts.google.com')}\n>\n< HTTP/2 401\n"
    token = value_of(facts_of(read(text)).token)
    assert token is not None
    assert token.header == "x-serverless-authorization"


def test_the_call_with_a_credential_is_the_one_in_question(id_token: str) -> None:
    text = failing(f"Bearer {id_token}") + "Without a token:\n" + failing(status=403)
    facts = facts_of(read(text))
    seen = value_of(facts.seen)
    assert seen is not None
    assert seen.status == 401


def test_a_success_and_a_token_endpoint_are_not_the_failing_call() -> None:
    text = (
        failing(status=403)
        + failing(status=200, url="https://other.run.app/")
        + failing(status=400, url="https://oauth2.googleapis.com/token")
    )
    call = value_of(facts_of(read(text)).call)
    assert call is not None
    assert call.url == URL


def test_a_log_alone_tells_call_and_status_but_no_body() -> None:
    entry = {
        "httpRequest": {
            "requestUrl": URL,
            "requestMethod": "POST",
            "status": 403,
            "latency": "0s",
            "userAgent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        },
        "timestamp": "2026-06-01T08:55:30Z",
        "textPayload": "The request was not authenticated.",
    }
    facts = facts_of(read(json.dumps(entry)))
    seen, call, caller = value_of(facts.seen), value_of(facts.call), value_of(facts.caller)
    assert call == Call(URL, "POST")
    assert seen is not None
    assert (seen.status, seen.headers, seen.body, seen.seconds) == (403, {}, "", 0.0)
    assert caller is not None
    assert caller.kind is CallerKind.WEBHOOK


def test_a_job_tells_caller_principal_call_and_token() -> None:
    job = {
        "name": "projects/p/locations/r/jobs/nightly",
        "httpTarget": {
            "uri": f"{URL}?a=1",
            "httpMethod": "POST",
            "oidcToken": {"serviceAccountEmail": "j@p.iam.gserviceaccount.com"},
        },
        "status": {"code": 16},
    }
    facts = facts_of(read(json.dumps(job)))
    token, caller = value_of(facts.token), value_of(facts.caller)
    principal, seen = value_of(facts.principal), value_of(facts.seen)
    assert token is not None
    assert (token.kind, token.audience, token.email) == (
        TokenKind.ID_TOKEN,
        f"{URL}?a=…",
        "j@p.iam.gserviceaccount.com",
    )
    assert caller is not None
    assert (caller.kind, caller.resource) == (
        CallerKind.SCHEDULER,
        "//cloudscheduler.googleapis.com/projects/p/locations/r/jobs/nightly",
    )
    assert principal is not None
    assert principal.member == "serviceAccount:j@p.iam.gserviceaccount.com"
    assert seen is not None
    assert seen.status == 401
    assert value_of(facts.call) == Call(f"{URL}?a=…", "POST")


def test_a_job_without_a_token_sends_none() -> None:
    token = facts_of(read('{"name": "j", "httpTarget": {"uri": "https://a.run.app/"}}')).token
    assert isinstance(token, Absent)
    assert token.source.target.endswith("no token is set")


def test_a_control_call_does_not_lend_its_token_to_the_scheduler() -> None:
    log = {
        "jsonPayload": {"debugInfo": "Original HTTP response code number = 403", "url": URL, "jobName": "j"},
        "resource": {"type": "cloud_scheduler_job"},
    }
    text = f'{json.dumps(log)}\n\nBy hand it works:\n$ curl -X POST -H "Authorization: Bearer $(gcloud auth print-access-token)" {URL}\n{{"name": "x"}}\n'
    assert facts_of(read(text)).token == NOT_ASKED


def test_a_printed_token_is_the_calls_when_it_is_the_only_one(page_401: str, id_token: str) -> None:
    token = value_of(facts_of(read(f"My token:\n{id_token}\nand the answer:\n\n{page_401}")).token)
    assert token is not None
    assert token.email == "caller@acme-prod.iam.gserviceaccount.com"


def test_a_stripped_token_was_received_not_sent(jwt: Any, page_401: str) -> None:
    stripped = jwt(signature="SIGNATURE_REMOVED_BY_GOOGLE", iss="https://accounts.google.com", aud="https://a.run.app")
    assert facts_of(read(f"The app prints\nAuthorization: Bearer {stripped}\n{failing('Bearer $T')}")).token != stripped
    assert isinstance(facts_of(read(f"The app prints\nAuthorization: Bearer {stripped}\n\n{page_401}")).token, Unknown)
    alone = value_of(facts_of(read(stripped)).token)
    assert alone is not None
    assert alone.signature_removed


SERVICE = {
    "name": "projects/p/locations/r/services/billing",
    "ingress": "INGRESS_TRAFFIC_ALL",
    "uri": "https://billing-123456789012.europe-west4.run.app",
    "template": {},
}
POLICY = "$ gcloud run services get-iam-policy billing --region r --project p\netag: ACAB\n"


def test_settings_complete_what_was_not_read() -> None:
    facts = facts_of(read(json.dumps(SERVICE) + "\n" + POLICY))
    service, policies = value_of(facts.service), value_of(facts.policies)
    assert service is not None
    assert service.id == "billing"
    assert policies is not None
    assert policies.chain[0].resource == service.full_name
    own = value_of(policies.chain[0].policy)
    assert own is not None
    assert own.bindings == ()
    assert isinstance(policies.above, Unknown)


def test_a_described_call_keeps_its_path_and_gains_headers() -> None:
    given = Source("given", "command line")
    plain = merge(
        Facts(call=Known(Call("https://billing-123456789012.europe-west4.run.app/"), given)), read(failing("Bearer x"))
    )
    assert value_of(plain.call) == Call(URL, "GET", frozenset({"authorization"}))
    other = Call("https://billing-123456789012.europe-west4.run.app/other", "POST", frozenset({"x-a"}))
    described = merge(Facts(call=Known(other, given)), read(failing("Bearer x")))
    assert value_of(described.call) == Call(other.url, "POST", frozenset({"x-a", "authorization"}))
    assert isinstance(described.seen, Known)


def test_time_is_the_evidences_own_only_in_explain() -> None:
    now = Known(5, Source("clock", "here"))
    assert merge(Facts(now=now), read(failing())).now == now


def test_a_refused_token_that_the_request_does_not_show_was_put_in_on_the_way() -> None:
    refused = (
        'www-authenticate: Bearer error="invalid_token" error_description="The access token could not be verified"'
    )
    text = f"$ curl -i https://gateway-abc-ew.a.run.app/users\nHTTP/2 401\n{refused}\nserver: Google Frontend\n"
    assert isinstance(facts_of(read(text)).token, Unknown)
    plain = text.replace(refused, "content-type: text/html")
    assert isinstance(facts_of(read(plain)).token, Absent)
    open_ = {each.rule for each in explain(text).diagnosis.open}
    assert {"token/access-token", "token/audience-custom-domain"} <= open_


@pytest.mark.parametrize(
    ("message", "is_silence"),
    [
        ("http: proxy error: dial tcp 216.239.36.53:443: i/o timeout", True),
        ("Error: connect ETIMEDOUT 216.239.36.53:443", True),
        ("dial tcp 10.2.0.5:5432: i/o timeout", False),
    ],
)
def test_a_timeout_that_names_an_address_is_of_the_one_host_that_is_named(message: str, is_silence: bool) -> None:
    text = f"start: GET url=https://billing-abc-ew.a.run.app/\n\n{message}\n"
    left = {each.rule for each in explain(text).diagnosis.open}
    assert ("reach/private-access-off" in left and "token/missing" not in left) is is_silence
    several = f"GET https://other-abc-ew.a.run.app/\n{text}"
    assert not {each.rule for each in explain(several).diagnosis.open} <= {"reach/private-access-off", "reach/dns-zone"}


LIST = """$ firebase functions:list
┌──────────┬─────────┬──────────┬──────────────┬────────┬──────────┐
│ Function │ Version │ Trigger  │ Location     │ Memory │ Runtime  │
├──────────┼─────────┼──────────┼──────────────┼────────┼──────────┤
│ billing  │ v2      │ callable │ europe-west1 │ 256    │ nodejs20 │
└──────────┴─────────┴──────────┴──────────────┴────────┴──────────┘
"""
TABLE = """$ gcloud functions list
NAME     STATE   TRIGGER       REGION        ENVIRONMENT
billing  ACTIVE  HTTP Trigger  europe-west1  2nd gen
"""


@pytest.mark.parametrize("listed", [LIST, TABLE])
@pytest.mark.parametrize(("region", "cause"), [("us-central1", "reach/no-such-service"), ("europe-west1", None)])
def test_a_function_that_is_listed_in_another_region(listed: str, region: str, cause: str | None) -> None:
    url = f"https://{region}-acme-prod.cloudfunctions.net/billing"
    found = explain(f"POST {url} net::ERR_FAILED 404\n\n{listed}").diagnosis.cause
    assert (found.rule if found else None) == cause


def test_a_browsers_line_keeps_its_status() -> None:
    (made,) = read("POST https://billing-abc-ew.a.run.app/ net::ERR_FAILED 404\n").exchanges
    assert made.response is not None
    assert made.response.status == 404
    (silent,) = read("POST https://billing-abc-ew.a.run.app/ net::ERR_FAILED\n").exchanges
    assert silent.response is None


@pytest.mark.parametrize(
    ("logged", "at"),
    [
        ("[2024-04-03, 11:41:07 UTC] {taskinstance.py:1937} ERROR - Task failed\n", 1712144467),
        ("2024-04-03 11:41:07,120 ERROR [main] c.e.Client - no\n  at c.e.Client.call(Client.java:3)\n", 1712144467),
        ("2024-04-03 11:41:07 INFO started\n\n", None),
    ],
)
def test_a_trace_is_of_the_time_of_its_log_line(logged: str, at: int | None) -> None:
    (found,) = read(
        f"{logged}HTTPError: 401 Client Error: Unauthorized for url: https://a-abc123-uc.a.run.app/\n"
    ).exchanges
    assert found.at == at


BEFORE = """$ gcloud run services get-iam-policy billing --region europe-west4 --project acme-prod
bindings:
- members:
  - serviceAccount:app@acme-prod.iam.gserviceaccount.com
  - serviceAccount:caller@acme-prod.iam.gserviceaccount.com
  role: roles/run.invoker
etag: BwYHw1dY9lQ=
version: 1
"""
AFTER = BEFORE.replace("  - serviceAccount:caller@acme-prod.iam.gserviceaccount.com\n", "").replace("1dY9", "2eZ1")


@pytest.mark.parametrize(
    ("text", "members"),
    [
        (BEFORE + "\n" + AFTER, ["serviceAccount:caller@acme-prod.iam.gserviceaccount.com"]),
        (AFTER + "\n" + BEFORE, []),
        (BEFORE + "\n" + AFTER.replace("policy billing", "policy orders"), []),
    ],
)
def test_what_a_policy_no_longer_grants(text: str, members: list[str]) -> None:
    gone = [each.member for each in read(text).events if each.kind is EventKind.REVOKED]
    assert gone == members
    found = explain(f"{text}\n{JOB.replace('401', '403')}").diagnosis.cause
    assert (found is not None and found.rule == "iam/binding-lost") is bool(members)


JOB = """{"jsonPayload": {"debugInfo": "URL_ERROR-ERROR_AUTHENTICATION. Original HTTP response code number = 401",
 "jobName": "projects/acme-prod/locations/europe-west4/jobs/j", "url": "https://billing-abc-ez.a.run.app/"},
 "logName": "projects/acme-prod/logs/cloudscheduler.googleapis.com%2Fexecutions"}
"""


def test_of_one_call_the_answer_that_shows_more_is_judged() -> None:
    command = "$ curl -fsS https://platform-k3wq9v5m2a-ew.a.run.app/sign-in\ncurl: (22) The requested URL returned error: 401\n\n"
    whole = (
        "$ curl -i https://platform-k3wq9v5m2a-ew.a.run.app/sign-in\nHTTP/2 401\ncontent-type: application/json\n"
        'x-cloud-trace-context: 0f1e2d3c4b5a69788796a5b4c3d2e1f0\nserver: Google Frontend\n\n{"error":"Unauthorized"}\n'
    )
    cause = explain(command + whole).diagnosis.cause
    assert cause is not None
    assert cause.rule == "app/refused"
    console = "GET https://platform-k3wq9v5m2a-ew.a.run.app/sign-in 401 (Unauthorized)\n\nLater:\n"
    cause = explain(console + whole.replace("curl -i", "curl -i -H 'Accept: */*'")).diagnosis.cause
    assert cause is not None
    assert cause.rule == "app/refused"
    for other in (command.replace("/sign-in", "/v1"), command.replace("-fsS", "-fsS -H 'Authorization: Bearer $T'")):
        cause = explain(other + whole).diagnosis.cause  # another call may have been refused by another
        assert cause is None or cause.rule != "app/refused"


PRIVATE_PAGE = """$ curl https://web-k3wq9v5m2a-uc.a.run.app/
<html><head>
<title>403 Forbidden</title>
</head>
<body text=#000000 bgcolor=#ffffff>
<h1>Error: Forbidden</h1>
<h2>Your client does not have permission to get URL <code>/</code> from this server.</h2>
<h2></h2>
</body></html>
"""
FUNCTION = 'resource "google_cloudfunctions2_function" "web" {\n  name     = "Web"\n  location = "us-central1"\n}\n'
OPEN_FUNCTION = """resource "google_cloudfunctions2_function_iam_member" "public" {
  location       = "us-central1"
  cloud_function = google_cloudfunctions2_function.web.name
  role           = "roles/cloudfunctions.invoker"
  member         = "allUsers"
}
"""
OPEN_SERVICE = """resource "google_cloud_run_v2_service_iam_member" "public" {
  location = "us-central1"
  name     = "web"
  role     = "roles/run.invoker"
  member   = "allUsers"
}
"""
TAKEN = "google_cloud_run_service_iam_member.a: Destroying... [id=v1/projects/acme/locations/us-central1/services/web"
FUNCTIONS_POLICY = """$ gcloud functions get-iam-policy Web --region us-central1 --v2
bindings:
- members:
  - allUsers
  role: roles/cloudfunctions.invoker
etag: BwYtz3b8xW0=
version: 1

"""
AGAIN = """google_cloudfunctions2_function.web: Destruction complete after 12s
google_cloudfunctions2_function.web: Creation complete after 1m21s [id=projects/acme-ci/locations/us-central1/functions/Web]

"""


@pytest.mark.parametrize(
    ("settings", "cause"),
    [
        (f"{TAKEN}/roles/run.invoker/allUsers]\n", "iam/binding-lost"),
        (f"{TAKEN}/roles/run.invoker/serviceAccount:caller@acme.iam.gserviceaccount.com]\n", "token/missing"),
        (FUNCTION + OPEN_FUNCTION, "iam/public-not-applied"),
        (OPEN_SERVICE, "iam/public-not-applied"),
        (OPEN_SERVICE.replace('"web"', '"other"'), "token/missing"),
        (OPEN_SERVICE.replace("allUsers", "group:callers@example.com"), "token/missing"),
        (FUNCTIONS_POLICY, "iam/public-not-applied"),
        (FUNCTION + AGAIN, "token/missing"),
        (FUNCTION + OPEN_FUNCTION + AGAIN, "iam/binding-lost"),
    ],
)
def test_what_is_declared_open_to_everybody_was_meant_to_be(settings: str, cause: str) -> None:
    found = explain(settings + PRIVATE_PAGE).diagnosis
    assert found.cause is not None
    assert found.cause.rule == cause
    blocking = {each.rule for step in found.steps for each in step.outcomes if each.verdict is Verdict.BLOCKS}
    assert ("iam/binding-lost" in blocking) is (cause == "iam/binding-lost")


NOT_SET = """Setting IAM Policy.........................warning
Completed with warnings:
  Setting IAM policy failed, try "gcloud beta run services add-iam-policy-binding --region=europe-west1 --member=allUsers --role=roles/run.invoker web"
"""
UNSET = """Unable to set the invoker for the IAM policy on the following functions:
        web(asia-southeast2)
"""
REFUSED = "The request was not authorized to invoke this service. Read more at https://cloud.google.com/run/docs/securing/authenticating"
UNAUTHENTICATED = (
    'Error Domain=com.firebase.functions Code=16 "UNAUTHENTICATED" UserInfo={NSLocalizedDescription=UNAUTHENTICATED}'
)
OF_HOSTING = """      - uses: FirebaseExtended/action-hosting-deploy@v0
        with:
          projectId: acme
        env:
          FIREBASE_CLI_EXPERIMENTS: webframeworks,pintags
"""
BACKEND = '{"hosting": {"source": ".", "frameworksBackend": {"region": "us-central1"}}}\n\n'
FRAMEWORK = """functions:
  first:
    handler: http
    allowUnauthenticated: true
"""
NOT_AUTHENTICATED = "The request was not authenticated. Either allow unauthenticated invocations or set the proper Authorization header."


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (NOT_SET, "iam/public-not-applied"),
        (NOT_SET.replace("allUsers", "user:dev@example.com"), None),
        (UNSET, "iam/public-not-applied"),
        (f"{UNAUTHENTICATED}\n{REFUSED}", "iam/public-not-applied"),
        (f"[firebase_functions/unauthenticated] UNAUTHENTICATED\n{REFUSED}", "iam/public-not-applied"),
        (f"FirebaseError: unauthenticated (functions/unauthenticated)\n{REFUSED}", "iam/public-not-applied"),
        (UNAUTHENTICATED, None),  # the function itself may say so
        (REFUSED, None),
        (f"from firebase_functions import scheduler_fn\n{REFUSED}", None),
        (f"{OF_HOSTING}\n{NOT_AUTHENTICATED}", "iam/public-not-applied"),
        (f"{BACKEND}\n{NOT_AUTHENTICATED}", "iam/public-not-applied"),
        (f"$ firebase experiments:enable webframeworks\n\n{NOT_AUTHENTICATED}", "iam/public-not-applied"),
        (f"{OF_HOSTING.replace('webframeworks,', '')}\n{NOT_AUTHENTICATED}", None),
        (f"{FRAMEWORK}\n{NOT_AUTHENTICATED}", "iam/public-not-applied"),
        (f"{FRAMEWORK.replace('true', 'false')}\n{NOT_AUTHENTICATED}", None),
    ],
)
def test_what_was_to_be_public_and_is_not(text: str, cause: str | None) -> None:
    found = explain(text).diagnosis.cause
    assert (found.rule if found else None) == cause


LACKS = {
    "textPayload": "The request was not authenticated. Either allow unauthenticated invocations or set the proper "
    "Authorization header. The IAM principal lacks {run.routes.invoke} permission.",
    "httpRequest": {"requestMethod": "GET", "requestUrl": "https://web-k3wq9v5m2a-uc.a.run.app/", "status": 403},
    "resource": {"type": "cloud_run_revision", "labels": {"service_name": "web", "project_id": "acme"}},
    "timestamp": "2026-06-01T08:50:07Z",
    "logName": "projects/acme/logs/run.googleapis.com%2Frequests",
}
MEMBER = "google_cloud_run_v2_service_iam_member.invoker"
OF_MEMBER = "[id=projects/acme/locations/us-central1/services/web/roles/run.invoker/serviceAccount:caller@acme-prod.iam.gserviceaccount.com]"
UNBOUND = f"{MEMBER}: Destroying... {OF_MEMBER}\n{MEMBER}: Destruction complete after 4s\n"
BOUND = f"{MEMBER}: Creating...\n{MEMBER}: Creation complete after 5s {OF_MEMBER}\n"
REPLACED = """google_cloud_run_v2_service.web: Destruction complete after 2s
google_cloud_run_v2_service.web: Creation complete after 11s [id=projects/acme/locations/us-central1/services/web]
"""


@pytest.mark.parametrize(
    ("output", "is_lost"),
    [
        (UNBOUND, True),
        (UNBOUND + BOUND, False),
        (BOUND + UNBOUND, True),
        (UNBOUND + BOUND.replace("caller@", "other@"), True),
        (REPLACED, True),
        (REPLACED.replace("web:", "own:"), True),
        (REPLACED.replace("web: Dest", "old: Dest"), False),
        (REPLACED.replace("services/web", "services/api").replace(".web:", ".api:"), False),
        (REPLACED.replace("2s", "2s\ngoogle_cloud_run_v2_service.old: Destruction complete after 3s"), True),
        (
            "functions[Web(us-central1)] Successful delete operation.\nfunctions[Web(us-central1)] Successful create",
            True,
        ),
        (
            "functions[old(us-central1)] Successful delete operation.\nfunctions[web(us-central1)] Successful create",
            False,
        ),
        (
            "functions[api(us-central1)] Successful delete operation.\nfunctions[api(us-central1)] Successful create",
            False,
        ),
        (REPLACED + BOUND, False),
        (BOUND + REPLACED, True),
    ],
)
def test_a_binding_that_terraform_wrote_again_is_not_lost(output: str, is_lost: bool) -> None:
    found = explain(f"{output}\n{json.dumps(LACKS)}\n").diagnosis.cause
    assert (found is not None and found.rule == "iam/binding-lost") is is_lost
