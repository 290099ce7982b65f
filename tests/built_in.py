"""The built-in worlds and cases: each file is read once in a process, and each test gets a copy of its own."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

from crauth_doctor.sandbox.state.world import _parse_text
from tests.patience import LONG

FOLDER: Final = Path(str(resources.files("crauth_doctor.sandbox") / "worlds"))
FILES: Final = tuple(sorted(FOLDER.glob("*.yaml")))


@cache
def _read(name: str) -> dict[str, Any]:
    found: Any = _parse_text((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    return dict(found)


def document(name: str) -> dict[str, Any]:
    """What a file says, as the program reads it: a copy, so that a test may make another world of it."""
    return deepcopy(_read(name))


def documents() -> dict[str, dict[str, Any]]:
    """All of them by name."""
    return {file.stem: document(file.stem) for file in FILES}


def some_of(names: list[str], few: int) -> list[str]:
    """All names in the long form; else so many, spread over them."""
    return names if LONG or len(names) <= few else names[:: len(names) // few][:few]
