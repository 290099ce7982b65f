"""Settings alone: what they say of each service, where no call that fails is shown."""

from __future__ import annotations

import json
import re
from typing import Any

from crauth_doctor.model.exported import SettingsWarning
from crauth_doctor.report import json as report_json
from crauth_doctor.report import text as report_text
from crauth_doctor.report.document import Report
from crauth_doctor.workflows.explain import explain
from tests.report.agreement import VALIDATOR

WEB = "serviceAccount:web@shop-prod.iam.gserviceaccount.com"
URL = "https://orders-123456789012.europe-west1.run.app"
WHERE = "orders --region=europe-west1 --project=shop-prod"
READS = f"$ gcloud run services get-iam-policy {WHERE}\n"
POLICY = f"{READS}bindings:\n- members:\n  - {WEB}\n  role: roles/run.invoker\netag: B\n"
NOBODY = f"{READS}etag: ACAB\n"


def described(*, command: str = f"$ gcloud run services describe {WHERE} --format=json\n", **annotations: str) -> str:
    """What gcloud prints of a service."""
    shown = {f"run.googleapis.com/{key.replace('_', '-')}": text for key, text in annotations.items()}
    service = {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "metadata": {
            "name": "orders",
            "namespace": "123456789012",
            "labels": {"cloud.googleapis.com/location": "europe-west1"},
            "annotations": {"run.googleapis.com/urls": json.dumps([URL]), **shown},
        },
        "spec": {"template": {"spec": {"containers": [{"image": "x"}]}}},
        "status": {"url": URL},
    }
    return command + json.dumps(service, indent=2) + "\n"


def in_json(report: Report) -> list[dict[str, Any]]:
    written = json.loads(report_json.render(report))
    assert [error.message for error in VALIDATOR.iter_errors(written)] == []
    found: list[dict[str, Any]] = written["configuration"]
    return found


def test_one_service_and_its_policy() -> None:
    audience = "https://orders.example.com"
    report = explain(described(ingress="internal", custom_audiences=json.dumps([audience])) + POLICY)
    (found,) = in_json(report)
    assert [(one["member"], one["may"]) for one in found["holders"]] == [(WEB, True)]
    assert (found["urls"], found["audiences"]) == ([URL], [URL, audience])
    assert (found["ingress"], found["behindIap"], found["invokerCheck"]) == ("internal", False, True)
    assert found["warnings"] == []
    assert found["next"] == "crauth-doctor check orders --project=shop-prod --region=europe-west1 --caller=WHO"
    page = report_text.render(report)
    assert all(part in page for part in (WEB, URL, audience, "ingress: internal; IAP: off; invoker check: on"))
    assert "No failing call was shown." in page


def test_it_is_public_without_a_binding() -> None:
    report = explain(described(invoker_iam_disabled="true") + NOBODY)
    (found,) = in_json(report)
    assert (found["public"], found["holders"], found["invokerCheck"]) == (True, [], False)
    assert [one["id"] for one in found["warnings"]] == [SettingsWarning.OPEN_WITHOUT_BINDING]
    assert report_text.render(report).startswith("PUBLIC: ")


def test_nobody_may_call() -> None:
    (found,) = in_json(explain(described() + NOBODY))
    assert [one["id"] for one in found["warnings"]] == [SettingsWarning.NOBODY]
    assert found["public"] is not True


def test_a_policy_that_is_not_shown_is_asked_for_and_nobody_is_not_said() -> None:
    (found,) = in_json(explain(described()))
    assert found["public"] is None
    assert [one["id"] for one in found["warnings"]] == [SettingsWarning.POLICY_NOT_SHOWN]
    assert found["next"].startswith("gcloud run services get-iam-policy orders ")


def test_a_part_of_a_service_leaves_its_switches_open() -> None:
    part = {"metadata": {"name": "orders"}, "status": {"url": URL}}
    (found,) = in_json(explain(json.dumps(part)))
    assert found["public"] is None
    assert SettingsWarning.SHOWN_IN_PART in [one["id"] for one in found["warnings"]]


def test_several_services_of_terraform_are_a_table() -> None:
    def block(name: str, *lines: str) -> str:
        inside = "".join(f"  {line}\n" for line in (f'name = "{name}"', 'location = "europe-west1"', *lines))
        return f'resource "google_cloud_run_v2_service" "{name}" {{\n{inside}}}\n'

    all_of_it, inside = 'ingress = "INGRESS_TRAFFIC_ALL"', 'ingress = "INGRESS_TRAFFIC_INTERNAL_ONLY"'
    report = explain(block("orders", all_of_it, "invoker_iam_disabled = true") + block("web", inside))
    orders, web = in_json(report)
    assert (orders["public"], web["public"]) == (True, None)
    assert all(SettingsWarning.ONLY_WANTED in [w["id"] for w in one["warnings"]] for one in (orders, web))
    lines = [line.split() for line in report_text.render(report).splitlines()]
    assert ["orders", "everybody", "all", "off", "off"] in lines
    assert ["web", "?", "internal", "off", "on"] in lines


def test_a_saved_document_that_asks_nothing() -> None:
    name = "//run.googleapis.com/projects/p1/locations/us-central1/services/a"
    service = {
        "name": name[23:],
        "ingress": "INGRESS_TRAFFIC_ALL",
        "uri": "https://a-1.us-central1.run.app",
        "uid": "x",
    }
    binding = {"role": "roles/run.invoker", "members": ["allAuthenticatedUsers"]}
    saved = {
        "version": 1,
        "saved": True,
        "resources": {name: {**service, "template": {}}},
        "iam": {name: {"bindings": [binding]}},
    }
    (found,) = in_json(explain(json.dumps(saved)))
    assert [one["id"] for one in found["warnings"]] == [SettingsWarning.ALL_AUTHENTICATED_USERS]


def test_a_failing_call_is_what_the_report_is_about() -> None:
    call = f"$ curl -i {URL}/v1\nHTTP/2 403\ncontent-type: text/html\n\n<title>403 Forbidden</title>\n"
    assert in_json(explain(described() + POLICY + call)) == []


def test_what_is_not_known_of_a_place_is_left_out() -> None:
    block = '  name = "orders"\n  location = "europe-west1"\n  template {\n  }\n'
    source = f'resource "google_cloud_run_v2_service" "it" {{\n{block}}}\n'
    page = report_text.render(explain(source))
    assert "whether orders (europe-west1) is public could not be told" in page
    assert " of the project: " in page
    assert not re.search(r"\(, | of project -|, -\)", page)


def test_where_nothing_tells_of_a_call_the_report_says_so() -> None:
    page = report_text.render(explain("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\n"))
    assert page.startswith("NOT DECIDED: Your input shows no failing call.\n")
    assert "Evidence" not in page
    assert "The path called" not in page
    assert "ConfigMap of v1, which is not read here" in page
