"""The report as SARIF 2.1.0, for code scanning.

Sources: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html and
https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
(a result without a relative path as its location is refused there).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from .. import __version__
from ..fixes import words
from ..fixes.names import parse
from ..model.fact import Unknown
from ..redaction import Json, clean, dumped
from .document import Report, unread_shortly, whole
from .headline import headline
from .status import ExitStatus

_UNDECIDED: Final = "undecided"
_UNREAD: Final = "unread"
_HOW: Final = {_UNDECIDED: "Give what the report asks for."}
_MOST: Final = 1000
"""Results and notifications at most: GitHub takes more, and nobody reads them."""


def render(document: Report) -> str:
    """Return the report as a SARIF log with one run, with a newline at the end."""
    return log((document,), document.exit)


def log(documents: Sequence[Report], status: ExitStatus, failures: Sequence[str] = ()) -> str:
    """Return reports as a SARIF log with one run, with a newline at the end."""
    found = [(document, *one) for document in documents for one in _found(document)][:_MOST]
    rules = tuple(dict.fromkeys(rule for _, rule, _, _ in found))
    titles = {rule: text for _, rule, _, text in reversed(found)}
    unread = dict.fromkeys(one for document in documents for one in document.diagnosis.unread)
    told = [_failure(text) for text in failures] + [_unread(one) for one in unread]
    return log_of(
        "check",
        {
            "rules": [rule_json(rule, titles[rule], _HOW.get(rule, "")) for rule in rules],
            "notifications": [_notification()],
        },
        {"executionSuccessful": not failures, "exitCode": status.value, "toolExecutionNotifications": told[:_MOST]},
        [_result(document, rule, rules.index(rule), level, text) for document, rule, level, text in found],
    )


def log_of(command: str, driver: Mapping[str, Json], invocation: Json, results: list[Json]) -> str:
    """Return a log with one run of a command of this tool, with a newline at the end."""
    return dumped(
        {
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [
                {
                    "tool": {"driver": {"name": "crauth-doctor", "version": __version__, **driver}},
                    "columnKind": "unicodeCodePoints",
                    "automationDetails": {"id": f"crauth-doctor/{command}/"},
                    "invocations": [invocation],
                    "results": results,
                }
            ],
        }
    )


def _found(document: Report) -> Iterator[tuple[str, str, str]]:
    """Yield the id, the level and the text of each result: the cause, what blocks too, what stops nothing."""
    diagnosis = document.diagnosis
    cause, decided = diagnosis.cause, document.exit.value != 11
    if not decided:
        yield _UNDECIDED, "warning", whole(str(headline(document)))
    if cause and decided:
        fixes = cause.finding.fixes if cause.finding else ()
        fix = f" Fix: {clean(words.sentence(fixes[0]))}" if fixes else ""
        yield cause.rule, "error", f"{document.sentence(headline(document).sentence)}{fix}"
    for outcome, finding in document.elsewhere:
        yield outcome.rule, "warning", document.sentence(finding.title)
    for outcome in diagnosis.warnings:
        if outcome.finding:
            yield outcome.rule, "note", document.sentence(outcome.finding.title)


def rule_json(rule: str, text: str, how: str = "") -> Json:
    """Return what a log says of a rule.

    `how`: what to do about it; left out: to read its page.
    """
    how = how or f"Run: crauth-doctor explain {rule}"
    name = "".join(word.title() for word in re.split(r"[/-]", rule))
    return {
        "id": rule,
        **({"name": name} if name.lower() != rule else {}),  # the specification wants no name that says the id again
        "shortDescription": {"text": text},
        "fullDescription": {"text": text},
        "help": {"text": how},
        "properties": {"tags": ["cloud-run", "authentication", rule.partition("/")[0]]},
    }


def _notification() -> Json:
    return {
        "id": _UNREAD,
        "shortDescription": {"text": "Something could not be read."},
        "fullDescription": {"text": "A setting that may decide the call could not be read."},
        "help": {"text": "Ask for the permission that the message names."},
    }


def _failure(text: str) -> Json:
    return {"level": "error", "message": {"text": clean(text)}}


def _unread(unknown: Unknown) -> Json:
    return {"level": "warning", "message": {"text": unread_shortly(unknown)}, "descriptor": {"id": _UNREAD}}


def _result(document: Report, rule: str, index: int, level: str, text: str) -> Json:
    target, caller = document.target, document.caller
    key = (rule, target.service or target.url, caller.member or caller.asked, target.method, target.path)
    full = clean(parse(target.service).path if target.service else target.url) or "unknown"
    where: dict[str, Json] = {
        "physicalLocation": {"artifactLocation": {"uri": _path(document)}, "region": {"startLine": 1}},
        "logicalLocations": [{"name": clean(target.name) or "unknown", "fullyQualifiedName": full, "kind": "resource"}],
    }
    return {
        "ruleId": rule,
        "ruleIndex": index,
        "level": level,
        "kind": "fail",
        "message": {"text": text},
        "locations": [where],
        "partialFingerprints": {"crauthDoctor/v1": hashlib.sha256("\0".join(key).encode()).hexdigest()},
        "properties": {
            "conclusion": document.diagnosis.conclusion.value,
            "caller": clean(caller.asked),
            "sandbox": document.sandbox,
        },
    }


def _path(document: Report) -> str:
    """Return a relative path that stands for the service: there is no file in which it could be wrong."""
    found = parse(document.target.service or "")
    words_of_it = (found.project, found.region, found.id) if found.id else (document.target.name or "unknown",)
    return "/".join(["cloud-run", *(re.sub(r"[^A-Za-z0-9_.-]+|^\.+", "_", clean(word)) or "_" for word in words_of_it)])
