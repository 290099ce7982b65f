"""What tools keep of a service and of who may call it says the same, whichever tool it is."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from crauth_doctor.evidence import read
from crauth_doctor.model.document import POLICY_OF
from crauth_doctor.model.run import Ingress
from crauth_doctor.workflows.explain import explain

WEB = "serviceAccount:web@shop.iam.gserviceaccount.com"
NAME = "projects/shop/locations/europe-west1/services/ledger"
ON = f"//run.googleapis.com/{NAME}"
URL = "https://ledger-120000000001.europe-west1.run.app"
RUNS_AS = "ledger-run@shop.iam.gserviceaccount.com"
SERVICE = {
    "name": "ledger",
    "project": "shop",
    "location": "europe-west1",
    "ingress": "INGRESS_TRAFFIC_INTERNAL_ONLY",
    "custom_audiences": ["https://ledger.example.com"],
    "invoker_iam_disabled": False,
    "template": [{"service_account": RUNS_AS, "containers": [{"env": [{"name": "PASSWORD", "value": "planted-1"}]}]}],
}
MEMBER = {"name": NAME, "role": "roles/run.invoker", "member": WEB}
V1 = {
    "name": "ledger",
    "project": "shop",
    "location": "europe-west1",
    "metadata": [
        {
            "annotations": {
                "run.googleapis.com/ingress": "internal",
                "run.googleapis.com/custom-audiences": '["https://ledger.example.com"]',
            }
        }
    ],
    "template": [{"spec": [{"service_account_name": RUNS_AS}]}],
    "status": [{"url": URL}],
}
V1_BINDING = {
    "service": "ledger",
    "project": "shop",
    "location": "europe-west1",
    "role": "roles/run.invoker",
    "members": [WEB],
}


def state(*resources: tuple[str, Any]) -> str:
    kept = [{"mode": "managed", "type": kind, "instances": [{"attributes": one}]} for kind, one in resources]
    return json.dumps({"version": 4, "terraform_version": "1.9.0", "resources": kept}, indent=2)


def shown(*resources: tuple[str, Any]) -> str:
    planned = [{"type": kind, "values": one} for kind, one in resources]
    inner = {"root_module": {"child_modules": [{"resources": planned}]}}
    return json.dumps({"format_version": "1.2", "terraform_version": "1.9.0", "planned_values": inner})


HCL = f"""
resource "google_cloud_run_v2_service" "it" {{
  name     = "ledger"
  project  = "shop"
  location = "europe-west1"
  ingress  = "INGRESS_TRAFFIC_INTERNAL_ONLY"
  custom_audiences = [
    "https://ledger.example.com", # ours
  ]
  template {{
    service_account = "{RUNS_AS}"
  }}
}}

resource "google_service_account" "web" {{
  account_id = "web"
  project    = "shop"
}}

resource "google_cloud_run_v2_service_iam_member" "web" {{
  project  = google_cloud_run_v2_service.it.project
  location = google_cloud_run_v2_service.it.location
  name     = google_cloud_run_v2_service.it.name
  role     = "roles/run.invoker"
  member   = "serviceAccount:${{google_service_account.web.email}}"
}}
"""
HCL_V1 = f"""
resource "google_cloud_run_service" "it" {{
  name     = "ledger"
  project  = "shop"
  location = "europe-west1"
  metadata {{
    annotations = {{
      "run.googleapis.com/ingress"          = "internal"
      "run.googleapis.com/custom-audiences" = "[\\"https://ledger.example.com\\"]"
    }}
  }}
  template {{
    spec {{
      service_account_name = "{RUNS_AS}"
    }}
  }}
}}

data "google_iam_policy" "callers" {{
  binding {{
    role = "roles/run.invoker"
    members = [
      "{WEB}",
    ]
  }}
}}

resource "google_cloud_run_service_iam_policy" "callers" {{
  location    = "europe-west1"
  project     = "shop"
  service     = google_cloud_run_service.it.name
  policy_data = data.google_iam_policy.callers.policy_data
}}
"""
PULUMI = {
    "name": "ledger",
    "runtime": "yaml",
    "resources": {
        "it": {
            "type": "gcp:cloudrunv2:Service",
            "properties": {
                **{key: SERVICE[key] for key in ("name", "project", "location", "ingress")},
                "customAudiences": SERVICE["custom_audiences"],
                "template": {"serviceAccount": RUNS_AS},
            },
        },
        "web": {"type": "gcp:cloudrunv2:ServiceIamMember", "properties": MEMBER},
    },
}
STACK = {
    "version": 3,
    "deployment": {
        "resources": [
            {"type": "gcp:cloudrunv2/service:Service", "outputs": PULUMI["resources"]["it"]["properties"]},  # type: ignore[index]
            {"type": "gcp:cloudrunv2/serviceIamMember:ServiceIamMember", "outputs": MEMBER},
        ]
    },
}
CONNECTOR = [
    {
        "apiVersion": "run.cnrm.cloud.google.com/v1beta1",
        "kind": "RunService",
        "metadata": {"name": "ledger"},
        "spec": {
            "ingress": "INGRESS_TRAFFIC_INTERNAL_ONLY",
            "location": "europe-west1",
            "projectRef": {"external": "projects/shop"},
            "customAudiences": SERVICE["custom_audiences"],
            "template": {"serviceAccountRef": {"external": RUNS_AS}},
        },
    },
    {
        "apiVersion": "iam.cnrm.cloud.google.com/v1beta1",
        "kind": "IAMPolicyMember",
        "metadata": {"name": "ledger-web", "namespace": "shop"},
        "spec": {
            "member": WEB,
            "role": "roles/run.invoker",
            "resourceRef": {"kind": "RunService", "name": "ledger"},
        },
    },
]
IN_API = {
    "name": NAME,
    "ingress": "INGRESS_TRAFFIC_INTERNAL_ONLY",
    "customAudiences": SERVICE["custom_audiences"],
    "template": {"serviceAccount": RUNS_AS},
    "uri": URL,
}
BINDING = {"role": "roles/run.invoker", "members": [WEB]}
ASSETS = [
    {"name": ON, "assetType": "run.googleapis.com/Service", "resource": {"version": "v2", "data": IN_API}},
    {"assetType": "run.googleapis.com/Service", "resource": ON, "policy": {"bindings": [BINDING]}},
]
ANALYSIS = {
    "mainAnalysis": {
        "analysisResults": [{"attachedResourceFullName": ON, "iamBinding": BINDING, "fullyExplored": True}],
    }
}
TOLD = {
    "state": state(("google_cloud_run_v2_service", SERVICE), ("google_cloud_run_v2_service_iam_member", MEMBER)),
    "plan": shown(("google_cloud_run_v2_service", SERVICE), ("google_cloud_run_v2_service_iam_member", MEMBER)),
    "first state": state(("google_cloud_run_service", V1), ("google_cloud_run_service_iam_binding", V1_BINDING)),
    "source": HCL,
    "first source": HCL_V1,
    "Pulumi": yaml.safe_dump(PULUMI, sort_keys=False),
    "stack": json.dumps(STACK, indent=2),
    "Config Connector": "---\n".join(yaml.safe_dump(one) for one in CONNECTOR),
    "assets": json.dumps(ASSETS, indent=2),
    "analysis": f"{json.dumps(IN_API)}\n\n{json.dumps(ANALYSIS, indent=2)}",
}


@pytest.mark.parametrize("how", TOLD)
def test_whoever_tells_it_the_settings_are_the_same(how: str) -> None:
    given = read(TOLD[how])
    service = next(each.service for each in given.exports if each.service)
    assert next(each.ingress for each in given.exports if each.service) is Ingress.INTERNAL
    assert (service.custom_audiences, service.account) == (("https://ledger.example.com",), RUNS_AS)
    (name,) = (each for each in given.document.resources if each.startswith("//run."))
    on = next(iter(given.document.iam))
    assert name == ON
    assert on in {ON, ON.replace("/europe-west1/", "/-/")}
    assert [dict(one) for one in given.document.iam[on]["bindings"]] == [BINDING]
    assert f"{POLICY_OF}{on}" in given.document.partial, "others may grant more"
    assert (ON in given.document.wanted) is (how not in {"state", "first state", "stack", "assets", "analysis"})
    assert "planted-1" not in repr(given)


CALL = f"""
$ curl -i -H "Authorization: Bearer $TOKEN" {URL}/v1
HTTP/2 404
content-type: text/html; charset=UTF-8
server: Google Frontend

<html><head>
<title>404 Page not found</title>
</head>
<body text=#000000 bgcolor=#ffffff>
<h1>Error: Page not found</h1>
<h2>The requested URL was not found on this server.</h2>
<h2></h2>
</body></html>
"""


@pytest.mark.parametrize("how", TOLD)
def test_a_call_beside_it_is_judged_by_it(how: str) -> None:
    diagnosis = explain(f"{TOLD[how]}\n{CALL}").diagnosis
    left = {diagnosis.cause.rule} if diagnosis.cause else {one.rule for one in diagnosis.open}
    assert "ingress/outside-vpc" in left


def test_what_a_plan_hides_or_computes_is_not_known() -> None:
    plan = """  ~ resource "google_cloud_run_v2_service" "ledger" {
      ~ ingress = "INGRESS_TRAFFIC_ALL" -> "INGRESS_TRAFFIC_INTERNAL_ONLY"
        name    = "ledger"
        # (20 unchanged attributes hidden)
    }
"""
    (settings,) = explain(plan).configuration
    assert (settings.checks_iam, settings.iap) == (None, None)
    computed = HCL.replace('ingress  = "', 'invoker_iam_disabled = var.open\n  ingress  = "')
    (settings,) = explain(computed).configuration
    assert settings.checks_iam is None


def test_all_of_a_policy_wins_over_what_source_text_grants() -> None:
    command = "$ gcloud run services get-iam-policy ledger --region=europe-west1 --project=shop"
    for texts in ((command + "\netag: BwY=\nversion: 1\n", HCL), (HCL, command + "\netag: BwY=\nversion: 1\n")):
        document = read("\n".join(texts)).document
        assert "bindings" not in document.iam[ON]
        assert f"{POLICY_OF}{ON}" not in document.partial


def test_a_service_of_a_cluster_is_none_of_cloud_runs() -> None:
    text = """apiVersion: serving.knative.dev/v1
kind: Service
metadata:
  name: hello
  namespace: default
status:
  url: http://hello.default.example.test
"""
    given = read(text)
    assert not given.exports
    assert "Service of serving.knative.dev/v1" in given.pieces[0].summary


TRIGGER = """\
resource "google_eventarc_trigger" "made" {
  name     = "made"
  location = "europe-west1"
  project  = "shop"
  destination {
    cloud_run_service {
      service = "ledger"
      region  = "europe-west1"
    }
  }
}
"""
PROJECT = """\
resource "google_project" "shop" {
  name       = "Shop"
  project_id = "shop"
  folder_id  = "folders/12"
}
"""


def test_a_trigger_calls_what_its_destination_names() -> None:
    (trigger,) = read(TRIGGER).document.resources.values()
    assert trigger["destination"]["cloudRun"] == {"service": "ledger", "region": "europe-west1"}


@pytest.mark.parametrize(
    ("where", "parent"),
    [('folder_id  = "folders/12"', "folders/12"), ('org_id = "9"', "organizations/9"), ("", None)],
)
def test_a_project_tells_what_it_stands_in(where: str, parent: str | None) -> None:
    (project,) = read(PROJECT.replace('folder_id  = "folders/12"', where)).document.resources.values()
    assert (project["projectId"], project.get("parent")) == ("shop", parent)
