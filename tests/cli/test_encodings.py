"""What Windows shells and editors write: UTF-16, marks, doubled line ends. All through the command line, in bytes."""

from __future__ import annotations

import codecs
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]

WHERE = ("--project", "shop-prod", "--region", "us-central1")
GOOD = "good@shop-prod.iam.gserviceaccount.com"
CHECKOUT = "checkout@shop-prod.iam.gserviceaccount.com"
POLICY = f"""{{
  "bindings": [
    {{
      "members": [
        "serviceAccount:{CHECKOUT}"
      ],
      "role": "roles/run.invoker"
    }}
  ],
  "etag": "BwY",
  "version": 1
}}
"""
ANSWER = """$ curl -i https://orders-123456789012.us-central1.run.app/
HTTP/2 403
content-type: text/html; charset=UTF-8

<html><head>
<meta http-equiv="content-type" content="text/html;charset=utf-8">
<title>403 Forbidden</title>
</head>
<body text=#000000 bgcolor=#ffffff>
<h1>Error: Forbidden</h1>
<h2>Your client does not have permission to get URL <code>/</code> from this server.</h2>
<h2></h2>
</body></html>
"""

ENCODED: dict[str, Callable[[str], bytes]] = {
    "utf-16-le": lambda text: codecs.BOM_UTF16_LE + text.replace("\n", "\r\n").encode("utf-16-le"),
    "utf-16-be": lambda text: codecs.BOM_UTF16_BE + text.replace("\n", "\r\n").encode("utf-16-be"),
    "utf-8-mark": lambda text: codecs.BOM_UTF8 + text.encode(),
    "crlf": lambda text: text.replace("\n", "\r\n").encode(),
    "crcrlf": lambda text: text.replace("\n", "\r\r\n").encode(),
    "utf-16-crcrlf": lambda text: codecs.BOM_UTF16_LE + text.replace("\n", "\r\r\n").encode("utf-16-le"),
}
each_encoding = pytest.mark.parametrize("encoded", ENCODED.values(), ids=ENCODED)


def report(ran: Any) -> Any:
    document = json.loads(ran.out)
    assert document["exit"] == ran.status
    return document


@each_encoding
def test_explain_a_file(run: Run, tmp_path: Path, encoded: Callable[[str], bytes]) -> None:
    file = tmp_path / "paste.txt"
    file.write_bytes(ANSWER.encode())
    plain = report(run("explain", str(file), "--format", "json"))
    assert plain["cause"] == "token/missing"
    file.write_bytes(encoded(ANSWER))
    same = report(run("explain", str(file), "--format", "json"))
    assert same | {"checked_at": plain["checked_at"]} == plain


@each_encoding
def test_explain_stdin(run: Run, monkeypatch: pytest.MonkeyPatch, encoded: Callable[[str], bytes]) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(encoded(ANSWER))))
    assert report(run("explain", "-", "--format", "json"))["cause"] == "token/missing"


@each_encoding
def test_a_policy_as_evidence(run: Run, tmp_path: Path, encoded: Callable[[str], bytes]) -> None:
    """The policy may not be read there; the file shows the binding, whatever wrote it."""
    world = tmp_path / "world.yaml"
    world.write_text(f"""
version: 1
now: 2026-06-01T09:00:00Z
operator: {{principal: "user:dev@example.com", lacks: [run.services.getIamPolicy]}}
resources:
  //cloudresourcemanager.googleapis.com/projects/shop-prod: {{name: projects/123456789012, projectId: shop-prod}}
  //run.googleapis.com/projects/shop-prod/locations/us-central1/services/orders:
    ingress: INGRESS_TRAFFIC_ALL
    urls: [https://orders-123456789012.us-central1.run.app]
  //iam.googleapis.com/projects/shop-prod/serviceAccounts/{CHECKOUT}: {{}}
iam:
  //run.googleapis.com/projects/shop-prod/locations/us-central1/services/orders:
    bindings:
      - {{role: roles/run.invoker, members: ["serviceAccount:{CHECKOUT}"]}}
""")
    file = tmp_path / "policy.json"
    asked = ("--world", str(world), "check", "orders", *WHERE, "--caller", CHECKOUT, "--no-call", "--format", "json")
    found = []
    for raw in (POLICY.encode(), encoded(POLICY)):
        file.write_bytes(raw)
        found.append(report(run(*asked, "--evidence", str(file))))
    assert found[0]["cause"] is None
    assert found[0] == found[1]


@each_encoding
def test_a_runbook_is_checked(run: Run, world: str, tmp_path: Path, encoded: Callable[[str], bytes]) -> None:
    written = run("--world", world, "runbook", "orders", *WHERE, "--caller", GOOD)
    assert written.status == 0
    page = tmp_path / "page.md"
    page.write_bytes(encoded(written.out))
    ran = run("--world", world, "runbook", "--check", str(page), "--format", "json")
    assert ran.status == 0, ran.err
