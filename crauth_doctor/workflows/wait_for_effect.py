"""Waiting until a change has effect, and the real call that shows that a grant has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Generic, TypeVar

from ..answers.author import Signature, read
from ..deferred import dataclass
from ..gcp import identity
from ..gcp.call import send
from ..gcp.clock import Clock
from ..gcp.door import Minted
from ..gcp.google import Google
from ..gcp.mint import mint_as, mint_as_operator
from ..gcp.own_urls import own_urls
from ..model.fact import Fact, Known, Obstacle, Source, Unknown, value_of
from ..model.finding import Stage
from ..model.http import Response
from ..model.iam import DenyRule
from ..report.change import ChangeReport, Verified
from ..report.status import ExitStatus
from .context import Tell
from .grant_preflight import Preflight, denial_sentence

T = TypeVar("T")

PATIENCE: Final = 600.0
"""Seconds that a change is waited for: usually two minutes, sometimes seven or more.

Source: https://docs.cloud.google.com/iam/docs/access-change-propagation
"""
_FIRST_PAUSE: Final = 2.0
_LONGEST_PAUSE: Final = 20.0
_FAILURES: Final = 2
_PASSING: Final = (Obstacle.TIMED_OUT, Obstacle.UNREACHABLE)
_ATTEMPT: Final = 60.0
_NORMAL: Final = "usually two minutes, sometimes seven or more"


@dataclass(frozen=True)
class Waited(Generic[T]):
    """How waiting ended."""

    seen: T  # what was seen last
    seconds: float  # how long it took
    settled: bool  # whether that is how it stays; else the time was over


def wait_for_effect(clock: Clock, tell: Tell, look: Callable[[], tuple[T, str]]) -> Waited[T]:
    """Look again and again until what is seen is settled, or waiting is useless.

    `look` returns what is seen, and in a few words what is waited for still; empty where it is settled.
    """
    began, pause = clock.now(), _FIRST_PAUSE
    while True:
        seen, pending = look()
        elapsed = clock.now() - began
        if not pending or elapsed + pause > PATIENCE:
            return Waited(seen, elapsed, not pending)
        tell(f"{pending}, after {elapsed:.0f} s; {_NORMAL}.")
        clock.wait(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE)


@dataclass(frozen=True)
class _Seen:
    """One answer."""

    response: Response
    signature: Signature


class Verifier:
    """Calls the service as the member.

    `forbidding` is a deny rule that is known to forbid it, whatever is granted.
    """

    def __init__(
        self, google: Google, tell: Tell, preflight: Preflight, path: str, forbidding: DenyRule | None = None
    ) -> None:
        self._google = google
        self._tell = tell
        self._preflight = preflight
        self._url = f"{preflight.service.url}{path}"
        self._forbidding = forbidding

    def verify(self, draft: ChangeReport) -> None:
        """Call until it is let in; the draft then says what was seen."""
        minted = self._mint()
        if not isinstance(minted, Known):
            self._cannot(draft, minted)
            return
        self._tell(f"Calling {self._url} as {self._preflight.name} until it is let in ({_NORMAL}).")
        failures = 0

        def look() -> tuple[_Seen | Unknown, str]:
            nonlocal failures
            seen = self._call(minted.value)
            if isinstance(seen, _Seen):
                return seen, f"Still refused ({seen.response.status})" if self._may_pass(seen) else ""
            failures += 1
            return seen, "No answer came" if seen.obstacle in _PASSING and failures <= _FAILURES else ""

        waited = wait_for_effect(Clock(self._google), self._tell, look)
        if not waited.settled:
            self._out_of_time(draft, waited.seconds)
        elif isinstance(waited.seen, _Seen):
            self._settled(draft, waited.seen, waited.seconds)
        else:
            self._cannot(draft, waited.seen)

    def _mint(self) -> Fact[Minted]:
        google, audience = self._google.within(_ATTEMPT), self._preflight.service.url
        principal = self._preflight.principal
        if principal.is_service_account and principal.email is not None:
            return mint_as(google, principal.email, audience)
        operator = value_of(identity.operator(google))
        if operator is not None and operator.member.lower() == principal.member.lower():
            return mint_as_operator(google, audience)
        return Unknown(Source("token", principal.member), Obstacle.NOT_ASKED, "nobody else can call as this member")

    def _call(self, minted: Minted) -> _Seen | Unknown:
        own = own_urls(self._preflight.service)
        answer = send(self._google.within(_ATTEMPT), self._url, secret=minted.secret, own=own)
        if isinstance(answer, Known):
            return _Seen(answer.value, read(answer.value, with_token=True))
        return answer if isinstance(answer, Unknown) else Unknown(answer.source, Obstacle.NOT_UNDERSTOOD)

    def _may_pass(self, seen: _Seen) -> bool:
        """Return whether a later call may show something else: IAM refuses it, and no deny rule is known to."""
        return Stage.IAM in seen.signature.stages and seen.response.status == 403 and self._forbidding is None

    def _settled(self, draft: ChangeReport, seen: _Seen, elapsed: float) -> None:
        stages, status, name = seen.signature.stages, seen.response.status, self._preflight.name
        if stages == {Stage.APP}:
            by = "is let in" if seen.signature.passed else "is let in; the status is the application's own"
            draft.verified = Verified.YES
            draft.shown = f"Verified: a call as {name} got {status} after {elapsed:.0f} s, and {by}."
        elif Stage.IAM not in stages or status != 403 or self._forbidding is None:
            names = " or ".join(stage.slug for stage in sorted(stages))
            draft.verified, draft.status = Verified.CANNOT_TELL, ExitStatus.CANNOT_TELL
            draft.shown = (
                f"Not verified: a call from here got {status} before IAM was asked ({names}). "
                "The grant itself is in place. `crauth-doctor check` says why."
            )
        else:
            draft.verified, draft.status = Verified.NO, ExitStatus.BLOCKED
            draft.shown = (
                f"A call as {name} got {status}, and waiting does not help. "
                f"{denial_sentence(self._forbidding, certain=True)} "
                "The policy's owner must exempt this member."
            )

    def _out_of_time(self, draft: ChangeReport, elapsed: float) -> None:
        draft.verified, draft.status = Verified.NO, ExitStatus.BLOCKED
        draft.shown = (
            f"Still refused after {elapsed:.0f} s, longer than a change usually takes. The grant stays; "
            "`crauth-doctor check` looks for what else refuses the call."
        )

    def _cannot(self, draft: ChangeReport, fact: Fact[Minted] | Unknown) -> None:
        why = "no token could be made"
        if isinstance(fact, Unknown) and fact.obstacle in _PASSING:
            why = "the service could not be reached from here"
        elif isinstance(fact, Unknown):
            why = f"{fact.permission} is missing" if fact.permission else fact.detail or fact.obstacle.value
        draft.verified, draft.status = Verified.CANNOT_TELL, ExitStatus.CANNOT_TELL
        draft.shown = (
            f"Not verified by a call as {self._preflight.name}: {why}. Have it call by itself: a grant takes effect "
            f"after {_NORMAL}. --no-wait skips this."
        )
