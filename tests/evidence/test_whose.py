"""Whose answer is it? Only a call whose host leads to the callee is the caller's own failing call."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from crauth_doctor.evidence import call_facts as merge
from crauth_doctor.evidence import read
from crauth_doctor.model.asks.said import Said
from crauth_doctor.model.caller import Caller, CallerKind
from crauth_doctor.model.evidence import Judged
from crauth_doctor.model.fact import Absent, Known, Source, value_of
from crauth_doctor.model.facts import NOT_GIVEN, Facts
from crauth_doctor.model.http import Call
from crauth_doctor.model.iam import Principal
from crauth_doctor.model.run import Service, host_of
from crauth_doctor.model.token import GOOGLE_ISSUERS, Token, TokenKind
from crauth_doctor.rules.public_intent import signs_of_public
from crauth_doctor.workflows.explain import explain, facts_of

READ = Source("run.services.get", "somewhere")
HOST = "orders-123456789012.us-central1.run.app"
SERVICE = Service(
    "projects/p/locations/us-central1/services/orders", (f"https://{HOST}", "https://orders-ab-uc.a.run.app")
)
NAMED = Facts(call=Known(Call(f"https://{HOST}/"), Source("given", "x")), service=Known(SERVICE, READ))


def curl(host: str, status: int, path: str = "/v1", at: str = "08:55:30") -> str:
    return (
        f'$ curl -i -H "Authorization: Bearer $T" https://{host}{path}\n'
        f"HTTP/2 {status}\ndate: Mon, 01 Jun 2026 {at} GMT\nserver: Google Frontend\n\n"
    )


OTHERS = [
    "kiosk-abcdefghij-uc.a.run.app",
    "iamcredentials.googleapis.com",
    "secretmanager.googleapis.com",
    "metadata.google.internal",
    "sts.googleapis.com",
    "localhost:8080",
    "api.example.com",
]


@pytest.mark.parametrize("host", OTHERS)
def test_an_answer_of_another_host_is_not_seen_where_the_callee_is_named(host: str) -> None:
    merged = merge(NAMED, read(curl(host, 403)))
    assert merged.seen == NOT_GIVEN
    assert merged.call == NAMED.call
    assert merged.token == Facts().token


@pytest.mark.parametrize("host", OTHERS)
@pytest.mark.parametrize("first", [True, False])
def test_nor_beside_the_callees_own(host: str, first: bool) -> None:
    own, other = curl(HOST, 401), curl(host, 403)
    merged = merge(NAMED, read("\n".join([other, own] if first else [own, other])))
    seen = value_of(merged.seen)
    assert seen is not None
    assert seen.status == 401


def test_refusals_of_two_services_are_nobodys_until_one_is_named() -> None:
    text = curl(HOST, 401) + "\n" + curl("kiosk-abcdefghij-uc.a.run.app", 403, "/hello")
    facts = facts_of(read(text))
    assert (facts.seen, facts.call) == (NOT_GIVEN, Facts().call)
    judged = value_of(facts.judged)
    assert judged is not None
    assert [host_of(url) for url in judged.urls] == [HOST, "kiosk-abcdefghij-uc.a.run.app"]
    assert "which is meant" in str(judged)


@pytest.mark.parametrize("other", ["orders-abcdefghij-uc.a.run.app", f"v2---{HOST}", "localhost:8080"])
def test_the_forms_of_one_services_host_are_one(other: str) -> None:
    facts = facts_of(read(curl(HOST, 401) + "\n" + curl(other, 403)))
    assert isinstance(facts.seen, Known)


def entry(status: int, at: str, path: str = "/", text: str = "", latency: str = "0.2s") -> dict[str, Any]:
    return {
        "insertId": at,
        "logName": "projects/p/logs/run.googleapis.com%2Frequests",
        "resource": {"type": "cloud_run_revision", "labels": {"service_name": "orders"}},
        "timestamp": f"2026-06-01T{at}Z",
        "httpRequest": {
            "requestMethod": "GET",
            "requestUrl": f"https://{HOST}{path}",
            "status": status,
            "latency": latency,
        },
        **({"textPayload": text} if text else {}),
    }


EMPTY = "The request was not authenticated. Set the proper Authorization header. Empty Authorization header value."


@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize("one_a_line", [True, False])
def test_of_many_entries_the_platforms_last_refusal_is_judged(newest_first: bool, one_a_line: bool) -> None:
    entries = [
        entry(403, "08:00:00", "/old", EMPTY, "0s"),
        entry(403, "09:00:00", "/v1", EMPTY, "0s"),
        entry(404, "09:05:00", "/favicon.ico"),
        entry(500, "09:06:00", "/v1"),
        entry(404, "09:07:00", "/robots.txt"),
    ]
    if newest_first:
        entries.reverse()
    text = "\n".join(json.dumps(each) for each in entries) if one_a_line else json.dumps(entries, indent=1)
    facts = facts_of(read(text))
    assert value_of(facts.call) == Call(f"https://{HOST}/v1")
    judged = value_of(facts.judged)
    assert judged == Judged(3, ((403, 1), (500, 1)))
    assert str(judged) == "1 of 3 failing calls is judged; the others: 1\u00d7 403, 1\u00d7 500"


def test_the_services_own_log_may_name_a_domain() -> None:
    raw = entry(403, "09:00:00", "/v1", EMPTY, "0s")
    raw["httpRequest"]["requestUrl"] = "https://shop.example.com/v1"
    assert isinstance(merge(NAMED, read(json.dumps(raw))).seen, Known)
    raw["resource"]["labels"]["service_name"] = "kiosk"
    assert merge(NAMED, read(json.dumps(raw))).seen == NOT_GIVEN


def test_an_apis_error_and_its_status_are_the_apis() -> None:
    error = {
        "error": {
            "code": 401,
            "message": "Request had invalid authentication credentials.",
            "status": "UNAUTHENTICATED",
            "details": [{"metadata": {"service": "secretmanager.googleapis.com"}}],
        }
    }
    evidence = read(f"We call https://{HOST}/ and our client says:\n{json.dumps(error)}\nstatus: 401\n")
    assert [each.api for each in evidence.errors] == ["secretmanager.googleapis.com"]
    assert facts_of(evidence).seen == NOT_GIVEN


def test_a_stack_frame_is_no_status() -> None:
    evidence = read(
        "TypeError: fetch failed\n    at /srv/app/server.js:403:17\n    at call (/srv/app/server.js:88:3)\n"
    )
    assert evidence.exchanges == ()


def test_what_is_not_shown_takes_no_known_tokens_place() -> None:
    known = Known(Token(TokenKind.ID_TOKEN, "https://orders.example.com", GOOGLE_ISSUERS[0]), Source("given", "x"))
    merged = merge(Facts(call=NAMED.call, service=NAMED.service, token=known), read(curl(HOST, 401)))
    assert merged.token == known
    assert isinstance(merged.seen, Known)


@pytest.mark.parametrize("kind", ["SCHEDULER", "TASKS", "PUBSUB", "EVENTARC", "WORKFLOW"])
def test_what_a_person_sends_by_hand_is_no_products_token(kind: str, id_token: str) -> None:
    caller = Known(Caller("x", CallerKind[kind], "x"), Source("given", "x"))
    merged = merge(
        Facts(call=NAMED.call, service=NAMED.service, caller=caller), read(curl(HOST, 401).replace("$T", id_token))
    )
    assert merged.token == Facts().token


@pytest.mark.parametrize(
    "text",
    [
        "`status 403 means` that our middleware refused.",
        "- status 403 means that the token is missing",
        "Errors: returns status 404 for unknown ids.",
    ],
)
def test_what_documentation_says_of_a_status_is_no_call(text: str) -> None:
    assert read(f"# Runbook\n\n{text}\n").exchanges == ()


def test_what_documentation_leaves_to_its_reader_is_no_credential_of_the_callers() -> None:
    evidence = read(f'$ curl -H "Authorization: Token YOUR_TOKEN" https://{HOST}/\n')
    assert [each.fault for each in evidence.credentials] == [None]


def test_a_part_of_a_services_settings_names_its_hosts() -> None:
    part = json.dumps({"name": "projects/p/locations/r/services/orders", "uri": f"https://{HOST}", "ingress": "x"})
    facts = facts_of(read(f"{part}\n\n{curl('kiosk-abcdefghij-uc.a.run.app', 403)}\n{curl(HOST, 401)}"))
    seen = value_of(facts.seen)
    assert seen is not None
    assert seen.status == 401


def test_a_failure_that_is_no_refusal_counts_beside_another_services_refusal() -> None:
    judged = value_of(facts_of(read(curl(HOST, 503) + "\n" + curl("kiosk-abcdefghij-uc.a.run.app", 403))).judged)
    assert judged is not None
    assert [host_of(url) for url in judged.urls] == [HOST, "kiosk-abcdefghij-uc.a.run.app"]


CALLER = """\
$ gcloud run services describe caller --region us-central1 --project my-proj --format=yaml
apiVersion: serving.knative.dev/v1
kind: Service
metadata:
  name: caller
  namespace: '123456789012'
  labels:
    cloud.googleapis.com/location: us-central1
spec:
  template:
    spec:
      serviceAccountName: 123456789012-compute@developer.gserviceaccount.com
status:
  url: https://caller-abcdefghij-uc.a.run.app
"""


def test_the_one_service_that_is_shown_is_not_the_callee_of_a_call_that_names_another() -> None:
    paste = f"{CALLER}\n403 Client Error: Forbidden for url: https://orders-abcdefghij-uc.a.run.app/\n"
    diagnosis = explain(paste).diagnosis
    assert not diagnosis.unjudged
    assert "iam/missing-invoker" in {one.rule for one in diagnosis.open}


def test_the_service_whose_policy_is_shown_is_the_one_that_is_asked_about() -> None:
    policy = "$ gcloud run services get-iam-policy caller --region us-central1 --project my-proj\netag: ACAB\n"
    error = "403 Client Error: Forbidden for url: https://orders-abcdefghij-uc.a.run.app/\n"
    (told,) = explain(f"{CALLER}\n{policy}\n{error}").diagnosis.unjudged
    assert "orders-abcdefghij-uc.a.run.app, which is not a URL of the service" in told


JOB = {
    "name": "projects/my-proj/locations/us-central1/jobs/nightly",
    "httpTarget": {"uri": "https://orders-abcdefghij-uc.a.run.app/", "httpMethod": "POST"},
}


def test_nor_is_it_the_callee_of_a_job_that_is_set_to_call_another() -> None:
    service = value_of(facts_of(read(f"{CALLER}\n{json.dumps(JOB)}\n")).service)
    assert service is None


JOB_OF_ANOTHER = """
$ gcloud scheduler jobs describe close-books --location=europe-west4 --project=ledger-prod
httpTarget:
  httpMethod: POST
  oidcToken:
    audience: https://billing-998877665544.europe-west4.run.app
    serviceAccountEmail: cashier@ledger-prod.iam.gserviceaccount.com
  uri: https://billing-998877665544.europe-west4.run.app/close
name: projects/ledger-prod/locations/europe-west4/jobs/close-books
"""


@pytest.mark.parametrize("url", [f"https://{HOST}/v1", "https://us-central1-shop-prod.cloudfunctions.net/orders"])
def test_a_job_that_calls_another_service_is_beside_the_call_that_failed(url: str) -> None:
    facts = facts_of(read(f"GET {url} -> 401\n{JOB_OF_ANOTHER}"))
    call, seen = value_of(facts.call), value_of(facts.seen)
    assert (call and call.url, seen and seen.status) == (url, 401)
    assert not isinstance(facts.caller, Known)
    assert not isinstance(facts.token, Known)


PUBLIC = json.dumps({"bindings": [{"role": "roles/run.invoker", "members": ["allUsers"]}], "etag": "A"})


@pytest.mark.parametrize(("of", "is_its"), [("billing", False), ("chathttp", True)])
def test_a_policy_of_another_service_than_the_function_that_is_called_is_not_its(of: str, is_its: bool) -> None:
    command = f"$ gcloud run services get-iam-policy {of} --region us-central1 --project shop-prod --format json"
    facts = facts_of(
        read(f"GET https://us-central1-shop-prod.cloudfunctions.net/chatHttp -> 401\n\n{command}\n{PUBLIC}")
    )
    policies = value_of(facts.policies)
    shown = [at.resource for at in policies.chain if isinstance(at.policy, Known)] if policies else []
    assert any(name.endswith(f"/{of}") for name in shown) is is_its


CONVERT = """Error: Invalid JSON response:
<html><head>
<title>401 Unauthorized</title>
</head>
<body text=#000000 bgcolor=#ffffff>
<h1>Error: Unauthorized</h1>
<h2>Your client does not have permission to the requested URL <code>/convert</code>.</h2>
</body></html>
"""


@pytest.mark.parametrize(("path", "is_its"), [("close", False), ("convert", True), ("convert?x=1", True)])
def test_a_job_that_calls_another_path_is_beside_the_page_that_names_one(path: str, is_its: bool) -> None:
    facts = facts_of(read(f"{CONVERT}\n{JOB_OF_ANOTHER.replace('/close', f'/{path}')}"))
    assert isinstance(facts.call, Known) is is_its
    assert isinstance(facts.caller, Known) is is_its


def test_what_a_port_of_this_machine_answers_is_not_about_what_is_shown_beside_it() -> None:
    local = "$ curl -i http://localhost:8080/v1\nHTTP/1.1 401 Unauthorized\nserver: Google Frontend\ndate: x\n"
    for beside in (CALLER, JOB_OF_ANOTHER):
        facts = facts_of(read(f"{local}\n{beside}"))
        assert isinstance(facts.seen, Known)
        assert not isinstance(facts.service, Known)
        assert not isinstance(facts.caller, Known)


ICON = (
    f"$ curl -i https://{HOST}/favicon.ico\nHTTP/2 404\nx-cloud-trace-context: 1/1\ndate: x\nserver: Google Frontend\n"
)
ICON_LOGGED = json.dumps(entry(404, "09:05:00", "/favicon.ico"))
UNMINTED = (
    "google.auth.exceptions.DefaultCredentialsError: Neither metadata server or valid service account credentials "
    "are found.\n"
)


@pytest.mark.parametrize("icon", [ICON, ICON_LOGGED, ICON.replace("/favicon.ico", "/robots.txt")])
@pytest.mark.parametrize("failed", [curl(HOST, 503), UNMINTED, curl("localhost:8080", 401)])
def test_what_a_browser_asks_for_by_itself_is_not_the_call_that_fails(icon: str, failed: str) -> None:
    alone = explain(failed).diagnosis
    beside = explain(f"{failed}\n{icon}").diagnosis
    assert (beside.conclusion, beside.cause) == (alone.conclusion, alone.cause)


def test_it_is_where_nothing_else_fails_or_it_is_asked_about() -> None:
    assert value_of(facts_of(read(ICON)).call) == Call(f"https://{HOST}/favicon.ico")
    asked = Facts(call=Known(Call(f"https://{HOST}/favicon.ico"), Source("given", "x")), service=NAMED.service)
    assert isinstance(merge(asked, read(ICON + curl(HOST, 503))).seen, Known)
    assert merge(NAMED, read(ICON)).seen == NOT_GIVEN


WEB, CASHIER = (f"{name}@shop-prod.iam.gserviceaccount.com" for name in ("web", "cashier"))
BILLING = "https://billing-998877665544.europe-west4.run.app"
ANSWERED = 1780304130
BY_WEB = replace(NAMED, principal=Known(Principal(f"serviceAccount:{WEB}"), Source("given", "x")))


@pytest.mark.parametrize(
    ("email", "audience", "issued", "is_its"),
    [
        (WEB, BILLING, ANSWERED, True),
        (CASHIER, f"https://{HOST}", ANSWERED, True),
        (CASHIER, BILLING, ANSWERED, False),
        (WEB, f"https://{HOST}", ANSWERED + 3600, True),
        (WEB, f"https://{HOST}", ANSWERED + 48 * 3600, False),
    ],
)
def test_a_token_that_stands_by_itself_may_be_another_calls(
    email: str, audience: str, issued: int, is_its: bool, jwt: Callable[..., str]
) -> None:
    token = jwt(iss=GOOGLE_ISSUERS[0], aud=audience, email=email, iat=issued, exp=issued + 3600)
    assert isinstance(merge(BY_WEB, read(f"{curl(HOST, 401)}\n{token}\n")).token, Known) is is_its
    sent = curl(HOST, 401).replace("$T", token)
    assert isinstance(merge(BY_WEB, read(sent)).token, Known)


def test_whose_token_it_is_is_known_only_where_the_caller_is(jwt: Callable[..., str]) -> None:
    token = jwt(iss=GOOGLE_ISSUERS[0], aud=BILLING, email=CASHIER, iat=ANSWERED, exp=ANSWERED + 3600)
    assert isinstance(merge(NAMED, read(f"{curl(HOST, 401)}\n{token}\n")).token, Known)
    nobody = replace(NAMED, principal=Absent(Source("given", "a browser")))
    assert not isinstance(merge(nobody, read(f"{curl(HOST, 401)}\n{token}\n")).token, Known)


REFUSED_ORDERS = f"GET https://{HOST}/v1 -> 403\n"
DEPLOYED = """$ gcloud run deploy {name} --image x/y --region us-central1 --project shop-prod --allow-unauthenticated
  OK Setting IAM Policy... Done.
Service [{name}] revision [{name}-00042-xav] has been deployed and is serving 100 percent of traffic.
Service URL: https://{name}-998877665544.europe-west4.run.app
"""


@pytest.mark.parametrize(("name", "is_meant"), [("billing", False), ("orders", True)])
def test_a_deploy_of_another_service_does_not_say_that_this_one_is_meant_to_be_public(
    name: str, is_meant: bool
) -> None:
    events = read(DEPLOYED.format(name=name)).events
    assert {each.resource for each in events} == {name}
    signs = signs_of_public(None, read(DEPLOYED.format(name=name)), f"https://{HOST}/v1")
    assert bool([*signs]) is is_meant


def test_the_url_that_a_deploy_tells_is_not_that_of_a_call_to_another() -> None:
    alone, beside = (read(f"{REFUSED_ORDERS}\nstatus: 401\n{more}") for more in ("", DEPLOYED.format(name="billing")))
    assert [each.call for each in beside.exchanges] == [each.call for each in alone.exchanges]


PAGE_OF_V1 = CONVERT.replace("/convert", "/v1").partition("\n")[2]
THIRD = "requests.exceptions.HTTPError: 401 Client Error: Unauthorized for url: https://api.github.com/repos/a/b\n"


def test_a_page_that_names_its_path_is_not_the_answer_of_a_call_to_another() -> None:
    page = f"HTTP/2 401\nserver: Google Frontend\n\n{PAGE_OF_V1}"
    calls = [each.call and each.call.url for each in read(f"{page}\n{THIRD}").exchanges]
    assert calls == [None, "https://api.github.com/repos/a/b"]
    own = THIRD.replace("api.github.com/repos/a/b", f"{HOST}/v1")
    assert [each.call and each.call.url for each in read(f"{page}\n{own}").exchanges] == [f"https://{HOST}/v1"]


def test_words_of_a_page_are_about_a_call_that_is_shown_before_a_url_that_is_told() -> None:
    words = "It shows\n\nYour client does not have permission to get URL / from this server.\n"
    shown = f"{words}\n\nIn the network tab:\n\n{curl(HOST, 403, path='/')}"
    for text in (shown, f"{DEPLOYED.format(name='billing')}\n{shown}"):
        assert {each.call.host for each in read(text).exchanges if each.call} == {HOST}


def test_the_url_that_a_deploy_tells_is_not_that_of_a_domain_that_answers() -> None:
    refused = "$ curl -i https://shop.example.com/v1\nHTTP/2 401\ndate: x\n\n\nstatus: 401\n"
    called = {each.call.host for each in read(f"{refused}\n{DEPLOYED.format(name='billing')}").exchanges if each.call}
    assert called == {"shop.example.com"}


def test_what_another_site_refuses_is_not_what_the_call_that_is_judged_carried(jwt: Callable[..., str]) -> None:
    token = jwt(iss=GOOGLE_ISSUERS[0], aud=f"https://{HOST}", email=WEB, iat=ANSWERED, exp=ANSWERED + 3600)
    twice = f"> GET /v1 HTTP/2\n> Host: {HOST}\n" + f"> authorization: Bearer {token}\n" * 2
    sent = f"{twice}>\n< HTTP/2 401\n< server: Google Frontend\n<\n"
    said = Said((("url", f"https://{HOST}/v1"),))
    for text in (sent, f"{sent}\n{THIRD}", f"{THIRD}\n{sent}"):
        cause = explain(text, said).diagnosis.cause
        assert cause is not None
        assert cause.rule == "token/duplicate"
