"""Noise: what stands around the evidence and says nothing of the call does not make the tool name another cause."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from crauth_doctor.workflows.explain import explain
from tests.patience import LONG

from .noises import ASIDES, REFUSALS, SENTENCES, SETTINGS, icon
from .program import Program, Told, opened
from .renderings import answered, exports, pasted
from .subjects import Subject, Trial, built_in, given, one_by_one, sampled, wrong

BLOCK = 10
"""So many sentences are put around the evidence at once; one by one only where a block of them changes the answer."""


_CALLED = re.compile(r"https://([\w.-]+\.(?:run\.app|cloudfunctions\.net))(?![\w.-])")


def tried(subject: Subject, *, everything: bool = LONG, some: int = 2) -> Iterator[Trial]:
    """Put every noise before and after every evidence."""
    with opened(subject.world) as program:
        for what, run, text in [*_evidence(subject, program)]:
            before = program.run(run, text)
            yield f"{subject} {what}", f"broke: {before.err[-120:]}" if before.broke else None
            for kind, noise in sampled(_noises(text, before), subject.name + what, some, everything=everything):
                for place in ("before", "after"):
                    told = _told(program, run, text, noise, place)
                    fault = changed(subject, run, before, told, refusal=kind in REFUSALS)
                    if fault and kind == "sentences":
                        yield from _single(program, subject, (what, run, text), noise.split("\n"), before, place)
                    else:
                        yield f"{subject} {what}, {kind} {place}", fault


def _evidence(subject: Subject, program: Program) -> Iterator[tuple[str, list[str], str]]:
    if subject.evidence:
        yield "evidence", subject.run, subject.evidence
    if subject.case is None or program.sandbox is None or subject.run[0] != "check":
        return
    answer = answered(subject.case, program.sandbox)
    refused = answer is not None and answer.status >= 400
    # A call that is served and nothing else asks about nothing: a refusal beside it is what is asked about.
    if refused or exports(subject.case, program.sandbox):
        yield "exports", ["explain", "-"], pasted(subject.case, program.sandbox)["yaml"]
    if answer is not None and refused:
        yield "answer", subject.run, answer.command() if answer.by_hand else answer.page()


def _noises(text: str, before: Told) -> list[tuple[str, str]]:
    called = _CALLED.search(text) if before.cause else None  # where no call is shown, it is the one that is asked about
    own = [("what a browser asks for by itself", icon(called[1]))] if called else []
    blocks = [SENTENCES[n : n + BLOCK] for n in range(0, len(SENTENCES), BLOCK)]
    return [
        *(("sentences", "\n".join(each)) for each in blocks),
        *REFUSALS.items(),
        *SETTINGS.items(),
        *ASIDES.items(),
        *own,
    ]


def _single(
    program: Program,
    subject: Subject,
    evidence: tuple[str, list[str], str],
    sentences: list[str],
    before: Told,
    place: str,
) -> Iterator[Trial]:
    """Find the first sentence that does it alone; where none does, it is all of them together."""
    what, run, text = evidence
    for sentence in sentences:
        fault = changed(subject, run, before, _told(program, run, text, sentence, place), refusal=False)
        if fault:
            yield f"{subject} {what}, {sentence!r} {place}", fault
            return
    yield f"{subject} {what}, {sentences!r} {place}", "the cause changes with all of them together"


def _told(program: Program, run: list[str], text: str, noise: str, place: str) -> Told:
    parts = [noise, text] if place == "before" else [text, noise]
    return program.run(run, "\n\n".join(part.strip("\n") for part in parts) + "\n")


def changed(subject: Subject, run: list[str], before: Told, told: Told, *, refusal: bool) -> str | None:
    """Say what the noise changed, if it did: a cause lost to noise, another one named, a call that is well now."""
    if told.broke:
        return f"broke: exit {told.status} {told.err.strip()[-120:]}"
    if told.conclusion == "clear" and before.conclusion != "clear":
        return f"{before} became clear"
    if told.cause == before.cause or (before.cause is None and told.cause in subject.tolerable):
        return None
    # Without a service that is asked about, two hosts refused: which one is meant has to be asked.
    if told.cause is None and refusal and run[0] == "explain":
        return None
    return f"{before} became {told}"


def subjects() -> tuple[Subject, ...]:
    return (*built_in(), *given())


@pytest.mark.parametrize("subject", one_by_one(subjects(), 4))
@pytest.mark.timeout(900)
def test_noise_does_not_change_the_cause(subject: Subject) -> None:
    faults = wrong(tried(subject))
    assert not faults, faults


def test_there_are_sixty_sentences() -> None:
    assert len(set(SENTENCES)) >= 60


def test_settings_of_another_service_do_not_become_those_of_the_service_that_is_called() -> None:
    pasted = [(one.name, one.evidence) for one in subjects() if one.run[0] == "explain" and one.world is None]
    assert len(pasted) >= 20
    for name, evidence in pasted:
        before = explain(evidence or "").diagnosis.cause
        for kind, noise in SETTINGS.items():
            after = explain(f"{evidence}\n\n{noise}").diagnosis.cause
            named = after.rule if after is not None else None
            assert named in {None, before.rule if before else None}, (name, kind)
