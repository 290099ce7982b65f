"""A real call, made again until a grant has effect, or until waiting is useless."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ..answers.author import Signature, read
from ..gcp import identity
from ..gcp.call import own_urls, send
from ..gcp.clock import Clock
from ..gcp.connection import Google
from ..gcp.mint import Minted, mint_as, mint_as_operator
from ..model.fact import Fact, Known, Obstacle, Source, Unknown, value_of
from ..model.finding import Stage
from ..model.http import Response
from ..model.iam import DenyRule
from ..report.status import ExitStatus
from .standing import Scene, denial_sentence
from .story import Story, Verified

PATIENCE: Final = 600.0
"""Seconds that a change is waited for: two minutes are usual, seven or more are possible.

Source: https://docs.cloud.google.com/iam/docs/access-change-propagation
"""
_FIRST_PAUSE: Final = 2.0
_LONGEST_PAUSE: Final = 20.0
_FAILURES: Final = 2
_PASSING: Final = (Obstacle.TIMED_OUT, Obstacle.UNREACHABLE)
_ATTEMPT: Final = 60.0
_NORMAL: Final = "two minutes are usual, seven or more are possible"


@dataclass(frozen=True, slots=True)
class _Seen:
    """One answer."""

    response: Response
    signature: Signature


class Verifier:
    """Calls the service as the member.

    Args:
        google: the door.
        tell: is told how long it has been, and what is normal.
        scene: whom to call, and as whom.
        path: the path to call.
        forbidding: a deny rule that is known to forbid it, whatever is granted.
    """

    def __init__(
        self, google: Google, tell: Callable[[str], None], scene: Scene, path: str, forbidding: DenyRule | None = None
    ) -> None:
        self._google = google
        self._tell = tell
        self._scene = scene
        self._url = f"{scene.service.url}{path}"
        self._forbidding = forbidding
        self._clock = Clock(google)

    def verify(self, story: Story) -> None:
        """Call until it is let in, and tell in the story what was seen."""
        minted = self._mint()
        if not isinstance(minted, Known):
            self._cannot(story, minted)
            return
        began, pause, failures = self._clock.now(), _FIRST_PAUSE, 0
        self._tell(f"Calling {self._url} as {self._scene.name} until it is let in ({_NORMAL}).")
        while True:
            seen = self._call(minted.value)
            elapsed = self._clock.now() - began
            if isinstance(seen, _Seen) and self._is_settled(story, seen, elapsed):
                return
            failures += isinstance(seen, Unknown)
            if isinstance(seen, Unknown) and (seen.obstacle not in _PASSING or failures > _FAILURES):
                self._cannot(story, seen)
                return
            if elapsed + pause > PATIENCE:
                self._out_of_time(story, elapsed)
                return
            told = f"Refused still ({seen.response.status})" if isinstance(seen, _Seen) else "No answer came"
            self._tell(f"{told}, after {elapsed:.0f} s; {_NORMAL}.")
            self._clock.wait(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE)

    def _mint(self) -> Fact[Minted]:
        google, audience = self._google.within(_ATTEMPT), self._scene.service.url
        principal = self._scene.principal
        if principal.is_service_account and principal.email is not None:
            return mint_as(google, principal.email, audience)
        operator = value_of(identity.operator(google))
        if operator is not None and operator.member.lower() == principal.member.lower():
            return mint_as_operator(google, audience)
        return Unknown(Source("token", principal.member), Obstacle.NOT_ASKED, "nobody else can call as this member")

    def _call(self, minted: Minted) -> _Seen | Unknown:
        own = own_urls(self._scene.service)
        answer = send(self._google.within(_ATTEMPT), self._url, secret=minted.secret, own=own)
        if isinstance(answer, Known):
            return _Seen(answer.value, read(answer.value, with_token=True))
        return answer if isinstance(answer, Unknown) else Unknown(answer.source, Obstacle.NOT_UNDERSTOOD)

    def _is_settled(self, story: Story, seen: _Seen, elapsed: float) -> bool:
        """Tell whether another call would show nothing new."""
        stages, status = seen.signature.stages, seen.response.status
        if stages == {Stage.APP}:
            by = "is let in" if seen.signature.passed else "is let in; the status is the application's own"
            story.verified = Verified.YES
            story.shown = f"Verified: a call as {self._scene.name} got {status} after {elapsed:.0f} s, and {by}."
            return True
        if Stage.IAM not in stages or status != 403:
            names = " or ".join(stage.slug for stage in sorted(stages))
            story.verified, story.status = Verified.CANNOT_TELL, ExitStatus.CANNOT_TELL
            story.shown = (
                f"Not verified: a call from here got {status} at {names}, where this grant is not asked about yet. "
                "`crauth-doctor check` says why."
            )
            return True
        if self._forbidding is None:
            return False
        story.verified, story.status = Verified.NO, ExitStatus.BLOCKED
        story.shown = (
            f"A call as {self._scene.name} got {status}, and waiting would not help. "
            f"{denial_sentence(self._forbidding, certain=True)} "
            "Who owns that policy has to leave this member out of it."
        )
        return True

    def _out_of_time(self, story: Story, elapsed: float) -> None:
        story.verified, story.status = Verified.NO, ExitStatus.BLOCKED
        story.shown = (
            f"Refused still after {elapsed:.0f} s, which is longer than a change takes. The grant stands; "
            "`crauth-doctor check` looks for what else refuses the call."
        )

    def _cannot(self, story: Story, fact: object) -> None:
        why = "no token could be made"
        if isinstance(fact, Unknown) and fact.obstacle in _PASSING:
            why = "the service could not be reached from here"
        elif isinstance(fact, Unknown):
            why = f"{fact.permission} is missing" if fact.permission else fact.detail or fact.obstacle.value
        story.verified, story.status = Verified.CANNOT_TELL, ExitStatus.CANNOT_TELL
        story.shown = (
            f"Not verified by a call as {self._scene.name}: {why}. Let it call by itself; {_NORMAL} until a grant "
            "has effect. Pass --no-wait where that is known."
        )
