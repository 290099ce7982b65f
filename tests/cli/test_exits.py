"""Secrets x exits: every remote text of a world holds a secret of each kind, and every command may show it."""

from __future__ import annotations

import base64
import json
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from crauth_doctor.sandbox import Sandbox, parse_world, serve
from tests.patience import LONG

Run = Callable[..., Any]

JWT = "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJhdWQiOiJwbGFudGVkIn0.cGxhbnRlZC1zaWduYXR1cmU"
SECRETS = {
    JWT: "cGxhbnRlZC1zaWduYXR1cmU",
    JWT.replace(".", "%2E"): "eyJhdWQiOiJwbGFudGVkIn0",
    base64.b64encode(JWT.encode()).decode(): base64.b64encode(JWT.encode()).decode()[40:70],
    "ya29.planted-access-token-0123456789": "planted-access",
    "1//0gPlantedRefreshToken": "gPlantedRefresh",
    "4/0AXplantedCodeplantedCode": "AXplantedCode",
    "GOCSPX-plantedClientSecret": "plantedClientSecret",
    "AIzaSyPlantedApiKey0123456789abcdefghij": "SyPlantedApiKey",
    "ghp_plantedGitHub0123456789abcdefghijkl": "plantedGitHub",
    "xoxb-123456789012-plantedSlackToken": "plantedSlackToken",
    "AKIAPLANTEDAWSKEY012": "PLANTEDAWSKEY",
    "sk_live_plantedStripe12345678": "plantedStripe",
    "whsec_plantedWebhook12345678": "plantedWebhook",
    "npm_plantedNpmToken0123456789abcdefghijk": "plantedNpmToken",
    "-----BEGIN PRIVATE KEY-----\nMIIEplantedKey\n-----END PRIVATE KEY-----": "MIIEplantedKey",
    "Basic cGxhbnRlZDpQYXNzd29yZDEy": "cGxhbnRlZDpQYXNz",
    "Cookie: sid=plantedCookie": "plantedCookie",
    "x-api-key: plantedHeaderKey": "plantedHeaderKey",
    "https://user:plantedUserinfo@x.example.com/": "plantedUserinfo",
    "https://x.example.com/cb?next=plantedQuery;t=plantedParameter#f=plantedFragment": "plantedQuery",
    "password=plantedPassword": "plantedPassword",
}
PARTS = (*SECRETS.values(), "plantedParameter", "plantedFragment", "plantedPush", "plantedJob", "plantedValue")
HOSTILE = "\x1b]52;c;cGxhbnRlZA==\x07\x1b[2J\x1b[31mRED\u202e\u200b\r\n::error title=x::planted\n##[error]planted\n"
TEXT = f"SHOWN {HOSTILE} {' / '.join(SECRETS)} {HOSTILE}"

RUN = "//run.googleapis.com/projects/shop-prod/locations/us-central1/services/"
PUSH = "//pubsub.googleapis.com/projects/shop-prod/subscriptions/push"
JOB = "//cloudscheduler.googleapis.com/projects/shop-prod/locations/us-central1/jobs/nightly"
ROLE = "//iam.googleapis.com/projects/shop-prod/roles/custom"
PROJECT = "//cloudresourcemanager.googleapis.com/projects/shop-prod"
URL = "https://orders-123456789012.us-central1.run.app"
ACCOUNT = "checkout@shop-prod.iam.gserviceaccount.com"
GOOD = "good@shop-prod.iam.gserviceaccount.com"
WHERE = ("--project", "shop-prod", "--region", "us-central1")


def planted(world: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(Path(world).read_text(encoding="utf-8"))
    resources = document["resources"]
    oidc = {"serviceAccountEmail": ACCOUNT, "audience": f"{URL}/push?token=plantedPush"}
    resources[PUSH] = {
        "name": PUSH.removeprefix("//pubsub.googleapis.com/"),
        "topic": "projects/shop-prod/topics/t",
        "pushConfig": {"pushEndpoint": f"{URL}/push?token=plantedPush", "oidcToken": oidc},
    }
    resources[JOB] = {
        "name": JOB.removeprefix("//cloudscheduler.googleapis.com/"),
        "state": "ENABLED",
        "httpTarget": {
            "uri": f"{URL}/?key=plantedJob",
            "httpMethod": "POST",
            "headers": {"X-Api-Key": "plantedValue", "Authorization": f"Bearer {JWT}"},
            "body": base64.b64encode(b"plantedValue").decode(),
            "oidcToken": {"serviceAccountEmail": ACCOUNT},
        },
        "description": TEXT,
    }
    resources[ROLE] = {"title": TEXT, "description": TEXT, "includedPermissions": ["run.routes.invoke"]}
    orders = resources[f"{RUN}orders"]
    orders |= {"description": TEXT, "annotations": {"note": TEXT}, "labels": {"note": TEXT}, "creator": TEXT}
    orders["customAudiences"] = [f"https://aud.example.com/x?token=plantedValue{HOSTILE}"]
    orders["template"]["containers"] = [{"image": "x", "env": [{"name": "K", "value": "plantedValue"}]}]
    orders["conditions"] = [{"type": "Ready", "state": "CONDITION_FAILED", "message": TEXT}]
    resources[f"//iam.googleapis.com/projects/shop-prod/serviceAccounts/{ACCOUNT}"] = {"displayName": TEXT}
    resources[PROJECT]["displayName"] = TEXT
    condition = {"title": TEXT, "description": TEXT, "expression": f"request.path == '/{' '.join(SECRETS)}\x1b[31m'"}
    for member in (ACCOUNT, GOOD):
        document["iam"][f"{RUN}orders"]["bindings"].append(
            {"role": "roles/run.invoker", "members": [f"serviceAccount:{member}"], "condition": condition}
        )
    document["iam"][f"{RUN}orders"]["bindings"] += [
        {"role": "projects/shop-prod/roles/custom", "members": [f"serviceAccount:{ACCOUNT}", f"user:{TEXT}@x.com"]},
        {"role": f"roles/{TEXT}", "members": [f"serviceAccount:{ACCOUNT}", f"deleted:user:{TEXT}?uid=1"]},
    ]
    headers = {
        "content-type": "text/plain",
        "x-echo": " ".join(SECRETS).replace("\n", " "),
        "x-api-key": "plantedValue",
    }
    headers |= {"set-cookie": "s=plantedCookie", "location": "https://u:plantedUserinfo@x/?q=plantedQuery"}
    document["apps"] = {f"{RUN}orders": [{"request": "* *", "status": 500, "headers": headers, "body": TEXT}]}
    error = json.dumps({"error": {"code": 403, "status": "PERMISSION_DENIED", "message": TEXT}})
    document["faults"] = [
        {"match": "serviceAccounts", "times": 90, "status": 403, "body": error},
        {"match": "policies", "times": 90, "status": 403, "body": error},
    ]
    return document


@pytest.fixture
def box(world: str) -> Iterator[Sandbox]:
    with serve(parse_world(planted(world))) as served:
        yield served


CALLERS = (ACCOUNT, GOOD, "run/checkout", "pubsub/push", "scheduler/nightly")
COMMANDS = [
    *[(command, "orders", *WHERE, "--caller", who) for command in ("check", "call", "runbook") for who in CALLERS],
    ("snippet", "orders", *WHERE, "--caller", "pubsub/push"),
    ("snippet", "orders", *WHERE, "--caller", "scheduler/nightly"),
    ("snippet", "orders", *WHERE, "--lang", "python", "--url", f"{URL}/?k=plantedValue"),
    ("snippet", "--lang", "curl", "--audience", f"{URL}/?k=plantedValue"),
    ("who", "orders", *WHERE),
    ("grant", "orders", *WHERE, "--sa", ACCOUNT, "--dry-run"),
    ("grant", "orders", *WHERE, "--sa", "orders-run@shop-prod.iam.gserviceaccount.com", "--yes", "--no-wait"),
    ("revoke", "orders", *WHERE, "--sa", ACCOUNT, "--dry-run"),
    ("check", "orders", *WHERE, "--caller", ACCOUNT, "--fix", "--dry-run"),
    ("check", f"{URL}/x?token=plantedValue", *WHERE, "--caller", TEXT),
    ("check", TEXT, *WHERE),
    ("receipts",),
]


FORMATS = ("text", "json")


@pytest.mark.parametrize(
    ("argv", "format"),
    [(argv, form) for at, argv in enumerate(COMMANDS) for form in (FORMATS if LONG else FORMATS[at % 2 :][:1])],
    ids=lambda one: " ".join([one] if isinstance(one, str) else one)[:60].encode("ascii", "ignore").decode(),
)
def test_nothing_planted_comes_out(run: Run, box: Sandbox, argv: tuple[str, ...], format: str) -> None:
    """In the short form the commands take turns with the formats; callers come three times each, so in both."""
    ran = run("--debug", *argv, "--format", format, CRAUTH_DOCTOR_SANDBOX=box.base)
    assert "itself broke" not in ran.err
    judge(ran.out, ran.err, json_wanted=format == "json")


@pytest.mark.parametrize("format", ["text", "json"])
def test_nothing_that_is_pasted_comes_out(run: Run, tmp_path: Path, format: str) -> None:
    file = tmp_path / "paste.txt"
    file.write_text(
        f"$ curl -v {URL}/x?token=plantedValue\n> GET /x HTTP/2\n> Authorization: Bearer {JWT}\n>\n"
        f"< HTTP/2 403\n< set-cookie: s=plantedCookie\n<\n{TEXT}\n",
        encoding="utf-8",
    )
    ran = run("explain", str(file), "--format", format)
    judge(ran.out, ran.err, json_wanted=format == "json")


@pytest.mark.parametrize(
    ("who", "shown"),
    [
        (TEXT, "cannot be read as a receipt"),
        (f"SHOWN {' / '.join(one for one in SECRETS if one.isprintable())}", "SHOWN"),
    ],
    ids=["with controls it is no receipt", "with secrets they are hidden"],
)
def test_a_receipt_that_others_wrote_is_shown_without_what_it_does(
    run: Run, box: Sandbox, tmp_path: Path, who: str, shown: str
) -> None:
    argv = ("grant", "orders", *WHERE, "--sa", "orders-run@shop-prod.iam.gserviceaccount.com", "--yes", "--no-wait")
    assert run(*argv, CRAUTH_DOCTOR_SANDBOX=box.base).status == 0
    (file,) = [each for each in tmp_path.rglob("*.json") if "receipts" in str(each)]
    document = json.loads(file.read_text(encoding="utf-8"))
    document["who"] = who
    file.write_text(json.dumps(document), encoding="utf-8")
    for format in ("text", "json"):
        ran = run("receipts", "--format", format, CRAUTH_DOCTOR_SANDBOX=box.base)
        named = json.loads(ran.out)["unreadable"] if format == "json" and shown != "SHOWN" else shown in ran.out
        assert named
        judge(ran.out, ran.err, json_wanted=format == "json")


def test_what_is_planted_is_really_read(run: Run, box: Sandbox) -> None:
    """Without this, the tests above could pass on reports that show nothing."""
    shown = "".join(
        run(*argv, "--format", format, CRAUTH_DOCTOR_SANDBOX=box.base).out
        for argv in (("call", "orders", *WHERE, "--caller", GOOD), ("who", "orders", *WHERE))
        for format in ("text", "json")
    )
    assert shown.count("SHOWN") > 4
    assert shown.count("[hidden]") > 4 * len(SECRETS) / 2


def test_a_push_endpoint_keeps_the_name_of_its_token(run: Run, box: Sandbox) -> None:
    argv = ("orders", *WHERE, "--caller", "pubsub/push")
    code = run("snippet", *argv, CRAUTH_DOCTOR_SANDBOX=box.base).out
    assert f"'{URL}/push?token=TOKEN'" in code
    page = run("runbook", *argv, CRAUTH_DOCTOR_SANDBOX=box.base).out
    assert f"{URL}/push?token=TOKEN" in page
    report = run("check", *argv, CRAUTH_DOCTOR_SANDBOX=box.base).out
    assert "/push?token=…" in report


def judge(out: str, err: str, *, json_wanted: bool) -> None:
    # What the pretend cloud says of requests that it does not serve is no report; it is Google's in earnest.
    err = "\n".join(line for line in err.splitlines() if not line.startswith("crauth-doctor sandbox: "))
    texts = [out, err]
    if json_wanted and out.strip():
        texts += strings(json.loads(out))
    for text in texts:
        flat = "".join(text.split())
        for part in PARTS:
            assert part not in text, part
            assert part not in flat, part
        for char in text:
            assert char in "\n\t" or unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn"}, ascii(text)
    for line in (out + "\n" + err).splitlines():
        assert not line.lstrip().startswith("::"), line
        assert "##[" not in line
        assert "##vso[" not in line


def strings(document: object) -> list[str]:
    match document:
        case dict():
            return [text for pair in document.items() for one in pair for text in strings(one)]
        case list():
            return [text for one in document for text in strings(one)]
        case str():
            return [document]
        case _:
            return []
