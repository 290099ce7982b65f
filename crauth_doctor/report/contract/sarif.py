"""What became of a contract as SARIF 2.1.0, at the lines of its file."""

from __future__ import annotations

import hashlib
import re
from typing import Final

from ...redaction import Json, clean, dumped
from ..sarif import rule_json
from .results import ClauseResult, ContractResults, ContractVerdict

_MOST: Final = 1000
"""Results at most: GitHub takes more, and nobody reads them."""


def render(found: ContractResults, *, every: bool = False) -> str:
    """Return the results as a SARIF log with one run, with a newline at the end.

    Args:
        found: the results.
        every: whether what is met is listed as well.
    """
    told = [one for one in found.clauses if every or one.verdict is not ContractVerdict.MET][:_MOST]
    rules = list(dict.fromkeys(_rule(one) for one in told))
    titles = {_rule(one): one.sentence for one in reversed(told)}
    return dumped(
        {
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [
                {
                    "tool": {
                        "driver": {
                            "name": "crauth-doctor",
                            "version": found.version,
                            "rules": [rule_json(rule, titles[rule], _how(rule)) for rule in rules],
                        }
                    },
                    "columnKind": "unicodeCodePoints",
                    "automationDetails": {"id": "crauth-doctor/expect/"},
                    "invocations": [{"executionSuccessful": True, "exitCode": found.exit.value}],
                    "results": [_result(found, one, rules.index(_rule(one))) for one in told],
                }
            ],
        }
    )


def _rule(one: ClauseResult) -> str:
    return one.cause or f"contract/{one.clause.replace(' ', '-')}"


def _how(rule: str) -> str:
    return "See what the contract expects at this line." if rule.startswith("contract/") else ""


def _result(found: ContractResults, one: ClauseResult, index: int) -> Json:
    levels = {
        ContractVerdict.BROKEN: "error",
        ContractVerdict.CANNOT_TELL: "note" if found.tolerated else "warning",
        ContractVerdict.MET: "none",  # the only level that goes with `pass`
    }
    key = (one.expectation, one.service, one.clause, one.subject)
    return {
        "ruleId": _rule(one),
        "ruleIndex": index,
        "level": levels[one.verdict],
        "kind": "pass" if one.verdict is ContractVerdict.MET else "fail",
        "message": {"text": " ".join([f"{clean(one.service)}: {one.title}: {one.sentence}", *one.unread])},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _path(found.file)},
                    "region": {"startLine": one.line},
                }
            }
        ],
        "partialFingerprints": {"crauthDoctor/v1": hashlib.sha256(repr(key).encode()).hexdigest()},
        "properties": {"expectation": clean(one.expectation), "sandbox": found.sandbox},
    }


def _path(file: str) -> str:
    """Return the file as a relative path, which is all that code scanning takes."""
    words = [re.sub(r"[^A-Za-z0-9_.-]+", "_", clean(word)) for word in file.split("/")]
    return "/".join(word for word in words if word not in {"", ".", ".."}) or "contract.yaml"
