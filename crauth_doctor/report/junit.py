"""The report as JUnit XML: a suite for the call, a test case for each stage.

The form is Jenkins's, which GitLab and Azure take too.
Source: https://github.com/jenkinsci/xunit-plugin/blob/master/src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd/junit-10.xsd
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final
from xml.etree import ElementTree as ET

from ..deferred import regex
from ..fixes import gcloud, words
from ..model.finding import Finding
from ..redaction import clean, is_clean
from .document import OBSTACLES, Report, source_in_words
from .headline import headline
from .stages import Effect, StageRow, stage_rows

_NOT_XML: Final = regex("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Source: https://www.w3.org/TR/xml/#charsets"""
_STOPS: Final = frozenset({Effect.STOPS, Effect.PROBABLY_STOPS, Effect.WOULD_STOP})
_SKIPPED: Final = frozenset({Effect.UNSEEN, Effect.WOULD_PASS, Effect.NOTHING, Effect.NOT_REACHED})


def render(document: Report) -> str:
    """Return the report as XML, with a newline at the end."""
    return xml_of([suite_of(document)])


def xml_of(suites: Iterable[ET.Element]) -> str:
    """Return suites as one document, with a newline at the end."""
    root = ET.Element("testsuites", name="crauth-doctor")
    root.extend(suites)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def suite_of(document: Report) -> ET.Element:
    """Return the suite of one call."""
    rows = stage_rows(document)
    unsure = _undecided_at(document, rows)
    target = document.target
    pair = f"{target.name or 'the call'} from {document.caller.name or 'unknown'}"
    place = f"crauth-doctor.{without_dots(f'{pair} {target.method} {target.path}')}"
    suite = ET.Element("testsuite", name=xml_text(pair))
    kinds = []
    for number, row in enumerate(rows, 1):
        case = ET.SubElement(suite, "testcase", classname=place, name=f"{number} {row.name}", time="0")
        kind = _kind(row, unsure=row is unsure)
        kinds.append(kind)
        if kind:
            _tell(ET.SubElement(case, kind), kind, row, document)
    suite.attrib |= counted(kinds)
    return suite


def counted(kinds: Sequence[str]) -> dict[str, str]:
    """Return what a suite says of its cases: each a failure, an error, skipped, or empty where it is well."""
    numbers = {f"{kind}s": kinds.count(kind) for kind in ("failure", "error")} | {"skipped": kinds.count("skipped")}
    return {name: str(number) for name, number in {"tests": len(kinds), **numbers, "time": 0}.items()}


def _undecided_at(document: Report, rows: tuple[StageRow, ...]) -> StageRow | None:
    """Return the stage that is an error, lest a run that cannot tell looks as if nothing failed."""
    if document.exit.value != 11:
        return None
    refusals = (seen for seen in document.diagnosis.observations if seen.speaks and not seen.passed)
    refused = frozenset[object]().union(*(seen.stages for seen in refusals))
    return (
        next((row for row in rows if row.effect in {Effect.SHOULD_STOP, Effect.FAILED}), None)
        or next((row for row in rows if row.effect is Effect.UNSEEN and (row.stage in refused or not refused)), None)
        or next((row for row in rows if row.effect is Effect.UNSEEN or row.stage in refused), None)
        or rows[-1]
    )


def _kind(row: StageRow, *, unsure: bool) -> str:
    if unsure or row.effect is Effect.FAILED:
        return "error"
    if row.effect in _STOPS:
        return "failure"
    return "skipped" if row.effect in _SKIPPED else ""


def _tell(element: ET.Element, kind: str, row: StageRow, document: Report) -> None:
    """Write what happened, as the message and as the content: each viewer shows one of them."""
    finding = row.finding if kind == "failure" else None
    title = _title(row, document, kind)
    if kind != "skipped":
        element.set("type", row.outcome.rule if row.outcome and finding else document.diagnosis.conclusion.value)
    element.set("message", xml_text(title))
    lines = [title, *(_finding_lines(finding, document) if finding else ())]
    if kind == "error":
        unread = document.diagnosis.unread
        lines += [f"- {source_in_words(one.source)}: {OBSTACLES[one.obstacle]}" for one in unread]
        lines += [f"- it can be {outcome.rule}: {outcome.title}" for outcome in document.diagnosis.open]
    element.text = "\n".join(map(xml_text, lines))


def _title(row: StageRow, document: Report, kind: str) -> str:
    if kind == "error":
        return str(headline(document))
    if kind == "failure" and row.outcome:
        return row.finding.title if row.finding else row.outcome.title
    return row.effect.in_words


def _finding_lines(finding: Finding, document: Report) -> list[str]:
    lines = [f"- {document.sentence(text)}" for text in finding.because]
    for change in finding.fixes[:1]:
        lines += ["", words.sentence(change), *(c for c in gcloud.commands(change) if is_clean(c))]
    return lines


def without_dots(text: str) -> str:
    """Return a text without dots: Jenkins takes one for the end of a package's name."""
    return re.sub(r"[./]+", "_", xml_text(text))


def xml_text(text: str) -> str:
    """Return a text without the characters that XML cannot hold."""
    return _NOT_XML.sub("", clean(text))
