"""Text in a workflow's source: literals, and the expressions `${…}` that only join text.

Documentation: https://docs.cloud.google.com/workflows/docs/reference/syntax/expressions
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from ..deferred import dataclass, regex

_EXPRESSION: Final = regex(r"\$\{(.*)\}", re.DOTALL)
_TERM: Final = regex(r"""\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[\w.]+(?:\((?:"[^"]*"|'[^']*')?\))?)\s*(\+|$)""")
_GET_ENV: Final = regex(r"""sys\.get_env\(["']([^"']+)["']\)""")
_DEEPEST: Final = 8


@dataclass(frozen=True)
class Expressions:
    """What names in expressions stand for."""

    environment: Mapping[str, str]  # the workflow's own environment variables
    assigned: Mapping[str, object]  # its variables, as they are assigned; None for one that cannot be told

    def text(self, value: object, depth: int = 0) -> tuple[str, bool]:
        """Return the text that a value stands for, as far as its beginning is known, and whether that is all."""
        if not isinstance(value, str) or depth > _DEEPEST:
            return "", False
        found = _EXPRESSION.fullmatch(value.strip())
        return self._joined(found[1], depth) if found else (value, True)

    def _joined(self, expression: str, depth: int) -> tuple[str, bool]:
        known, position = "", 0
        while position < len(expression):
            term = _TERM.match(expression, position)
            if term is None:
                return known, False
            text, whole = self._term(term[1], depth)
            known += text
            if not whole:
                return known, False
            position = term.end()
        return known, True

    def _term(self, term: str, depth: int) -> tuple[str, bool]:
        if term[0] in "\"'":
            return term[1:-1], True
        if variable := _GET_ENV.fullmatch(term):
            value = self.environment.get(variable[1])
            return ("", False) if value is None else (str(value), True)
        return self.text(self.assigned.get(term), depth + 1)
