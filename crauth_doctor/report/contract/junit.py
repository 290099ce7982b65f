"""What became of a contract as JUnit XML: a suite for each expectation, a test case for each clause."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from ..junit import without_dots, xml_text
from .results import ClauseResult, ContractResults, ContractVerdict


def render(found: ContractResults) -> str:
    """Return the results as XML, with a newline at the end."""
    root = ET.Element("testsuites", name="crauth-doctor")
    for name in dict.fromkeys(one.expectation for one in found.clauses):
        _suite(root, name, [one for one in found.clauses if one.expectation == name], tolerated=found.tolerated)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(root: ET.Element, name: str, clauses: list[ClauseResult], *, tolerated: bool) -> None:
    suite = ET.SubElement(root, "testsuite", name=xml_text(name))
    place = f"crauth-doctor.{without_dots(f'{name} {clauses[0].service}')}"
    kinds = [_case(suite, place, one, tolerated=tolerated) for one in clauses]
    suite.attrib |= {
        "tests": str(len(kinds)),
        "failures": str(kinds.count("failure")),
        "errors": str(kinds.count("error")),
        "skipped": str(kinds.count("skipped")),
        "time": "0",
    }


def _case(suite: ET.Element, place: str, one: ClauseResult, *, tolerated: bool) -> str:
    case = ET.SubElement(suite, "testcase", classname=place, name=xml_text(one.title), time="0")
    match one.verdict:
        case ContractVerdict.MET:
            return ""
        case ContractVerdict.BROKEN:
            kind = "failure"
        case ContractVerdict.CANNOT_TELL:
            kind = "skipped" if tolerated else "error"
    told = ET.SubElement(case, kind, message=xml_text(one.sentence))
    if kind != "skipped":
        told.set("type", one.cause or f"contract/{one.verdict.value}")
    told.text = "\n".join(xml_text(text) for text in (one.sentence, *(f"- {each}" for each in one.unread)))
    return kind
