"""What a page shows besides the verdict: a fact of each stage, the test calls one by one, the token's claims."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType

from ..deferred import dataclass
from ..model.fact import Source
from ..model.finding import Stage
from ..model.token import Token


@dataclass(frozen=True)
class StageNote:
    """What is known of a stage, whatever it does to the call.

    Args:
        fact: in a few words, such as `ingress: all`.
        because: in a sentence.
        evidence: where it was read.
    """

    fact: str
    because: str
    evidence: tuple[Source, ...] = ()


@dataclass(frozen=True)
class CallRow:
    """One test call.

    Args:
        token: what it carried: `none`, `junk`, `caller`.
        status: what it got; None where it was not made.
        healthy: what it gets where all is as it should be: `403`, `401`, `2xx`; empty where that is not known.
        answered_by: who answered; empty where nobody did.
    """

    token: str
    status: int | None
    healthy: str
    answered_by: str

    @property
    def is_healthy(self) -> bool | None:
        """Whether it got what it should; None where that is not known."""
        if self.status is None or not self.healthy:
            return None
        return 200 <= self.status < 300 if self.healthy == "2xx" else str(self.status) == self.healthy


@dataclass(frozen=True)
class ClaimJudgement:
    """What a claim of the token is worth.

    Args:
        claim: `aud`, `iss`, `exp`.
        good: whether it is as the service wants it; None where that is not known.
        says: why, in a clause.
    """

    claim: str
    good: bool | None
    says: str


@dataclass(frozen=True)
class TokenDetails:
    """The token beside what the service accepts.

    Args:
        accepted: the audiences that the service is known to accept, each with why.
        judged: what some of the claims are worth.
    """

    token: Token
    accepted: tuple[tuple[str, str], ...]
    judged: tuple[ClaimJudgement, ...]


def _nothing() -> Mapping[Stage, StageNote]:
    return MappingProxyType({})


@dataclass(frozen=True)
class ReportDetails:
    """What a page shows besides the verdict.

    Args:
        notes: a fact of each stage, where one is known.
        calls: the test calls, in the order in which they are made.
        token: the token that the caller sends; None where it is not known.
        command: the command line that asks the same again; empty where none does.
        language: what the caller's code is written in, of the snippets; empty where nothing tells.
    """

    notes: Mapping[Stage, StageNote] = field(default_factory=_nothing, hash=False)
    calls: tuple[CallRow, ...] = ()
    token: TokenDetails | None = None
    answered: int = 0
    unanswered: int = 0
    command: tuple[str, ...] = ()
    language: str = ""


NO_DETAILS = ReportDetails()
"""Nothing besides the verdict."""
