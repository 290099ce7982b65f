"""One report in every format: all of them say the same, and each is what those who read it take."""

from __future__ import annotations

import importlib
import json
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

from jsonschema import Draft202012Validator
from junitparser import JUnitXml

from crauth_doctor.report import formats
from crauth_doctor.report.formats import SUFFIXES

BLOCKED, CANNOT_TELL = 10, 11
LEVEL = {0: "notice", BLOCKED: "error", CANNOT_TELL: "warning"}
MARK = {0: "✓", BLOCKED: "✗", CANNOT_TELL: "?"}
SCHEMA = Path(formats.__file__).with_name("report.schema.json")
COMMAND = re.compile(r"::(error|warning|notice) title=([^:,\n]*)::([^\n]*)")
JUNIT_SCHEMA: Final = Path(__file__).with_name("junit-10.xsd")
"""What Jenkins takes; GitLab and Azure take it too."""


@cache
def _junit_schema() -> Any:
    return importlib.import_module("xmlschema").XMLSchema(JUNIT_SCHEMA) if find_spec("xmlschema") else None


def hold_junit(document: Path | ET.Element) -> None:
    """Hold JUnit XML against the schema; where no validator is installed, `test_junit` says that it was not."""
    schema = _junit_schema()
    if schema is not None:
        schema.validate(document)


def strict(schema: Any) -> Any:
    """The same schema, in which no key is allowed that it does not name."""
    if isinstance(schema, list):
        return [strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {"additionalProperties": False} if "properties" in schema else {}
    return {**closed, **{key: strict(value) for key, value in schema.items()}}


VALIDATOR = Draft202012Validator(strict(json.loads(SCHEMA.read_text(encoding="utf-8"))))


def into(folder: Path) -> list[str]:
    """The options that write a report in every format."""
    return [word for name in SUFFIXES for word in ("--write", f"{name}={folder / name}")]


def agree(report: dict[str, Any], folder: Path) -> None:
    """Hold the files against the JSON report that was printed beside them."""
    assert [error.message for error in VALIDATOR.iter_errors(report)] == []
    found = {name: (folder / name).read_text(encoding="utf-8") for name in SUFFIXES}
    assert json.loads(found["json"]) == report
    tag = f"[{report['cause']}, {report['conclusion']}]"
    assert (tag in found["text"]) == (report["cause"] is not None)
    markdown(report, found["markdown"])
    page(report, found["html"])
    sarif(report, json.loads(found["sarif"]))
    junit(report, folder / "junit")
    github(report, found["github"])


def markdown(report: dict[str, Any], page: str) -> None:
    assert page.startswith(f"## {MARK[report['exit']]} ")
    assert f"**{report['conclusion']}**" in page
    assert report["cause"] is None or f"`{report['cause']}`" in page
    assert page.rstrip().endswith("```")
    assert page.count("\n```mermaid\n") == 1


def page(report: dict[str, Any], html: str) -> None:
    """The page carries the very document, names the cause, and is small."""
    embedded = re.search(r'<script type="application/json" id="crauth-doctor-report">(.*?)</script>', html, re.DOTALL)
    assert embedded
    assert json.loads(embedded[1]) == report
    assert report["cause"] is None or f'<span class="id">{report["cause"]}</span>' in html
    assert f"<b>{report['conclusion']}</b>" in html
    assert f"Exit status {report['exit']}." in html
    assert html.count('<details id="at-') == len(report["stages"])
    assert len(html.encode()) < 150_000


def sarif(report: dict[str, Any], log: dict[str, Any]) -> None:
    assert (log["version"], len(log["runs"])) == ("2.1.0", 1)
    run = log["runs"][0]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(set(rules)) == len(rules)
    descriptors = [*run["tool"]["driver"]["rules"], *run["tool"]["driver"]["notifications"]]
    assert not [each["id"] for each in descriptors if each.get("name", "").lower() == each["id"]]
    assert [each["ruleId"] for each in run["results"] if each["level"] == "error"] == (
        [report["cause"]] if report["exit"] == BLOCKED else []
    )
    assert ("undecided" in rules) == (report["exit"] == CANNOT_TELL)
    assert run["invocations"][0]["exitCode"] == report["exit"]
    assert len(run["invocations"][0]["toolExecutionNotifications"]) == len(report["unread"])
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["message"]["text"].endswith(".")
        (place,) = result["locations"]
        # GitHub refuses what is no relative path within a repository
        assert re.fullmatch(r"cloud-run(/[\w-][\w.-]*)+", place["physicalLocation"]["artifactLocation"]["uri"])
        assert re.fullmatch(r"[0-9a-f]{64}", result["partialFingerprints"]["crauthDoctor/v1"])


def junit(report: dict[str, Any], file: Path) -> None:
    hold_junit(file)
    (suite,) = JUnitXml.fromfile(str(file))
    cases = list(suite)
    assert [case.name.split(" ")[0] for case in cases] == [str(n) for n in range(1, len(report["stages"]) + 1)]
    kinds = [type(result).__name__ for case in cases for result in case.result]
    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (
        len(cases), kinds.count("Failure"), kinds.count("Error"), kinds.count("Skipped")
    )  # fmt: skip
    assert all(result.text for case in cases for result in case.result)
    if report["exit"] == 0:
        assert set(kinds) <= {"Skipped"}
    elif report["exit"] == BLOCKED:
        assert report["cause"] in {result.type for case in cases for result in case.result}
        assert suite.errors == 0
    else:
        assert suite.errors == 1


def github(report: dict[str, Any], commands: str) -> None:
    found = [COMMAND.fullmatch(line) for line in commands.splitlines()]
    assert all(found)
    levels = [each[1] for each in found if each]
    assert levels[0] == LEVEL[report["exit"]]
    assert LEVEL[report["exit"]] == "error" or "error" not in levels
    assert max(map(levels.count, levels)) <= 10
    assert report["cause"] is None or (found[0] and found[0][2] == f"crauth-doctor%3A {report['cause']}")
