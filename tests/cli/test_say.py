"""`--say` on a command line: what is said against what was read, and what cannot be said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import Run

PAGE = (
    "$ curl -i https://orders-abc123-uc.a.run.app/\nHTTP/2 403\ncontent-type: text/html; charset=UTF-8\n"
    "server: Google Frontend\n\n<html><head><title>403 Forbidden</title></head><body><h1>Error: Forbidden</h1><h2>Your "
    "client does not have permission to get URL <code>/</code> from this server.</h2></body></html>\n"
)
REFUSED = "403 Client Error: Forbidden for url: https://orders-abc123-uc.a.run.app/"


def check(run: Run, world: str, *more: str) -> dict[str, object]:
    ran = run(
        "--world", world, "check", "orders", "--project=shop-prod", "--region=us-central1",
        "--caller=run/checkout", "--format=json", *more,
    )  # fmt: skip
    found: dict[str, object] = json.loads(ran.out)
    return found


def test_what_explain_reads_stands_against_what_is_said(run: Run, tmp_path: Path) -> None:
    paste = tmp_path / "paste.txt"
    paste.write_text(PAGE, encoding="utf-8")
    plain, said = (run("explain", str(paste), *more, "--format=json") for more in ((), ("--say", "status=401")))
    before, after = json.loads(plain.out), json.loads(said.out)
    assert after["open"] == before["open"] != []
    text = " ".join(run("explain", str(paste), "--say", "status=401").out.split())
    assert "You say status=401, but your input (curl -i, lines 1-6) says 403, and that counts." in text


def test_what_check_reads_stands_against_what_is_said(run: Run, world: str) -> None:
    before, after = check(run, world), check(run, world, "--say", "ingress=none")
    assert (after["cause"], after["conclusion"]) == (before["cause"], before["conclusion"])
    assert (after["cause"], after["conclusion"]) == ("iam/missing-invoker", "proven")
    ran = run("--world", world, "check", "orders", "--project=shop-prod", "--caller=run/checkout", "--say=ingress=none")
    assert "You say ingress=none, but run.services." in " ".join(ran.out.split())
    assert " says all, and that counts." in " ".join(ran.out.split())


def test_what_is_said_and_not_read_decides_and_proves_nothing(run: Run) -> None:
    says = ("--say", "log=lacks-permission", "--say", "invoker=other-role")
    found = json.loads(run("explain", REFUSED, *says, "--format=json").out)
    assert (found["cause"], found["conclusion"], found["asks"]) == ("iam/role-lacks-permission", "likely", [])
    assert not any(fix["applicable"] for finding in found["findings"] for fix in finding["fixes"])


@pytest.mark.parametrize("command", [("explain", REFUSED), ("check", "orders", "--project=shop-prod")])
@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("statu=401", "Did you mean status?"),
        ("status=4o1", "Did you mean 401?"),
        ("status", "Say FACT=VALUE"),
        ("audience=", "such as audience=https://"),
    ],
)
def test_what_cannot_be_said_is_a_usage_error_that_names_what_can(
    run: Run, command: tuple[str, ...], said: str, meant: str
) -> None:
    ran = run(*command, "--say", said)
    assert (ran.status, ran.out) == (2, "")
    assert "--say" in ran.err
    assert meant in ran.err
