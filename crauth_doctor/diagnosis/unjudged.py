"""What the user gave of a failing call that the verdict would pass over. Such a call is never answered with "clear"."""

from __future__ import annotations

from ..answers.observed import of_caller, sight_of
from ..model.clienterror import MINTING, ErrorFamily
from ..model.evidence import Evidence, PieceKind
from ..model.fact import Known, Obstacle, Unknown, value_of
from ..model.facts import Facts
from ..model.run import Service, host_of
from ..say import Say

_OF_A_CALL = frozenset(
    {
        PieceKind.EXCHANGE,
        PieceKind.BODY,
        PieceKind.STATUS,
        PieceKind.HAR,
        PieceKind.LOG,
        PieceKind.ERROR,
        PieceKind.UNREADABLE,
    }
)
"""What tells of a call that was made; settings, commands and tokens do not."""
UNTOLD = frozenset({ErrorFamily.MINT_FAILED, ErrorFamily.METADATA_UNREACHABLE})
"""What stops the making of a token, for more reasons than one: the words of a program whose own code asked for it."""


def unjudged(facts: Facts) -> tuple[str, ...]:
    """Return what was given, and explains nothing, a sentence each; empty where nothing of a call was given."""
    if _lost_a_call(facts):
        return ("The answer to a test call is not in the document.",)
    given = value_of(facts.evidence)
    if given is None or facts.evidence.source.read != "evidence":
        return ()
    if not given.pieces and not given.expressions:
        return ("Nothing in your input was understood." if given.unrecognised else "Your input is empty.",)
    judged = value_of(facts.judged)
    if judged is not None and judged.urls:
        return (
            Say(
                "Your input shows refusals from several hosts, but not which one you mean: {judged}.",
                judged=", ".join(host_of(url) or "one that is not shown" for url in judged.urls),
            ),
        )
    if of_caller(facts) is not None:
        return ()  # what it got is held against the settings
    if families := {error.family for error in given.errors} & MINTING:
        return () if families - UNTOLD else ("Your input shows that no token could be made, but not why.",)
    if not any(piece.kind in _OF_A_CALL for piece in given.pieces) or not _failed(given):
        is_blank = isinstance(facts.service, Unknown) and isinstance(facts.call, Unknown)
        return ("Your input shows no failing call.",) if is_blank or _may_tell_of_one(given, facts) else ()
    elsewhere = _elsewhere(given, value_of(facts.service))
    if elsewhere:
        return (
            Say(
                "The failing call that you gave goes to {elsewhere}, which is not a URL of the service.",
                elsewhere=elsewhere,
            ),
        )
    if isinstance(facts.service, Unknown):
        apis = sorted({error.api for error in given.errors})
        if all(apis) and apis and not given.logs:
            said = "Your input shows an error of a Google API ({apis}), and no failing call to a service."
            return (Say(said, apis=", ".join(apis)),)
        return ("Your input shows that a call failed, but not enough of it to tell why.",)
    return ("Your input shows a failing call that the settings do not explain.",)


def _may_tell_of_one(given: Evidence, facts: Facts) -> bool:
    """Whether words that are not read stand beside what is: most often they say what the call got."""
    seen = sight_of(facts)
    return bool(given.unrecognised) and (seen is None or seen.passed)


def _lost_a_call(facts: Facts) -> bool:
    """Whether a test call was sent whose answer is a hole: it may have been a refusal."""
    match facts.calls:
        case Known(value=calls):
            return not calls.is_whole
        case Unknown(obstacle=obstacle):
            return obstacle is Obstacle.NOT_IN_DOCUMENT
        case _:
            return False


def _elsewhere(given: Evidence, service: Service | None) -> str:
    """Return the hosts of the failing calls where none of them is the service's own."""
    if service is None:
        return ""
    own = {host_of(url) for url in (*service.urls, *service.tag_urls)}
    called = {x.call.host for x in given.exchanges if x.failed and x.call}
    called |= {host_of(e.url) for e in given.logs if e.url and (e.status or 0) >= 400}
    return "" if called & own else ", ".join(sorted(called))


def _failed(given: Evidence) -> bool:
    """Whether anything in it failed."""
    return (
        any(exchange.failed or exchange.response is None for exchange in given.exchanges)
        or any(entry.status is None or entry.status >= 400 for entry in given.logs)
        or bool(given.errors)
        or any(piece.kind is PieceKind.UNREADABLE for piece in given.pieces)
    )
