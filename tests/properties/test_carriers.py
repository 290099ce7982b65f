"""Carriers: what a text is carried in takes nothing away of what it tells, and never makes it tell something else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.patience import LONG

from .carriers import BROKEN, WHOLE
from .program import opened
from .subjects import Subject, Trial, one_by_one, sampled, with_evidence, wrong


def tried(subject: Subject, *, everything: bool = LONG, some: int = 4) -> Iterator[Trial]:
    """Put the evidence into every carrier."""
    assert subject.evidence is not None
    with opened(subject.world) as program:
        before = program.run(subject.run, subject.evidence)
        for name, carried in sampled([*WHOLE.items(), *BROKEN.items()], subject.name, some, everything=everything):
            told = program.run(subject.run, carried(subject.evidence))
            less = {None, *subject.tolerable} if name in BROKEN else set()
            faults = [subject.wrong(told)] if subject.wrong(before) is None else []
            if told.cause not in {before.cause, *less}:
                faults.append(f"{before} became {told}")
            yield f"{subject} in {name}", "; ".join(filter(None, faults)) or None


@pytest.mark.parametrize("subject", one_by_one(with_evidence(), 12))
@pytest.mark.timeout(900)
def test_what_carries_a_text_takes_nothing_away(subject: Subject) -> None:
    faults = wrong(tried(subject))
    assert not faults, faults
