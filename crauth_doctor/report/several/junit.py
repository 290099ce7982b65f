"""What became of several calls, as JUnit XML: a suite for each."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from ..junit import suite_of, without_dots, xml_of, xml_text
from ..pairs import PairResult


def render(results: Sequence[PairResult]) -> str:
    """Return the suites as one document, with a newline at the end."""
    return xml_of(suite_of(one.report) if one.report else _unjudged(one) for one in results)


def _unjudged(one: PairResult) -> ET.Element:
    pair = f"{one.row[0]} from {one.row[1]}"
    counted = {"tests": "1", "failures": "0", "errors": "1", "skipped": "0", "time": "0"}
    suite = ET.Element("testsuite", {"name": xml_text(pair), **counted})
    case = ET.SubElement(suite, "testcase", classname=f"crauth-doctor.{without_dots(pair)}", name="the call", time="0")
    error = ET.SubElement(case, "error", type="not-judged", message=xml_text(one.failure))
    error.text = xml_text(one.failure)
    return suite
