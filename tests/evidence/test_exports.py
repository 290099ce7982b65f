# ruff: noqa: E501 - what programs print stands here as they print it
from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from crauth_doctor.evidence import read
from crauth_doctor.model.evidence import EventKind
from crauth_doctor.model.exported import Export, ExportKind, TokenType
from crauth_doctor.model.run import Egress, Ingress
from crauth_doctor.workflows.explain import explain

V1 = {
    "apiVersion": "serving.knative.dev/v1",
    "kind": "Service",
    "metadata": {
        "annotations": {
            "run.googleapis.com/ingress": "all",
            "run.googleapis.com/ingress-status": "internal",
            "run.googleapis.com/custom-audiences": '["https://api.acme.example"]',
            "run.googleapis.com/iap-enabled": "true",
            "run.googleapis.com/client-name": "gcloud",
            "run.googleapis.com/urls": '["https://billing-1.europe-west4.run.app","https://billing-abc-ez.a.run.app"]',
        },
        "generation": 8,
        "labels": {"cloud.googleapis.com/location": "europe-west4"},
        "name": "billing",
        "namespace": "123456789012",
    },
    "spec": {
        "template": {
            "metadata": {
                "annotations": {
                    "run.googleapis.com/network-interfaces": '[{"network":"main","subnetwork":"apps"}]',
                    "run.googleapis.com/vpc-access-egress": "all-traffic",
                }
            },
            "spec": {
                "serviceAccountName": "billing@p.iam.gserviceaccount.com",
                "containers": [
                    {
                        "image": "i",
                        "env": [
                            {"name": "DB_PASSWORD", "value": "hunter2-env"},
                            {"name": "HTTP_PROXY", "value": "http://user:hunter2-proxy@10.0.0.1:3128"},
                            {"name": "NO_PROXY", "value": ".google.internal"},
                        ],
                    }
                ],
            },
        }
    },
    "status": {
        "observedGeneration": 7,
        "url": "https://billing-abc-ez.a.run.app",
        "conditions": [{"type": "Ready", "status": "Unknown", "lastTransitionTime": "2026-06-01T09:02:31Z"}],
        "traffic": [{"tag": "canary", "url": "https://canary---billing-abc-ez.a.run.app"}],
    },
}
V2 = {
    "name": "projects/p/locations/europe-west4/services/billing",
    "ingress": "INGRESS_TRAFFIC_INTERNAL_ONLY",
    "invokerIamDisabled": True,
    "defaultUriDisabled": True,
    "customAudiences": ["billing"],
    "labels": {"goog-drz-cloudfunctions-id": "billing"},
    "template": {
        "serviceAccount": "b@p.iam.gserviceaccount.com",
        "vpcAccess": {"connector": "c", "egress": "PRIVATE_RANGES_ONLY"},
    },
    "urls": ["https://billing-1.europe-west4.run.app"],
    "uri": "https://billing-abc-ez.a.run.app",
    "terminalCondition": {"state": "CONDITION_FAILED", "message": "image not found"},
}


def only(text: str) -> Export:
    exports = read(text).exports
    assert len(exports) == 1
    return exports[0]


@pytest.mark.parametrize("write", [yaml.safe_dump, lambda value: json.dumps(value, indent=2)])
def test_a_knative_service(write: Any) -> None:
    text = f"$ gcloud run services describe billing\n{write(V1)}\n\nThat is it."
    found = only(text)
    service = found.service
    assert service is not None
    assert service.name == "projects/123456789012/locations/europe-west4/services/billing"
    assert service.urls == ("https://billing-1.europe-west4.run.app", "https://billing-abc-ez.a.run.app")
    assert service.custom_audiences == ("https://api.acme.example",)
    assert (found.ingress, service.wanted_ingress) == (Ingress.INTERNAL, Ingress.ALL)
    assert service.iap_enabled
    assert service.reconciling
    assert service.account == "billing@p.iam.gserviceaccount.com"
    assert service.tag_urls == ("https://canary---billing-abc-ez.a.run.app",)
    assert service.vpc_access is not None
    network = "projects/123456789012/global/networks/main"
    assert (service.vpc_access.egress, service.vpc_access.network) == (Egress.ALL_TRAFFIC, network)
    assert service.proxies == (("HTTP_PROXY", "http://10.0.0.1:3128"), ("NO_PROXY", ".google.internal"))
    assert "hunter2" not in repr(read(text))


def test_a_v2_service_and_a_list_of_them() -> None:
    found = only(json.dumps({"services": [V2]}, indent=1))
    service = found.service
    assert service is not None
    assert found.ingress is Ingress.INTERNAL
    assert (service.checks_iam, service.default_url_disabled, service.failing) == (False, True, "image not found")
    assert service.vpc_access is not None
    assert service.vpc_access.egress is Egress.PRIVATE_RANGES_ONLY
    assert service.function == "billing"


def test_an_ingress_that_is_new_is_not_guessed() -> None:
    assert only(json.dumps(V2 | {"ingress": "INGRESS_TRAFFIC_MARTIANS"})).ingress is None


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (
            "gcloud run services get-iam-policy billing --region r --project p",
            "//run.googleapis.com/projects/p/locations/r/services/billing",
        ),
        (
            "gcloud beta run jobs get-iam-policy nightly --region=r",
            "//run.googleapis.com/projects/-/locations/r/jobs/nightly",
        ),
        ("gcloud projects get-iam-policy p --format json", "//cloudresourcemanager.googleapis.com/projects/p"),
        (
            "gcloud iam service-accounts get-iam-policy a@p.iam.gserviceaccount.com",
            "//iam.googleapis.com/projects/-/serviceAccounts/a@p.iam.gserviceaccount.com",
        ),
        (
            "gcloud functions get-iam-policy f --region r --gen2",
            "//cloudfunctions.googleapis.com/projects/-/locations/r/functions/f",
        ),
    ],
)
def test_policies_know_their_resource_by_the_command(command: Any, name: Any) -> None:
    policy = "bindings:\n- members:\n  - allUsers\n  role: roles/run.invoker\netag: BwX=\nversion: 1\n"
    found = only(f"$ {command}\n{policy}")
    assert (found.kind, found.name) == (ExportKind.POLICY, name)
    assert found.policy is not None
    assert found.policy.bindings[0].members == {"allUsers"}


@pytest.mark.parametrize("text", ["etag: ACAB", '{\n  "etag": "ACAB"\n}'])
def test_an_empty_policy_is_a_policy(text: Any) -> None:
    found = only(f"$ gcloud run services get-iam-policy billing --region r\n{text}\n")
    assert found.policy is not None
    assert found.policy.bindings == ()


def test_conditions() -> None:
    binding = {
        "role": "roles/run.invoker",
        "members": ["user:a@b.c"],
        "condition": {"title": "t", "expression": "request.path == '/x'"},
    }
    found = only(json.dumps({"bindings": [binding], "version": 3}))
    assert found.policy is not None
    condition = found.policy.bindings[0].condition
    assert condition is not None
    assert condition.expression == "request.path == '/x'"


SENDERS = [
    (
        {
            "name": "projects/p/locations/r/jobs/nightly",
            "httpTarget": {
                "uri": "https://a.run.app/x",
                "oidcToken": {"serviceAccountEmail": "a@p", "audience": "https://a.run.app"},
            },
        },
        ExportKind.SCHEDULER_JOB,
        TokenType.OIDC,
    ),
    (
        {"name": "j", "httpTarget": {"uri": "https://a.run.app/x", "oauthToken": {"serviceAccountEmail": "a@p"}}},
        ExportKind.SCHEDULER_JOB,
        TokenType.OAUTH,
    ),
    ({"name": "j", "httpTarget": {"uri": "https://a.run.app/x"}}, ExportKind.SCHEDULER_JOB, TokenType.NONE),
    (
        {
            "name": "projects/p/locations/r/queues/q/tasks/1",
            "httpRequest": {"url": "https://a.run.app/x", "oidcToken": {"serviceAccountEmail": "a@p"}},
        },
        ExportKind.TASK,
        TokenType.OIDC,
    ),
    (
        {"name": "projects/p/subscriptions/s", "topic": "t", "pushConfig": {"pushEndpoint": "https://a.run.app/x"}},
        ExportKind.SUBSCRIPTION,
        TokenType.NONE,
    ),
    (
        {
            "name": "projects/p/locations/r/triggers/t",
            "destination": {"cloudRun": {"service": "billing"}},
            "serviceAccount": "a@p",
        },
        ExportKind.TRIGGER,
        TokenType.OIDC,
    ),
]


@pytest.mark.parametrize(("value", "kind", "token"), SENDERS)
@pytest.mark.parametrize("write", [yaml.safe_dump, lambda value: json.dumps(value, indent=2)])
def test_senders(value: Any, kind: Any, token: Any, write: Any) -> None:
    found = only(write(value))
    assert found.kind is kind
    assert found.auth is not None
    assert found.auth.type is token


@pytest.mark.parametrize(("value", "kind", "token"), SENDERS)
@pytest.mark.parametrize("key", ["httpTarget", "pushConfig"])
def test_what_a_filter_kept_of_a_sender(value: Any, kind: Any, token: Any, key: str) -> None:
    """As `jq .httpTarget` prints it; without a token it may be anything."""
    found = read(json.dumps(value.get(key, {}), indent=2)).exports
    told = [(one.kind, one.auth and one.auth.type, one.target) for one in found]
    assert told == ([(kind, token, "https://a.run.app/x")] if token is not TokenType.NONE and key in value else [])


def test_functions() -> None:
    gen2 = {
        "name": "projects/p/locations/r/functions/save",
        "environment": "GEN_2",
        "serviceConfig": {
            "service": "projects/p/locations/r/services/save",
            "uri": "https://save-1.run.app",
            "environmentVariables": {"KEY": "hunter2"},
        },
        "labels": {"deployment-tool": "cli-firebase", "deployment-callable": "true"},
        "url": "https://r-p.cloudfunctions.net/save",
    }
    found = only(json.dumps(gen2))
    assert (found.kind, found.target) == (ExportKind.FUNCTION, "https://r-p.cloudfunctions.net/save")
    assert "hunter2" not in repr(read(json.dumps(gen2)))
    assert (
        only('{"name": "f", "httpsTrigger": {"url": "https://r-p.cloudfunctions.net/f"}, "entryPoint": "f"}').kind
        is ExportKind.FUNCTION_GEN1
    )


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("authorized_user", {"client_id": "x", "client_secret": "hunter2", "refresh_token": "hunter2"}),
        (
            "service_account",
            {
                "client_email": "a@p.iam.gserviceaccount.com",
                "private_key": "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\n",
                "private_key_id": "hunter2",
            },
        ),
        ("external_account", {"audience": "//iam.googleapis.com/x", "credential_source": {"file": "/hunter2"}}),
        (
            "impersonated_service_account",
            {
                "service_account_impersonation_url": "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/a@p.iam.gserviceaccount.com:generateAccessToken"
            },
        ),
    ],
)
def test_of_credentials_only_the_type_stays(kind: Any, value: Any) -> None:
    evidence = read(f"$ cat key.json\n{json.dumps({'type': kind, **value}, indent=2)}\n")
    assert (evidence.exports[0].kind, evidence.exports[0].fields["type"]) == (ExportKind.CREDENTIALS, kind)
    assert "hunter2" not in repr(evidence)


def test_the_rest() -> None:
    mapping = {
        "kind": "DomainMapping",
        "metadata": {"name": "a.example"},
        "spec": {"routeName": "billing"},
        "status": {"conditions": [{"type": "Ready", "status": "Unknown", "reason": "CertificatePending"}]},
    }
    assert only(json.dumps(mapping)).fields["reason"] == "CertificatePending"
    constraint = {
        "name": "projects/p/policies/iam.allowedPolicyMemberDomains",
        "spec": {"rules": [{"values": {"allowedValues": ["C0"]}}]},
    }
    assert only(json.dumps(constraint)).name == "projects/p/policies/iam.allowedPolicyMemberDomains"
    assert (
        only(
            '{"kind": "compute#backendService", "name": "b", "iap": {"enabled": true, "oauth2ClientId": "1.apps"}}'
        ).fields["iap"]
        == "true"
    )
    assert (
        only('{"name": "projects/p/serviceAccounts/a@p", "email": "a@p", "uniqueId": "7", "disabled": true}').kind
        is ExportKind.SERVICE_ACCOUNT
    )
    workflow = "main:\n  steps:\n  - call_it:\n      call: http.post\n      args:\n        url: https://a.run.app/x\n        auth:\n          type: OAuth2\n"
    found = only(workflow)
    assert found.auth is not None
    assert (found.target, found.auth.type) == ("https://a.run.app/x", TokenType.OAUTH)


STEP = """main:
  steps:
  - quote:
      call: http.get
      args:
        url: https://us-central1-p.cloudfunctions.net/quote
{}
      result: r

HTTP server responded with error code {}
in step "quote", routine "main", line: 3
"""


@pytest.mark.parametrize(
    ("auth", "status", "cause"),
    [
        ("        headers: {Accept: text/plain}", 403, "mint/no-token-configured"),
        ("        auth:\n          type: OAuth2", 401, "token/access-token"),
        (
            "        auth: {type: OIDC, audience: 'https://us-central1-p.cloudfunctions.net'}",
            401,
            "token/audience-function-path",
        ),
        ("        auth: {type: OIDC}", 401, None),
    ],
)
def test_a_step_of_a_workflow_tells_what_it_calls_and_sends(auth: str, status: int, cause: str | None) -> None:
    report = explain(STEP.format(auth, status))
    found = report.diagnosis.cause
    assert (found.rule if found else None) == cause
    assert report.target.url == "https://us-central1-p.cloudfunctions.net/quote"


@pytest.mark.parametrize("step", ["- quote:\n    {}", "quote:\n    {}", "  - {}"])
def test_a_step_without_its_workflow_tells_what_it_calls(step: str) -> None:
    text = step.format("call: http.get\n    args:\n      url: https://us-central1-p.cloudfunctions.net/quote")
    found = explain(f"{text}\n\nHTTP server responded with error code 403\n").diagnosis.cause
    assert found is not None
    assert found.rule == "mint/no-token-configured"


STEPS = """main:
  steps:
  - login:
      call: http.post
      args:
        url: https://auth-310201550012.europe-west1.run.app/login
        auth: {type: OIDC, audience: 'https://auth-310201550012.europe-west1.run.app'}
  - read:
      call: http.get
      args:
        url: https://data-310201550012.europe-west1.run.app/rows

HTTP server responded with error code 403
<html><head>
<title>403 Forbidden</title>
</head>
<body text=#000000 bgcolor=#ffffff>
<h1>Error: Forbidden</h1>
<h2>Your client does not have permission to get URL <code>PATH</code> from this server.</h2>
<h2></h2>
</body></html>
"""


@pytest.mark.parametrize(
    ("path", "cause"), [("/rows", "mint/no-token-configured"), ("/login", "iam/missing-invoker"), ("/x", None)]
)
def test_of_several_steps_the_page_tells_which_one_failed(path: str, cause: str | None) -> None:
    found = explain(STEPS.replace("PATH", path)).diagnosis.cause
    assert (found.rule if found else None) == cause


def test_fields_and_empty_lists() -> None:
    text = "$ gcloud run services describe billing --region r --format='value(metadata.annotations)'\nrun.googleapis.com/iap-enabled=true;run.googleapis.com/ingress=all\n"
    assert only(text).fields["run.googleapis.com/iap-enabled"] == "true"
    table = only("$ gcloud compute backend-services list --format='value(name,iap.enabled)'\napi     True\n")
    assert table.fields == {"name": "api", "iap.enabled": "True"}
    assert not read("$ gcloud beta run domain-mappings list --region r\nListed 0 items.\n").unrecognised


def test_terraform_source() -> None:
    text = 'resource "google_cloud_run_v2_service_iam_policy" "p" {\n  name = "billing"\n  policy_data = data.x.y\n}\n'
    assert [piece.summary for piece in read(text).pieces] == ["Terraform google_cloud_run_v2_service_iam_policy p"]


@pytest.mark.parametrize(
    ("text", "kind", "resource"),
    [
        (
            "google_cloud_run_v2_service.api: Destroying... [id=projects/p/locations/r/services/api]",
            EventKind.DELETED,
            "projects/p/locations/r/services/api",
        ),
        (
            "google_cloud_run_v2_service.api: Creation complete after 21s [id=projects/p/locations/r/services/api]",
            EventKind.CREATED,
            "projects/p/locations/r/services/api",
        ),
        (
            "  # google_cloud_run_service.public will be destroyed",
            EventKind.DELETED,
            "google_cloud_run_service.public",
        ),
        (
            "google_cloud_run_v2_service_iam_member.a: Destroying... [id=p/services/api/roles/run.invoker/allUsers]",
            EventKind.REVOKED,
            "p/services/api",
        ),
        (
            "google_cloud_run_service_iam_binding.a: Creation complete after 5s [id=p/services/api/roles/run.invoker]",
            EventKind.GRANTED,
            "p/services/api",
        ),
        ("✔  functions[save(us-central1)] Successful create operation.", EventKind.CREATED, "save"),
        ("✔  functions[save(us-central1)] Skipped (No changes detected)", EventKind.SKIPPED, "save"),
        ("OK Building and deploying new service... Done.", EventKind.CREATED, None),
        ("  X Setting IAM Policy...", EventKind.GRANT_FAILED, None),
        ("          flags: '--allow-unauthenticated --min-instances=1'", EventKind.PUBLIC_ASKED, None),
        ("export const api = onRequest({ invoker: 'public' }, app)", EventKind.PUBLIC_ASKED, None),
        ("$ gcloud run deploy api --no-allow-unauthenticated", EventKind.PRIVATE_ASKED, "api"),
        ("$ gcloud run services update api --no-invoker-iam-check", EventKind.CHECK_OFF_ASKED, None),
    ],
)
def test_outputs_of_tools(text: Any, kind: Any, resource: Any) -> None:
    events = read(text).events
    assert [(event.kind, event.resource) for event in events] == [(kind, resource)]


@pytest.mark.parametrize(
    "words",
    [
        "It works with --allow-unauthenticated, but we need it private.",
        "`--allow-unauthenticated` is no option for us.",
        "Mit `--allow-unauthenticated` geht es.",
        "Without authentication (--allow-unauthenticated) all is well.",
        "For that I would have to redeploy with --no-allow-unauthenticated",
    ],
)
def test_a_flag_in_a_sentence_asks_for_nothing(words: str) -> None:
    assert read(words).events == ()


@pytest.mark.parametrize(
    "setting",
    [
        "        - --allow-unauthenticated",
        "args: ['run', 'deploy', 'api', '--allow-unauthenticated']",
        "args: [run, deploy, --allow-unauthenticated]",
        "  --platform managed --allow-unauthenticated \\",
        "$ ./deploy.sh api --allow-unauthenticated",
        "      gcloud beta run deploy api --quiet --allow-unauthenticated",
    ],
)
def test_a_flag_of_a_command_asks_for_it(setting: str) -> None:
    assert [event.kind for event in read(setting).events] == [EventKind.PUBLIC_ASKED]


def test_a_grant_counts_only_when_it_went_through() -> None:
    command = "$ gcloud run services add-iam-policy-binding api --region r --project p --member=allUsers --role=roles/run.invoker\n"
    done = read(command + "Updated IAM policy for service [api].\n").events
    assert [(event.kind, event.member) for event in done] == [(EventKind.GRANTED, "allUsers")]
    failed = read(command + "ERROR: (gcloud.run.services.add-iam-policy-binding) FAILED_PRECONDITION: x\n").events
    assert [event.kind for event in failed] == [EventKind.GRANT_FAILED]
    assert read(command).events == ()


REFUSED = """HTTP/2 403
content-type: text/html; charset=UTF-8
server: Google Frontend

<html><head>
<title>403 Forbidden</title>
</head>
<body text=#000000 bgcolor=#ffffff>
<h1>Error: Forbidden</h1>
<h2>Your client does not have permission to get URL <code>/</code> from this server.</h2>
<h2></h2>
</body></html>
"""


@pytest.mark.parametrize("host", ["billing-abc123-ez.a.run.app", "billing-123456789012.europe-west4.run.app"])
def test_the_answer_of_policy_troubleshooter(host: str) -> None:
    text = """accessTuple:
  fullResourceName: //run.googleapis.com/projects/acme-prod/locations/europe-west4/services/billing
  permission: run.routes.invoke
  principal: caller@acme-prod.iam.gserviceaccount.com
denyPolicyExplanation:
  denyAccessState: DENY_ACCESS_STATE_DENIED
overallAccessState: CANNOT_ACCESS
"""
    given = read(text)
    assert given.exports[0].kind is ExportKind.TROUBLESHOOTER
    name = "caller@acme-prod.iam.gserviceaccount.com //run.googleapis.com/projects/acme-prod/locations/europe-west4/services/billing"
    assert list(given.document.resources) == [f"//policytroubleshooter.googleapis.com/{name}"]
    diagnosis = explain(f"$ curl -i -H 'Authorization: Bearer $TOKEN' https://{host}/\n{REFUSED}\n{text}").diagnosis
    assert diagnosis.cause is not None
    assert diagnosis.cause.rule == "iam/denied"
    assert explain(text).diagnosis.cause is None, "whether the service asks IAM is not shown"


def test_a_domain_mapping_without_its_kind() -> None:
    text = "metadata:\n  name: shop.example.com\nspec:\n  certificateMode: AUTOMATIC\n  routeName: shop\nstatus:\n  conditions:\n  - reason: CertificatePending\n    status: Unknown\n    type: Ready\n"
    found = read(text).exports[0]
    assert found.kind is ExportKind.DOMAIN_MAPPING
    assert (found.fields["ready"], found.fields["reason"]) == ("Unknown", "CertificatePending")


DESCRIBED = "$ gcloud run services describe billing --region europe-west4 --project acme --format="


def test_a_few_fields_of_a_service_are_a_part_of_it() -> None:
    annotation = 'metadata.annotations."run.googleapis.com/ingress"'
    found = only(f"{DESCRIBED}'value({annotation},status.url)'\ninternal\thttps://billing-abc-ez.a.run.app\n")
    assert (found.name, found.ingress, found.partial) == (
        "projects/acme/locations/europe-west4/services/billing",
        Ingress.INTERNAL,
        True,
    )
    assert found.service is not None
    assert found.service.urls == ("https://billing-abc-ez.a.run.app",)
    missing = only(f"{DESCRIBED}'value({annotation},status.url)'\n\thttps://billing-abc-ez.a.run.app\n")
    assert (missing.ingress, missing.partial) == (None, True)
    account = only(f"{DESCRIBED}'value(spec.template.spec.serviceAccountName)'\nb@acme.iam.gserviceaccount.com\n")
    assert account.service is not None
    assert account.service.account == "b@acme.iam.gserviceaccount.com"


@pytest.mark.parametrize(
    "key", ["metadata.annotations['{}']", "metadata.annotations.'{}'", 'metadata.annotations["{}"]']
)
def test_the_ways_to_write_a_key_with_dots(key: str) -> None:
    quoted = key.format("run.googleapis.com/ingress").replace('"', '\\"').replace("'", "'")
    found = only(f'$ gcloud run services describe billing --region=r --format="value({quoted})"\ninternal\n')
    assert found.ingress is Ingress.INTERNAL


def test_a_key_that_computes_something_is_no_field() -> None:
    assert only(f"{DESCRIBED}'value(status.traffic[0].url,metadata.name)'\nx\tbilling\n").service is None


HELD = """$ gcloud projects get-iam-policy acme --flatten="bindings[].members" \\
    --filter="bindings.members:caller@acme.iam.gserviceaccount.com" --format="table(bindings.role)"
ROLE
roles/bigquery.user
{}
$ TOKEN=$(gcloud auth print-identity-token --audiences={} --impersonate-service-account=caller@acme.iam.gserviceaccount.com)
"""
REFUSED = """$ curl -i -H "Authorization: Bearer $TOKEN" {}/v1
HTTP/2 403
content-type: text/html; charset=UTF-8
server: Google Frontend

<html><head>
<meta http-equiv="content-type" content="text/html;charset=utf-8">
<title>403 Forbidden</title>
</head>
<body text=#000000 bgcolor=#ffffff>
<h1>Error: Forbidden</h1>
<h2>Your client does not have permission to get URL <code>/v1</code> from this server.</h2>
<h2></h2>
</body></html>
"""


@pytest.mark.parametrize(
    "url", ["https://billing-abc-ew.a.run.app", "https://billing-123456789012.europe-west1.run.app"]
)
@pytest.mark.parametrize(
    ("role", "cause"), [("roles/run.invoker", None), ("roles/run.viewer", "iam/role-lacks-permission")]
)
def test_the_roles_of_one_member_are_a_part_of_the_policy(url: str, role: str, cause: str | None) -> None:
    found = explain(HELD.format(role, url) + REFUSED.format(url)).diagnosis.cause
    assert (found.rule if found else None) == cause


def test_a_filter_that_names_nobody_tells_nobodys_roles() -> None:
    text = HELD.format("roles/run.viewer", "x").replace('"bindings.members:caller@acme.iam.gserviceaccount.com"', "$SA")
    assert not [each for each in read(text).exports if each.policy]


FUNCTION = """resource "google_cloudfunctions2_function" "resize" {
  name     = "resize"
  location = "us-central1"
  project  = "acme"
}

resource "google_cloudfunctions2_function_iam_member" "invoker" {
  project        = google_cloudfunctions2_function.resize.project
  location       = google_cloudfunctions2_function.resize.location
  cloud_function = google_cloudfunctions2_function.resize.id
  member         = "serviceAccount:caller@acme.iam.gserviceaccount.com"
  role           = "roles/cloudfunctions.invoker"
}
"""


def test_terraforms_id_of_a_resource_is_its_name() -> None:
    (policy,) = (each for each in read(FUNCTION).exports if each.policy)
    assert policy.name == "//cloudfunctions.googleapis.com/projects/acme/locations/us-central1/functions/resize"
