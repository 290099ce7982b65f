"""Frozen dataclasses and patterns that are compiled when they are first used, not when they are declared.

A command imports some two hundred dataclasses and some three hundred patterns, and uses a tenth of them; to compile all
of them took longer than everything else that `explain` does. To a type checker these are the standard library's own.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass
    from re import compile as regex
else:

    def dataclass(*, frozen: bool, slots: bool = False) -> Callable[[type], type]:
        """Declare a frozen dataclass, as the standard library's decorator does; what changes is declared by that one.

        Args:
            frozen: True.
            slots: whether its instances have slots.
        """
        assert frozen

        def declare(cls: type) -> type:
            made = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots)(cls)
            for name, method in _methods(made).items():
                if vars(made).get(name) is None:
                    setattr(made, name, method)
            return made

        return declare

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
    """Return the constructor that the standard library makes for the same fields."""
    then = {"__post_init__": cls.__post_init__} if hasattr(cls, "__post_init__") else {}
    fields = [
        (one.name, object, dataclasses.field(default=one.default, default_factory=one.default_factory))
        for one in dataclasses.fields(cls)
    ]
    twin = dataclasses.make_dataclass(cls.__name__, fields, namespace=then, frozen=True, eq=False, repr=False)
    made: Callable[..., None] = vars(twin)["__init__"]
    return made


__all__ = ["dataclass", "regex"]
