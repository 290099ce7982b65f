"""What the properties are tried on: the built-in worlds, and the cases of a folder that the environment names."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from crauth_doctor.diagnosis.general import GENERAL
from crauth_doctor.sandbox.state.world import _parse_text
from tests.built_in import FILES, document
from tests.patience import LONG
from tests.test_worlds import Case

from .program import Told

Trial = tuple[str, str | None]
"""What was tried, and what was wrong with it: None where nothing was."""


@dataclass(frozen=True)
class Subject:
    """A question with its true answer.

    Args:
        name: where it comes from, and its id.
        run: the command line; `-` stands for what is pasted.
        evidence: what is pasted; None for nothing.
        world: the world, as the document says it; None where nothing can be read.
        cause: the true cause; None where nothing blocks.
        accept: causes that are as right.
        case: the built-in world's file, for those who fire its caller.
    """

    name: str
    run: list[str]
    evidence: str | None
    world: dict[str, Any] | None
    cause: str | None
    accept: tuple[str, ...] = ()
    case: Case | None = field(default=None, compare=False)

    @property
    def right(self) -> tuple[str, ...]:
        """The causes that are right."""
        return tuple(each for each in (self.cause, *self.accept) if each)

    @property
    def tolerable(self) -> frozenset[str]:
        """The right causes, and the more general ones of which they are special cases."""
        return frozenset(self.right).union(*(GENERAL.get(each, ()) for each in self.right))

    def wrong(self, told: Told) -> str | None:
        """Say what is confidently wrong, if anything is."""
        if told.broke:
            return f"broke: exit {told.status} {told.err.strip()[-120:]}"
        if told.conclusion == "clear" and self.cause is not None:
            return f"clear, but {self.cause}"
        if told.conclusion == "proven" and told.cause not in self.tolerable:
            return f"proven {told.cause}, not {self.cause}"
        return None

    def __str__(self) -> str:
        return self.name


def _subject(source: str, file: Path) -> Subject:
    found: Any = _parse_text(file.read_text(encoding="utf-8")) if source == "case" else document(file.stem)
    expect, world = found["expect"], found.get("world")
    return Subject(
        f"{source}:{file.stem}",
        [str(word) for word in found["run"]],
        found.get("evidence"),
        world,
        expect["cause"],
        tuple(expect.get("accept") or ()),
        Case(file, found) if source == "world" else None,
    )


@cache
def built_in() -> tuple[Subject, ...]:
    """Every built-in world, and every built-in case that holds evidence alone."""
    return tuple(_subject("world", file) for file in FILES)


@cache
def given() -> tuple[Subject, ...]:
    """The cases of the folder that CRAUTH_DOCTOR_CASES names; none where it names none."""
    folder = os.environ.get("CRAUTH_DOCTOR_CASES")
    files = sorted(Path(folder).rglob("*.yaml")) if folder else []
    return tuple(_subject("case", file) for file in files)


def checked() -> tuple[Subject, ...]:
    """The built-in worlds in which a call is checked."""
    return tuple(each for each in built_in() if each.world is not None and each.run[0] == "check")


def checked_by_name() -> tuple[Subject, ...]:
    """Those of them whose service goes by its name, in a region that is given."""
    return tuple(each for each in checked() if re.fullmatch(r"[a-z0-9-]+", each.run[1]) and "--region" in each.run)


def with_evidence() -> tuple[Subject, ...]:
    """Every subject that has something pasted."""
    return tuple(each for each in (*built_in(), *given()) if each.evidence)


def sampled(things: Iterable[Any], of: str, some: int, *, everything: bool) -> list[Any]:
    """All things, or as many of them; always the same ones for the same words."""
    kept = list(things)
    if everything or len(kept) <= some:
        return kept
    return random.Random(of).sample(kept, some)


def one_by_one(subjects: Iterable[Subject], some: int) -> list[Any]:
    """Parameters of a test: every subject of the long form, some of the short one."""
    return [pytest.param(each, id=each.name) for each in sampled(subjects, "subjects", some, everything=LONG)]


def wrong(trials: Iterator[Trial]) -> str:
    """Everything that was wrong, a line each, for an assertion to show."""
    found = [f"{what}: {fault}" for what, fault in trials if fault]
    return "\n".join([f"{len(found)} violations", *found[:40]]) if found else ""
