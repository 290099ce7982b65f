"""Is what arrives a token that the front end accepts? No header gets 403, a bad token 401."""

from __future__ import annotations

from ..model.answer import CannotTell
from ..model.change import Advise, RequestAudience
from ..model.fact import Fact, Known, Unknown
from ..model.finding import Basis, Finding
from ..model.token import Token, TokenKind
from .common import TROUBLESHOOTING
from .derived import TokenCheck
from .rule import Judgement, rule


@rule("token/signature-removed", see=TROUBLESHOOTING, basis=Basis.REQUEST)
def signature_removed(token: Token, check: TokenCheck) -> Judgement:
    """A token that a container received is sent on: its signature was removed.

    What happens: Cloud Run replaces the signature of the token that it hands to a container with
    `SIGNATURE_REMOVED_BY_GOOGLE`. Sent to another service, such a token cannot be verified, and gets 401.

    Confirm: The third part of the token is `SIGNATURE_REMOVED_BY_GOOGLE`.

    Fix: Mint a new token for the service that is called; never forward the one that came in.

    Danger: None.
    """
    if not token.signature_removed or not check.on:
        return None
    advice = Advise("mint-new-token", f"Mint a new ID token with the audience {check.url} instead of forwarding one.")
    return check.finding(
        Finding("the token was taken from an incoming request, and its signature is gone", _shown(token), (advice,))
    )


def _shown(token: Token) -> tuple[str, ...]:
    shown = [f"it stands in the header {token.header}"]
    if token.issuer:
        shown.append(f"its issuer is {token.issuer}")
    if token.audience:
        shown.append(f"its audience is {token.audience}")
    return tuple(shown)


@rule("token/access-token", see=TROUBLESHOOTING, basis=Basis.REQUEST)
def access_token(token: Token, check: TokenCheck) -> Judgement:
    """An OAuth access token is sent where an ID token is needed.

    What happens: Access tokens (`ya29.…`) are for Google's APIs. Cloud Run takes Google-signed ID tokens and answers an
    access token with 401, "The access token could not be verified".

    Confirm: The token does not have three parts between dots, or begins with `ya29.`.

    Fix: Ask for an ID token with the service's URL as audience: `gcloud auth print-identity-token`,
    `google.oauth2.id_token.fetch_id_token`, `oidcToken` instead of `oauthToken` in a job.

    Danger: An access token opens Google's APIs to whoever sees it; do not send one to services that do not need it.
    """
    if token.kind is not TokenKind.ACCESS_TOKEN or not check.on:
        return None
    return check.finding(
        Finding(
            "an OAuth access token was sent, and Cloud Run takes ID tokens only",
            _shown(token),
            (RequestAudience(check.url),),
        )
    )


@rule("token/foreign-issuer", see=TROUBLESHOOTING, basis=Basis.REQUEST)
def foreign_issuer(token: Token, check: TokenCheck) -> Judgement:
    """The token was issued by somebody other than Google's account service.

    What happens: Tokens of Firebase, Auth0, Keycloak or the application itself are for the application. On a service
    that checks IAM the front end cannot verify them, and answers 401 before the application is reached.

    Confirm: The token's `iss` is not `https://accounts.google.com`.

    Fix: Send a platform token in `X-Serverless-Authorization` besides it, or switch the invoker check off deliberately
    and check the user's token in the application.

    Danger: With the check off everybody reaches the application, which must then refuse what it should refuse.
    """
    if token.kind is not TokenKind.FOREIGN or not check.on or check.moot:
        return None
    return check.finding(
        Finding(
            f"the token was issued by {token.issuer or 'somebody else'}, not by Google",
            _shown(token),
            (
                Advise(
                    "platform-token-beside",
                    "Send a Google ID token in X-Serverless-Authorization and keep the user's token in Authorization.",
                ),
                Advise(
                    "invoker-check-off",
                    "Where end users call it directly, turn the invoker check off and check tokens in the application.",
                    widens=True,
                ),
            ),
        )
    )


@rule("token/self-signed", see=TROUBLESHOOTING, basis=Basis.REQUEST)
def self_signed(token: Token, check: TokenCheck) -> Judgement:
    """The token was signed by the service account's own key, not by Google.

    What happens: A JWT that a service account signs itself is an assertion, not an ID token. Cloud Run answers 401.

    Confirm: The token's `iss` is the account's e-mail address.

    Fix: Exchange it at Google's token endpoint for an ID token, with `target_audience`; the auth libraries do that.

    Danger: Keys of service accounts leak; prefer credentials without a key.
    """
    if token.kind is not TokenKind.SELF_SIGNED or not check.on:
        return None
    return check.finding(
        Finding("the token is signed by the account's own key", _shown(token), (RequestAudience(check.url),))
    )


@rule("token/expired", see=TROUBLESHOOTING, basis=Basis.REQUEST)
def expired(token: Token, used_at: Fact[int], check: TokenCheck) -> Judgement:
    """The token has expired.

    What happens: Google's ID tokens live for one hour. One that is kept longer gets 401, "The access token could not be
    verified", although everything else is right.

    Confirm: The token's `exp` is before the time of the call; it worked for an hour after the start.

    Fix: Fetch a new token before each call, or let the auth library refresh it.

    Danger: None.
    """
    if token.expires_at is None or token.kind is TokenKind.FOREIGN or not check.on:
        return None
    if not isinstance(used_at, Known):
        return CannotTell("the time of the call is not known", (used_at,) if isinstance(used_at, Unknown) else ())
    late = used_at.value - token.expires_at
    if late < 0:
        return None
    advice = Advise("refresh-token", "Fetch a new ID token before each call, or let the auth library refresh it.")
    because = (f"it expired {_span(late)} before the call", "Google's ID tokens live for one hour")
    return check.finding(Finding("the token had expired", because, (advice,)))


def _span(seconds: int) -> str:
    for size, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = seconds // size
            return f"{count} {name}{'' if count == 1 else 's'}"
    return f"{seconds} second{'' if seconds == 1 else 's'}"


RULES = (signature_removed, access_token, foreign_issuer, self_signed, expired)
