"""Objects as programs print them or source text writes them (JavaScript, Python, Ruby), turned into JSON."""

from __future__ import annotations

import json
import re

from ...deferred import regex
from ...google_json import json_access as look

_LIMIT = 64 * 1024
_TOKENS = regex(
    r"""(?P<string>[bur]?(?P<quote>['"`])(?P<inside>(?:(?!(?P=quote))[^\\]|\\.)*+)(?P=quote))
    |(?P<symbol>:[A-Za-z_]\w{0,60}(?=\s?=>))
    |(?P<printed>\[(?:Object:\ null\ prototype
        |[A-Z]\w{0,40}(?::\ [\w.$\ ]{1,60})?|Circular\ \*\d|Getter(?:/Setter)?)\](?P<opens>\s{0,4}\{)?)
    |(?P<computed>\[Symbol\([^)\]\n]{0,80}\)\](?=\s?:))
    |(?P<key>[@A-Za-z_$][\w$-]{0,80}(?=\s{0,4}:(?!:)))
    |(?P<class>(?:%|%?[A-Za-z_$][\w$.]{0,60}\s{0,4}(?:\(\d+\)\s{0,4})?)(?=[{\[]))
    |(?P<word>[A-Za-z_$][\w$.]{0,80})
    |(?P<number>-?\d[\d_]*(?:\.\d+)?n?)
    |(?P<arrow>=>)
    |(?P<comment>//[^\n]*|/\*(?:(?!\*/).)*+\*/|\#[^\n]*)
    |(?P<plain>[{}\[\]:,])
    |(?P<space>\s+)""",
    re.VERBOSE | re.DOTALL,
)
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_WORDS = {
    "true": "true",
    "false": "false",
    "True": "true",
    "False": "false",
    **{method: json.dumps(method) for method in _METHODS},  # Rust prints them without quotes
}
_EMPTY = frozenset({"null", "None", "nil", "undefined", "NaN"})
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\n": ""}
_TRAILING = regex(r",(?=\s*[}\]])")
_ESCAPED = regex(r"\\(.)", re.DOTALL)


def value_of(text: str) -> object:
    """Return what an object literal holds; None where it is none, or holds anything that must be computed."""
    if len(text) > _LIMIT:
        return None
    parts: list[str] = []
    position, has_value = 0, False
    while position < len(text):
        found = _TOKENS.match(text, position)
        made = _json(found) if found else None
        if found is None or made is None:
            return None
        position = found.end()
        if made and not made.isspace():
            if has_value and made[0] not in "}]:,":
                parts.append(",")  # the console of old copied entries without any
            has_value = made[0] not in "{[:,"
        parts.append(made)
    return look.parsed(_TRAILING.sub("", "".join(parts)))


def _json(found: re.Match[str]) -> str | None:
    kind, text = found.lastgroup, found[0]
    if found["string"] is not None:
        if found["quote"] == "`" and "${" in found["inside"]:
            return None  # program text: what it will hold is not known
        return json.dumps(_ESCAPED.sub(lambda each: _ESCAPES.get(each[1], each[1]), found["inside"]))
    if found["printed"] is not None:
        return "{" if found["opens"] else "null"
    match kind:
        case "symbol":
            return json.dumps(text[1:])
        case "key" | "computed":
            return json.dumps(text)
        case "class" | "comment":
            return ""
        case "word":
            return "null" if text in _EMPTY else _WORDS.get(text)
        case "number":
            return text.replace("_", "").rstrip("n")
        case "arrow":
            return ":"
        case _:
            return text
