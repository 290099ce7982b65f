"""What became of several calls together, in every format that one report has."""

from __future__ import annotations

import json
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from ..deferred import dataclass
from ..model.fact import ReadTiming
from ..redaction import clean
from . import github, html, markdown, sarif
from . import json as report_json
from . import text as report_text
from .document import Report, time_of
from .junit import counted, suite_of, without_dots, xml_of, xml_text
from .layout import Hue, Look, TextPage
from .markdown_text import cell, escaped
from .pages.frame import framed
from .status import ExitStatus, worst
from .tool import timings

HEADS = ("Service", "Caller", "Result", "Cause")


@dataclass(frozen=True)
class PairResult:
    """What became of one of several calls."""

    service: str  # as it was asked for
    caller: str  # as it was asked for
    report: Report | None  # the diagnosis; None where the call could not be judged at all
    failure: str = ""  # why not, in a sentence or two; empty where it was judged
    failed: ExitStatus = ExitStatus.FAILED  # what that alone would end with

    @property
    def exit(self) -> ExitStatus:
        """What this one alone would end with."""
        return self.report.exit if self.report else self.failed

    @property
    def row(self) -> tuple[str, str, str, str]:
        """Service, caller, result and cause, in words."""
        if self.report is None:
            return clean(self.service), clean(self.caller), "not judged", ""
        diagnosis = self.report.diagnosis
        names = clean(self.report.target.name or self.service), clean(self.report.caller.asked or self.caller)
        return *names, diagnosis.conclusion.value, diagnosis.cause.rule if diagnosis.cause else ""


def status(results: Sequence[PairResult]) -> ExitStatus:
    """Return what the process ends with: the worst of them."""
    return worst(one.exit for one in results)


def as_json(results: Sequence[PairResult], taken: Sequence[ReadTiming] | None = None) -> str:
    """Return all reports as JSON, schema version 1, each as it stands alone."""
    return report_json.written(
        {
            "pairs": [_document(one) for one in results],
            "exit": status(results).value,
            **({} if taken is None else {"timings": timings.as_json(taken)}),
        },
    )


def _document(one: PairResult) -> object:
    if one.report is not None:
        return json.loads(report_json.render(one.report))
    error = json.loads(report_json.render_error(one.failure, one.failed))
    return {"target": {"service": clean(one.service)}, "caller": {"asked": clean(one.caller)}, **error}


def summary(results: Sequence[PairResult]) -> str:
    """Return how many of them are blocked, undecided, not judged at all, and clear."""
    blocked, unsure = _counted(results)
    failed = sum(one.report is None for one in results)
    told = f"{blocked} blocked, {unsure - failed} undecided{f', {failed} not judged' if failed else ''}"
    return f"{len(results)} calls: {told}, {len(results) - blocked - unsure} clear."


def _counted(results: Sequence[PairResult]) -> tuple[int, int]:
    blocked = sum(one.exit is ExitStatus.BLOCKED for one in results)
    return blocked, sum(one.exit not in {ExitStatus.BLOCKED, ExitStatus.CLEAR} for one in results)


def as_text(results: Sequence[PairResult], look: Look) -> str:
    """Return the table and the reports as text, with a newline at the end."""
    page = TextPage(look)
    blocked, unsure = _counted(results)
    page.headline(summary(results), Hue.BAD if blocked else Hue.UNSURE if unsure else Hue.GOOD, "")
    page.gap()
    page.table([HEADS, *(one.row for one in results)])
    for one in results:
        if one.exit is ExitStatus.CLEAR:
            continue
        page.heading(f"{clean(one.row[0])} from {clean(one.row[1])}")
        if one.report is None:
            page.paragraph(clean(one.failure))
        else:
            page.lines += report_text.render(one.report, look).rstrip("\n").split("\n")
    return str(page)


def rendered(name: str, results: Sequence[PairResult], look: Look, taken: Sequence[ReadTiming] | None = None) -> str:
    """Return what became of several calls in one of the formats."""
    match name:
        case "json":
            return as_json(results, taken)
        case "html":
            return _html(results)
        case "markdown":
            return _markdown(results)
        case "sarif":
            judged = [one.report for one in results if one.report is not None]
            failures = [f"{one.row[0]} from {one.row[1]}: {one.failure}" for one in results if one.report is None]
            return sarif.log(judged, status(results), failures)
        case "junit":
            return xml_of(suite_of(one.report) if one.report else _unjudged(one) for one in results)
        case "github":
            return _github(results)
        case _:
            return as_text(results, look)


def _github(results: Sequence[PairResult]) -> str:
    lines = []
    for one in results:
        failed = github.command("error", "not judged", f"{one.row[0]} from {one.row[1]}: {one.failure}")
        lines.append(github.render(one.report) if one.report else f"{failed}\n")
    return "".join(lines)


def _html(results: Sequence[PairResult]) -> str:
    reports = [one.report for one in results if one.report]
    return framed(
        "several.html.j2",
        summary(results),
        as_json(results),
        summary=summary(results),
        sandbox=any(one.sandbox for one in reports),
        checked_at=time_of(reports[0].checked_at) if reports else None,
        heads=HEADS,
        rows=[(one.row, html.tone(one.exit)) for one in results],
        calls=[
            (no, f"{one.row[0]} from {one.row[1]}", one.failure, html.values(one.report) if one.report else None)
            for no, one in enumerate(results, 1)
            if one.exit is not ExitStatus.CLEAR
        ],
        exit=status(results).value,
    )


def _unjudged(one: PairResult) -> ET.Element:
    pair = f"{one.row[0]} from {one.row[1]}"
    suite = ET.Element("testsuite", {"name": xml_text(pair), **counted(["error"])})
    case = ET.SubElement(suite, "testcase", classname=f"crauth-doctor.{without_dots(pair)}", name="the call", time="0")
    error = ET.SubElement(case, "error", type="not-judged", message=xml_text(one.failure))
    error.text = xml_text(one.failure)
    return suite


def _markdown(results: Sequence[PairResult]) -> str:
    rows = [tuple(cell(each) if each else "" for each in one.row) for one in results]
    table = [f"| {' | '.join(row)} |" for row in (HEADS, ("---",) * len(HEADS), *rows)]
    blocks = [f"## {escaped(summary(results))}", "\n".join(table)]
    for one in results:
        if one.report is None:
            said = f"{one.row[0]} from {one.row[1]} could not be judged."
            blocks += [f"## ? {escaped(said)}", escaped(one.failure)]
        elif one.exit is not ExitStatus.CLEAR:
            blocks.append(markdown.render(one.report).rstrip("\n"))
    return "\n\n".join(blocks) + "\n"
