"""What to do next where no fix can be named: one page of every format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ..fixes.names import in_words
from ..model.fact import Obstacle, Unknown
from ..model.finding import Ask, AskAnswer, Conclusion
from ..redaction import clean
from ..say import Say
from .document import OBSTACLES, Report, source_in_words

_ASK: Final = {
    Obstacle.FORBIDDEN: "Ask its owner to let you read it",
    Obstacle.API_DISABLED: "Enable the API, or ask for it to be enabled",
    Obstacle.NO_CREDENTIALS: "Sign in with `gcloud auth application-default login`",
    Obstacle.UNREACHABLE: "Run this from where it can be reached",
    Obstacle.TIMED_OUT: "Give it more time with --timeout",
    Obstacle.NOT_UNDERSTOOD: "Look at it yourself: a later version of this tool may understand it",
    Obstacle.NOT_TOLD: "Check the names and the URL that you gave, or pass the account's e-mail with --caller",
    Obstacle.NOT_ASKED: "Add --caller WHO, and allow test calls",
    Obstacle.NOT_IN_DOCUMENT: "Add it to what you gave, or run `crauth-doctor check` with access to the cloud",
}
_BEYOND_HELP: Final = frozenset({Obstacle.NOT_UNDERSTOOD, Obstacle.NOT_TOLD})
"""What no permission and no patience lifts: an answer to a question tells more."""
_MOST_ANSWERS: Final = 8
_FEW_CAUSES: Final = 2
_IMPERSONATES: Final = "impersonated credentials"
"""In the words of google-auth, where credentials of another account could not be had."""
_IMPERSONATED: Final = (
    "Check the name of the impersonated account, and that you have roles/iam.serviceAccountTokenCreator on it"
)


@dataclass(frozen=True, slots=True)
class NextStep:
    """One thing that the reader can do."""

    text: str  # in whole sentences
    command: str = ""  # what does it; empty where no command does


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    """What can be answered to a question, in one line."""

    values: tuple[str, ...]  # as they are said; several where they leave the same
    meaning: str  # in plain words; empty where the value says it
    leaves: tuple[str, ...]  # ids of the causes that are left then, where they are few


def answers(ask: Ask) -> Iterator[ShownAnswer]:
    """Yield what can be answered; of many answers, those that leave the same share a line."""
    alike: dict[object, list[AskAnswer]] = {}
    for reply in ask.replies:
        alike.setdefault(reply.leaves if len(ask.replies) > _MOST_ANSWERS else reply.value, []).append(reply)
    for first, *others in alike.values():
        meaning = "" if others or first.meaning == first.value else first.meaning
        leaves = first.leaves if len(first.leaves) <= _FEW_CAUSES else ()
        yield ShownAnswer((first.value, *(other.value for other in others)), meaning, leaves)


def next_steps(document: Report) -> Iterator[NextStep]:
    """Yield what shows more of a call whose cause is not known."""
    diagnosis = document.diagnosis
    named = (u for u in diagnosis.unread if not u.source.target.endswith("/-"))
    unread = (u for u in named if u.source.read not in {"evidence", "call"})
    lifted = next((u for u in unread if not (diagnosis.asks and u.obstacle in _BEYOND_HELP)), None)
    if document.requests:
        yield NextStep("Ask an administrator for the missing permissions (the request is below), then run this again.")
    elif lifted is not None:
        yield _lifting(lifted, diagnosis.unread)
    else:
        if diagnosis.explanations and diagnosis.conclusion is not Conclusion.UNDECIDED:
            yield NextStep("Check these possibilities in order.")
        yield from _seeing_more(document)


def _seeing_more(document: Report) -> Iterator[NextStep]:
    """Yield what shows more: of a paste alone, the service itself; of a service, its caller."""
    if document.target.service is not None:
        is_asked = document.diagnosis.asks and document.caller.asked
        more = "Answer what is asked above, then" if is_asked else "Add --caller WHO and allow test calls, then"
        yield NextStep(Say("{more} run this again.", more=Say(more)))
        return
    yield NextStep("Look at the service itself:", document.next_check)
    yield NextStep("Or give more of the failing call: the whole response (curl -i), or its entry in the request log.")


def _lifting(unknown: Unknown, unread: tuple[Unknown, ...]) -> NextStep:
    if unknown.permission:
        where = clean(in_words(unknown.source.target))
        needed = "You need the permission {permission} on {where}. Ask for it, then run this again."
        return NextStep(Say(needed, permission=clean(unknown.permission), where=where))
    is_borrowed = unknown.obstacle is Obstacle.NO_CREDENTIALS and any(_IMPERSONATES in one.detail for one in unread)
    return NextStep(
        Say(
            "{first}, then run this again. Not visible without it: {what} ({why}).",
            first=Say(_IMPERSONATED if is_borrowed else _ASK[unknown.obstacle]),
            what=source_in_words(unknown.source),
            why=Say(OBSTACLES[unknown.obstacle]),
        )
    )
