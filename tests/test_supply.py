"""The locks in `.ci/locks` hold what pyproject.toml declares, each file with its hash, and name no place to get it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RUNTIME = [Requirement(text) for text in PROJECT["project"]["dependencies"]]
TEST = [Requirement(text) for text in PROJECT["project"]["optional-dependencies"]["test"]]
BUILD = [Requirement(text) for text in PROJECT["build-system"]["requires"]]


def locked(name: str) -> dict[str, list[str]]:
    """The versions of each package of a lock; each has a hash."""
    text = (ROOT / ".ci" / "locks" / f"{name}.txt").read_text(encoding="utf-8").replace("\\\n", " ")
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line and not line.lstrip().startswith("#"):
            package, version = re.match(r"([\w.-]+)==([^ ;]+)", line).groups()  # type: ignore[union-attr]
            assert re.search(r" --hash=sha256:[0-9a-f]{64}\b", line), line
            found.setdefault(canonicalize_name(package), []).append(version)
    return found


def held(requirement: Requirement, lock: dict[str, list[str]]) -> bool:
    versions = lock.get(canonicalize_name(requirement.name), [])
    return bool(versions) and all(requirement.specifier.contains(version) for version in versions)


@pytest.mark.parametrize("requirement", [*RUNTIME, *TEST, *BUILD], ids=str)
def test_the_locks_hold_what_is_declared(requirement: Requirement) -> None:
    assert held(requirement, locked("tested")), "run .ci/locks/make"


@pytest.mark.parametrize("requirement", RUNTIME, ids=str)
def test_the_lowest_lock_holds_the_lower_bounds(requirement: Requirement) -> None:
    assert any(one.operator == ">=" for one in requirement.specifier), "a lower bound is declared"
    assert held(requirement, locked("lowest")), "run .ci/locks/make"


@pytest.mark.parametrize("name", ["tested", "lowest"])
def test_a_lock_names_no_index(name: str) -> None:
    text = (ROOT / ".ci" / "locks" / f"{name}.txt").read_text(encoding="utf-8")
    assert not re.search(r"://|--(extra-)?index|--find-links| @ ", text)


def test_where_a_private_name_is_used_the_next_release_is_kept_out() -> None:
    capped = {one.name for one in RUNTIME if any(spec.operator == "<" for spec in one.specifier)}
    assert capped >= {"google-auth", "google-cloud-iam", "google-cloud-run", "questionary"}
