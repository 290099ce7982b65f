"""No token, key or variable's value comes out, in any format, from any corner of a world."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from crauth_doctor.sandbox import parse_world, serve

Run = Callable[..., Any]

JWT = "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJhdWQiOiJwbGFudGVkIn0.cGxhbnRlZC1zaWduYXR1cmU"
ACCESS = "ya29.planted-access-token-0123456789"
VALUE = "planted-value-of-a-variable"
LABEL = "planted-cookie-value"
KEY = "-----BEGIN PRIVATE KEY-----\nMIIEplantedplantedplanted\n-----END PRIVATE KEY-----"
PLANTED = (JWT, JWT.split(".")[1], JWT.split(".")[2], ACCESS, VALUE, LABEL, "MIIEplantedplantedplanted")

SERVICE = "//run.googleapis.com/projects/shop-prod/locations/us-central1/services/orders"
POLICY_READ = "run.googleapis.com/v2/projects/shop-prod/locations/us-central1/services/checkout"
WHERE = ("--project", "shop-prod", "--region", "us-central1")
WHO = {"refused": "checkout@shop-prod.iam.gserviceaccount.com", "served": "good@shop-prod.iam.gserviceaccount.com"}


def planted(world: str) -> dict[str, Any]:
    """The small world with secrets wherever Google's JSON, a body or an error can hold one."""
    document: dict[str, Any] = yaml.safe_load(Path(world).read_text(encoding="utf-8"))
    service = document["resources"][SERVICE]
    service["template"]["containers"] = [
        {"image": "gcr.io/shop-prod/orders", "env": [{"name": "API_KEY", "value": VALUE}, {"name": "K", "value": KEY}]}
    ]
    service["description"] = f"token {JWT}"
    service["annotations"] = {"note": ACCESS}
    body = f'{{"authorization": "Bearer {JWT}", "access_token": "{ACCESS}", "key": "{KEY}"}}'
    headers = {"content-type": "application/json", "x-echo": f"Bearer {JWT}", "set-cookie": f"session={LABEL}"}
    document["apps"] = {SERVICE: [{"request": "* *", "status": 403, "headers": headers, "body": body}]}
    error = f"<html>proxy says: Authorization was Bearer {ACCESS} and {JWT}"
    document["faults"] = [{"match": "cloudresourcemanager.googleapis.com", "times": 50, "status": 200, "body": error}]
    return document


@pytest.mark.parametrize("format", ["text", "json"])
@pytest.mark.parametrize("command", ["check", "call"])
@pytest.mark.parametrize("who", WHO)
def test_nothing_planted_comes_out(run: Run, world: str, command: str, format: str, who: str) -> None:
    with serve(parse_world(planted(world))) as box:
        ran = run(
            "--debug", command, "orders", *WHERE, "--caller", WHO[who], "--format", format,
            "--header", f"X-Serverless-Authorization: Bearer {JWT}",
            CRAUTH_DOCTOR_SANDBOX=box.base,
        )  # fmt: skip
        secrets = [*PLANTED, box.operator_token]
    assert ran.status in {0, 10, 11}, ran.err
    for secret in secrets:
        assert secret not in ran.out
        assert secret not in ran.err


def test_the_planted_body_is_really_shown(run: Run, world: str) -> None:
    with serve(parse_world(planted(world))) as box:
        ran = run("call", "orders", *WHERE, "--caller", WHO["served"], CRAUTH_DOCTOR_SANDBOX=box.base)
    assert "authorization" in ran.out
    assert "[hidden]" in ran.out


@pytest.mark.parametrize("format", ["text", "json"])
def test_credentials_that_are_refused_are_not_repeated(run: Run, tmp_path: Path, format: str) -> None:
    file = tmp_path / "key.json"
    file.write_text(f'{{"type": "service_account", "private_key": "{KEY.replace(chr(10), "")}", "token": "{JWT}"}}')
    ran = run(
        "--debug", "check", "orders", "--project", "p", "--format", format, GOOGLE_APPLICATION_CREDENTIALS=str(file)
    )
    assert ran.status == 1
    for secret in PLANTED:
        assert secret not in ran.out + ran.err


def test_a_token_in_the_wrong_place_is_not_repeated(run: Run, world: str) -> None:
    for argv in (
        ("check", JWT),
        ("check", "orders", "--caller", JWT),
        ("explain", JWT),
        ("check", "orders", "--url", JWT),
    ):
        ran = run("--world", world, *argv, *(WHERE if argv[0] == "check" else ()))
        for secret in PLANTED:
            assert secret not in ran.out + ran.err, argv
