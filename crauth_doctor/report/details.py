"""What a page shows besides the verdict: a fact of each stage, the test calls one by one, the token's claims."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from ..deferred import dataclass
from ..model.fact import Source
from ..model.finding import Stage
from ..model.token import Token


@dataclass(frozen=True)
class StageNote:
    """What is known of a stage, whatever it does to the call."""

    fact: str  # in a few words, such as `ingress: all`
    because: str  # in a sentence
    evidence: tuple[Source, ...] = ()  # where it was read


@dataclass(frozen=True)
class CallRow:
    """One test call."""

    token: str  # what it carried: `none`, `junk`, `caller`
    status: int | None  # what it got; None where it was not made
    healthy: str  # what it gets where all is as it should be: `403`, `401`, `2xx`; empty where that is not known
    answered_by: str  # who answered; empty where nobody did

    @property
    def is_healthy(self) -> bool | None:
        """Whether it got what it should; None where that is not known."""
        if self.status is None or not self.healthy:
            return None
        return 200 <= self.status < 300 if self.healthy == "2xx" else str(self.status) == self.healthy


@dataclass(frozen=True)
class ClaimJudgement:
    """What a claim of the token is worth."""

    claim: str  # `aud`, `iss`, `exp`
    good: bool | None  # whether it is as the service wants it; None where that is not known
    says: str  # why, in a clause


@dataclass(frozen=True)
class TokenDetails:
    """The token beside what the service accepts."""

    token: Token
    accepted: tuple[tuple[str, str], ...]  # the audiences that the service is known to accept, each with why
    judged: tuple[ClaimJudgement, ...]  # what some of the claims are worth


@dataclass(frozen=True)
class ReportDetails:
    """What a page shows besides the verdict."""

    # a fact of each stage, where one is known
    notes: Mapping[Stage, StageNote] = field(default_factory=dict, hash=False)
    calls: tuple[CallRow, ...] = ()  # the test calls, in the order in which they are made
    token: TokenDetails | None = None  # the token that the caller sends; None where it is not known
    answered: int = 0
    unanswered: int = 0
    command: tuple[str, ...] = ()  # the command line that asks the same again; empty where none does
    language: str = ""  # what the caller's code is written in, of the snippets; empty where nothing tells


NO_DETAILS = ReportDetails()
"""Nothing besides the verdict."""
