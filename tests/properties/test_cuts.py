"""Cuts: part of a paste never makes the tool surer of something else than the whole does.

Any prefix, any suffix and any deletion of lines of any evidence: never `clear` for what has a cause, and never `proven`
but on the true cause or a more general one.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from tests.patience import LONG

from .program import Program, opened
from .renderings import answered, pasted
from .subjects import Subject, Trial, built_in, given, one_by_one, sampled, wrong

Cut = tuple[str, str]
"""How it was cut, and what is left."""


def cuts(text: str, seed: str) -> list[Cut]:
    """Every prefix, suffix and deletion of a line, and as many deletions of a block; only what differs."""
    lines = text.splitlines(keepends=True)
    every = range(len(lines))
    found = [(f"first {n} lines", lines[:n]) for n in every]
    found += [(f"without the first {n} lines", lines[n:]) for n in every if n]
    found += [(f"without line {n + 1}", lines[:n] + lines[n + 1 :]) for n in every]
    pick = random.Random(seed)
    for _ in every:
        begin, end = sorted(pick.sample(range(len(lines) + 1), 2))
        found.append((f"without lines {begin + 1}-{end}", lines[:begin] + lines[end:]))
    once: dict[str, str] = {}
    for how, left in found:
        once.setdefault("".join(left), how)
    return [(how, left) for left, how in once.items() if left != text]


def tried(subject: Subject, *, everything: bool = LONG, some: int = 4) -> Iterator[Trial]:
    """Cut what was pasted, what could be pasted of its world, and the true answer beside a check."""
    with opened(subject.world) as program:
        for what, run, text in [*_evidence(subject, program)]:
            for how, left in sampled(cuts(text, subject.name), subject.name + what, some, everything=everything):
                if left.strip() or run[0] == "explain":  # a check that is handed nothing is a check
                    yield f"{subject} {what}, {how}", subject.wrong(program.run(run, left))


def _evidence(subject: Subject, program: Program) -> Iterator[tuple[str, list[str], str]]:
    if subject.evidence:
        yield "evidence", subject.run, subject.evidence
    if subject.case is None or program.sandbox is None or subject.run[0] != "check":
        return
    for form, text in pasted(subject.case, program.sandbox).items():
        yield f"{form} exports", ["explain", "-"], text
    answer = answered(subject.case, program.sandbox)
    if answer is not None:
        # The world that is checked is whole; only the answer beside it is cut.
        yield "answer", subject.run, answer.page()


def subjects() -> tuple[Subject, ...]:
    return (*built_in(), *given())


@pytest.mark.parametrize("subject", one_by_one(subjects(), 6))
@pytest.mark.timeout(900)
def test_a_part_of_the_evidence_is_never_surer_of_something_else(subject: Subject) -> None:
    faults = wrong(tried(subject))
    assert not faults, faults


def test_the_cuts_of_three_lines() -> None:
    found = {left for _, left in cuts("a\nb\nc\n", "seed")}
    assert {"", "a\n", "a\nb\n", "b\nc\n", "c\n", "a\nc\n"} <= found
    assert "a\nb\nc\n" not in found
