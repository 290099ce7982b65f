"""What is typed: in any order, each thing once, and what is misspelt is told what it was meant to be."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.shell_completion import ShellComplete

from crauth_doctor.cli.main import COMMANDS, crauth_doctor
from crauth_doctor.sandbox import load_world, serve

Run = Callable[..., Any]
WHERE = ("--project", "shop-prod", "--region", "us-central1")
GOOD = ("--caller", "good@shop-prod.iam.gserviceaccount.com")


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("chekc", "orders"), "There is no command 'chekc'. Did you mean check"),
        (("xyzzy",), "There is no command 'xyzzy'. The commands are: check, "),
        (("snippet", "orders", "--lang", "py"), "Did you mean python"),
        (("snippet", "orders", "--lang", "xyzzy"), "Choose from python, "),
        (("check", "orders", "--method", "PSOT"), "'PSOT' is not an HTTP method. Did you mean POST"),
        (("check", "orders", "--method", "xyzzy"), "Give one such as GET or POST."),
        (("check", "orders", "--header", "bad header"), "give a header's name alone"),
        (("check", "orders", "--caller", "a@b.cd", "--caller", "a@b.ce"), "--caller is given more than once"),
        (("--project", "a", "check", "orders", "--project", "b"), "--project is given more than once"),
        (("--world", "a", "check", "orders", "--world", "b"), "--world is given more than once"),
        (("check", "orders", "--call", "--no-call"), "-call is given more than once"),
        (("explain", "nosuchfile.txt"), "there is no cause 'nosuchfile.txt', and no such file"),
        (("explain", " "), "it is empty"),
    ],
)
def test_what_is_typed_wrong_is_a_usage_error(run: Run, argv: tuple[str, ...], said: str) -> None:
    ran = run(*argv)
    assert (ran.status, ran.out) == (2, "")
    assert said in " ".join(ran.err.split())
    told = run(*argv, "--format", "json")
    assert told.status == json.loads(told.out)["exit"] == 2
    assert said in json.loads(told.out)["error"]["message"]


def test_options_that_are_meant_to_be_repeated_are(run: Run, world: str) -> None:
    again = ("--header", "X-A", "--header", "X-B: value", "-q", "-q")
    assert run("--world", world, "check", "orders", *WHERE, *GOOD, *again).status == 0


def test_global_options_stand_before_or_after_the_command(run: Run, world: str) -> None:
    usual = run("--world", world, "--plain", "check", "orders", *WHERE, *GOOD, "-q", "--format", "json")
    after = run("check", "orders", *WHERE, *GOOD, "-q", "--format=json", "--world", world, "--plain", "--debug")
    before = run(f"--world={world}", *WHERE, "-q", "--format=json", "--timeout", "9", "check", "orders", *GOOD)
    assert usual.status == 0
    assert json.loads(usual.out)["cause"] is None
    for ran in (after, before):
        assert (ran.status, ran.err) == (0, "")
        assert json.loads(ran.out)["target"] == json.loads(usual.out)["target"]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_takes_the_global_options(run: Run, name: str) -> None:
    assert run(name, "--plain", "--debug", "--help").status == 0


def test_a_line_of_text_is_explained(run: Run) -> None:
    ran = run(
        "explain", "DefaultCredentialsError: Neither metadata server or valid service account credentials are found."
    )
    assert ran.status == 10
    assert "mint/no-id-token-credentials" in ran.out
    assert run("explain", "it does not work").out.startswith("NOT DECIDED")


def test_a_stage_lists_its_causes(run: Run) -> None:
    ids = {rule["id"] for rule in json.loads(run("explain", "ingress", "--format", "json").out)["rules"]}
    assert "ingress/outside-vpc" in ids
    assert {id.partition("/")[0] for id in ids} == {"ingress"}


@pytest.mark.parametrize(
    ("words", "incomplete", "offered"),
    [
        ((), "ch", {"check"}),
        (("explain",), "iam/missing", {"iam/missing-invoker"}),
        (("check", "orders", "--caller"), "sched", {"scheduler/"}),
        (("--world", "w.yaml", "grant", "orders", "--caller"), "me", {"me"}),
        (("check", "orders", "--region"), "us-e", {"us-east1", "us-east4", "us-east5"}),
        (("snippet", "orders", "--lang"), "py", {"python", "python-httpx"}),
        (("check", "orders", "--caller", "me", "--caller"), "browser", {"browser"}),
        (("undo",), "nothing-of-this-name", set()),
    ],
)
def test_a_shell_completes_them(words: tuple[str, ...], incomplete: str, offered: set[str]) -> None:
    completion = ShellComplete(crauth_doctor, {}, "crauth-doctor", "_CRAUTH_DOCTOR_COMPLETE")
    assert {item.value for item in completion.get_completions(list(words), incomplete)} == offered


@pytest.mark.parametrize(
    ("argv", "word", "found"),
    [
        (("check",), "or", ["orders"]),
        (("check",), "", ["checkout", "orders", "twin"]),
        (("grant", "--project", "elsewhere"), "or", []),
        (("check", "orders", "--caller"), "run/ch", ["run/checkout"]),
    ],
)
def test_a_shell_completes_services(
    monkeypatch: pytest.MonkeyPatch, world: str, argv: tuple[str, ...], word: str, found: list[str]
) -> None:
    with serve(load_world(world)) as box:
        monkeypatch.setenv("CRAUTH_DOCTOR_SANDBOX", box.base)
        monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "shop-prod")
        completed = ShellComplete(crauth_doctor, {}, "crauth-doctor", "_X").get_completions([*argv], word)
    assert [one.value for one in completed] == found


def test_without_credentials_no_service_is_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "shop-prod")
    assert ShellComplete(crauth_doctor, {}, "crauth-doctor", "_X").get_completions(["check"], "o") == []
