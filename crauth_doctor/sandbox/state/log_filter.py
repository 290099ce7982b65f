"""A part of Cloud Logging's query language: comparisons joined by AND, OR, NOT and parentheses.

https://cloud.google.com/logging/docs/view/logging-query-language. What it does not know it refuses; it never guesses.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeAlias

from .world import Json

Test: TypeAlias = Callable[[Json], bool]

_SEVERITIES = ("DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY")
_TOKEN = re.compile(
    r"\s*(?:(?P<open>\()|(?P<close>\))|(?P<op>=~|!~|!=|>=|<=|=|>|<|:)|(?P<quoted>\"(?:[^\"\\]|\\.)*\")"
    r"|(?P<word>(?:\.\"(?:[^\"\\]|\\.)*\"|[^\s()=<>:!\"~])+))"
)
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
    parser = _Parser(_tokens(text))
    if parser.done():
        return lambda _: True
    test = parser.expression()
    if not parser.done():
        raise ValueError(f"Unparseable filter: unexpected {parser.peek()!r}")
    return test


def _tokens(text: str) -> list[tuple[str, str]]:
    text = re.sub(r"(?m)^\s*--.*$", "", text)
    found, at = [], 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            raise ValueError(f"Unparseable filter: syntax error at {text[at : at + 20]!r}")
        found.append((str(match.lastgroup), match.group(str(match.lastgroup))))
        at = match.end()
    return found


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0

    def done(self) -> bool:
        return self._at >= len(self._tokens)

    def peek(self) -> str:
        return "" if self.done() else self._tokens[self._at][1]

    def _next(self) -> tuple[str, str]:
        if self.done():
            raise ValueError("Unparseable filter: it ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def expression(self) -> Test:
        """Terms joined by AND (or nothing). OR binds tighter than AND, as Cloud Logging has it."""
        tests = [self._alternatives()]
        while not self.done() and self.peek() != ")":
            if self.peek() == "AND":
                self._next()
            tests.append(self._alternatives())
        return lambda entry: all(test(entry) for test in tests)

    def _alternatives(self) -> Test:
        tests = [self._term()]
        while self.peek() == "OR":
            self._next()
            tests.append(self._term())
        return lambda entry: any(test(entry) for test in tests)

    def _term(self) -> Test:
        kind, text = self._next()
        if kind == "word" and text in ("NOT", "-"):
            inner = self._term()
            return lambda entry: not inner(entry)
        if kind == "open":
            test = self.expression()
            if self._next()[0] != "close":
                raise ValueError("Unparseable filter: a parenthesis is not closed")
            return test
        if kind == "word" and text == "log_id":
            return self._log_id()
        if kind not in ("word", "quoted"):
            raise ValueError(f"Unparseable filter: unexpected {text!r}")
        if kind == "word" and text.startswith("-"):
            self._at -= 1
            self._tokens[self._at] = ("word", text[1:])
            inner = self._term()
            return lambda entry: not inner(entry)
        if not self.done() and self._tokens[self._at][0] == "op":
            return self._comparison(text)
        wanted = _unquoted(text).lower()
        return lambda entry: any(wanted in str(value).lower() for value in _leaves(entry))

    def _log_id(self) -> Test:
        parts = [self._next() for _ in range(3)]
        if [kind for kind, _ in parts] != ["open", "quoted", "close"]:
            raise ValueError("Unparseable filter: log_id takes one quoted name")
        wanted = "/logs/" + _unquoted(parts[1][1]).replace("/", "%2F")
        return lambda entry: str(entry.get("logName", "")).endswith(wanted)

    def _comparison(self, field: str) -> Test:
        sign = self._next()[1]
        path = [_unquoted(each) for each in re.findall(r'"(?:[^"\\]|\\.)*"|[^.]+', field)]
        if self.peek() == "(":
            return self._value_list(path, sign)
        kind, value = self._next()
        if kind not in ("word", "quoted"):
            raise ValueError(f"Unparseable filter: unexpected {value!r}")
        return _compare(path, sign, _unquoted(value))

    def _value_list(self, path: list[str], sign: str) -> Test:
        self._next()
        tests, joined = [], set()
        while self.peek() != ")":
            kind, value = self._next()
            if kind == "word" and value in ("AND", "OR"):
                joined.add(value)
            elif kind in ("word", "quoted"):
                tests.append(_compare(path, sign, _unquoted(value)))
            else:
                raise ValueError(f"Unparseable filter: unexpected {value!r}")
        self._next()
        combine = any if joined == {"OR"} else all
        return lambda entry: combine(test(entry) for test in tests)


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
