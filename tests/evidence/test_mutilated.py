"""Documents that are cut or changed by hand: whatever is wrong with one, reading it never breaks."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from crauth_doctor.evidence import read
from crauth_doctor.workflows.explain import facts_of
from tests.built_in import documents as worlds
from tests.patience import LONG

ODD: tuple[Any, ...] = (None, [], {}, "", "x", 7, True, ["x"], {"x": 1}, "a/b")


def documents() -> list[Any]:
    """Every resource, policy and log entry of the built-in worlds, once for each kind of resource name."""
    found: dict[str, Any] = {}
    for document in worlds().values():
        world = document.get("world") or {}
        for part in ("resources", "iam", "deny", "orgPolicies"):
            for name, value in (world.get(part) or {}).items():
                kind = f"{part} {name.split('/')[2]} {name.split('/')[-2]} {sorted(map(str, value or ()))[:9]}"
                inside = {"name": name.partition("googleapis.com/")[2], **value} if isinstance(value, dict) else value
                found.setdefault(kind, inside if part == "resources" else value)
        for entry in world.get("logs") or ():
            found.setdefault(f"log {entry.get('logName', '')} {sorted(entry)}", entry)
    return list(found.values())


def mutilated(value: Any, some: random.Random) -> Iterator[Any]:
    """The document with one of its parts gone, or of another type."""
    text = json.dumps(value, default=str)
    for _ in range(12 if LONG else 6):
        made = json.loads(text)
        at = made
        while isinstance(at, dict | list) and at:
            key = some.choice(list(at)) if isinstance(at, dict) else some.randrange(len(at))
            if some.random() < 0.4 or not isinstance(at[key], dict | list) or not at[key]:
                if isinstance(at, dict) and some.random() < 0.3:
                    del at[key]
                else:
                    at[key] = some.choice(ODD)
                break
            at = at[key]
        yield made


@pytest.mark.parametrize("seed", range(4 if LONG else 1))
def test_no_document_breaks_the_reader(seed: int) -> None:
    some = random.Random(seed)
    broken = []
    for document in documents():
        for changed in mutilated(document, some):
            text = json.dumps(changed)
            try:
                facts_of(read(text))
            except Exception as error:  # noqa: BLE001 - that is what is looked for
                broken.append(f"{type(error).__name__}: {error}: {text[:200]}")
    assert broken == []
