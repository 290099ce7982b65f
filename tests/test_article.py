"""The article that this tool started from, retold.

A Cloud Function could not reach a service with internal ingress, and nobody could say why. Each way out is taken in the
sandbox and tried by the function itself. Then the service asks for authentication: the role, the audience, and the
answer to "must the audience equal the URL?".
"""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
import requests
import yaml

from crauth_doctor.cli.main import main
from crauth_doctor.report.document import Report
from crauth_doctor.sandbox import parse_world, serve
from crauth_doctor.workflows.change_session import Consent, WayOut
from crauth_doctor.workflows.context import CallRequest, Context
from crauth_doctor.workflows.fix import FixLoop

PROJECT, REGION = "blog-prod", "europe-west1"
SERVICE = f"//run.googleapis.com/projects/{PROJECT}/locations/{REGION}/services/api"
FUNCTION_SERVICE = f"//run.googleapis.com/projects/{PROJECT}/locations/{REGION}/services/resize"
FUNCTION = f"//cloudfunctions.googleapis.com/projects/{PROJECT}/locations/{REGION}/functions/resize"
SUBNET = f"projects/{PROJECT}/regions/{REGION}/subnetworks/default"
NETWORK = f"projects/{PROJECT}/global/networks/default"
ACCOUNT = f"resize@{PROJECT}.iam.gserviceaccount.com"
URL = f"https://api-618200417733.{REGION}.run.app"
INVOKER = {"role": "roles/run.invoker", "members": [f"serviceAccount:{ACCOUNT}"]}
ZONE = {
    "name": "run-app",
    "dnsName": "run.app.",
    "visibility": "private",
    "privateVisibilityConfig": {
        "networks": [{"networkUrl": f"https://www.googleapis.com/compute/v1/{NETWORK}"}],
    },
    "rrsets": [
        {"name": "run.app.", "type": "A", "ttl": 300, "rrdatas": ["199.36.153.8", "199.36.153.9"]},
        {"name": "*.run.app.", "type": "CNAME", "ttl": 300, "rrdatas": ["run.app."]},
    ],
}


def world(*, public: bool) -> dict[str, Any]:
    """A function and an internal service in one project; at first the service asks for no token."""
    return {
        "version": 1,
        "now": "2026-06-01T09:00:00Z",
        "operator": {"principal": "user:dev@example.com"},
        "resources": {
            f"//cloudresourcemanager.googleapis.com/projects/{PROJECT}": {
                "name": "projects/618200417733",
                "projectId": PROJECT,
            },
            SERVICE: {
                "ingress": "INGRESS_TRAFFIC_INTERNAL_ONLY",
                "invokerIamDisabled": public,
                "template": {"serviceAccount": f"api@{PROJECT}.iam.gserviceaccount.com"},
                "urls": [URL],
                "uri": URL,
            },
            FUNCTION: {
                "name": FUNCTION.removeprefix("//cloudfunctions.googleapis.com/"),
                "environment": "GEN_2",
                "state": "ACTIVE",
                "serviceConfig": {
                    "service": FUNCTION_SERVICE.removeprefix("//run.googleapis.com/"),
                    "serviceAccountEmail": ACCOUNT,
                    "uri": f"https://resize-618200417733.{REGION}.run.app",
                },
            },
            FUNCTION_SERVICE: {
                "ingress": "INGRESS_TRAFFIC_ALL",
                "template": {"serviceAccount": ACCOUNT},
                "urls": [f"https://resize-618200417733.{REGION}.run.app"],
            },
            f"//iam.googleapis.com/projects/{PROJECT}/serviceAccounts/{ACCOUNT}": {},
            f"//compute.googleapis.com/{NETWORK}": {"name": "default"},
            f"//compute.googleapis.com/{SUBNET}": {
                "name": "default",
                "privateIpGoogleAccess": True,
                "network": NETWORK,
            },
        },
        "iam": {SERVICE: {"bindings": []}},
    }


def changed(base: dict[str, Any], resource: str, **fields: Any) -> dict[str, Any]:
    made = copy.deepcopy(base)
    made["resources"].setdefault(resource, {}).update(fields)
    return made


def through_vpc(base: dict[str, Any], egress: str) -> dict[str, Any]:
    joined = {"egress": egress, "networkInterfaces": [{"network": NETWORK, "subnetwork": SUBNET}]}
    return changed(base, FUNCTION_SERVICE, template={"serviceAccount": ACCOUNT, "vpcAccess": joined})


def call(base: dict[str, Any], audience: str = URL) -> int:
    """Have the function itself call the service, and return the status that it gets."""
    with serve(parse_world(base)) as box:
        asked = {"caller": FUNCTION, "url": f"{URL}/thumbnails", "audience": audience}
        answer = requests.post(f"{box.base}/_sandbox/fire", json=asked, timeout=10).json()
    return int(answer["status"])


def check(
    base: dict[str, Any],
    tmp_path: Any,
    capsys: pytest.CaptureFixture[str],
    *more: str,
    caller: str = "function/resize",
) -> Any:
    """Return the report as text, or as JSON with `--format json`."""
    file = tmp_path / "world.yaml"
    file.write_text(yaml.safe_dump(base))
    where = ["--project", PROJECT, "--region", REGION, "--path", "/thumbnails"]
    main(["--world", str(file), "check", "api", *where, "--caller", caller, *more], {"HOME": str(tmp_path)})
    printed = capsys.readouterr().out
    return json.loads(printed) if "json" in more else printed


def test_nobody_could_say_why(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    base = world(public=True)
    assert call(base) == 404
    report = check(base, tmp_path, capsys, "--format", "json")
    assert report["cause"] == "ingress/outside-vpc"
    text = " ".join(check(base, tmp_path, capsys).split())
    assert "function/resize calls it over the internet" in text
    assert "--vpc-egress=all-traffic" in text  # the first way out: its command, and what it costs
    assert "Cloud NAT" in text
    assert "private DNS zone for run.app" in text  # the second
    assert "internal Application Load Balancer" in text  # the third, without opening anything
    assert text.index("private DNS zone") < text.index("WIDENS ACCESS")


@pytest.mark.parametrize(
    "way_out",
    [
        through_vpc(world(public=True), "ALL_TRAFFIC"),
        changed(
            through_vpc(world(public=True), "PRIVATE_RANGES_ONLY"),
            f"//dns.googleapis.com/projects/{PROJECT}/managedZones/run-app",
            **ZONE,
        ),
        changed(world(public=True), SERVICE, ingress="INGRESS_TRAFFIC_ALL"),
    ],
    ids=["all traffic through the VPC", "private zone", "ingress all"],
)
def test_each_way_out_works(way_out: dict[str, Any], tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(way_out) == 200
    report = check(way_out, tmp_path, capsys, "--format", "json")
    assert (report["cause"], report["conclusion"]) == (None, "clear")


def test_half_a_way_out_does_not(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    base = through_vpc(world(public=True), "PRIVATE_RANGES_ONLY")
    assert call(base) == 404
    assert check(base, tmp_path, capsys, "--format", "json")["cause"] == "ingress/private-ranges-only"


def test_then_it_requires_authentication(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    base = through_vpc(world(public=False), "ALL_TRAFFIC")
    assert call(base) == 403
    assert check(base, tmp_path, capsys, "--format", "json")["cause"] == "iam/missing-invoker"
    base["iam"][SERVICE] = {"bindings": [INVOKER]}
    assert call(base) == 200
    assert check(base, tmp_path, capsys, "--format", "json")["conclusion"] == "clear"


@pytest.mark.parametrize(
    ("audience", "status", "cause"),
    [
        (URL, 200, None),
        (f"{URL}/", 200, None),
        (f"{URL}/thumbnails", 401, "token/audience-path"),
        (URL.removeprefix("https://"), 401, "token/audience-scheme"),
        ("https://api.blog.example", 401, "token/audience-unknown"),
    ],
)
def test_must_the_audience_equal_the_url(
    audience: str, status: int, cause: str | None, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    base = through_vpc(world(public=False), "ALL_TRAFFIC")
    base["iam"][SERVICE] = {"bindings": [INVOKER]}
    assert call(base, audience) == status
    report = check(base, tmp_path, capsys, "--audience", audience, "--format", "json")
    assert report["cause"] == cause


def test_the_answer_is_printed_where_it_matters(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    base = through_vpc(world(public=False), "ALL_TRAFFIC")
    base["iam"][SERVICE] = {"bindings": [INVOKER]}
    text = " ".join(check(base, tmp_path, capsys).split())
    assert f"CLEAR, if the caller's token has the audience {URL}: " in text
    assert f"Use {URL} (scheme and host, no path). It need not equal the URL that is called" in text


def test_the_whole_way_from_the_terminal(tmp_path: Any) -> None:
    """The first way is the one to take, then the grant; the function itself is then let in."""
    seen: list[Report] = []
    offered: list[tuple[WayOut, ...]] = []

    def choose(ways: tuple[WayOut, ...]) -> int:
        offered.append(ways)
        return 0

    request = CallRequest("api", "function/resize", PROJECT, REGION, path="/thumbnails")
    consent = Consent(confirm=lambda _: True, choose=choose)
    with serve(parse_world(world(public=False))) as box:
        ended = FixLoop(Context({"HOME": str(tmp_path)}, box.base), request, consent, seen.append).run()
        asked = {"caller": FUNCTION, "url": f"{URL}/thumbnails", "audience": URL}
        assert requests.post(f"{box.base}/_sandbox/fire", json=asked, timeout=10).json()["status"] == 200
    causes = [one.diagnosis.cause.rule if one.diagnosis.cause else None for one in seen]
    assert causes == ["ingress/outside-vpc", "iam/missing-invoker", None]
    assert [(way.by_hand, way.widens) for way in offered[0]] == [
        (False, False), (True, False), (True, False), (False, True),
    ]  # fmt: skip
    assert all(way.costs for way in offered[0])
    assert (len(ended.changes), ended.status) == (2, 0)
