# ruff: noqa: E501 - what people write stands here as they write it
"""Settings that stand in a paste as what makes them: source text, gcloud's commands, Terraform."""

from __future__ import annotations

import pytest

from crauth_doctor.evidence import read
from crauth_doctor.model.exported import ExportKind, TokenType
from crauth_doctor.workflows.explain import explain

URL = "https://billing-abc-uc.a.run.app/v1/run"
ACCOUNT = "caller@acme-prod.iam.gserviceaccount.com"

PYTHON = f"""task = {{
    "http_request": {{
        "http_method": tasks_v2.HttpMethod.POST,
        "url": "{URL}",
        "oidc_token": {{"service_account_email": account(), "audience": "{URL}"}},
    }}
}}"""
PYTHON_CALLS = f"""task = tasks_v2.Task(
    http_request=tasks_v2.HttpRequest(
        http_method=tasks_v2.HttpMethod.POST,
        url="{URL}",
        oidc_token=tasks_v2.OidcToken(service_account_email=account(), audience="{URL}"),
        body=json.dumps(payload).encode(),
    ),
)"""
NODE = f"""const url = '{URL}';
const [response] = await client.createTask({{parent, task: {{
  httpRequest: {{
    httpMethod: 'POST',
    url,
    headers: {{'Content-Type': 'application/json'}},
    body: Buffer.from(JSON.stringify({{a: [1, 2]}})).toString('base64'),
    oidcToken: {{serviceAccountEmail: `${{name}}@acme-prod.iam.gserviceaccount.com`, audience: url}},
  }},
}}}});"""
GO = f"""req := &taskspb.CreateTaskRequest{{
	Parent: queuePath,
	Task: &taskspb.Task{{
		MessageType: &taskspb.Task_HttpRequest{{
			HttpRequest: &taskspb.HttpRequest{{
				HttpMethod: taskspb.HttpMethod_POST,
				Url:        "{URL}",
				AuthorizationHeader: &taskspb.HttpRequest_OidcToken{{
					OidcToken: &taskspb.OidcToken{{
						ServiceAccountEmail: account,
						Audience:            "{URL}", // the whole of it
					}},
				}},
			}},
		}},
	}},
}}"""
CSHARP = f"""var task = new Task
{{
    HttpRequest = new HttpRequest
    {{
        HttpMethod = HttpMethod.Post,
        Url = "{URL}",
        OidcToken = new OidcToken {{ ServiceAccountEmail = account, Audience = "{URL}" }},
    }}
}};"""
RUBY = f"""task = {{
  http_request: {{
    http_method: "POST",
    url: "{URL}",
    oidc_token: {{ service_account_email: account, audience: "{URL}" }}
  }}
}}"""


JAVA = f"""OidcToken.Builder oidcTokenBuilder =
    OidcToken.newBuilder().setServiceAccountEmail(serviceAccountEmail).setAudience("{URL}");
Task.Builder taskBuilder = Task.newBuilder().setHttpRequest(
    HttpRequest.newBuilder()
        .setBody(ByteString.copyFrom(payload, Charset.defaultCharset()))
        .setHttpMethod(HttpMethod.POST)
        .setUrl("{URL}")
        .setOidcToken(oidcTokenBuilder)
        .build());"""
PHP = f"""$url = '{URL}';
$token = new OidcToken();
$token->setServiceAccountEmail($account);
$token->setAudience($url);
$request = new HttpRequest();
$request->setUrl($url);
$request->setOidcToken($token);"""


@pytest.mark.parametrize("text", [PYTHON, PYTHON_CALLS, NODE, GO, CSHARP, RUBY, JAVA, PHP])
def test_source_text_that_makes_a_task(text: str) -> None:
    made = [each for each in read(f"We make it so:\n\n{text}\n").exports if each.auth]
    assert [(each.kind, each.target) for each in made] == [(ExportKind.TASK, URL)]
    auth = made[0].auth
    assert auth is not None
    assert (auth.type, auth.audience) == (TokenType.OIDC, URL)
    assert made[0].wanted


TOKENLESS = {
    "Python": PYTHON.replace('"oidc_token": {"service_account_email": account(), ', "").replace(f'"audience": "{URL}"}},\n', ""),
    "Python, calls": "\n".join(line for line in PYTHON_CALLS.splitlines() if "oidc_token" not in line),
    "Node.js": "\n".join(line for line in NODE.splitlines() if "oidcToken" not in line),
    "Ruby": RUBY.replace(f""",\n    oidc_token: {{ service_account_email: account, audience: "{URL}" }}""", ""),
    "C#": "\n".join(line for line in CSHARP.splitlines() if "OidcToken" not in line),
}  # fmt: skip
REFUSED = "\n\nThe request was not authenticated. Either allow unauthenticated invocations or set the proper Authorization header.\n"


@pytest.mark.parametrize("language", TOKENLESS)
def test_a_whole_request_without_a_token_sends_none(language: str) -> None:
    text = TOKENLESS[language]
    made = next(each for each in read(text).exports if each.auth)
    assert made.auth is not None
    assert (made.target, made.auth.type) == (URL, TokenType.NONE)
    cause = explain(text + REFUSED).diagnosis.cause
    assert cause is not None
    assert cause.rule == "mint/no-token-configured"


def test_a_url_that_is_computed_is_set_and_so_is_that_there_is_no_token() -> None:
    text = TOKENLESS["Python"].replace(f'"{URL}"', "target_uri")
    cause = explain(text + REFUSED).diagnosis.cause
    assert cause is not None
    assert cause.rule == "mint/no-token-configured"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("body: Buffer", "...auth, body: Buffer"),
        ("{'Content-Type': 'application/json'}", "headers()"),
        ("{'Content-Type': 'application/json'}", "{'Authorization': `Bearer ${token}`}"),
        ("  },\n}});", "  },\n}});\ntask.httpRequest.oidcToken = token();"),
        ("httpRequest:", "appEngineHttpRequest:"),
    ],
)
def test_a_request_that_may_get_a_token_elsewhere_is_not_one_without(old: str, new: str) -> None:
    text = TOKENLESS["Node.js"]
    assert (old in text, new in text) == (True, False)
    assert not [each for each in read(text.replace(old, new)).exports if each.auth]


def test_a_value_that_is_computed_is_set_and_not_shown() -> None:
    text = PYTHON.replace(f'"audience": "{URL}"', '"audience": settings.AUDIENCE')
    made = next(each for each in read(text).exports if each.auth)
    assert made.auth is not None
    assert made.auth.audience == ""
    assert explain(text).diagnosis.cause is None


def test_settings_that_come_from_elsewhere_are_no_whole_request() -> None:
    assert not [each for each in read(NODE.replace("httpMethod: 'POST',", "...defaults,")).exports if each.auth]


JOB_LOG = (
    '{"jsonPayload": {"@type": "type.googleapis.com/google.cloud.scheduler.logging.AttemptFinished", '
    '"debugInfo": "URL_ERROR-ERROR_AUTHENTICATION. Original HTTP response code number = STATUS", '
    f'"jobName": "projects/acme-prod/locations/us-central1/jobs/nightly", "targetType": "HTTP", "url": "{URL}"}}, '
    '"logName": "projects/acme-prod/logs/cloudscheduler.googleapis.com%2Fexecutions"}'
)
COMMANDS = {
    f"gcloud scheduler jobs create http nightly --schedule='0 3 * * *' --uri={URL} --oidc-service-account-email={ACCOUNT}": (
        "401",
        "token/audience-path",
    ),
    f"gcloud scheduler jobs create http nightly --uri={URL} --oauth-service-account-email={ACCOUNT}": (
        "401",
        "token/access-token",
    ),
    f"gcloud scheduler jobs create http nightly --uri={URL}": ("403", "mint/no-token-configured"),
    f"gcloud pubsub subscriptions create orders --topic=orders --push-endpoint={URL}": (
        "403",
        "mint/no-token-configured",
    ),
    f"gcloud pubsub subscriptions create orders --topic=orders --push-endpoint={URL} --push-auth-service-account={ACCOUNT}": (
        "401",
        "token/audience-path",
    ),
    f"gcloud tasks create-http-task --queue=q --url={URL} --oidc-service-account-email={ACCOUNT}": (
        "401",
        "token/audience-path",
    ),
    "gcloud eventarc triggers create made --location=us-central1 --destination-run-service=orders": (
        "403",
        "mint/no-token-configured",
    ),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_that_makes_a_sender_tells_what_it_sends(command: str) -> None:
    status, cause = COMMANDS[command]
    log = f"WARNING 2026-06-01T10:12:13Z POST {status} 0 B 0 ms {URL} The request was not authenticated."
    text = JOB_LOG.replace("STATUS", status) if "scheduler" in command else log
    found = explain(f"$ {command}\n\nIt says\n\n{text}\n").diagnosis
    assert (found.cause.rule if found.cause else None, found.conclusion.value) == (cause, "likely")


@pytest.mark.parametrize(
    "change",
    [
        ("--oidc-service-account-email", "--oidc-token-audience=$AUDIENCE --oidc-service-account-email"),
        ("\n\nIt", "\nERROR: (gcloud.scheduler.jobs.create.http) ALREADY_EXISTS: Job already exists.\n\nIt"),
        ("jobs create", "jobs update"),
    ],
)
def test_what_a_command_hides_or_fails_to_do_is_not_known(change: tuple[str, str]) -> None:
    command = f"gcloud scheduler jobs create http nightly --uri={URL} --oidc-service-account-email={ACCOUNT}"
    text = f"$ {command}\n\nIt says\n\n{JOB_LOG.replace('STATUS', '401')}\n".replace(*change)
    assert explain(text).diagnosis.cause is None


def test_a_deploy_tells_only_what_its_flags_say() -> None:
    text = "$ gcloud run deploy orders --image=i --ingress=internal --region=us-central1\n$ gcloud run deploy web --image=i\n"
    made = [each for each in read(text).exports if each.kind is ExportKind.SERVICE]
    assert [(each.ingress.value if each.ingress else None, each.partial, each.wanted) for each in made] == [
        ("internal", True, True)
    ]


LB = """resource "google_compute_backend_service" "web" {
  name     = "web-backend"
  protocol = "HTTP"
IAP
  backend {
    group = google_compute_region_network_endpoint_group.web.id
  }
}

The request was not authenticated. Either allow unauthenticated invocations or set the proper Authorization header.
"""


@pytest.mark.parametrize(
    ("iap", "cause"),
    [
        ("  iap {\n    oauth2_client_id = google_iap_client.c.client_id\n  }", "iap/agent-missing-invoker"),
        ("  iap {\n    enabled = false\n  }", None),
        ("", None),
    ],
)
def test_behind_a_load_balancer_with_iap_the_one_that_is_refused_is_iaps_agent(iap: str, cause: str | None) -> None:
    found = explain(LB.replace("IAP", iap)).diagnosis.cause
    assert (found.rule if found else None) == cause


def test_a_call_around_the_load_balancer_is_not_iaps() -> None:
    iap = "  iap {\n    oauth2_client_id = google_iap_client.c.client_id\n  }"
    log = f"WARNING 2026-06-01T10:12:13Z GET 403 0 B 0 ms curl/8.5.0 {URL} The request was not authenticated."
    found = explain(LB.split("The request", maxsplit=1)[0].replace("IAP", iap) + log).diagnosis.cause
    assert found is None or found.rule != "iap/agent-missing-invoker"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("exports.resize = functions.region('europe-west1').https.onCall((data) => 1);", True),
        (
            "exports.resize = functions\n  .runWith({memory: '1GB'})\n  .region('europe-west1')\n  .https.onCall(f);",
            True,
        ),
        ("export const resize = onCall(\n  { region: 'europe-west1', cors: true },\n  f);", True),
        ('@https_fn.on_call(region="europe-west1")\ndef resize(req):', True),
        ("✔  functions[resize(europe-west1)] Successful create operation.", True),
        ("✔  functions[resize(europe-west1)] Successful delete operation.", False),
        ("exports.resize = functions.region('us-central1').https.onCall((data) => 1);", False),
        ("exports.other = functions.region('europe-west1').https.onCall((data) => 1);", False),
    ],
)
def test_the_region_of_a_function_in_its_source(source: str, found: bool) -> None:
    call = "POST https://us-central1-acme.cloudfunctions.net/resize 404 (Not Found)"
    cause = explain(f"{source}\n\n{call}\n").diagnosis.cause
    assert (cause is not None and cause.rule == "reach/no-such-service") == found


def test_a_command_whose_rest_is_cut_off_makes_nothing() -> None:
    whole = f"$ gcloud scheduler jobs create http run-etl --uri {URL} --oidc-service-account-email a@b.c\n"
    assert [each.target for each in read(whole).exports] == [URL]
    assert not read(whole.replace(f"--uri {URL}", "--uri\n")).exports


REFUSED_BY_API = """status: "UNAUTHENTICATED"
debugInfo: "URL_ERROR-ERROR_AUTHENTICATION. Original HTTP response code number = 401"
url: "https://us-central1-run.googleapis.com/apis/run.googleapis.com/v1/namespaces/acme/jobs/sync:run"
"""
JOBS = "apis/run.googleapis.com/v1/namespaces"


@pytest.mark.parametrize(
    "text",
    [
        (
            f'gcloud scheduler jobs create http sync --uri="https://$REGION-run.googleapis.com/{JOBS}/${{PROJECT}}/jobs/sync:run"'
            f" --oidc-service-account-email=$SA --http-method POST\n"
        ),
        (
            "http_target {\n"
            f'  uri = "https://${{var.region}}-run.googleapis.com/{JOBS}/${{var.project}}/jobs/${{each.key}}:run"\n'
            "  oidc_token {\n    service_account_email = google_service_account.caller.email\n  }\n}\n"
        ),
        (
            "job = scheduler_v1.Job(http_target=scheduler_v1.HttpTarget(\n"
            f'    uri=f"https://{{region}}-run.googleapis.com/{JOBS}/{{project}}/jobs/sync:run",\n'
            "    oidc_token=scheduler_v1.OidcToken(service_account_email=account),\n))\n"
        ),
    ],
)
def test_a_google_api_is_known_by_its_host_where_the_rest_is_computed(text: str) -> None:
    found = explain(f"{text}\n{REFUSED_BY_API}").diagnosis.cause
    assert found is not None
    assert found.rule == "mint/oidc-to-google-api"
    service = text.replace("-run.googleapis.com", "-abc-uc.a.run.app")
    assert [each.target for each in read(service).exports] in ([], [None], [""])


FRAGMENT = f'push_config {{\n  push_endpoint = "{URL}?token=1"\n  oidc_token {{\n    service_account_email = "{ACCOUNT}"\n  }}\n}}\n'


def test_a_block_of_terraform_tells_its_call_without_the_resource_around_it() -> None:
    (made,) = read(FRAGMENT).exports
    assert made.kind is ExportKind.SUBSCRIPTION
    assert made.target is not None
    assert made.target.startswith(URL)
    assert made.auth is not None
    assert made.auth.account == ACCOUNT
    whole = f'resource "google_pubsub_subscription" "it" {{\n  name = "it"\n{FRAGMENT}}}\n'
    assert len(read(whole).exports) == 1


START = "https://run.googleapis.com/v2/projects/acme/locations/us-central1/jobs/sync:run"
GRANTED = f"""$ gcloud run jobs get-iam-policy sync --region=us-central1 --project=acme
bindings:
- members:
  - serviceAccount:{ACCOUNT}
  role: roles/run.invoker
etag: BwX7q1dFv0o=
"""


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (' --message-body=\'{"overrides": {"taskCount": 2}}\'', "iam/role-lacks-permission"),
        (" --message-body-from-file=overrides.json", "iam/role-lacks-permission"),
        (" --message-body='{}'", None),
        ("", None),
    ],
)
def test_a_job_is_started_with_overrides_where_its_command_sends_a_body(body: str, cause: str | None) -> None:
    made = f"gcloud scheduler jobs create http sync --uri={START} --oauth-service-account-email={ACCOUNT}{body}\n"
    refused = (
        "status      PERMISSION_DENIED\ndebugInfo   URL_ERROR-ERROR_OTHER. Original HTTP response code number = 403\n"
        "url         .../jobs/sync:run\n"
    )
    found = explain(f"{made}\n{refused}\n{GRANTED}").diagnosis.cause
    assert (found.rule if found else None) == cause


def test_of_a_job_whose_policy_is_not_shown_the_role_stays_open() -> None:
    made = f"gcloud scheduler jobs create http sync --uri={START} --oauth-service-account-email={ACCOUNT}\n"
    refused = "status: PERMISSION_DENIED\ndebugInfo: URL_ERROR-ERROR_OTHER. Original HTTP response code number = 403\n"
    left = explain(f"{made}\n{refused}url: {START}\n").diagnosis.open
    assert "iam/role-lacks-permission" in {each.rule for each in left}
