"""Which of a document's log entries a filter is about, in the part of the language that this tool's own filters use.

Documentation: https://docs.cloud.google.com/logging/docs/view/logging-query-language
"""

from __future__ import annotations

from typing import Final

from ...deferred import regex
from ...google_json import json_access as look
from ...google_json.json_access import Json

_TOKEN: Final = regex(
    r'\s*(?:(?P<word>AND|OR|\(|\))|(?P<path>[\w.]+)(?P<how>>=|=|:)(?:"(?P<text>[^"]*)"|(?P<bare>\S+?)(?=[\s)]|$)))'
)


def fits(entry: Json, wanted: str) -> bool:
    """Whether an entry is one that the filter asks for.

    Raises:
        ValueError: the filter has something in it that is not known here.
    """
    found = _Filter(entry, wanted)
    answer = found.every()
    if found.rest.strip():
        raise ValueError(f"a filter that is not understood at {found.rest[:40]!r}")
    return answer


class _Filter:
    def __init__(self, entry: Json, wanted: str) -> None:
        self._entry = entry
        self.rest = wanted

    def every(self) -> bool:
        """`a AND b`, or `a b`, which binds less than OR."""
        answer = self._either()
        while self._takes("AND") or (self.rest.strip() and not self.rest.lstrip().startswith(")")):
            answer = self._either() and answer
        return answer

    def _either(self) -> bool:
        answer = self._one()
        while self._takes("OR"):
            answer = self._one() or answer
        return answer

    def _one(self) -> bool:
        if self._takes("("):
            answer = self.every()
            if not self._takes(")"):
                raise ValueError("a filter with a parenthesis that is not closed")
            return answer
        found = _TOKEN.match(self.rest)
        if found is None or found["path"] is None:
            raise ValueError(f"a filter that is not understood at {self.rest[:40]!r}")
        self.rest = self.rest[found.end() :]
        value = look.text(self._entry, *found["path"].split(".")) or ""
        wanted = found["text"] if found["text"] is not None else found["bare"]
        match found["how"]:
            case ":":
                return wanted.lower() in value.lower()
            case ">=":
                return value >= wanted
            case _:
                return value == wanted

    def _takes(self, word: str) -> bool:
        found = _TOKEN.match(self.rest)
        if found is None or found["word"] != word:
            return False
        self.rest = self.rest[found.end() :]
        return True
