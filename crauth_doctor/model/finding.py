"""What a rule concluded, and what the diagnosis made of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from .change import Change
from .fact import Source, Unknown


class Stage(IntEnum):
    """The path of a request, in the order in which it can be stopped; warnings stop nothing."""

    MINT = 1
    REACH = 2
    INGRESS = 3
    IAP = 4
    TOKEN = 5
    IAM = 6
    APP = 7
    WARNING = 8

    @property
    def slug(self) -> str:
        """Its name as ids and reports write it."""
        return self.name.lower()


PATH = tuple(stage for stage in Stage if stage is not Stage.WARNING)
"""The stages that can stop a request."""


class Verdict(StrEnum):
    """What a rule, or a whole stage, has to say."""

    CLEAR = "clear"
    BLOCKS = "blocks"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not-applicable"
    CRASHED = "crashed"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something is wrong.

    Args:
        title: one sentence with the names in it.
        because: what shows it, a sentence each.
        fixes: what would mend it, the best first; a widening one is never first while another exists.
        assuming: what it takes for granted without having read it; such a finding is never called proven.
    """

    title: str
    because: tuple[str, ...]
    fixes: tuple[Change, ...] = ()
    assuming: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """One rule's judgement, with the reads that it rests on.

    Args:
        rule: the cause's id.
        stage: where on the path it would stop the request.
        verdict: what the rule says.
        finding: what is wrong, when it blocks.
        doubt: why it cannot tell, when it cannot.
        rests_on: every fact that it was given, by source.
        missing: what could not be read.
        title: the rule's own title, for reports that show a rule without a finding.
        answered_by: the stages that answer such a call; empty means its own. A caller that has no token is refused by
            the token check.
    """

    rule: str
    stage: Stage
    verdict: Verdict
    finding: Finding | None = None
    doubt: str = ""
    rests_on: tuple[Source, ...] = ()
    missing: tuple[Unknown, ...] = ()
    title: str = ""
    answered_by: frozenset[Stage] = frozenset()


@dataclass(frozen=True, slots=True)
class Step:
    """One stage of the path.

    Args:
        stage: which.
        verdict: the worst of its outcomes.
        reached: whether a request gets this far.
        outcomes: its rules' outcomes, the most specific cause first.
        passed: whether a call that speaks for the caller's was seen to be answered behind it.
    """

    stage: Stage
    verdict: Verdict
    reached: bool
    outcomes: tuple[Outcome, ...]
    passed: bool = False


@dataclass(frozen=True, slots=True)
class Observation:
    """Which stage answered a call.

    Args:
        stages: the stages that could have written this answer; one when it is certain.
        summary: what was seen, in one sentence.
        source: whose call it was.
        covers: the stages for which this call speaks for the caller's own; a call from another network says nothing
            about ingress.
        passed: whether the request was served.
    """

    stages: frozenset[Stage]
    summary: str
    source: Source
    covers: frozenset[Stage] = frozenset(PATH)
    passed: bool = False


class Conclusion(StrEnum):
    """How what the configuration says stands to what the call saw."""

    CLEAR = "clear"
    """Nothing blocks."""
    PROVEN = "proven"
    """The call was stopped where a rule says that it is."""
    EXPECTED = "expected"
    """A rule says that it is stopped, and all before it was read; no call was seen."""
    LIKELY = "likely"
    """The same, but something before it could not be read, or the finding rests on an assumption."""
    CONTRADICTED = "contradicted"
    """A rule says that it is stopped, and the call went past."""
    UNEXPLAINED = "unexplained"
    """The call was stopped where no rule says why."""
    UNDECIDED = "undecided"
    """Nothing that was seen blocks, and something could not be seen."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The verdict on one call.

    Args:
        steps: the stages of the path, in order.
        conclusion: how sure it is.
        cause: the outcome that is the cause; None when nothing is found to block.
        observations: the answers that were held against it, the deciding one first.
        warnings: findings that stop nothing.
        unread: everything that could not be read, each once, the one that hides most first.
        explanations: what could explain an unexplained or contradicted answer, the likeliest first.
    """

    steps: tuple[Step, ...]
    conclusion: Conclusion
    cause: Outcome | None
    observations: tuple[Observation, ...] = ()
    warnings: tuple[Outcome, ...] = ()
    unread: tuple[Unknown, ...] = ()
    explanations: tuple[str, ...] = ()
