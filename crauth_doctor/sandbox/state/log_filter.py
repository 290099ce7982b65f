"""A part of Cloud Logging's query language: comparisons joined by AND, OR, NOT and parentheses.

https://cloud.google.com/logging/docs/view/logging-query-language. What it does not know it refuses; it never guesses.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from .world import Json

if TYPE_CHECKING:
    from lark import Lark, Token, Tree

Test: TypeAlias = Callable[[Json], bool]

# OR binds tighter than AND, which may be left out.
_GRAMMAR = r"""
?every: either (_AND? either)*
?either: item (_OR item)*
?item: _NOT item -> negation
    | "(" every ")"
    | _LOG_ID "(" QUOTED ")" -> log_id
    | name OPERATOR (name | "(" values ")") -> comparison
    | name -> text
?values: choice (_AND? choice)* -> every
?choice: name (_OR name)* -> either
?name: WORD | QUOTED

OPERATOR: /=~|!~|!=|>=|<=|[=<>:]/
QUOTED: /"(?:[^"\\]|\\.)*"/
WORD: /(?!(?:AND|OR|NOT)(?![^\s()=<>:!"~]))(?:\."(?:[^"\\]|\\.)*"|[^\s()=<>:!"~])+/
_AND: /AND(?![^\s()=<>:!"~])/
_OR: /OR(?![^\s()=<>:!"~])/
_NOT.2: /NOT(?![^\s()=<>:!"~])|-/
_LOG_ID.2: /log_id(?=\s*\()/
%ignore /\s+/
"""
_SEVERITIES = ("DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY")
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


def compile_filter(text: str) -> Test:
    """A test of log entries.

    Raises:
        ValueError: if the filter is not understood.
    """
    from lark.exceptions import UnexpectedInput

    text = re.sub(r"(?m)^\s*--.*$", "", text)
    if not text.strip():
        return lambda _: True
    try:
        return _joined(_parser().parse(text), _single)
    except UnexpectedInput as error:
        raise ValueError(f"Unparseable filter: syntax error at line {error.line}, column {error.column}") from None
    except re.error as error:
        raise ValueError(f"Unparseable filter: not a regular expression: {error}") from None


@cache
def _parser() -> Lark:
    from lark import Lark

    return Lark(_GRAMMAR, start="every", parser="lalr")


def _joined(node: Any, single: Callable[[Any], Test]) -> Test:
    """The test of a node: what joins it stands here, `single` makes one of a leaf."""
    combine = {"every": all, "either": any}.get(getattr(node, "data", ""))
    if combine is None:
        return single(node)
    tests = [_joined(each, single) for each in node.children]
    return lambda entry: combine(test(entry) for test in tests)


def _single(node: Tree[Token]) -> Test:
    match node.data, node.children:
        case "negation", [inner]:
            test = _joined(inner, _single)
            return lambda entry: not test(entry)
        case "log_id", [name]:
            wanted = "/logs/" + _unquoted(str(name)).replace("/", "%2F")
            return lambda entry: str(entry.get("logName", "")).endswith(wanted)
        case "comparison", [field, sign, value]:
            path = [_unquoted(each) for each in re.findall(r'"(?:[^"\\]|\\.)*"|[^.]+', str(field))]
            return _joined(value, lambda one: _compare(path, str(sign), _unquoted(str(one))))
        case _:
            word = _unquoted(str(node.children[0])).lower()
            return lambda entry: any(word in str(value).lower() for value in _leaves(entry))


def _compare(path: list[str], sign: str, wanted: str) -> Test:
    if sign in ("=~", "!~"):
        pattern = re.compile(wanted)
        return lambda entry: any(bool(pattern.search(str(each))) for each in _values(entry, path)) is (sign == "=~")
    if sign == "!=":
        equal = _compare(path, "=", wanted)
        return lambda entry: not equal(entry)
    if sign == ":":
        if wanted == "*":
            return lambda entry: bool(_values(entry, path))
        return lambda entry: any(wanted.lower() in str(each).lower() for each in _values(entry, path))
    if sign == "=":
        return lambda entry: any(_equal(each, wanted) for each in _values(entry, path))
    return lambda entry: any(_ordered(each, sign, wanted) for each in _values(entry, path))


def _equal(value: Any, wanted: str) -> bool:
    if isinstance(value, bool):
        return str(value).lower() == wanted.lower()
    moment = _moment(value)
    if moment is not None:
        return moment == _moment(wanted)
    return str(value).lower() == wanted.lower() or _unescaped(str(value)) == _unescaped(wanted)


def _unescaped(text: str) -> str:
    return text.replace("%2F", "/").lower()


def _ordered(value: Any, sign: str, wanted: str) -> bool:
    compare = _ORDER[sign]
    if wanted.upper() in _SEVERITIES and str(value).upper() in _SEVERITIES:
        return compare(_SEVERITIES.index(str(value).upper()), _SEVERITIES.index(wanted.upper()))
    left, right = _moment(value), _moment(wanted)
    if left is not None and right is not None:
        return compare(left, right)
    try:
        return compare(float(str(value).removesuffix("s")), float(wanted.removesuffix("s")))
    except ValueError:
        return compare(str(value), wanted)


def _moment(value: Any) -> datetime | None:
    text = str(value)
    if not re.match(r"\d{4}-\d\d-\d\d", text):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (
        moment
        if moment.tzinfo
        else datetime.fromisoformat(f"{text}+00:00" if "T" in text else f"{text}T00:00:00+00:00")
    )


def _values(entry: Any, path: list[str]) -> list[Any]:
    if not path:
        return [entry] if not isinstance(entry, dict | list) or entry else []
    if isinstance(entry, list):
        return [value for each in entry for value in _values(each, path)]
    if not isinstance(entry, dict):
        return []
    for length in range(1, len(path) + 1):  # a map's key may hold dots
        key = ".".join(path[:length])
        if key in entry:
            return _values(entry[key], path[length:])
    if path == ["severity"]:
        return ["DEFAULT"]
    return []


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for each in value.values() for leaf in _leaves(each)]
    if isinstance(value, list):
        return [leaf for each in value for leaf in _leaves(each)]
    return [value]


def _unquoted(text: str) -> str:
    if text.startswith('"') and text.endswith('"') and len(text) > 1:
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text
