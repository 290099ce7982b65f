"""IAM conditions: CEL with IAM's own functions, by a parser of the sandbox's own.

It shares nothing with the doctor's: two readings of one page are worth more than one.
https://cloud.google.com/iam/docs/conditions-attribute-reference
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

from ..state.world import Json

Node: TypeAlias = Callable[[Json], Any]

_LONGEST, _DEEPEST = 2048, 50
_TOKENS: Final = re.compile(
    r"""\s*(?:(?P<number>\d+\.\d+|\d+)|(?P<text>[rR]?(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'))|(?P<name>[A-Za-z_]\w*)"""
    r"""|(?P<sign>\|\||&&|[<>=!]=|[-+*/%<>!?:.,()\[\]]))"""
)
_BINDS: Final = {"||": 1, "&&": 2, **dict.fromkeys(("==", "!=", "<", "<=", ">", ">=", "in"), 3), "+": 4, "-": 4}
TAGS: Final = "the resource's tags"
"""Under this key, which no expression can name, the attributes hold the effective tags of what is accessed."""
_TAG_FIELDS: Final = {
    "hasTagKey": ("namespacedTagKey",),
    "hasTagKeyId": ("tagKey",),
    "matchTag": ("namespacedTagKey", "namespacedTagValue"),
    "matchTagId": ("tagKey", "tagValue"),
}


class _Error(Exception):
    """What CEL calls an error: a value that is not there, or not of the right type."""


def holds(expression: str, attributes: Json) -> bool | None:
    """Whether a condition is met; `None` where it cannot be evaluated.

    An attribute that is not among `attributes` is an error, as it is in CEL: `a || b` is still met by the other side.
    """
    try:
        value = _compiled(expression)(attributes)
    except (_Error, SyntaxError, ValueError, TypeError, KeyError, ArithmeticError, OSError):
        return None
    return value if isinstance(value, bool) else None


def granted(binding: Json, attributes: Json) -> bool:
    """Whether a binding counts: it has no condition, or one that is met."""
    condition = binding.get("condition")
    if not condition:
        return True
    return holds(str(condition.get("expression", "")), attributes) is True


@lru_cache(maxsize=512)
def _compiled(expression: str) -> Node:
    if len(expression.encode("utf-8", "replace")) > _LONGEST:
        raise SyntaxError("it is too long")
    reader = _Reader(_split(expression))
    node = reader.expression(0)
    if reader.peek():
        raise SyntaxError("something follows it")
    return node


def _split(expression: str) -> list[str]:
    tokens, at, end = [], 0, len(expression.rstrip())
    while at < end:
        found = _TOKENS.match(expression, at)
        if not found:
            raise SyntaxError("a sign that is not CEL's")
        tokens.append(found.group().strip())
        at = found.end()
    return tokens


class _Reader:
    """A parser that climbs by precedence. https://github.com/google/cel-spec/blob/master/doc/langdef.md."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens, self._at, self._depth = tokens, 0, 0

    def peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self, wanted: str = "") -> str:
        token = self.peek()
        if not token or (wanted and token != wanted):
            raise SyntaxError(f"{wanted or 'something'} was expected")
        self._at += 1
        return token

    def expression(self, least: int) -> Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise SyntaxError("it is nested too deeply")
        left = self._unary()
        while (token := self.peek()) and (binds := _BINDS.get(token, 5 if token in "*/%" else 0)) > least:
            self._take()
            left = _joined(token, left, self.expression(binds))
        if least == 0 and self.peek() == "?":
            self._take()
            left = self._choice(left)
        self._depth -= 1
        return left

    def _choice(self, test: Node) -> Node:
        one = self.expression(0)
        self._take(":")
        other = self.expression(0)
        return lambda given: one(given) if _truth(test(given)) else other(given)

    def _unary(self) -> Node:
        signs = []
        while self.peek() in {"!", "-"}:
            signs.append(self._take())
        if len(signs) > _DEEPEST:
            raise SyntaxError("it is nested too deeply")
        node = self._member()
        for sign in reversed(signs):
            node = _turned(sign, node)
        return node

    def _member(self) -> Node:
        node = self._primary()
        while self.peek() in {".", "["}:
            if self._take() == "[":
                node = _item(node, self.expression(0))
                self._take("]")
                continue
            name = self._take()
            node = self._call(name, node) if self.peek() == "(" else _item(node, _constant(name))
        return node

    def _call(self, name: str, target: Node) -> Node:
        if name in {"exists", "all"}:
            self._take("(")
            variable = self._take()
            self._take(",")
            body = self.expression(0)
            self._take(")")
            together = any if name == "exists" else all
            return lambda given: together(_truth(body({**given, variable: each})) for each in target(given))
        arguments = self._arguments("(", ")")
        if name in _TAG_FIELDS:
            return lambda given: _is_tagged(given, _TAG_FIELDS[name], [each(given) for each in arguments])
        function = _METHODS.get(name)
        if function is None:
            raise SyntaxError(f"no function {name}")
        return lambda given: function(target(given), *(each(given) for each in arguments))

    def _arguments(self, opening: str, closing: str) -> list[Node]:
        self._take(opening)
        found: list[Node] = []
        while self.peek() != closing:
            found.append(self.expression(0))
            if self.peek() != closing:
                self._take(",")
        self._take(closing)
        return found

    def _primary(self) -> Node:
        if self.peek() == "(":
            self._take()
            node = self.expression(0)
            self._take(")")
            return node
        if self.peek() == "[":
            items = self._arguments("[", "]")
            return lambda given: [each(given) for each in items]
        token = self._take()
        if token[0].isdigit():
            return _constant(float(token) if "." in token else int(token))
        if token[-1] in "\"'":
            return _constant(ast.literal_eval(token))
        if not token.isidentifier():
            raise SyntaxError(f"{token} was not expected")
        if token in {"true", "false", "null"}:
            return _constant({"true": True, "false": False, "null": None}[token])
        if self.peek() != "(":
            return _item(lambda given: given, _constant(token))
        arguments = self._arguments("(", ")")
        function = _FUNCTIONS.get(token)
        if token == "has":
            return lambda given: _is_there(arguments[0], given)
        if function is None:
            raise SyntaxError(f"no function {token}")
        return lambda given: function(*(each(given) for each in arguments))


def _is_tagged(given: Json, fields: tuple[str, ...], said: list[Any]) -> bool:
    """A value of `matchTag` is its short name: https://docs.cloud.google.com/iam/docs/conditions-attribute-reference."""
    if len(said) != len(fields) or not all(isinstance(each, str) for each in said):
        raise _Error("not what the function takes")
    wanted = [said[0], f"{said[0]}/{said[1]}"] if "namespacedTagValue" in fields else said
    return any([tag.get(field) for field in fields] == wanted for tag in given.get(TAGS, []))


def _constant(value: Any) -> Node:
    return lambda _: value


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _Error("no truth")
    return value


def _item(target: Node, key: Node) -> Node:
    def value(given: Json) -> Any:
        container, index = target(given), key(given)
        if isinstance(container, dict) and index in container:
            return container[index]
        if isinstance(container, list) and isinstance(index, int) and 0 <= index < len(container):
            return container[index]
        raise _Error("it is not there")

    return value


def _is_there(node: Node, given: Json) -> bool:
    try:
        node(given)
    except _Error:
        return False
    return True


def _turned(sign: str, node: Node) -> Node:
    return (lambda given: not _truth(node(given))) if sign == "!" else (lambda given: -node(given))


def _joined(sign: str, left: Node, right: Node) -> Node:
    if sign in {"||", "&&"}:
        return _decided(left, right, by=sign == "||")
    compute = _SIGNS[sign]
    return lambda given: compute(*_alike(left(given), right(given), sign))


def _decided(left: Node, right: Node, *, by: bool) -> Node:
    """`||` and `&&`, in which one side that decides makes up for an error on the other."""

    def value(given: Json) -> bool:
        try:
            if _truth(left(given)) is by:
                return by
        except (_Error, TypeError, ValueError):
            if _truth(right(given)) is by:
                return by
            raise
        return _truth(right(given))

    return value


def _alike(left: Any, right: Any, sign: str) -> tuple[Any, Any]:
    number = (int, float)
    both_numbers = isinstance(left, number) and isinstance(right, number)
    if sign != "in" and type(left) is not type(right) and not both_numbers and None not in (left, right):
        times = {datetime, timedelta}
        if sign not in {"+", "-"} or {type(left), type(right)} != times:
            raise _Error("they are not of one type")
    return left, right


_SIGNS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
    "in": lambda left, right: left in right,
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: int(left / right) if isinstance(left, int) else left / right,
    "%": lambda left, right: left - right * int(left / right),
}


def _timestamp(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _duration(text: str) -> timedelta:
    found = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?", text)
    if not found or not text:
        raise _Error("no duration")
    hours, minutes, seconds = (float(each or 0) for each in found.groups())
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def _zone(name: str) -> tzinfo:
    if found := re.fullmatch(r"([+-]?)(\d\d):(\d\d)", name):
        size = timedelta(hours=int(found[2]), minutes=int(found[3]))
        return timezone(-size if found[1] == "-" else size)
    return ZoneInfo(name)


def _of_time(read: Callable[[datetime], int]) -> Callable[..., int]:
    return lambda time, zone="UTC": read(time.astimezone(_zone(zone)))


def _extract(text: str, template: str) -> str:
    """`extract("/{name}/")`: https://cloud.google.com/iam/docs/conditions-attribute-reference#extract."""
    before, _, rest = template.partition("{")
    after = rest.partition("}")[2]
    _, found, tail = text.partition(before) if before else ("", "-", text)
    if not found:
        return ""
    if after:
        value, found, _ = tail.partition(after)
        return value if found else ""
    return tail


_FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "timestamp": _timestamp,
    "duration": _duration,
    "size": len,
    "string": str,
}
_METHODS: Final[dict[str, Callable[..., Any]]] = {
    "startsWith": str.startswith,
    "endsWith": str.endswith,
    "contains": lambda text, part: part in text,
    "matches": lambda text, pattern: re.search(pattern, text) is not None,
    "lower": str.lower,
    "upper": str.upper,
    "size": len,
    "extract": _extract,
    "getFullYear": _of_time(lambda time: time.year),
    "getMonth": _of_time(lambda time: time.month - 1),
    "getDate": _of_time(lambda time: time.day),
    "getDayOfMonth": _of_time(lambda time: time.day - 1),
    "getDayOfWeek": _of_time(lambda time: (time.weekday() + 1) % 7),
    "getDayOfYear": _of_time(lambda time: int(time.strftime("%j")) - 1),
    "getHours": _of_time(lambda time: time.hour),
    "getMinutes": _of_time(lambda time: time.minute),
    "getSeconds": _of_time(lambda time: time.second),
    "getMilliseconds": _of_time(lambda time: time.microsecond // 1000),
}
