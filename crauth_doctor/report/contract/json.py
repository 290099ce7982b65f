"""What became of a contract as JSON, schema version 1. Keys may be added, never removed or changed in meaning."""

from __future__ import annotations

from ...redaction import clean
from ..json import SCHEMA, dumped, tool
from .results import ClauseResult, ContractResults


def render(found: ContractResults) -> str:
    """Return the results as JSON, with a newline at the end."""
    return dumped(
        {
            "schema": SCHEMA,
            "tool": tool(found.version),
            "sandbox": found.sandbox,
            "contract": clean(found.file),
            "unknownTolerated": found.tolerated,
            "results": [_result(one) for one in found.clauses],
            "exit": found.exit.value,
        }
    )


def _result(one: ClauseResult) -> object:
    return {
        "id": clean(one.expectation),
        "clause": one.clause,
        "service": clean(one.service),
        "subject": clean(one.subject),
        "line": one.line,
        "result": one.verdict.value,
        "because": clean(one.because),
        "cause": one.cause or None,
        "unread": [
            {
                "read": clean(unread.source.read),
                "target": clean(unread.source.target),
                "obstacle": unread.obstacle.value,
                "permission": unread.permission,
            }
            for unread in one.missing
        ],
    }
