"""Nothing known: where nothing was read and nothing is told, no stage is well."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from typing import Any

import pytest

from crauth_doctor.model.fact import Fact, Obstacle, Source, Unknown
from crauth_doctor.model.facts import NOT_GIVEN, Facts
from crauth_doctor.report.json import render
from crauth_doctor.workflows.reports.from_facts import explained
from tests.patience import LONG

from .noises import SENTENCES
from .program import opened
from .subjects import Trial, sampled, wrong

UNRELATED = {
    "nothing": "",
    "white space": " \n\t\r\n\n",
    "a poem": "The fog comes\non little cat feet.\n",
    "a shopping list": "- bread\n- 2 l milk\n- 403 g flour\n",
    "a date": "Mon, 01 Jun 2026 08:59:12 GMT\n",
    "JSON of something else": '{"name": "left-pad", "version": "1.3.0", "license": "WTFPL"}\n',
    "YAML of something else": "services:\n  db:\n    image: postgres:16\n    ports:\n      - 5432:5432\n",
    "source text": "def area(radius: float) -> float:\n    return 3.14159 * radius**2\n",
    "a licence": "Permission is hereby granted, free of charge, to any person obtaining a copy of this software.\n",
    "a table": "name,price\nbolt,0.12\nnut,0.08\n",
}
"""What tells nothing of any call."""


def unknown_facts() -> Iterator[tuple[str, Facts]]:
    """Facts of which each is unknown, for every reason; then with what is said to be absent when nothing is given."""
    yield "no facts", Facts()
    names = [field.name for field in dataclasses.fields(Facts)]
    not_given = {field.name for field in dataclasses.fields(Facts) if field.default == NOT_GIVEN}
    for obstacle in Obstacle:
        every: dict[str, Fact[Any]] = {
            name: Unknown(Source("read", name), obstacle, "why", "p.q.get") for name in names
        }
        yield f"all {obstacle.value}", Facts(**every)
        some = {name: fact for name, fact in every.items() if name not in not_given}
        yield f"all that is read {obstacle.value}", Facts(**some)


def tried_facts(_: str = "", *, everything: bool = LONG, some: int = 0) -> Iterator[Trial]:
    del everything, some
    for what, facts in unknown_facts():
        yield f"facts: {what}", ticked(json.loads(render(explained(facts))))


def tried_texts(_: str = "", *, everything: bool = LONG, some: int = 8) -> Iterator[Trial]:
    texts = {**UNRELATED, **{repr(sentence): f"{sentence}\n" for sentence in SENTENCES}}
    with opened(None) as program:
        for what, text in sampled(texts.items(), "nothing known", some, everything=everything):
            told = program.run(["explain", "-"], text)
            fault = f"broke: exit {told.status}" if told.report is None else ticked(told.report)
            yield f"paste: {what}", fault


def tried(what: str, *, everything: bool = LONG, some: int = 8) -> Iterator[Trial]:
    """All facts unknown; pastes that tell nothing."""
    return (tried_facts if what == "facts" else tried_texts)(what, everything=everything, some=some)


def ticked(report: dict[str, Any]) -> str | None:
    """Say which stages are called well, or what else is claimed."""
    well = [each["stage"] for each in report["stages"] if each["verdict"] == "clear"]
    if well:
        return f"✓ {' '.join(well)} ({report['conclusion']})"
    return None if report["exit"] == 11 and report["cause"] is None else f"{report['conclusion']} {report['cause']}"


def subjects() -> tuple[str, ...]:
    return ("facts", "texts")


@pytest.mark.parametrize("what", subjects())
def test_nothing_is_well_where_nothing_is_known(what: str) -> None:
    faults = wrong(tried(what))
    assert not faults, faults
