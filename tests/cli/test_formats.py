"""The formats of a report, and the files that it is written into."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from jsonschema import Draft202012Validator

from crauth_doctor.report.formats import SUFFIXES
from crauth_doctor.sandbox import parse_world, serve
from tests.built_in import document
from tests.report.agreement import hold_junit, into, strict

Run = Callable[..., Any]
ROOT = Path(__file__).parents[2]
HOSTILE = (
    "</script></style></details><img src=x onerror=alert(1)> ::error::pwned\n"
    "::add-mask::pwned\n  ##[error]pwned\n=cmd|' /C calc'!A0 `` ``` @everyone #1 [x](javascript:alert(1))"
    "\x1b]0;owned\x07\x1b[31m\u202e\u200b]]> <!-- --> & \ufffe\x00"
)


@pytest.fixture
def check(run: Run, world: str) -> Callable[..., Any]:
    def run_it(*more: str, caller: str = "checkout@shop-prod.iam.gserviceaccount.com", **environ: str) -> Any:
        where = ("--project", "shop-prod", "--region", "us-central1", "--caller", caller)
        return run("--world", world, "check", "orders", *where, *more, **environ)

    return run_it


def test_one_run_writes_several_files(check: Run, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a.md", "b.json", "c.sarif", "d.xml", "e.txt", "f.log")]
    named = [str(file) for file in files[:-1]] + [f"text={files[-1]}"]
    ran = check(*(word for file in named for word in ("--write", file)))
    assert (ran.status, ran.err) == (10, "")
    assert ran.out == files[4].read_text() == files[5].read_text()
    assert json.loads(files[1].read_text())["cause"] == "iam/missing-invoker"
    assert [file.name for file in tmp_path.iterdir() if file.name.endswith(".tmp")] == []
    assert stat.S_IMODE(files[0].stat().st_mode) & 0o077 == 0o777 & ~umask() & 0o066


def umask() -> int:
    found = os.umask(0o022)
    os.umask(found)
    return found


@pytest.mark.parametrize(
    ("given", "word"),
    [
        (("--write", "report.doc"), "markdown=report.doc"),
        (("--write", "report"), "stands for no format"),
        (("--write", "pdf=report.pdf"), "stands for no format"),
        (("--write", "a.md", "--write", "text=a.md"), "named twice"),
        (("--format", "marckdown"), "Did you mean markdown?"),
        (("--fix", "--format", "sarif"), "--fix prints text or JSON"),
    ],
)
def test_what_cannot_be_meant(check: Run, given: tuple[str, ...], word: str) -> None:
    ran = check(*given)
    assert ran.status == 2
    assert word in ran.err
    assert ran.out == ""


def test_the_page_of_a_cause_is_no_report(run: Run) -> None:
    assert run("explain", "iam/denied", "--format", "junit").status == 2
    assert run("explain", "--write", "x.md").status == 2
    assert not Path("x.md").exists()


def test_a_file_that_cannot_be_written(check: Run, tmp_path: Path) -> None:
    pipe, kept = tmp_path / "pipe", tmp_path / "kept.txt"
    os.mkfifo(pipe)
    kept.write_text("mine")
    for file, why in (
        (tmp_path / "no" / "a.txt", "No such file or directory"),
        (pipe, "a device or a pipe, not a file"),
        (tmp_path, "a folder, not a file"),
        (Path("/dev/full"), "a device or a pipe, not a file"),
    ):
        ran = check("--write", f"text={file}")
        assert ran.status == 1
        assert why in ran.err
        assert ran.out.startswith("BLOCKED at iam")
    assert check("--write", str(kept)).status == 10
    assert kept.read_text().startswith("BLOCKED at iam")


def test_a_link_leads_to_the_file_that_is_written(check: Run, tmp_path: Path) -> None:
    real, link = tmp_path / "real.md", tmp_path / "link.md"
    real.write_text("old")
    link.symlink_to(real)
    check("--write", str(link))
    assert link.is_symlink()
    assert real.read_text().startswith("## ✗ BLOCKED")


def test_the_summary_of_a_step_is_added_to(check: Run, tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    ran = check("--format", "github", GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary))
    assert ran.status == 10
    assert ran.out.startswith("::error title=crauth-doctor%3A iam/missing-invoker::")
    assert " may not invoke orders. Fix: Grant roles/run.invoker on orders to " in ran.out
    assert summary.read_text().startswith("before\n## ✗ BLOCKED at iam")
    check(GITHUB_STEP_SUMMARY=str(summary))
    assert summary.read_text().count("## ✗") == 1, "a format is asked for, never guessed"
    summary.write_text("x" * 899_990)
    check("--format", "github", GITHUB_STEP_SUMMARY=str(summary))
    assert summary.read_text().endswith("This summary has no room for another report.\n")


def test_a_runner_takes_no_command_from_a_text(check: Run) -> None:
    ran = check(GITHUB_ACTIONS="true")
    first, *inside, last = ran.out.splitlines()
    word = first.removeprefix("::stop-commands::")
    assert len(word) == 32
    assert last == f"::{word}::"
    assert not [line for line in inside if line.lstrip().startswith("::")]
    assert check(GITHUB_ACTIONS="true").out.splitlines()[0] != first


@pytest.mark.parametrize("form", ["text", "json", "html", "markdown", "sarif", "junit", "github"])
def test_hostile_words_stay_words(check: Run, form: str, run: Run, tmp_path: Path) -> None:
    paste = tmp_path / "paste.txt"
    paste.write_text(f"HTTP/2 403\nserver: {HOSTILE}\nx-b: 1\n\n{HOSTILE}", encoding="utf-8", errors="surrogateescape")
    name = HOSTILE.replace("\n", " ").replace("\x00", "")
    for ran in (
        check("--format", form, caller=f"run/{name}"),
        check("--format", form, "--path", f"/{name}"),
        run("explain", str(paste), "--format", form),
    ):
        assert ran.status in {0, 2, 10, 11}, ran.err
        harmless(form, ran.out)


FREE = {"displayName", "title", "description", "message", "body", "textPayload", "labels"}
"""What others write into Google Cloud as they like; a body is what the application answers."""


def hostile(value: Any, key: str = "") -> Any:
    """A world whose free texts are all hostile, and whose application answers with a mebibyte of it."""
    if isinstance(value, dict):
        return {name: hostile(one, name) for name, one in value.items()}
    if isinstance(value, list):
        return [hostile(one, key) for one in value]
    return (HOSTILE + "A" * (1 << 20) * (key == "body") + HOSTILE) if key in FREE else value


@pytest.mark.parametrize("name", ["app-refused", "iam-denied", "iam-condition-unmet", "mint-account-disabled"])
def test_what_others_wrote_in_the_cloud_does_nothing_in_any_format(run: Run, tmp_path: Path, name: str) -> None:
    world = parse_world(hostile(document(name)["world"]))
    with serve(world) as box:
        ran = run(*document(name)["run"], *into(tmp_path), CRAUTH_DOCTOR_SANDBOX=box.base)
    assert ran.status == 10
    for form in SUFFIXES:
        written = (tmp_path / form).read_text(encoding="utf-8")
        assert len(written) < 200_000
        harmless(form, written)


def test_the_same_facts_are_the_same_bytes_in_every_format(run: Run, tmp_path: Path) -> None:
    """Of processes in which a set has another order."""
    name, saved = "operator-sees-little", tmp_path / "saved.yaml"
    run("--world", name, *document(name)["run"], "--save", str(saved))
    written = []
    for seed in "12":
        (folder := tmp_path / seed).mkdir()
        command = [sys.executable, "-m", "crauth_doctor", "check", "--from", str(saved), *into(folder)]
        subprocess.run(command, env={"PYTHONHASHSEED": seed}, capture_output=True, check=False, cwd=ROOT)
        written.append({file.name: file.read_bytes() for file in folder.iterdir()})
    assert written[0].keys() == SUFFIXES.keys()
    assert written[0] == written[1]


def harmless(form: str, out: str) -> None:
    """Nothing in it does something to who reads it."""
    assert not [c for c in out if c in "\x1b\x07\x00\u202e\u200b\ufffe"]
    lines = out.splitlines()
    commands = [line for line in lines if line.lstrip().startswith("::")]
    assert len(commands) == (len(lines) if form == "github" else 0)
    assert "##[" not in out
    if form == "html" and out:
        only_own_tags(out)
    if form == "junit" and out:
        hold_junit(ET.fromstring(out))
    if form in {"json", "sarif"} and out:
        json.loads(out)
    if form == "markdown":
        plain = re.sub(r"(?s)(`+).*?(?<!`)\1(?!`)", "", out)
        assert re.findall(r"(?<!\\)<(?!/?details>|/?summary>|!-- -->)", plain) == []
        assert re.findall(r"(?<![\w\\])[@!\[]\w|(?<!\\)\]\(", plain) == []


class Tags(HTMLParser):
    """The tags of a page, and what would run or load something."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.active: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.active += [name for name, _ in attrs if name.startswith("on") or name in {"src", "style", "action"}]
        self.active += [value or "" for name, value in attrs if name == "href" and not (value or "").startswith("#")]


def only_own_tags(page: str) -> None:
    tags = Tags()
    tags.feed(page)
    assert tags.active == []
    assert (tags.names.count("script"), tags.names.count("style")) == (2, 1)
    assert not {"img", "iframe", "object", "link", "base", "form"} & {*tags.names}


def test_the_schema_is_one_and_is_printed(run: Run, check: Run) -> None:
    schema = json.loads(run("schema").out)
    Draft202012Validator.check_schema(schema)
    report = json.loads(check("--format", "json").out)
    assert [error.message for error in Draft202012Validator(strict(schema)).iter_errors(report)] == []
    report["conclusion"] = "certain"
    assert list(Draft202012Validator(schema).iter_errors(report))


def test_what_a_page_shows_besides_the_verdict(check: Run) -> None:
    report = json.loads(check("--format", "json", "--path", "/v1").out)
    stages = {stage["stage"]: stage for stage in report["stages"]}
    assert (stages["ingress"]["fact"], stages["ingress"]["effect"]) == ("ingress: all", "passes")
    assert stages["ingress"]["evidence"][0]["read"] == "run.services.get"
    assert stages["iam"]["effect"] == "stops"
    assert stages["iam"]["fact"] == report["findings"][0]["title"]
    calls = report["calls"]["answers"]
    assert [(call["sent"], call["status"], call["healthy"]) for call in calls] == [
        ("none", 403, "403"), ("junk", 401, "401"), ("caller", 403, "2xx")
    ]  # fmt: skip
    assert report["command"][:3] == ["crauth-doctor", "check", "orders"]
    assert "--path=/v1" in report["command"]
    fixes = report["findings"][0]["fixes"]
    assert [fix["step"] for fix in fixes] == [1] * len(fixes)
    assert [fix["alternative"] for fix in fixes] == [False] + [True] * (len(fixes) - 1)
    assert report["reads"]["asked"] >= report["reads"]["answered"] > 3
    again = json.loads(check("--format", "json", "--path", "/v1").out)
    assert again == report | {"checked_at": again["checked_at"]}
