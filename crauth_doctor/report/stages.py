"""What becomes of the call at each stage of its path, as every format shows it."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from ..deferred import dataclass
from ..model.fact import Source
from ..model.facts import NOT_GIVEN
from ..model.finding import Conclusion, Finding, Outcome, Stage, Step, Verdict
from .document import Report, each_once

NAMES: Final = {
    Stage.MINT: "get a token",
    Stage.REACH: "network",
    Stage.INGRESS: "ingress",
    Stage.IAP: "IAP",
    Stage.TOKEN: "token check",
    Stage.IAM: "IAM",
    Stage.APP: "container",
    Stage.WARNING: "warning",
}
NO_READS: Final = frozenset({"nothing", "given", "call", "clock", "sandbox"})
"""Sources that are no reads of settings: what was called stands in a line of its own."""


class Effect(StrEnum):
    """What a stage does to the call."""

    PASSES = "passes"
    STOPS = "stops"
    PROBABLY_STOPS = "probably-stops"
    SHOULD_STOP = "should-stop"
    WOULD_PASS = "would-pass"
    WOULD_STOP = "would-stop"
    UNSEEN = "unseen"
    NOTHING = "nothing"
    NOT_REACHED = "not-reached"
    FAILED = "failed"

    @property
    def in_words(self) -> str:
        """What it does, behind the stage's name."""
        return _WORDS[self]

    @property
    def mark(self) -> str:
        """One sign for it."""
        return _MARKS[self]

    @property
    def is_stop(self) -> bool:
        """Whether the path ends there."""
        return self in {Effect.STOPS, Effect.PROBABLY_STOPS, Effect.SHOULD_STOP}


_WORDS: Final = {
    Effect.PASSES: "lets it pass",
    Effect.STOPS: "stops the call",
    Effect.PROBABLY_STOPS: "probably stops the call",
    Effect.SHOULD_STOP: "should stop the call, and a call got past",
    Effect.WOULD_PASS: "would let it pass",
    Effect.WOULD_STOP: "would stop it as well",
    Effect.UNSEEN: "could not be judged",
    Effect.NOTHING: "nothing to judge",
    Effect.NOT_REACHED: "not reached",
    Effect.FAILED: "could not be judged: this tool failed",
}
_MARKS: Final = {
    Effect.PASSES: "✓",
    Effect.STOPS: "✗",
    Effect.PROBABLY_STOPS: "✗?",
    Effect.SHOULD_STOP: "✗?",
    Effect.WOULD_PASS: "(✓)",
    Effect.WOULD_STOP: "(✗)",
    Effect.UNSEEN: "?",
    Effect.NOTHING: "–",  # noqa: RUF001 - the sign for "does not apply"
    Effect.NOT_REACHED: "·",
    Effect.FAILED: "!",
}


@dataclass(frozen=True)
class StageRow:
    """One stage of the path."""

    stage: Stage
    effect: Effect  # what it does to the call
    outcome: Outcome | None  # what stops or would stop the call there; None where nothing does
    fact: str  # what is known of it, in a few words; a sentence where it stops the call; empty where nothing is
    because: tuple[str, ...]  # the same in sentences, or why it could not be judged
    evidence: tuple[Source, ...]  # the reads that its judgement rests on

    @property
    def name(self) -> str:
        """Its name, within a sentence."""
        return NAMES[self.stage]

    @property
    def finding(self) -> Finding | None:
        """What stops or would stop the call there."""
        return self.outcome.finding if self.outcome else None


def stage_rows(document: Report) -> tuple[StageRow, ...]:
    """Return the stages in the order in which they can stop the call."""
    return tuple(_rows(document))


def _rows(document: Report) -> Iterator[StageRow]:
    cause = document.diagnosis.cause
    after = False
    for step in document.diagnosis.steps:
        here = cause is not None and step.stage is cause.stage
        effect = _at_cause(document.diagnosis.conclusion) if here else _effect(step, after=after)
        blocking = cause if here else next((o for o in step.outcomes if o.verdict is Verdict.BLOCKS), None)
        fact, because, evidence = _known(step, blocking, document)
        yield StageRow(step.stage, effect, blocking, fact, because, evidence)
        after = after or here or step.verdict is Verdict.BLOCKS


def _at_cause(conclusion: Conclusion) -> Effect:
    match conclusion:
        case Conclusion.PROVEN | Conclusion.EXPECTED:
            return Effect.STOPS
        case Conclusion.CONTRADICTED:
            return Effect.SHOULD_STOP
        case _:
            return Effect.PROBABLY_STOPS


def _effect(step: Step, *, after: bool) -> Effect:
    after = after or not step.reached
    match step.verdict:
        case Verdict.BLOCKS:
            return Effect.WOULD_STOP if after else Effect.STOPS
        case Verdict.CLEAR:
            return Effect.WOULD_PASS if after else Effect.PASSES
        case Verdict.CRASHED:
            return Effect.FAILED
        case Verdict.UNKNOWN:
            return Effect.NOT_REACHED if after else Effect.UNSEEN
        case Verdict.NOT_APPLICABLE:
            return Effect.NOT_REACHED if after else Effect.NOTHING


def _known(step: Step, blocking: Outcome | None, document: Report) -> tuple[str, tuple[str, ...], tuple[Source, ...]]:
    """Return what is known of a stage: in a few words, in sentences, and where it was read."""
    if blocking is not None:
        finding = blocking.finding
        sources = each_once(blocking.rests_on)
        evidence = tuple(s for s in sources if s.read not in NO_READS and s != NOT_GIVEN.source and " " not in s.target)
        because = tuple(map(document.sentence, finding.because)) if finding else ()
        return finding.title if finding else blocking.title, because, evidence
    note = document.details.notes.get(step.stage)
    known = (document.sentence(note.because),) if note else ()
    evidence = note.evidence if note else ()
    if step.verdict in {Verdict.UNKNOWN, Verdict.CRASHED}:
        doubts = dict.fromkeys(text for text in (step.doubt, *(outcome.doubt for outcome in step.outcomes)) if text)
        return "", (*known, *map(document.sentence, doubts)), evidence
    return note.fact if note else "", known, evidence
