"""The built-in worlds and cases, each file read once in a process."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

from crauth_doctor.sandbox.state.world import _parse_text
from tests.patience import LONG

FOLDER: Final = Path(str(resources.files("crauth_doctor.sandbox") / "worlds"))
FILES: Final = tuple(sorted(FOLDER.glob("*.yaml")))


@cache
def document(name: str) -> dict[str, Any]:
    """What a file says, as the program reads it; not to be changed."""
    found: Any = _parse_text((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    return dict(found)


def documents() -> dict[str, dict[str, Any]]:
    """All of them by name."""
    return {file.stem: document(file.stem) for file in FILES}


def some_of(names: list[str], few: int) -> list[str]:
    """All names in the long form; else so many, spread over them."""
    return names if LONG or len(names) <= few else names[:: len(names) // few][:few]
