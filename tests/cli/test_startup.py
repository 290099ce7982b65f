"""Help, version and pages start as fast as click: nothing heavy is imported for them."""

from __future__ import annotations

import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest
import yaml

HEAVY = {
    "google",
    "requests",
    "urllib3",
    "yaml",
    "cryptography",
    "lark",
    "jinja2",
    "questionary",
    "prompt_toolkit",
    "asyncio",
    "ssl",
    "mcp",
    "pydantic",
}
PROGRAM = """
import sys
from crauth_doctor.cli.main import main
status = main(sys.argv[1:])
own = ("crauth_doctor", "google")
names = sorted(name for name in sys.modules if "." not in name or name.startswith(own))
print(status, *names, file=sys.stderr)
"""


def imported(*argv: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", PROGRAM, *argv], capture_output=True, text=True, check=True)
    status, *names = done.stderr.splitlines()[-1].split()
    assert status in {"0", "10", "11"}
    return set(names)


@pytest.mark.parametrize("argv", [("--help",), ("--version",), ("check", "--help"), ("explain", "iam/missing-invoker")])
def test_nothing_heavy(argv: tuple[str, ...]) -> None:
    assert not imported(*argv) & HEAVY


def test_a_paste_is_judged_without_any_way_to_google() -> None:
    names = imported("explain", 'HTTP/2 401 www-authenticate: Bearer error="invalid_token"')
    assert "crauth_doctor.evidence" in names
    assert not names & (HEAVY - {"yaml"})
    assert not {name for name in names if name.startswith(("crauth_doctor.apply", "crauth_doctor.collect"))}


@pytest.mark.parametrize("argv", [("--help",), ("--version",)])
def test_help_needs_no_layer_but_the_cli(argv: tuple[str, ...]) -> None:
    ours = {name for name in imported(*argv) if name.startswith("crauth_doctor.")}
    assert {name for name in ours if name.split(".")[1] != "cli"} == {
        "crauth_doctor.workflows",
    }


def test_the_page_of_a_cause_needs_nothing_of_calls() -> None:
    ours = {name for name in imported("explain", "iam/missing-invoker") if name.startswith("crauth_doctor.")}
    assert not {name for name in ours if name.split(".")[1] in {"diagnosis", "evidence", "google_json", "iam", "rules"}}
    assert "crauth_doctor.model.caller" not in ours


@pytest.mark.parametrize("lacks", [(), ("iam.serviceAccounts.get",)])
def test_a_check_needs_none_of_googles_clients(lacks: tuple[str, ...], tmp_path: Path) -> None:
    demo = yaml.safe_load(files("crauth_doctor.sandbox").joinpath("worlds/demo.yaml").read_text(encoding="utf-8"))
    world = demo["world"]
    world["operator"]["lacks"] = [*world["operator"].get("lacks", ()), *lacks]
    file = tmp_path / "world.yaml"
    file.write_text(yaml.safe_dump(world), encoding="utf-8")
    argv = ("check", "orders", "--project=shop-prod", "--region=us-central1", "--caller=run/checkout")
    names = imported(f"--world={file}", *argv)
    assert "google.auth.credentials" in names
    heavy = ("google.cloud", "google.api_core", "google.protobuf", "google.oauth2", "grpc")
    assert not {name for name in names if name.startswith(heavy)}
