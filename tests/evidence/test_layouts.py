# ruff: noqa: E501 - what programs print stands here as they print it
"""Tables, panels, descriptions, Terraform's source, and what runners write before each line."""

from __future__ import annotations

from typing import Any

import pytest

from crauth_doctor.evidence import read
from crauth_doctor.model.evidence import EventKind, Wording
from crauth_doctor.model.exported import ExportKind, TokenType
from crauth_doctor.model.fact import Known
from crauth_doctor.model.iam import Binding
from crauth_doctor.model.run import Egress, Ingress
from crauth_doctor.workflows.explain import facts_of

URL = "https://quarry-k2v4zq7mxa-ew.a.run.app"
EMPTY = "The request was not authenticated. Either allow unauthenticated invocations or set the proper Authorization header. Empty Authorization header value."
LACKS = "The request was not authenticated. Either allow unauthenticated invocations or set the proper Authorization header. The IAM principal lacks {run.routes.invoke} permission."


def test_a_table_of_log_entries() -> None:
    text = f"""$ gcloud logging read 'httpRequest.status=403' --format='table(timestamp,httpRequest.requestMethod,httpRequest.status,textPayload)'
TIMESTAMP                    REQUEST_METHOD  STATUS  TEXT_PAYLOAD
2026-06-01T08:55:30.317482Z  GET             403     {EMPTY}
2026-06-01T08:51:02.100211Z  POST            403     {LACKS}
"""
    found = read(text)
    assert [(each.method, each.status, each.wording) for each in found.logs] == [
        ("GET", 403, Wording.EMPTY_HEADER),
        ("POST", 403, Wording.LACKS_PERMISSION),
    ]
    assert found.logs[0].at == 1780304130
    assert found.exchanges == ()


@pytest.mark.parametrize(
    ("line", "wording", "status"),
    [
        (f"Run log: {EMPTY}", Wording.EMPTY_HEADER, None),
        (f"WARNING 2026-06-01T08:55:30Z [httpRequest.requestMethod: GET] [httpRequest.status: 403] {URL}/x {LACKS}", Wording.LACKS_PERMISSION, 403),
        (f"2026-06-01 08:55:30.104 GET 403 291 B 0 ms curl/8.5 {URL}/x {EMPTY}", Wording.EMPTY_HEADER, 403),
        ('the log only says "Empty Authorization header value."', Wording.EMPTY_HEADER, None),
    ],
)  # fmt: skip
def test_sentences_of_the_request_log(line: Any, wording: Any, status: Any) -> None:
    found = read(f"We see\n\n{line}\n")
    assert [(each.wording, each.status) for each in found.logs] == [(wording, status)]


@pytest.mark.parametrize(
    "line",
    [
        "the principal lacks iam.serviceAccounts.actAs on it",
        'www-authenticate: Bearer error="invalid_token" error_description="The access token could not be verified"',
    ],
)
def test_other_sentences_are_none_of_the_request_log(line: Any) -> None:
    assert read(f"{line}\n").logs == ()


def test_a_policy_as_a_table() -> None:
    text = """$ gcloud run services get-iam-policy quarry --region europe-west1 --flatten=bindings[].members --format='table(bindings.role,bindings.members)'
ROLE                MEMBERS
roles/run.viewer    serviceAccount:digger@stone-prod.iam.gserviceaccount.com
roles/run.invoker   group:callers@example.com
"""
    found = [each for each in read(text).exports if each.kind is ExportKind.POLICY]
    assert len(found) == 1
    assert found[0].name == "//run.googleapis.com/projects/-/locations/europe-west1/services/quarry"
    assert found[0].policy is not None
    assert (
        Binding("roles/run.viewer", frozenset({"serviceAccount:digger@stone-prod.iam.gserviceaccount.com"}))
        in found[0].policy.bindings
    )


def test_bindings_alone_are_a_policy() -> None:
    text = '$ gcloud run services get-iam-policy quarry --region europe-west1 --format json | jq -c .bindings\n[{"members":["user:ann@example.com"],"role":"roles/run.invoker"}]\n'
    assert isinstance(facts_of(read(text)).policies, Known)


def test_a_list_of_services() -> None:
    text = f"""   SERVICE  REGION        URL                                      LAST DEPLOYED BY  LAST DEPLOYED AT
+  quarry   europe-west1  {URL}  ann@example.com   2026-05-17T14:01:22.118203Z
"""
    assert [each.fields["url"] for each in read(text).exports] == [URL]


DESCRIPTION = f"""$ gcloud run services describe quarry --region europe-west1 --project stone-prod
✔ Service quarry in region europe-west1

URL:     {URL}
Ingress: internal
Traffic:
  100% LATEST (currently quarry-00007-zux)

Last updated on 2026-05-11T09:12:45.552108Z by ann@example.com:
  Revision quarry-00007-zux
  Container None
    Image:           europe-west1-docker.pkg.dev/stone-prod/apps/quarry:v7
    Port:            8080
  Service account:   quarry-run@stone-prod.iam.gserviceaccount.com
  VPC access:
    Network:         default
    Subnet:          default
    Egress:          all-traffic

And from my laptop it is 404.
"""


def test_a_description_for_people() -> None:
    found = read(DESCRIPTION)
    service = found.exports[0].service
    assert service is not None
    assert service.name == "projects/stone-prod/locations/europe-west1/services/quarry"
    assert service.urls == (URL,)
    assert service.account == "quarry-run@stone-prod.iam.gserviceaccount.com"
    assert service.vpc_access is not None
    assert service.vpc_access.egress is Egress.ALL_TRAFFIC
    assert found.exports[0].ingress is Ingress.INTERNAL
    assert found.unrecognised == ((DESCRIPTION.count("\n"), DESCRIPTION.count("\n")),)


def test_the_parts_of_a_service_that_a_format_asked_for() -> None:
    text = f"metadata:\n  annotations:\n    run.googleapis.com/ingress-status: internal\n  name: quarry\nstatus:\n  url: {URL}\n"
    found = facts_of(read(text))
    assert not isinstance(found.service, Known)  # what the format left out is unknown, and not at its default
    assert getattr(found.ingress, "value") is Ingress.INTERNAL  # noqa: B009
    without = facts_of(
        read(
            f"metadata:\n  annotations:\n    run.googleapis.com/client-name: x\n  name: quarry\nstatus:\n  url: {URL}\n"
        )
    )
    assert not isinstance(without.ingress, Known)


SCHEDULER = f"""resource "google_cloud_scheduler_job" "nightly" {{
  name     = "nightly"
  schedule = "0 5 * * *"
  http_target {{
    http_method = "POST"
    uri         = "{URL}/run"
    oidc_token {{
      service_account_email = google_service_account.digger.email
      audience              = "{URL}"
    }}
  }}
}}
"""
PUSH = f"""  # google_pubsub_subscription.push will be updated in-place
  ~ resource "google_pubsub_subscription" "push" {{
        name  = "push"
        topic = "stones"
      ~ push_config {{
          ~ push_endpoint = "{URL}/old" -> "{URL}/push"
          - oidc_token {{
              - service_account_email = "digger@stone-prod.iam.gserviceaccount.com" -> null
            }}
        }}
    }}
"""
SERVICE = """resource "google_cloud_run_v2_service" "quarry" {
  name     = "quarry"
  ingress  = "INGRESS_TRAFFIC_INTERNAL_ONLY"
  custom_audiences = ["https://quarry.example.com"]
  template {
    service_account = "quarry-run@stone-prod.iam.gserviceaccount.com"
    vpc_access {
      egress = "ALL_TRAFFIC"
      network_interfaces {
        network = "default"
      }
    }
  }
}
"""


def test_a_scheduler_job_of_terraform() -> None:
    found = next(each for each in read(SCHEDULER).exports if each.kind is ExportKind.SCHEDULER_JOB)
    assert found.target == f"{URL}/run"
    assert found.auth is not None
    assert (found.auth.type, found.auth.audience, found.auth.account) == (TokenType.OIDC, URL, None)


def test_a_plan_says_what_will_be() -> None:
    found = next(each for each in read(PUSH).exports if each.kind is ExportKind.SUBSCRIPTION)
    assert found.target == f"{URL}/push"
    assert found.auth is not None
    assert found.auth.type is TokenType.NONE


def test_a_service_of_terraform() -> None:
    found = next(each for each in read(SERVICE).exports if each.service)
    assert found.ingress is Ingress.INTERNAL
    assert found.service is not None
    assert found.service.custom_audiences == ("https://quarry.example.com",)
    assert found.service.vpc_access is not None
    assert found.service.vpc_access.egress is Egress.ALL_TRAFFIC


DEVTOOLS = f"""General

Request URL: {URL}/v1/items
Request Method: POST
Status Code: 403 Forbidden
Remote Address: 216.239.36.53:443
Referrer Policy: strict-origin-when-cross-origin

Response Headers

content-type: text/html; charset=UTF-8
date: Mon, 01 Jun 2026 08:55:30 GMT
server: Google Frontend

Request Headers

accept: */*
origin: https://app.example.com
user-agent: Mozilla/5.0
"""
POSTMAN = f"""POST {URL}/v1/items
403
312 ms
Network
Request Headers
Content-Type: application/json
User-Agent: PostmanRuntime/7.39.0
Response Headers
date: Mon, 01 Jun 2026 08:55:30 GMT
server: Google Frontend
"""
DELIVERY = f"""Request URL: {URL}/v1/items
Request method: POST
Accept: */*
Content-Type: application/json
User-Agent: GitHub-Hookshot/9a2d3f1

Response 403
Date: Mon, 01 Jun 2026 08:55:30 GMT
Server: Google Frontend
"""
DOTNET = f"""Method: POST, RequestUri: '{URL}/v1/items', Version: 1.1, Content: <null>, Headers:
{{
  User-Agent: refit
}}
StatusCode: 403, ReasonPhrase: 'Forbidden', Version: 1.1, Content: System.Net.Http.HttpConnectionResponseContent, Headers:
{{
  Date: Mon, 01 Jun 2026 08:55:30 GMT
  Server: Google Frontend
}}
"""


@pytest.mark.parametrize("text", [DEVTOOLS, POSTMAN, DELIVERY, DOTNET], ids=["devtools", "postman", "github", "dotnet"])
def test_panels(text: Any, page_403: str) -> None:
    found = read(f"See:\n\n{text}\n{page_403}\n").exchanges
    assert len(found) == 1
    assert found[0].call is not None
    assert (found[0].call.method, found[0].call.url) == ("POST", f"{URL}/v1/items")
    assert "user-agent" in found[0].call.headers
    assert "date" not in found[0].call.headers
    assert found[0].response is not None
    assert found[0].response.status == 403
    assert found[0].response.headers["server"] == "Google Frontend"
    assert found[0].response.body.startswith("<html>")
    assert found[0].at == 1780304130


ANSWER = (
    "HTTP/2 403\ndate: Mon, 01 Jun 2026 08:55:30 GMT\ncontent-type: text/html; charset=UTF-8\nserver: Google Frontend\n"
)


@pytest.mark.parametrize(
    "prefix",
    [
        "Step #1: ",
        'Step #12 - "smoke": ',
        "2026-06-01T08:55:31.1234567Z ",
        "web-1  | ",
        "api | ",
        "[2026-06-01 08:55:31.123] ",
    ],
)
def test_prefixes_of_runners(prefix: Any, page_403: str) -> None:
    text = "".join(f"{prefix}{line}\n" for line in f"{ANSWER}\n{page_403}".splitlines())
    found = [each for each in read(text).exchanges if each.failed]
    assert len(found) == 1
    assert found[0].response is not None
    assert found[0].response.headers["server"] == "Google Frontend"
    assert "Your client does not have permission" in found[0].response.body


def test_times_stay_where_they_are_about_that_moment() -> None:
    text = "2026-06-01T08:55:30.1234567Z google.auth.exceptions.RefreshError: invalid_grant: Invalid JWT Signature.\n"
    assert [error.at for error in read(text).errors] == [1780304130]


def test_a_traced_script_with_times() -> None:
    text = f"""2026-06-01T08:55:28.114Z + gcloud run services add-iam-policy-binding quarry --region us-central1 --member=serviceAccount:ci@stone-prod.iam.gserviceaccount.com --role=roles/run.invoker
2026-06-01T08:55:29.870Z Updated IAM policy for service [quarry].
2026-06-01T08:55:30.412Z + curl -s -o /dev/null -w '%{{http_code}}' -H 'Authorization: Bearer ***' {URL}/ready
2026-06-01T08:55:30.633Z 403
2026-06-01T08:57:30.901Z 200
"""
    found = read(text)
    assert [(event.kind, event.at) for event in found.events] == [(EventKind.GRANTED, 1780304129)]
    assert [(each.response.status, each.at) for each in found.exchanges if each.response] == [
        (403, 1780304130),
        (200, 1780304250),
    ]
