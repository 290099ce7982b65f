"""What a rule concluded, and what the diagnosis made of it."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum, StrEnum

from ..deferred import dataclass
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


NO_ANSWER = 0
"""The status of a call that nothing answered: a time-out, a refused connection."""


class Basis(StrEnum):
    """What a rule judges by, and so what its silence means."""

    SETTINGS = "settings"
    """What was read. Its condition does not hold where it finds nothing."""
    REQUEST = "request"
    """The request as it was sent. Where that is not shown in full, finding nothing refutes nothing."""
    HISTORY = "history"
    """What was done before, of which seldom everything is seen."""
    INTENT = "intent"
    """What was meant, which no setting holds. Such a cause is never proven."""


@dataclass(frozen=True)
class Prediction:
    """What a cause makes the answer to a call look like, so that an answer can refute it."""

    stages: frozenset[Stage]  # who answers such a call, by stage
    statuses: frozenset[int] = frozenset()  # the HTTP status of that answer; empty means any
    # statuses besides, where what arrives is no token of Google's: the token check looks before the invoker check does
    foreign: frozenset[int] = frozenset()
    # statuses of the answer where the call goes to one of Google's own APIs, which starts a job, and to no service;
    # empty where this cause stops no such call
    at_api: frozenset[int] = frozenset()
    # statuses besides that Google gave in former years. They name this cause only where the answer itself shows who
    # wrote it.
    older: frozenset[int] = frozenset()

    def fits(self, seen: Observation) -> bool:
        """Whether an answer can be this cause's."""
        if seen.by_api:
            return seen.status in self.at_api
        if not self.stages & seen.stages:
            return False
        if seen.status == NO_ANSWER:
            return NO_ANSWER in self.statuses
        if seen.status is None or not self.statuses or seen.status in self.statuses | self.older:
            return True
        return seen.status in self.foreign and not seen.google_token

    def names(self, seen: Observation) -> bool:
        """Whether an answer that can be this cause's is no mere relic of former years."""
        return seen.status not in self.older or seen.stages <= self.stages


@dataclass(frozen=True)
class Finding:
    """Something is wrong."""

    title: str  # one sentence with the names in it
    because: tuple[str, ...]  # what shows it, a sentence each
    # what would mend it, the best first; a widening one is never first while another exists
    fixes: tuple[Change, ...] = ()
    # what it takes for granted without having read it; such a finding is never called proven
    assuming: tuple[str, ...] = ()
    # what it makes the answer look like, where that is not what its cause usually does
    predicts: Prediction | None = None


@dataclass(frozen=True)
class Outcome:
    """One rule's judgement, with the reads that it rests on."""

    rule: str  # the cause's id
    stage: Stage  # where on the path it would stop the request
    verdict: Verdict
    finding: Finding | None = None  # what is wrong, when it blocks
    doubt: str = ""  # why it cannot tell, when it cannot
    rests_on: tuple[Source, ...] = ()  # every fact that it was given, by source
    missing: tuple[Unknown, ...] = ()  # what could not be read
    title: str = ""  # the rule's own title, for reports that show a rule without a finding
    predicts: Prediction = Prediction(frozenset())  # what this cause makes the answer look like
    basis: Basis = Basis.SETTINGS  # what the rule judges by, and so whether its silence refutes the cause
    way_out: str = ""  # how the cause is mended, in the words of its page
    said_not: str = ""  # what is taken for granted that rules it out, such as a person's word; empty where nothing is
    said_so: tuple[str, ...] = ()  # what is taken for granted that speaks for it

    @property
    def entailed(self) -> bool:
        """Whether what was read shows the cause, with nothing taken for granted."""
        return self.verdict is Verdict.BLOCKS and self.finding is not None and not self.finding.assuming

    def open_to(self, seen: Observation) -> bool:
        """Whether this cause is left as one that this answer can come from."""
        return not self.said_not and self.open_but_for_words(seen)

    def open_but_for_words(self, seen: Observation) -> bool:
        """Whether it would be left if nobody had said anything: what is said refutes no rival of a proof."""
        if not self.predicts.fits(seen):
            return False
        if self.said_not:
            return True
        match self.verdict:
            case Verdict.BLOCKS | Verdict.UNKNOWN | Verdict.CRASHED:
                return True
            case Verdict.CLEAR:
                hidden = self.basis is Basis.REQUEST and not seen.whole_request
                return hidden or self.basis in {Basis.HISTORY, Basis.INTENT}
            case Verdict.NOT_APPLICABLE:
                return False


_BLOCKS = Verdict.BLOCKS  # to look a member up takes longer than all else that is done with an outcome


def blocking_of(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Return those outcomes whose rules say that the call is blocked."""
    return [one for one in outcomes if one.verdict is _BLOCKS]


class Sureness(StrEnum):
    """Why a stage counts as passed, or why it cannot."""

    SHOWN = "shown"
    """A fact that was read implies it."""
    ASSUMED = "assumed"
    """It holds if what is assumed holds."""
    NEEDLESS = "needless"
    """The request is not stopped here, because this stage does not look at it."""
    NOT_SHOWN = "not-shown"


@dataclass(frozen=True)
class Witness:
    """What shows that a call gets past a stage."""

    sureness: Sureness
    assuming: str = ""  # what is taken for granted, in a clause that fits behind "if"
    doubt: str = ""  # what keeps it from being shown


@dataclass(frozen=True)
class Step:
    """One stage of the path."""

    stage: Stage
    verdict: Verdict  # the worst of its outcomes
    reached: bool  # whether a request gets this far
    outcomes: tuple[Outcome, ...]  # its rules' outcomes, the most specific cause first
    passed: bool = False  # whether a call that speaks for the caller's was seen to be answered behind it
    assuming: str = ""  # what its being passed takes for granted; empty where nothing is
    doubt: str = ""  # what keeps it from being judged, where no rule says so


@dataclass(frozen=True)
class Observation:
    """Which stage answered a call."""

    stages: frozenset[Stage]  # the stages that could have written this answer; one when it is certain
    summary: str  # what was seen, in one sentence
    source: Source  # whose call it was
    # the stages for which this call speaks for the caller's own; a call from another network says nothing about ingress
    covers: frozenset[Stage] = frozenset(PATH)
    passed: bool = False  # whether the request was served
    status: int | None = None  # the HTTP status; `NO_ANSWER` where nothing answered, None where it is not known
    whole: bool = True  # whether the answer is known well enough to prove anything by it
    whole_request: bool = False  # whether everything that the request carried is known
    google_token: bool = False  # whether it is known to have carried an ID token that Google signed
    own: bool = False  # whether it is the caller's own call, and not one that this tool made
    brief: str = ""  # the summary without the trait that tells who answered; empty where it is not shorter
    by_api: bool = False  # whether one of Google's own APIs answered, and no service

    @property
    def speaks(self) -> bool:
        """Whether it says anything of the caller's own call."""
        return bool(self.stages & self.covers)


class Conclusion(StrEnum):
    """How what the configuration says stands to what the call saw."""

    CLEAR = "clear"
    """Nothing blocks."""
    PROVEN = "proven"
    """What was read shows the cause, a call got the answer that it predicts, and its rivals are refuted."""
    EXPECTED = "expected"
    """What was read shows the cause, and all before it was read; no call's answer tells it from every rival."""
    LIKELY = "likely"
    """It is the one cause left, or it rests on an assumption, or something before it could not be read."""
    CONTRADICTED = "contradicted"
    """What was read says that the call is stopped, and the call went past."""
    UNEXPLAINED = "unexplained"
    """A call was stopped, and every cause that fits its answer is refuted."""
    UNDECIDED = "undecided"
    """Several causes are left, or something could not be seen."""


@dataclass(frozen=True)
class AskAnswer:
    """One answer to a question."""

    value: str  # as it is said
    meaning: str  # in plain words
    leaves: tuple[str, ...]  # ids of the causes that it leaves, the likelier first


@dataclass(frozen=True)
class Ask:
    """A question whose answer tells apart what is left."""

    fact: str  # its name, as `--say` takes it
    question: str
    replies: tuple[AskAnswer, ...]  # what can be answered; examples where anything can be
    is_open: bool = False  # whether anything can be answered
    command: str = ""  # shows the answer and changes nothing; empty where none does
    worth: float = 0.0  # how much it narrows what is left, in bits, weighed by what it costs


@dataclass(frozen=True)
class Gainsaid:
    """Something that was said, and that what was read contradicts; what was read stands."""

    fact: str
    said: str
    read: str
    source: Source


@dataclass(frozen=True)
class Diagnosis:
    """The verdict on one call."""

    steps: tuple[Step, ...]  # the stages of the path, in order
    conclusion: Conclusion  # how sure it is
    cause: Outcome | None  # the outcome that is the cause; None when nothing is found to block
    observations: tuple[Observation, ...] = ()  # the answers that were held against it, the deciding one first
    warnings: tuple[Outcome, ...] = ()  # findings that stop nothing
    unread: tuple[Unknown, ...] = ()  # everything that could not be read, each once, the one that hides most first
    # what could explain an unexplained or contradicted answer, the likeliest first; where no answer was seen and
    # nothing is decided, what stays open whatever else may be read
    explanations: tuple[str, ...] = ()
    open: tuple[Outcome, ...] = ()  # the causes that nothing refutes, where one alone cannot be told
    assuming: tuple[str, ...] = ()  # what a clear conclusion takes for granted, in clauses that fit behind "if"
    # what the user said of a failing call, or gave of it, that the verdict does not answer
    unjudged: tuple[str, ...] = ()
    asks: tuple[Ask, ...] = ()  # the questions that tell apart best what is left, the best first
    gainsaid: tuple[Gainsaid, ...] = ()  # what was said, and what was read says otherwise
    also: tuple[Outcome, ...] = ()  # what blocks besides the cause, and does not come from it
