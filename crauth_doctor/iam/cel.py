"""The part of CEL that IAM conditions are written in, made into functions.

Other people write these programs: one that is long, deeply nested or has a loop is refused, by its form alone.

Source: https://github.com/google/cel-spec/blob/master/doc/langdef.md
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from enum import Enum
from functools import lru_cache, reduce
from typing import TYPE_CHECKING, Final, TypeAlias

from ..deferred import dataclass, regex

if TYPE_CHECKING:
    from lark import Lark

MOST_BYTES: Final = 2048
MOST_LEVELS: Final = 50
MACROS: Final = frozenset({"all", "exists", "exists_one", "existsOne", "filter", "has", "map", "bind", "optMap"})
TAGS: Final = "resource.(tags)"
"""What the functions on tags look at, which no expression can name: the tags, each as key, its id, value, its id.

Source: https://docs.cloud.google.com/iam/docs/conditions-attribute-reference#resource-tags
"""


class NotReadError(ValueError):
    """An expression that is not read here; says nothing about what it would be."""


class Hidden(Enum):
    """Why a part of an expression has no value here."""

    NEVER = "Cloud Run never gives it"
    UNSEEN = "it cannot be seen here"
    CALL = "it depends on which call is meant"


Value: TypeAlias = str | bool | int | float | datetime | timedelta | tuple["Value", ...] | Hidden | None
Given: TypeAlias = Mapping[str, Value]
"""Attributes by their full name, such as `request.path`."""


@dataclass(frozen=True)
class Part:
    """A part of an expression."""

    value: Callable[[Given], Value]  # computes it from the attributes that are given; never raises
    depth: int = 1  # how many levels of parts are in it
    names: frozenset[str] = frozenset()  # the attributes that it asks for, by their full name
    dotted: str = ""  # its own full name, where it is an attribute and nothing more


def compiled(expression: str) -> Part:
    """Parse an expression.

    Raises:
        NotReadError: it is longer than 2 kB, nested deeper than 50 levels, has a macro, or is not of this language.
    """
    found = _parsed(expression)
    if found is None:
        raise NotReadError("it is too long, or not CEL, as far as it is known here")
    return found


@lru_cache(maxsize=4096)
def _parsed(expression: str) -> Part | None:
    from lark.exceptions import LarkError

    if len(expression) > MOST_BYTES or len(expression.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        return None
    try:
        found = _parser().parse(expression)
    except (LarkError, NotReadError):
        return None
    assert isinstance(found, Part)
    return found


_GRAMMAR: Final = r"""
    ?start: choice
    ?choice: operation | operation "?" operation ":" choice
    ?operation: unary (OPERATOR unary)*
    ?unary: member | "!" unary -> negation | "-" unary -> negative
    ?member: atom
        | member "." NAME -> field
        | member "." NAME "(" [arguments] ")" -> method
        | member "[" choice "]" -> item
    ?atom: TRUE | FALSE | NULL | STRING | RAW | FLOAT | INT
        | NAME -> name
        | NAME "(" [arguments] ")" -> function
        | "(" choice ")" -> grouped
        | "[" [arguments] "]" -> items
    arguments: choice ("," choice)*

    TRUE.2: /true\b/
    FALSE.2: /false\b/
    NULL.2: /null\b/
    OPERATOR.2: /\|\||&&|<=|>=|==|!=|in\b|[<>+*\/%-]/
    RAW.3: /[rR](?:"[^"\n]*"|'[^'\n]*')/
    STRING: /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/
    FLOAT.2: /\d+\.\d+(?:[eE][+-]?\d+)?/
    INT: /\d{1,18}u?/
    NAME: /[A-Za-z_][A-Za-z_0-9]*/
    %ignore /[ \t\r\n\f]+/
"""


@lru_cache(maxsize=1)
def _parser() -> Lark:
    from lark import Lark, Transformer, v_args

    build = v_args(inline=True)(type("Build", (Transformer,), dict(_BUILDERS)))
    return Lark(_GRAMMAR, parser="lalr", lexer="contextual", transformer=build())


def _part(value: Callable[[Given], Value], *inner: Part) -> Part:
    depth = 1 + max((one.depth for one in inner), default=0)
    if depth > MOST_LEVELS:
        raise NotReadError("it is nested too deeply")
    return Part(value, depth, frozenset().union(*(one.names for one in inner)))


def _constant(value: Value) -> Part:
    return Part(lambda _: value)


def _hidden(values: Sequence[Value]) -> Hidden | None:
    """Return what hides a result that needs all of these; an attribute that is never given makes an error of it."""
    return next((kind for kind in (Hidden.NEVER, Hidden.UNSEEN, Hidden.CALL) if kind in values), None)


def _strict(compute: Callable[..., Value], *inner: Part) -> Part:
    """Make a part that needs the value of each part in it; what CEL would call an error cannot be told here."""

    def value(given: Given) -> Value:
        values = [one.value(given) for one in inner]
        hidden = _hidden(values)
        if hidden is not None:
            return hidden
        try:
            return compute(*values)
        except (ValueError, TypeError, ArithmeticError, LookupError, OSError):
            return Hidden.UNSEEN

    return _part(value, *inner)


def _choice(test: Part, one: Part, other: Part) -> Part:
    def value(given: Given) -> Value:
        match test.value(given):
            case bool(held):
                return one.value(given) if held else other.value(given)
            case Hidden() as hidden:
                return hidden
            case _:
                return Hidden.UNSEEN

    return _part(value, test, one, other)


def _joined(decides: bool, order: tuple[Hidden, ...], parts: tuple[Part, ...]) -> Part:
    """Join parts by `||` or `&&`: one that decides makes up for what cannot be seen of the others."""

    def value(given: Given) -> Value:
        values = [one.value(given) for one in parts]
        if any(one is decides for one in values):
            return decides
        if any(not isinstance(one, bool | Hidden) for one in values):
            return Hidden.UNSEEN
        return next((kind for kind in order if kind in values), not decides)

    return _part(value, *parts)


def _either(*parts: Part) -> Part:
    return _joined(True, (Hidden.UNSEEN, Hidden.CALL, Hidden.NEVER), parts)


def _both(*parts: Part) -> Part:
    return _joined(False, (Hidden.NEVER, Hidden.UNSEEN, Hidden.CALL), parts)


_LEVELS: Final = (("||",), ("&&",), ("<", "<=", ">", ">=", "==", "!=", "in"), ("+", "-"), ("*", "/", "%"))
"""What binds least comes first. The grammar has one level for all of them, as a parser is slow by its levels."""


def _operation(levels: tuple[tuple[str, ...], ...], parts: list[Part | str]) -> Part:
    """Join `a || b && c < d`, which is a list of parts with an operator between each two."""
    first = parts[0]
    if len(parts) == 1 and isinstance(first, Part):
        return first
    operands: list[list[Part | str]] = [[]]
    symbols: list[str] = []
    for one in parts:
        if isinstance(one, str) and one in levels[0]:
            symbols.append(str(one))
            operands.append([])
        else:
            operands[-1].append(one)
    inner = tuple(_operation(levels[1:], operand) for operand in operands)
    match symbols[:1]:
        case []:
            return inner[0]
        case ["||"]:
            return _either(*inner)
        case ["&&"]:
            return _both(*inner)
        case _:
            return _chain(symbols, inner)


def _chain(symbols: list[str], parts: tuple[Part, ...]) -> Part:
    """Join `a + b - c`, the left first, without one level for each."""

    def compute(*values: Value) -> Value:
        pairs = zip(symbols, values[1:], strict=True)
        return reduce(lambda left, pair: _OPERATORS[pair[0]](left, pair[1]), pairs, values[0])

    return _strict(compute, *parts)


def _same_kind(left: Value, right: Value) -> None:
    kinds = (str, bool, (int, float), datetime, timedelta, tuple)
    for kind in kinds:
        if isinstance(left, kind) and isinstance(right, kind) and isinstance(left, bool) == isinstance(right, bool):
            return
    if not (left is None and right is None):
        raise TypeError("CEL compares like with like")


def _equal(left: Value, right: Value) -> Value:
    _same_kind(left, right)
    return left == right


def _ordered(below: bool, same: bool) -> Callable[[Value, Value], Value]:
    """Make a comparison: true where the left is below the right or above it, and where they are the same or are not."""

    def value(left: Value, right: Value) -> Value:
        match left, right:
            case (bool(), _) | (_, bool()):
                raise TypeError("truths are not ordered")
            case (
                (str() as one, str() as other)
                | (int() | float() as one, int() | float() as other)
                | (datetime() as one, datetime() as other)
                | (timedelta() as one, timedelta() as other)
            ):
                return same if one == other else (one < other) is below  # type: ignore[operator]
            case _:
                raise TypeError("CEL compares like with like")

    return value


def _among(one: Value, many: Value) -> Value:
    if not isinstance(many, tuple):
        raise TypeError("only lists are looked through")
    for each in many:
        _same_kind(one, each)
    return one in many


def _sum(left: Value, right: Value) -> Value:
    if (type(left), type(right)) not in _ADDED:
        raise TypeError("they are not added here")
    return left + right  # type: ignore[operator]


def _difference(left: Value, right: Value) -> Value:
    if (type(left), type(right)) not in _SUBTRACTED:
        raise TypeError("they are not subtracted here")
    return left - right  # type: ignore[operator]


_ADDED: Final = {(str, str), (int, int), (datetime, timedelta), (timedelta, datetime), (timedelta, timedelta)}
_SUBTRACTED: Final = {(int, int), (datetime, timedelta), (datetime, datetime), (timedelta, timedelta)}


def _whole(left: Value, right: Value) -> tuple[int, int]:
    if isinstance(left, bool) or isinstance(right, bool) or not isinstance(left, int) or not isinstance(right, int):
        raise TypeError("only whole numbers are multiplied here")
    return left, right


def _product(left: Value, right: Value) -> Value:
    one, other = _whole(left, right)
    return one * other


def _quotient(left: Value, right: Value) -> Value:
    """Divide as CEL does, towards zero."""
    one, other = _whole(left, right)
    size = abs(one) // abs(other)
    return size if (one < 0) == (other < 0) else -size


def _remainder(left: Value, right: Value) -> Value:
    one, other = _whole(left, right)
    size = abs(one) % abs(other)
    return -size if one < 0 else size


_OPERATORS: Final[Mapping[str, Callable[[Value, Value], Value]]] = {
    "==": _equal,
    "!=": lambda left, right: not _equal(left, right),
    "<": _ordered(below=True, same=False),
    "<=": _ordered(below=True, same=True),
    ">": _ordered(below=False, same=False),
    ">=": _ordered(below=False, same=True),
    "in": _among,
    "+": _sum,
    "-": _difference,
    "*": _product,
    "/": _quotient,
    "%": _remainder,
}


def _negation(part: Part) -> Part:
    def compute(value: Value) -> Value:
        if not isinstance(value, bool):
            raise TypeError("only a truth is turned around")
        return not value

    return _strict(compute, part)


def _negated(value: Value) -> Value:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("only numbers are negated")
    return -value


def _attribute(text: str) -> Part:
    def value(given: Given) -> Value:
        if text in given:
            return given[text]
        return Hidden.NEVER if text.startswith("resource.") and text != TAGS else Hidden.UNSEEN

    return Part(value, 1, frozenset({text}), text)


def _field(target: Part, name: str) -> Part:
    if not target.dotted:
        return _part(lambda _: Hidden.UNSEEN, target)
    return _attribute(f"{target.dotted}.{name}")


def _has_tag(wanted: tuple[int, ...]) -> Callable[..., Value]:
    """Return a function on tags that compares these of their four names with what the expression says."""

    def compute(tags: Value, *said: Value) -> bool:
        if len(said) != len(wanted) or not all(isinstance(one, str) for one in said) or not isinstance(tags, tuple):
            raise TypeError("not the arguments that it takes")
        return any(
            isinstance(tag, tuple) and all(tag[n] == one for n, one in zip(wanted, said, strict=True)) for tag in tags
        )

    return compute


_TAG_METHODS: Final[Mapping[str, Callable[..., Value]]] = {
    "hasTagKey": _has_tag((0,)),
    "hasTagKeyId": _has_tag((1,)),
    "matchTag": _has_tag((0, 2)),
    "matchTagId": _has_tag((1, 3)),
}


def _method(target: Part, name: str, arguments: tuple[Part, ...] | None) -> Part:
    given = arguments or ()
    if name in MACROS:
        raise NotReadError("macros are not run here")
    if target.dotted == "resource" and name in _TAG_METHODS:
        return _strict(_TAG_METHODS[name], _attribute(TAGS), *given)
    if name == "matches" and len(given) == 1 and not _is_plain(given[0].value({})):
        return _part(lambda _: Hidden.UNSEEN, target, *given)
    return _called(_METHODS.get(name), target, *given)


def _function(name: str, arguments: tuple[Part, ...] | None) -> Part:
    if str(name) in MACROS:
        raise NotReadError("macros are not run here")
    return _called(_FUNCTIONS.get(name), *(arguments or ()))


def _called(compute: Callable[..., Value] | None, *inner: Part) -> Part:
    if compute is None:
        return _part(lambda _: Hidden.UNSEEN, *inner)
    return _strict(compute, *inner)


def _text(value: Value) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value


def _extract(text: Value, template: Value) -> Value:
    """Evaluate IAM's `extract`: the part of the text that stands in the template's braces.

    Source: https://docs.cloud.google.com/iam/docs/conditions-attribute-reference#extract
    """
    found = re.fullmatch(r"([^{}]*)\{[^{}]*\}([^{}]*)", _text(template))
    if not found:
        return ""
    before, after = found.groups()
    _, opened, rest = _text(text).partition(before) if before else ("", "-", _text(text))
    if not opened:
        return ""
    value, closed, _ = rest.partition(after) if after else (rest, "-", "")
    return value if closed else ""


_PLAIN_PATTERN: Final = regex(
    r"\^?(?:(?:[\w/ :@,=&%~#-]|\\[./\-+*?^$|()\[\]d]|\.|\[\^?[\w./:@-]+\])[*+?]?|[(|]|\)(?![*+?{]))*\$?", re.ASCII
)
"""Patterns that mean the same to RE2 and to Python."""
_MOST_REPEATS: Final = 2
_MOST_CHOICES: Final = 8
_MOST_TRIES: Final = 20_000
"""Ways to match a pattern that are tried at most, which takes a millisecond: RE2 tries all at once, Python does not."""


def _is_plain(pattern: Value) -> bool:
    if not isinstance(pattern, str) or len(pattern) > 200 or "(?" in pattern:
        return False
    if _count("*+", pattern) > _MOST_REPEATS or _count("?|", pattern) > _MOST_CHOICES:
        return False
    try:
        return bool(_PLAIN_PATTERN.fullmatch(pattern)) and bool(re.compile(pattern))
    except re.error:
        return False


def _matches(text: Value, pattern: Value) -> Value:
    plain = _text(pattern)
    if not _is_plain(plain) or _tries(plain, len(_text(text))) > _MOST_TRIES:
        return Hidden.UNSEEN
    whole = f"{plain[:-1]}\\Z" if plain.endswith("$") and not plain.endswith("\\$") else plain
    return re.search(whole, _text(text), re.ASCII) is not None


def _tries(pattern: str, size: int) -> int:
    """Return in how many ways a pattern can match a text of this size."""
    is_anchored = pattern.startswith("^") and "|" not in pattern
    places = _count("*+", pattern) + (0 if is_anchored else 1)
    return int((size + 1) ** places * 2 ** _count("?|", pattern))


def _count(characters: str, pattern: str) -> int:
    """Count characters of a pattern that are not escaped."""
    return len(re.findall(rf"(?<!\\)[{characters}]", pattern))


def _size(value: Value) -> Value:
    if not isinstance(value, str | tuple):
        raise TypeError("it has no size")
    return len(value)


_OFFSET: Final = regex(r"([+-]?)(\d\d):(\d\d)")


def _zone(name: Value) -> tzinfo:
    found = _OFFSET.fullmatch(_text(name))
    if not found:
        from zoneinfo import ZoneInfo

        return ZoneInfo(_text(name))
    sign, hours, minutes = found.groups()
    size = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-size if sign == "-" else size)


def _of_time(read: Callable[[datetime], int]) -> Callable[..., Value]:
    def compute(time: Value, zone: Value = "UTC") -> Value:
        if not isinstance(time, datetime):
            raise TypeError("no time")
        return read(time.astimezone(_zone(zone)))

    return compute


def _timestamp(value: Value) -> Value:
    if isinstance(value, datetime):
        return value
    found = datetime.fromisoformat(_text(value))
    if found.tzinfo is None:
        raise ValueError("a time without a zone")
    return found.astimezone(UTC)


_DURATION: Final = regex(r"(-?)((?:\d{1,12}(?:\.\d{1,9})?(?:h|ms|us|ns|m|s))+)")
_STEP: Final = regex(r"(\d+(?:\.\d+)?)(h|ms|us|ns|m|s)")
_SECONDS: Final = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}


def _duration(value: Value) -> Value:
    found = _DURATION.fullmatch(_text(value))
    if not found:
        raise ValueError("no duration")
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in _STEP.findall(found.group(2)))
    return timedelta(seconds=-seconds if found.group(1) else seconds)


_METHODS: Final[Mapping[str, Callable[..., Value]]] = {
    "startsWith": lambda text, start: _text(text).startswith(_text(start)),
    "endsWith": lambda text, end: _text(text).endswith(_text(end)),
    "contains": lambda text, part: _text(part) in _text(text),
    "extract": _extract,
    "matches": _matches,
    "size": _size,
    "getFullYear": _of_time(lambda time: time.year),
    "getMonth": _of_time(lambda time: time.month - 1),
    "getDate": _of_time(lambda time: time.day),
    "getDayOfMonth": _of_time(lambda time: time.day - 1),
    "getDayOfWeek": _of_time(lambda time: time.isoweekday() % 7),
    "getDayOfYear": _of_time(lambda time: time.timetuple().tm_yday - 1),
    "getHours": _of_time(lambda time: time.hour),
    "getMinutes": _of_time(lambda time: time.minute),
    "getSeconds": _of_time(lambda time: time.second),
    "getMilliseconds": _of_time(lambda time: time.microsecond // 1000),
}
_FUNCTIONS: Final[Mapping[str, Callable[..., Value]]] = {
    "timestamp": _timestamp,
    "duration": _duration,
    "size": _size,
}

_ESCAPE: Final = regex(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|([0-3][0-7]{2})|(.))", re.DOTALL)
_ESCAPED: Final = dict(zip("abfnrtv\\?\"'`", "\a\b\f\n\r\t\v\\?\"'`", strict=True))


def _unescaped(found: re.Match[str]) -> str:
    for code, base in ((found.group(1), 16), (found.group(2), 16), (found.group(3), 8)):
        if code:
            return chr(int(code, base))
    if found.group(4) not in _ESCAPED:
        raise NotReadError("an escape that is not known here")
    return _ESCAPED[found.group(4)]


_BUILDERS: Final[Mapping[str, Callable[..., object]]] = {
    "choice": lambda _, *parts: _choice(*parts),
    "operation": lambda _, first, *rest: _operation(_LEVELS, [first, *rest]),
    "negation": lambda _, part: _negation(part),
    "negative": lambda _, part: _strict(_negated, part),
    "field": lambda _, target, name: _field(target, str(name)),
    "method": lambda _, target, name, arguments: _method(target, str(name), arguments),
    "item": lambda _, target, index: _part(lambda _: Hidden.UNSEEN, target, index),
    "name": lambda _, name: _attribute(str(name)),
    "function": lambda _, name, arguments: _function(str(name), arguments),
    "grouped": lambda _, part: _part(part.value, part),
    "items": lambda _, parts: _strict(lambda *values: values, *(parts or ())),
    "arguments": lambda _, *parts: parts,
    "TRUE": lambda _, __: _constant(value=True),
    "FALSE": lambda _, __: _constant(value=False),
    "NULL": lambda _, __: _constant(None),
    "STRING": lambda _, token: _constant(_ESCAPE.sub(_unescaped, str(token)[1:-1])),
    "RAW": lambda _, token: _constant(str(token)[2:-1]),
    "FLOAT": lambda _, token: _constant(float(token)),
    "INT": lambda _, token: _constant(int(token.removesuffix("u"))),
}
