"""Which token a call carried, as far as a paste tells: beside it, by itself, or in the code that makes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ...model.evidence import Credential, EventKind, Evidence, Exchange, Expression, Mint, Seen, Wording
from ...model.fact import CODE, WANTED, Absent, Fact, Known, Obstacle, Source, Unknown
from ...model.run import attaches_token
from ...model.token import GCLOUD_CLIENT, GOOGLE_ISSUERS, Token, TokenKind
from .place import place

_TOKEN_REFUSED = "The access token could not be verified"
_IN_CODE = frozenset(Mint) - {Mint.GCLOUD_IDENTITY, Mint.GCLOUD_ACCESS, Mint.FIREBASE}
"""What a program that calls makes its token by; what is run in a shell may be a trial."""
_MAKES_ACCESS = frozenset({Mint.LIBRARY_ACCESS, Mint.METADATA_ACCESS})


def token_of_exchange(each: Exchange, evidence: Evidence) -> Fact[Token] | None:
    """What a call carried: X-Serverless-Authorization wins, as it does at the front end."""
    source = place(each.seen.value, each.lines)
    checked = sorted(
        (made for made in each.credentials if made.header in {"authorization", "x-serverless-authorization"}),
        key=lambda made: made.header != "x-serverless-authorization",
    )
    if not checked:
        return _absent_or_loose(each, evidence, source)
    made = checked[0]
    if made.token:
        return Known(made.token, source)
    if each.expression and (token := token_made_by(each.expression)):
        return Known(token, place("command line", each.expression.lines))
    if made.fault is None and (other := loose_token(evidence) or token_of_code(evidence)):
        return other
    return Unknown(source, Obstacle.NOT_UNDERSTOOD, "a credential was sent, but the paste does not show which")


def _absent_or_loose(each: Exchange, evidence: Evidence, source: Source) -> Fact[Token] | None:
    asked = (other for other in reversed(evidence.exchanges) if other.credentials and other.response is None)
    request = next((o for o in asked if o.call is None or (each.call and o.call.is_to(each.call))), None)
    if request:
        return token_of_exchange(request, evidence)
    if each.headers_known and (_is_of_a_token(each) or (each.call and attaches_token(each.call.host))):
        return Unknown(source, Obstacle.NOT_UNDERSTOOD, "something in between adds a token")
    if each.headers_known:
        return Absent(Source(source.read, f"no credential header: {source.target}"))
    return loose_token(evidence) or token_of_code(evidence) or _shown_elsewhere(each, evidence)


def _shown_elsewhere(each: Exchange, evidence: Evidence) -> Absent | None:
    """That none was sent, where the request stands apart from its answer, all of its headers with it."""
    call = each.call
    if call is None or _is_of_a_token(each):
        return None
    asked = (other for other in evidence.exchanges if other.headers_known and other.response is None)
    request = next((other for other in asked if other.call and other.call.is_to(call)), None)
    if request is None or request.credentials or attaches_token(call.host):
        return None
    read = WANTED if request.seen is Seen.CONFIGURED else "evidence"
    source = place(request.seen.value, request.lines, read)
    return Absent(Source(read, f"no credential header: {source.target}"))


def _is_of_a_token(each: Exchange) -> bool:
    """Whether the answer is the token check's, which answers so to a token only: to none it is 403.

    Source: https://docs.cloud.google.com/run/docs/troubleshooting#unauthorized-client
    """
    answer = each.response
    return answer is not None and answer.status == 401 and _TOKEN_REFUSED in answer.headers.get("www-authenticate", "")


def token_made_by(made: Expression) -> Token | None:
    """Return the token that an expression makes, as far as its own words tell."""
    match made.mint:
        case Mint.GCLOUD_ACCESS | Mint.METADATA_ACCESS | Mint.LIBRARY_ACCESS:
            return Token(TokenKind.ACCESS_TOKEN, email=made.impersonates or None)
        case Mint.SELF_SIGNED:
            return Token(TokenKind.SELF_SIGNED)
        case Mint.FIREBASE:
            return Token(TokenKind.FOREIGN)
        case Mint.GCLOUD_IDENTITY if made.audience != "":  # one that is not shown is not gcloud's own
            audience = made.audience or GCLOUD_CLIENT
            return Token(TokenKind.ID_TOKEN, audience, GOOGLE_ISSUERS[0], made.impersonates or None)
        case Mint.METADATA_IDENTITY | Mint.LIBRARY_IDENTITY if made.audience:
            return Token(TokenKind.ID_TOKEN, made.audience, GOOGLE_ISSUERS[0])
        case _:
            return None


def token_of_code(evidence: Evidence, *, called: bool = False) -> Known[Token] | None:
    """The token that source text makes, where it makes but one: an assumption, for the call may carry another."""
    made = [each for each in evidence.expressions if each.mint in _IN_CODE] or _of_users(evidence)
    named = [each for each in made if each.audience] or made
    tokens = {token_made_by(each): each for each in named}
    if not (called or evidence.logs or any(each.response for each in evidence.exchanges)):
        return None  # nothing was called yet
    if len(tokens) != 1 or len({each.mint in _MAKES_ACCESS for each in made}) != 1:
        return None
    token, expression = next(iter(tokens.items()))
    return Known(token, place("code", expression.lines, CODE)) if token else None


def _of_users(evidence: Evidence) -> list[Expression]:
    """A signed-in user's token is for the application, and was sent to be verified where the front end says it was.

    What is meant to be public lacks its binding instead.
    """
    refused = any(_is_of_a_token(each) for each in evidence.exchanges) or any(
        entry.wording is Wording.TOKEN_NOT_VERIFIED for entry in evidence.logs
    )
    if not refused or any(event.kind is EventKind.PUBLIC_ASKED for event in evidence.events):
        return []
    return [each for each in evidence.expressions if each.mint is Mint.FIREBASE]


def without_loose(evidence: Evidence, is_anothers: Callable[[Token], bool]) -> Evidence:
    """Return the evidence without those tokens that stand by themselves and are another call's."""
    loose = {id(made) for made in _loose(evidence) if made.token and is_anothers(made.token)}
    return replace(evidence, credentials=tuple(made for made in evidence.credentials if id(made) not in loose))


def _loose(evidence: Evidence) -> list[Credential]:
    within = {id(made) for each in evidence.exchanges for made in each.credentials}
    within |= {id(made) for each in evidence.logs for made in each.credentials}
    return [made for made in evidence.credentials if made.token and id(made) not in within]


def loose_token(evidence: Evidence) -> Known[Token] | None:
    """The only token that stands by itself is the call's; one that a container received was not sent with it."""
    loose = _loose(evidence)
    if any(each.response for each in evidence.exchanges):
        loose = [made for made in loose if made.token and not made.token.signature_removed]
    distinct = {replace(made.token, header=""): made for made in loose if made.token}
    if len(distinct) != 1:
        return None
    made = next(iter(distinct.values()))
    return Known(replace(made.token, header="authorization"), place("token", made.lines)) if made.token else None
