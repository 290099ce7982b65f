"""What is compiled late is what the standard library would have compiled at once."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
import re
from collections.abc import Callable
from typing import Any

import pytest

import crauth_doctor
from crauth_doctor import deferred

DECORATORS = (
    dataclasses.dataclass(frozen=True, slots=True),
    deferred.dataclass(frozen=True),
)


def declared(decorate: Callable[[type], type]) -> tuple[Any, Any]:
    class Point:
        """A point."""

        x: int
        y: int = 0
        tags: list[str] = dataclasses.field(default_factory=list)

        def __post_init__(self) -> None:
            object.__setattr__(self, "y", self.y * 2)

    base: Any = decorate(Point)

    class Named(base):  # type: ignore[misc]
        """A point with a name."""

        name: str = ""

    return base, decorate(Named)


@pytest.mark.parametrize("decorate", DECORATORS)
def test_it_behaves_as_the_standard_librarys(decorate: Callable[[type], type]) -> None:
    point, named = declared(decorate)
    assert point(1, y=2) == point(1, 2) != point(1, 3)
    assert point(1) != named(1)
    assert repr(named(1, 2, ["a"], "n")).endswith("Named(x=1, y=4, tags=['a'], name='n')")
    assert hash(point(1, 2, ())) == hash(point(1, 2, ()))
    assert dataclasses.replace(point(1, 2), y=5).y == deferred.replace(point(1, 2), y=5).y == 10
    assert [field.name for field in dataclasses.fields(named)] == ["x", "y", "tags", "name"]
    assert point(1).tags is not point(1).tags
    with pytest.raises(dataclasses.FrozenInstanceError):
        point(1).x = 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        del point(1).x
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'x'"):
        point()
    with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
        point(1, z=2)
    match point(1, 2):
        case point(x, y):
            assert (x, y) == (1, 4)
        case _:
            pytest.fail("it does not match")


@pytest.mark.parametrize("decorate", DECORATORS[1:])
def test_a_copy_is_as_the_standard_library_makes_it(decorate: Callable[[type], type]) -> None:
    class Pair:
        one: int
        other: int = 0

    kind: Any = decorate(Pair)
    pair = kind(1, 2)
    assert deferred.replace(pair, other=3) == kind(1, 3)
    assert (pair, type(deferred.replace(pair))) == (kind(1, 2), kind)
    with pytest.raises(TypeError, match="third"):
        deferred.replace(pair, third=3)


def test_a_pattern_does_what_the_standard_librarys_does() -> None:
    late, early = deferred.regex(r"(a)(?P<b>b)?", re.IGNORECASE), re.compile(r"(a)(?P<b>b)?", re.IGNORECASE)
    assert late.findall("AB a") == early.findall("AB a")
    assert late.sub("x", "ABC") == "xC"
    assert late.groupindex == early.groupindex


def test_every_pattern_compiles() -> None:
    for module in pkgutil.walk_packages(crauth_doctor.__path__, "crauth_doctor."):
        if module.name.endswith("__main__"):
            continue
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, deferred.regex):  # type: ignore[arg-type]
                assert value.pattern is not None


def test_an_answer_is_kept_for_the_very_thing_that_was_asked_about() -> None:
    asked: list[object] = []

    @deferred.kept
    def name(one: object) -> str:
        asked.append(one)
        return str(one)

    first, equal = [1], [1]
    assert [name(one) for one in (first, first, equal, first)] == ["[1]"] * 4
    assert len(asked) == 2
    for number in range(1000):
        assert name([number]) == f"[{number}]"
