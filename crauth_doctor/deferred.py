"""Work that is done late, or once.

A command imports some two hundred dataclasses and some three hundred patterns, and uses a fifth of them; to compile all
of them took longer than everything else that `explain` does. Here they are compiled when they are first used. To a type
checker they are the standard library's own.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from functools import wraps
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from dataclasses import dataclass, replace
    from re import compile as regex
else:

    def dataclass(*, frozen: bool) -> Callable[[type], type]:
        """Declare a frozen dataclass, as the standard library's decorator does; what changes is declared by that one.

        Args:
            frozen: True.
        """
        assert frozen

        def declare(cls: type) -> type:
            made = dataclasses.dataclass(init=False, repr=False, eq=False)(cls)
            for name, method in _methods(made).items():
                if vars(made).get(name) is None:
                    setattr(made, name, method)
            return made

        return declare

    def replace(instance: object, /, **changes: object) -> object:
        """Return a copy with some fields changed, at a twentieth of what the standard library takes.

        Args:
            instance: of a dataclass that is declared here.
            **changes: the fields that are others.
        """
        cls = type(instance)
        if hasattr(cls, "__post_init__") or not vars(instance).keys() >= changes.keys():
            return dataclasses.replace(instance, **changes)
        made = object.__new__(cls)
        object.__setattr__(made, "__dict__", {**vars(instance), **changes})
        return made

    class regex:  # noqa: N801 - it stands for a function of the standard library
        """A pattern, as `re.compile` makes it.

        Args:
            source: the regular expression.
            flags: of `re`.
        """

        def __init__(self, source: str, flags: int = 0) -> None:
            self._given = source, flags

        def __getattr__(self, name: str) -> object:
            """Return what the compiled pattern has; the next time it is found without this."""
            found = getattr(re.compile(*self._given), name)
            setattr(self, name, found)
            return found


def _methods(cls: type[Any]) -> Mapping[str, Callable[..., object]]:
    """Return the methods of a frozen dataclass; all but the constructor need no source of their own."""
    names = [field.name for field in dataclasses.fields(cls)]
    values: Callable[[object], object] = attrgetter(*names) if names else type

    def constructed(self: object, /, *args: object, **kwargs: object) -> None:
        setattr(cls, "__init__", made := _constructor(cls))  # noqa: B010 - a type checker would not have it
        made(self, *args, **kwargs)

    def is_equal(self: object, other: object) -> bool:
        return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

    def hashed(self: object) -> int:
        return hash(values(self))

    def shown(self: object) -> str:
        return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"

    return {
        "__init__": constructed,
        "__eq__": is_equal,
        "__hash__": hashed,
        "__repr__": shown,
        "__setattr__": _frozen,
        "__delattr__": _frozen,
    }


def _frozen(_: object, name: str, *__: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot change field {name!r}")


def _constructor(cls: type[Any]) -> Callable[..., None]:
    """Return a constructor like the one that the standard library makes, at a fifth of its cost."""
    known: dict[str, object] = {"put": object.__setattr__, "left_out": dataclasses.MISSING}
    parameters, values = ["self"], list[tuple[str, str]]()
    for one in dataclasses.fields(cls):
        value = one.name
        if one.default is not dataclasses.MISSING:
            known[f"default_{one.name}"] = one.default
            parameters.append(f"{one.name}=default_{one.name}")
        elif one.default_factory is not dataclasses.MISSING:
            known[f"make_{one.name}"] = one.default_factory
            parameters.append(f"{one.name}=left_out")
            value = f"make_{one.name}() if {one.name} is left_out else {one.name}"
        else:
            parameters.append(one.name)
        values.append((one.name, value))
    lines = [f"put(self, '__dict__', {{{', '.join(f'{name!r}: {value}' for name, value in values)}}})"]
    lines.append("self.__post_init__()" if hasattr(cls, "__post_init__") else "return")
    made: dict[str, Callable[..., None]] = {}
    exec(f"def __init__({', '.join(parameters)}):\n  " + "\n  ".join(lines), known, made)  # noqa: S102 - fields' names
    made["__init__"].__qualname__ = f"{cls.__qualname__}.__init__"
    return made["__init__"]


A = TypeVar("A")
R = TypeVar("R")
_MOST_KEPT: Final = 128


def kept(function: Callable[[A], R]) -> Callable[[A], R]:
    """Keep the answers about the last things that a function was asked of, each known by its identity.

    To compare facts takes longer than to judge them, and they never change.
    """
    answers: dict[int, tuple[A, R]] = {}

    @wraps(function)
    def asked(one: A) -> R:
        before = answers.get(id(one))
        if before is not None and before[0] is one:
            return before[1]
        if len(answers) >= _MOST_KEPT:
            answers.clear()
        answer = function(one)
        answers[id(one)] = one, answer
        return answer

    return asked


__all__ = ["dataclass", "kept", "regex", "replace"]
