"""What became of a contract: who may call what, held against what is true."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from ...deferred import dataclass
from ...model.fact import Unknown
from ...redaction import clean
from ..document import OBSTACLES, source_in_words
from ..status import ExitStatus, worst


class ContractVerdict(StrEnum):
    """How one part of a contract stands."""

    MET = "met"
    BROKEN = "broken"
    CANNOT_TELL = "cannot-tell"


@dataclass(frozen=True)
class ClauseResult:
    """One part of one expectation, held against what is true.

    Args:
        expectation: id of the expectation.
        clause: its key: `may`, `may-not`, `only`, `public`, `audience`, `ingress`, `runs-as`.
        service: as the file names it.
        subject: the caller, or the value that is wanted; empty where the clause says it all.
        line: of the file, counted from 1.
        because: what shows it, in a sentence.
        cause: id of the cause that breaks it, where a rule found one; else empty.
        missing: the reads that failed and would decide.
    """

    expectation: str
    clause: str
    service: str
    subject: str
    line: int
    verdict: ContractVerdict
    because: str
    cause: str = ""
    missing: tuple[Unknown, ...] = ()

    @property
    def title(self) -> str:
        """The clause in the file's own words."""
        return clean(f"{self.clause} {self.subject}" if self.subject else self.clause)

    @property
    def sentence(self) -> str:
        """Why it stands as it does."""
        text = clean(self.because)
        return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"

    @property
    def unread(self) -> Iterator[str]:
        """What could not be read, a sentence each."""
        for one in self.missing:
            needs = f" It needs {clean(one.permission)}." if one.permission else ""
            yield f"{source_in_words(one.source)}: {OBSTACLES[one.obstacle]}.{needs}"


@dataclass(frozen=True)
class ContractResults:
    """All of them.

    Args:
        sandbox: whether it was held against a pretend cloud.
        tolerated: whether what cannot be told is let pass.
    """

    version: str
    file: str
    clauses: tuple[ClauseResult, ...]
    sandbox: bool = False
    tolerated: bool = False

    @property
    def exit(self) -> ExitStatus:
        """What the process ends with."""
        statuses = {
            ContractVerdict.MET: ExitStatus.CLEAR,
            ContractVerdict.BROKEN: ExitStatus.BLOCKED,
            ContractVerdict.CANNOT_TELL: ExitStatus.CLEAR if self.tolerated else ExitStatus.CANNOT_TELL,
        }
        return worst(statuses[one.verdict] for one in self.clauses)

    @property
    def summary(self) -> str:
        """The outcome in one sentence."""
        broken, unsure = (
            sum(one.verdict is verdict for one in self.clauses)
            for verdict in (ContractVerdict.BROKEN, ContractVerdict.CANNOT_TELL)
        )
        number = len(self.clauses)
        counted = "1 clause" if number == 1 else f"{number} clauses"
        return f"{counted}: {broken} broken, {unsure} undecided, {number - broken - unsure} met."
