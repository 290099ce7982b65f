"""Does a token arrive that the front end accepts? No header gets 403, a bad token 401."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from ..answers.author import Author, read
from ..answers.observed import Sight
from ..iam.allow import AGENTS_DOUBTED
from ..iam.members import is_agent_identity
from ..model.address import Deterministic, Hashed, OfFunction, names_another, parse_url
from ..model.answer import CannotTell
from ..model.caller import Caller, Sending
from ..model.change import AddAudience, Advise, Change, RequestAudience, SetInvokerCheck
from ..model.clienterror import ClientError, ErrorFamily
from ..model.evidence import Credential, Exchange, HeaderFault, LogEntry, Wording
from ..model.exported import TokenType
from ..model.fact import Absent, Fact, Known, Obstacle, Source, Unknown, value_of
from ..model.finding import Basis, Finding, Prediction, Stage
from ..model.http import Call
from ..model.iam import Principal
from ..model.run import Service, host_of, is_made_by_google, is_mtls, is_run_app
from ..model.token import ADC_CLIENT, GCLOUD_CLIENT, Token, TokenKind, is_of_agent
from ..say import Say, listed
from .common import (
    AGENTS,
    BAD_HEADER,
    CHECKED,
    CUSTOM_AUDIENCES,
    NO_TOKEN,
    SERVICE_TO_SERVICE,
    TROUBLESHOOTING,
    failing_exchange,
    works_directly,
)
from .derived_facts import TokenCheck
from .public_intent import error_of, has_no_identity
from .registry import Judgement, rule

_PLATFORM_HEADER = "x-serverless-authorization"


_BOTH = {"authorization", _PLATFORM_HEADER}


def sent_credentials(exchanges: Sequence[Exchange], credentials: tuple[Credential, ...]) -> tuple[Credential, ...]:
    """Return the credentials of the failing call; those that stand alone, where no call is shown with any."""
    exchange = failing_exchange(exchanges)
    if exchange is not None and exchange.credentials:
        return exchange.credentials
    return credentials if exchange is None or not exchange.headers_known else ()


@rule("token/serverless-header-wins", see=SERVICE_TO_SERVICE, basis=Basis.REQUEST)
def serverless_header_wins(
    call: Call,
    check: TokenCheck,
    exchanges: Fact[tuple[Exchange, ...]],
    credentials: Fact[tuple[Credential, ...]],
    sight: Fact[Sight],
) -> Judgement:
    """A stale or forwarded X-Serverless-Authorization is checked instead of a good Authorization.

    What happens: When both headers are present, the front end reads `X-Serverless-Authorization` only. A token that was
    forwarded in it from an incoming request, or that is stale, gets 401, however good the other one is.

    Confirm: The request carries both headers.

    Fix: Do not forward `X-Serverless-Authorization`; send the platform's token in one header only.

    Danger: None.
    """
    seen = value_of(sight)
    sent = sent_credentials(value_of(exchanges) or (), value_of(credentials) or ())
    headers = call.headers | {c.header for c in sent}
    if not headers >= _BOTH or not check.on:
        return None
    if seen is not None and seen.author is not Author.TOKEN_CHECK:
        return None
    platform = next((c.token for c in sent if c.header == _PLATFORM_HEADER), None)
    because = ["the request carries Authorization and X-Serverless-Authorization"]
    if platform and platform.signature_removed:
        because.append("the signature of the latter was removed: it was taken from an incoming request")
    elif platform and platform.audience and check.accepts(platform.audience) is False:
        because.append(Say("the audience of the latter is {audience}", audience=platform.audience))
    elif platform is None and seen is None:
        return None
    advice = Advise("one-header", "Send the platform's token in one header only, and do not forward the incoming one.")
    return check.finding(
        Finding("X-Serverless-Authorization is checked, not the token in Authorization", tuple(because), (advice,))
    )


@rule("token/malformed-header", see=TROUBLESHOOTING, predicts=BAD_HEADER, basis=Basis.REQUEST)
def malformed_header(
    exchanges: tuple[Exchange, ...], credentials: tuple[Credential, ...], check: TokenCheck
) -> Judgement:
    """The header is not of the form `Bearer TOKEN`.

    What happens: "Bearer Bearer", quotes around the token, a line break in it, or no scheme at all make a header that
    the front end cannot read. It answers 401.

    Confirm: Print the header's first twelve characters.

    Fix: Send `Authorization: Bearer TOKEN`, with one space, and nothing else.

    Danger: None.
    """
    if not check.on:
        return None
    for credential in sent_credentials(exchanges, credentials):
        if credential.fault not in {None, HeaderFault.SEVERAL_TOKENS, HeaderFault.EMPTY}:
            advice = Advise("fix-header", "Send the header as `Authorization: Bearer TOKEN`.")
            because = (
                Say("the header {header} is malformed: {fault}", header=credential.header, fault=credential.fault),
            )
            return check.finding(Finding("the credential header is malformed", because, (advice,)))
    return None


@rule("token/duplicate", see=TROUBLESHOOTING, basis=Basis.REQUEST, after="token/header-overwritten")
def duplicate(exchanges: tuple[Exchange, ...], credentials: tuple[Credential, ...], check: TokenCheck) -> Judgement:
    """Several tokens, or several Authorization headers, are sent.

    What happens: The front end accepts one token in one header. Two headers of the same name (a proxy adds its own), or
    two tokens in one, get 401.

    Confirm: `curl -v` or an echo service shows the header twice.

    Fix: Send one.

    Danger: None.
    """
    if not check.on:
        return None
    sent = sent_credentials(exchanges, credentials)
    names = [c.header for c in sent]
    exchange = failing_exchange(exchanges)
    twice = exchange is not None and bool(exchange.credentials) and len(names) != len(set(names))
    if not twice and not any(c.fault is HeaderFault.SEVERAL_TOKENS for c in sent):
        return None
    advice = Advise("one-token", "Send one token in one header.")
    return check.finding(Finding("several tokens are sent", ("the request carries more than one token",), (advice,)))


@rule("token/preflight", see=TROUBLESHOOTING, predicts=NO_TOKEN, basis=Basis.REQUEST)
def preflight(
    sight: Fact[Sight],
    errors: Fact[tuple[ClientError, ...]],
    logs: Fact[tuple[LogEntry, ...]],
    call: Fact[Call],
    service: Fact[Service],
    check: TokenCheck,
    public_sign: Fact[str],
) -> Judgement:
    """A browser's CORS preflight carries no token, so a private service refuses it.

    What happens: Before a cross-origin call the browser sends `OPTIONS` without credentials. A service that checks IAM
    answers 403 without CORS headers, and the browser calls that a CORS error.

    Confirm: The request log shows `OPTIONS` with 403.

    Fix: Serve the page and the API from one origin through a gateway or load balancer, or make the service public
    deliberately, with a check of its own.

    Danger: A public service is open to everybody; the application must check every request itself.
    """
    seen, said = value_of(sight), value_of(errors) or ()
    if error_of(said, ErrorFamily.CORS_HEADER_WRONG):
        return None  # it was answered, with CORS headers: by the application
    told = error_of(said, ErrorFamily.CORS_PREFLIGHT_REFUSED) is not None
    refused = told or any(_is_refused_preflight(each) for each in value_of(logs) or ())
    options = "OPTIONS" in {each.method for each in (value_of(call), seen) if each is not None}
    if not check.on or check.moot or not (refused or (options and (seen is None or Stage.TOKEN in seen.stages))):
        return None
    if isinstance(public_sign, Known):
        return None  # it was to be let in without one
    fixes: list[Change] = [Advise("one-origin", "Serve page and API from one origin, through a gateway.")]
    if isinstance(service, Known):
        fixes.append(SetInvokerCheck(service.value.full_name, on=False))
    because = ["a preflight (OPTIONS) carries no token"]
    if told:
        because.append("the browser says that the preflight was refused, without CORS headers in the answer")
    return check.finding(Finding("the browser's preflight was refused", tuple(because), tuple(fixes)))


def _is_refused_preflight(entry: LogEntry) -> bool:
    is_refused = entry.status in {401, 403} or (entry.status is None and entry.wording in _REFUSED)
    return entry.method == "OPTIONS" and is_refused


_REFUSED = (Wording.EMPTY_HEADER, Wording.NOT_AUTHENTICATED)
"""Sentences of the request log that stand for a status of their own."""


@rule(
    "token/header-overwritten",
    see=SERVICE_TO_SERVICE,
    predicts=Prediction(frozenset({Stage.APP, *CHECKED}), frozenset({401, 403})),
    basis=Basis.REQUEST,
)
def header_overwritten(
    exchanges: tuple[Exchange, ...], credentials: tuple[Credential, ...], sight: Fact[Sight]
) -> Judgement:
    """The application's token and the platform's compete for the Authorization header.

    What happens: A proxy or library sets `Authorization` to the platform's token and so overwrites the application's
    own, or the other way round. One of the two then refuses the call.

    Confirm: Let the application print the header that it receives (without the token).

    Fix: Send the platform's token in `X-Serverless-Authorization`; Cloud Run then leaves `Authorization` alone.

    Danger: None.
    """
    exchange, seen = failing_exchange(exchanges), value_of(sight)
    sent = [c.token for c in exchange.credentials if c.token] if exchange else []
    kinds = {token.kind for token in sent if token.header == "authorization"}
    if TokenKind.FOREIGN not in kinds or seen is None:
        return None
    arrived = next((c.token for c in credentials if c.token and c.token.signature_removed), None)
    because: list[str] = ["the caller sends its own token in Authorization"]
    if arrived is not None and seen.author is Author.APPLICATION:
        who = arrived.email or arrived.issuer
        because.append(
            Say("what arrived in the container is another one, which Cloud Run checked: {issuer}", issuer=who)
        )
    elif TokenKind.ID_TOKEN in kinds and seen.author is Author.TOKEN_CHECK:
        because.append("it sends the platform's in the same header")
    else:
        return None
    advice = Advise("platform-header", "Send the platform's token in X-Serverless-Authorization instead.")
    title = "the application's and the platform's token compete for Authorization"
    return Finding(title, tuple(because), (advice,))


@rule(
    "token/header-stripped",
    see=SERVICE_TO_SERVICE,
    predicts=Prediction(CHECKED, NO_TOKEN.statuses),  # the caller sends a token, whatever arrives
    basis=Basis.REQUEST,
)
def header_stripped(
    exchanges: tuple[Exchange, ...],
    logs: tuple[LogEntry, ...],
    credentials: tuple[Credential, ...],
    token: Fact[Token],
    sight: Fact[Sight],
    check: TokenCheck,
) -> Judgement:
    """A proxy, gateway or library removed the Authorization header.

    What happens: The caller sends a token and Cloud Run sees none: its log says "Empty Authorization header value", and
    the answer is 403.

    Confirm: Send the same request straight to the run.app URL.

    Fix: Have the proxy in between keep the header, or use `X-Serverless-Authorization`.

    Danger: None.
    """
    if not check.asks:
        return None
    seen = value_of(sight)
    empty = seen is not None and seen.wording is Wording.EMPTY_HEADER
    sent = isinstance(token, Known) or bool(sent_credentials(exchanges, credentials))
    direct = works_directly(exchanges)
    arrived_without = _sent_and_logged_empty(exchanges, logs)
    if not arrived_without and (direct is None or not ((empty and sent) or _refused_behind_proxy(exchanges))):
        return None
    because = [direct] if direct else []
    if sent:
        because.append("the caller sends a token")
    if empty:
        because.append("the request log says that the header was empty")
    advice = Advise("keep-header", "Have the proxy in between keep the header, or send X-Serverless-Authorization.")
    assuming = () if empty or arrived_without else ("the proxy in between removes the header",)
    return check.finding(
        Finding("the Authorization header was removed on the way", tuple(because), (advice,), assuming)
    )


def _sent_and_logged_empty(exchanges: Sequence[Exchange], logs: Sequence[LogEntry]) -> bool:
    """Tell whether a request that is shown with a token is logged as one without."""
    sent = {(e.call.method, e.call.path) for e in exchanges if e.call is not None and e.credentials}
    logged = [e for e in logs if e.wording is Wording.EMPTY_HEADER and e.url and e.method]
    return any((entry.method, Call(entry.url or "").path) in sent for entry in logged)


def _refused_behind_proxy(exchanges: Sequence[Exchange]) -> bool:
    failing = failing_exchange(exchanges)
    if failing is None or failing.response is None or not failing.credentials:
        return False
    return read(failing.response, with_token=None).author is Author.INVOKER_CHECK


@rule("token/missing", see=TROUBLESHOOTING, predicts=NO_TOKEN, basis=Basis.REQUEST)
def missing(
    sight: Fact[Sight],
    token: Fact[Token],
    check: TokenCheck,
    public_sign: Fact[str],
    caller: Fact[Caller],
    principal: Fact[Principal],
) -> Judgement:
    """No token was sent.

    What happens: A private service answers 403, "Your client does not have permission to get URL", to a request without
    an Authorization header, as a browser's or a plain curl's.

    Confirm: The request log says "Empty Authorization header value".

    Fix: Send an ID token with the service's URL as audience: `Authorization: Bearer TOKEN`.

    Danger: Do not make the service public to make the answer go away.
    """
    seen = value_of(sight)
    if seen is None or not check.on:
        return None
    if seen.author is Author.UNCERTAIN and seen.status in NO_TOKEN.statuses and isinstance(token, Absent):
        return CannotTell("no token was sent, and the answer does not show whether that is why it was refused")
    is_of_none = seen.stages == {Stage.TOKEN} or (isinstance(token, Absent) and Stage.TOKEN in seen.stages)
    if seen.author is not Author.INVOKER_CHECK or not is_of_none:
        return None
    if check.moot or (has_no_identity(caller, principal) and isinstance(public_sign, Known)):
        return None  # it was to be let in without one
    advice = Advise(
        "send-token", Say("Send an ID token with the audience {url} in the Authorization header.", url=check.url)
    )
    return check.finding(Finding("the request carried no token", (seen.because,), (advice,)))


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
    advice = Advise(
        "mint-new-token", Say("Mint a new ID token with the audience {url} instead of forwarding one.", url=check.url)
    )
    return check.finding(
        Finding("the token was taken from an incoming request, and its signature is gone", _shown(token), (advice,))
    )


def _shown(token: Token) -> tuple[str, ...]:
    shown = [Say("it was sent in the header {header}", header=token.header)] * (token.header != "authorization")
    if token.issuer:
        shown.append(Say("its issuer is {issuer}", issuer=token.issuer))
    if token.audience:
        shown.append(Say("its audience is {audience}", audience=token.audience))
    return tuple(shown)


@rule("token/bound", see=AGENTS, basis=Basis.REQUEST)
def bound(
    token: Fact[Token],
    check: TokenCheck,
    call: Call,
    principal: Fact[Principal],
    caller: Fact[Caller],
    sight: Fact[Sight],
) -> Judgement:
    """A certificate-bound ID token is sent to a plain URL.

    What happens: In a workload with an agent's identity, Google's client libraries ask for ID tokens that are bound to
    its certificate. Such a token counts only where the caller shows that certificate: at the service's `mtls.run.app`
    URL. At a plain `run.app` URL or a custom domain it gets 401.

    Confirm: The token has a `cnf` claim, and its `iss` begins with `https://sts.googleapis.com/`. The same call is let
    in at `https://SERVICE-PROJECTNUMBER.REGION.mtls.run.app` with the certificate.

    Fix: Ask for an unbound ID token for this target: `bind_id_token=False` in Python, `BIND_ID_TOKEN_FALSE` in Java. Or
    call the `mtls.run.app` URL with the workload's certificate. `GOOGLE_API_ENABLE_RUNTIME_BOUND_TOKEN=false` switches
    it off for the whole process.

    Danger: An unbound token is worth as much to a thief; switch binding off for this one target only.
    """
    if not check.on or is_mtls(call.url) or isinstance(token, Absent):
        return None
    known, seen = value_of(token), value_of(sight)
    refused = seen is not None and seen.author is Author.TOKEN_CHECK
    if known is not None and known.is_bound:
        return check.finding(_bound(("it has a cnf claim: it is bound to a certificate", *_shown(known)), check))
    if known is not None and known.is_bound is False:
        return CannotTell(AGENTS_DOUBTED) if is_of_agent(known.issuer) and not refused else None
    if known is None and isinstance(principal, Unknown) and principal.obstacle is not Obstacle.NOT_ASKED:
        return CannotTell("whether the caller is an agent was not read", (principal,))
    who, asked = value_of(principal), value_of(caller)
    agent = (known is not None and is_of_agent(known.issuer)) or (who is not None and is_agent_identity(who.member))
    if not agent or (asked is not None and asked.resource is not None and not asked.has_certificate):
        return None
    if not refused:
        return CannotTell("an agent's client library asks for certificate-bound tokens unless it is told not to")
    assuming = "the token is bound to the agent's certificate, as client libraries ask for it unless told not to"
    return check.finding(_bound(("the caller calls as an agent", seen.because if seen else ""), check, (assuming,)))


def _bound(because: tuple[str, ...], check: TokenCheck, assuming: tuple[str, ...] = ()) -> Finding:
    advice = Advise(
        "unbind-token",
        Say(
            "Ask for an unbound ID token with the audience {url} (bind_id_token=False in Python's "
            "fetch_id_token_credentials, BIND_ID_TOKEN_FALSE in Java), or call the service's mtls.run.app URL with the "
            "agent's certificate. GOOGLE_API_ENABLE_RUNTIME_BOUND_TOKEN=false unbinds the whole process.",
            url=check.url,
        ),
    )
    title = "the ID token is bound to a certificate, and a plain run.app URL does not accept it"
    return Finding(title, because, (advice,), assuming)


_TAKEN_ONE_DAY = (
    "Cloud Run refuses access tokens: https://docs.cloud.google.com/run/docs/troubleshooting and every captured answer "
    "say so; https://docs.cloud.google.com/run/docs/authenticating/overview now says that it accepts them"
)


@rule("token/access-token", see=TROUBLESHOOTING, basis=Basis.REQUEST)
def access_token(token: Token, check: TokenCheck, sight: Fact[Sight], sending: Fact[Sending]) -> Judgement:
    """An OAuth access token is sent where an ID token is needed.

    What happens: Access tokens (`ya29.…`) are for Google's APIs. Cloud Run accepts Google-signed ID tokens and answers
    an access token with 401, "The access token could not be verified". Google's page on authentication now says that it
    accepts access tokens too; no answer has shown that yet, so only the answer to a call tells.

    Confirm: The token does not have three parts between dots, or begins with `ya29.`.

    Fix: Ask for an ID token with the service's URL as audience: `gcloud auth print-identity-token`,
    `google.oauth2.id_token.fetch_id_token`, `oidcToken` instead of `oauthToken` in a job.

    Danger: An access token opens Google's APIs to anyone who sees it; do not send one to services that do not need it.
    """
    if token.kind is not TokenKind.ACCESS_TOKEN or not check.on:
        return None
    seen, sender = value_of(sight), value_of(sending)
    refused = seen is not None and seen.author is Author.TOKEN_CHECK
    is_set = sender is not None and sender.auth is not None and sender.auth.type is TokenType.OAUTH
    by = [Say("{product} is set to send an OAuth token", product=Say(sender.product))] if sender and is_set else []
    text = Say("Send an OIDC token instead of the OAuth token, with the audience {url}.", url=check.url)
    return check.finding(
        Finding(
            "an OAuth access token was sent where Cloud Run expects an ID token",
            (*by, *_shown(token)),
            (check.send_id_token(text) if check.setting else RequestAudience(check.url),),
            () if refused else (_TAKEN_ONE_DAY,),
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
            Say("the token was issued by {issuer}, not by Google", issuer=token.issuer or "somebody else"),
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
    because = (Say("it expired {span} before the call", span=_span(late)), "Google's ID tokens are valid for one hour")
    return check.finding(Finding("the token had expired", because, (advice,)))


def _span(seconds: int) -> str:
    for size, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = seconds // size
            return f"{count} {name}{'' if count == 1 else 's'}"
    return f"{seconds} second{'' if seconds == 1 else 's'}"


class Shape(StrEnum):
    """What is wrong with an audience, by its form."""

    USER_CLIENT = "is an OAuth client id, not this service's URL"
    FUNCTION_PATH = "lacks the function's name"
    TAG_URL = "is a tag URL, which the front end does not accept"
    QUERY = "contains a query"
    SCHEME = "lacks https://"
    PATH = "contains a path"
    CUSTOM_DOMAIN = "is a domain that the service does not declare"
    OTHER_SERVICE = "is another service's URL"
    UNKNOWN = "is not one that the service accepts"


def shape_of(audience: str, accepted: tuple[str, ...], called: str, *, leads_here: bool = False) -> Shape:
    """Tell what is wrong with an audience that is not accepted."""
    host, rest = host_of(audience), audience.partition("://")[2].partition("/")[2].strip("/")
    hosts = {host_of(url) for url in accepted}
    if audience.endswith(".apps.googleusercontent.com"):
        return Shape.USER_CLIENT
    if any(sign in audience for sign in "?#"):
        return Shape.QUERY
    if not host or audience.startswith("http://"):
        bare = audience.removeprefix("http://").strip("/").lower()
        return Shape.SCHEME if bare in hosts or is_run_app(f"https://{bare}") else Shape.UNKNOWN
    if host.endswith(".cloudfunctions.net"):
        return _of_function(audience, rest, accepted)
    if host.endswith(".run.app"):
        return _of_run_app(host, rest, accepted)
    return Shape.CUSTOM_DOMAIN if host == called or leads_here else Shape.UNKNOWN


def _of_function(audience: str, rest: str, accepted: tuple[str, ...]) -> Shape:
    if not rest:
        return Shape.FUNCTION_PATH
    if audience.startswith(tuple(f"{url}/" for url in accepted)):
        return Shape.PATH
    return Shape.OTHER_SERVICE if _is_anothers(audience, accepted) else Shape.UNKNOWN


def _of_run_app(host: str, rest: str, accepted: tuple[str, ...]) -> Shape:
    if "---" in host:
        return Shape.TAG_URL
    if host not in {host_of(url) for url in accepted} and _is_anothers(f"https://{host}", accepted):
        return Shape.OTHER_SERVICE
    return Shape.PATH if rest else Shape.UNKNOWN


def _is_anothers(audience: str, accepted: tuple[str, ...]) -> bool:
    """Whether a URL of Google's is none of the service that these are of: it has one of each form, by one name."""
    if not accepted:
        return False  # behind a domain, any service may stand
    known = {type(parse_url(url)) for url in accepted}
    return is_mtls(audience) or type(parse_url(audience)) in known or names_another(audience, set(map(_name, accepted)))


def _name(url: str) -> str:
    """Return the short name of the service that a URL of Google's is of; empty for another URL."""
    match parse_url(url):
        case Deterministic(name=name) | Hashed(name=name):
            return name
        case OfFunction(name=name):
            return name.lower().replace("_", "-")
        case _:
            return ""


_ELSEWHERE = Absent(Source("the token's audience", "not needed"))
_NOBODY_LOOKED = frozenset({Obstacle.NOT_ASKED, Obstacle.NOT_TOLD})
_BY_ITS_FORM = frozenset({Shape.QUERY, Shape.SCHEME, Shape.PATH, Shape.TAG_URL})
"""What is wrong with an audience whatever the service is called; others may be a URL of its own."""


def _judge(
    shape: Shape, token: Token, check: TokenCheck, call: Call, *, leads: Fact[bool] = _ELSEWHERE, declare: bool = False
) -> Judgement:
    """Return the finding, where the token's audience is wrong in this very way."""
    audience = token.audience
    if audience is None or token.kind is not TokenKind.ID_TOKEN or token.signature_removed:
        return None  # a token that is passed on is another's, whatever its audience
    if not check.on or check.accepts(audience):
        return None
    found = shape_of(audience, check.accepted, call.host, leads_here=value_of(leads) is True)
    unread = leads if isinstance(leads, Unknown) and leads.obstacle not in _NOBODY_LOOKED else None
    if shape is Shape.CUSTOM_DOMAIN and found is Shape.UNKNOWN and unread is not None:
        return CannotTell(
            Say("whether {host} points to {check} was not read", host=host_of(audience), check=check.id), (unread,)
        )
    if found is not shape:
        return None
    if is_mtls(audience) and shape is Shape.OTHER_SERVICE:
        return CannotTell("whether the service's mtls.run.app URL is an audience of it is not documented")
    if shape is Shape.UNKNOWN and not check.complete and is_made_by_google(audience):
        return CannotTell(Say("whether {host} is a URL of the service too was not read", host=host_of(audience)))
    if check.unread is not None and shape not in _BY_ITS_FORM:
        return CannotTell("which audiences the service accepts was not read", (check.unread,))
    because: list[str] = [Say("the token's audience is {audience}", audience=audience)]
    if check.accepted:
        because.append(Say("{service} accepts: {audiences}", service=check.id, audiences=listed(check.accepted, ", ")))
    if found is Shape.CUSTOM_DOMAIN and value_of(leads):
        because.append(
            Say("{host} points to {check}, but is not one of its audiences", host=host_of(audience), check=check.id)
        )
    fixes: list[Change] = [check.sender or RequestAudience(check.url)]
    if check.url == audience:  # of the service no more is known than the host that is called
        fixes = [Advise("run-app-audience", "Ask for ID tokens whose audience is the service's own run.app URL.")]
    if declare and check.service:
        fixes.append(AddAudience(check.service, audience))
    assuming = () if check.complete else ("the service declares no such custom audience",)
    if unread is not None:
        assuming = (*assuming, Say("{host} does not point to {check}", host=host_of(audience), check=check.id))
    return check.finding(
        Finding(Say("the token's audience {shape}", shape=shape), tuple(because), tuple(fixes), assuming)
    )


@rule("token/audience-user-client", see=TROUBLESHOOTING, basis=Basis.REQUEST)
def audience_user_client(token: Token, check: TokenCheck, call: Call, sight: Fact[Sight]) -> Judgement:
    """A user's token has an OAuth client id for its audience.

    What happens: `gcloud auth print-identity-token` without `--audiences` gives a token for gcloud's own client id.
    Cloud Run has been seen to let gcloud's id in, and reports differ; other client ids get 401.

    Confirm: The token's `aud` ends in `.apps.googleusercontent.com`.

    Fix: Impersonate a service account and ask for the service's audience.

    Danger: None.
    """
    finding = _judge(Shape.USER_CLIENT, token, check, call)
    seen = value_of(sight)
    if finding is None or (seen is not None and seen.author is Author.TOKEN_CHECK):
        return finding
    if token.audience in {GCLOUD_CLIENT, ADC_CLIENT}:
        return CannotTell(
            "a token for gcloud's own client id has been seen both accepted and refused; only the answer tells"
        )
    return finding


@rule("token/audience-function-path", see=TROUBLESHOOTING, basis=Basis.REQUEST)
def audience_function_path(token: Token, check: TokenCheck, call: Call) -> Judgement:
    """The audience is a cloudfunctions.net host without the function's name.

    What happens: For a function the audience is its full URL, `https://REGION-PROJECT.cloudfunctions.net/NAME`. The
    host alone is nobody's audience, and gets 401.

    Confirm: The token's `aud` ends in `cloudfunctions.net`, with no name behind it.

    Fix: Use the function's full URL, or the run.app URL of its service.

    Danger: None.
    """
    return _judge(Shape.FUNCTION_PATH, token, check, call)


@rule("token/audience-tag-url", see=SERVICE_TO_SERVICE, basis=Basis.REQUEST)
def audience_tag_url(token: Token, check: TokenCheck, call: Call) -> Judgement:
    """The audience is the URL of a traffic tag.

    What happens: A tag URL (`https://TAG---SERVICE…`) may be called, but it is not an audience: the front end answers
    401. The audience stays the service's own URL.

    Confirm: The token's `aud` has `---` in its host.

    Fix: Ask for the service's URL as audience and keep calling the tag URL.

    Danger: None.
    """
    return _judge(Shape.TAG_URL, token, check, call)


@rule("token/audience-query", see=TROUBLESHOOTING, basis=Basis.REQUEST)
def audience_query(token: Token, check: TokenCheck, call: Call) -> Judgement:
    """The audience contains a query or a fragment.

    What happens: Cloud Tasks and Cloud Scheduler use the whole target URI as audience when none is set. Cloud Run
    accepts scheme and host only, and answers 401.

    Confirm: The token's `aud` has a `?` or `#`, or the job has no audience set and its URI has one.

    Fix: Set the audience to the service's URL.

    Danger: None.
    """
    return _judge(Shape.QUERY, token, check, call)


@rule("token/audience-scheme", see=TROUBLESHOOTING, basis=Basis.REQUEST)
def audience_scheme(token: Token, check: TokenCheck, call: Call) -> Judgement:
    """The audience lacks `https://`.

    What happens: The front end compares the audience as a string. A host without its scheme, or with `http://`, is not
    the service's URL, and the answer is 401.

    Confirm: The token's `aud` does not begin with `https://`.

    Fix: Use the whole URL, `https://…`, as audience.

    Danger: None.
    """
    return _judge(Shape.SCHEME, token, check, call)


@rule("token/audience-path", see=TROUBLESHOOTING, basis=Basis.REQUEST)
def audience_path(token: Token, check: TokenCheck, call: Call) -> Judgement:
    """The audience contains a path.

    What happens: Pub/Sub and Cloud Scheduler use the whole target URL as audience when none is set. Cloud Run accepts
    scheme and host only, and answers 401.

    Confirm: The token's `aud` has something behind the host.

    Fix: Set the audience to the service's URL, without a path.

    Danger: None.
    """
    return _judge(Shape.PATH, token, check, call)


@rule("token/audience-custom-domain", see=CUSTOM_AUDIENCES, basis=Basis.REQUEST)
def audience_custom_domain(token: Token, check: TokenCheck, call: Call, audience_leads_here: Fact[bool]) -> Judgement:
    """The audience is a custom domain that the service does not declare.

    What happens: A domain or load balancer host points to the service, but is not an audience of it until it is
    declared as a custom audience. The front end answers 401.

    Confirm: `gcloud run services describe SERVICE` shows no such custom audience.

    Fix: Ask for the service's run.app URL as audience, or declare the domain as a custom audience.

    Danger: Declaring an audience creates a new revision.
    """
    return _judge(Shape.CUSTOM_DOMAIN, token, check, call, leads=audience_leads_here, declare=True)


@rule("token/audience-other-service", see=TROUBLESHOOTING, basis=Basis.REQUEST)
def audience_other_service(token: Token, check: TokenCheck, call: Call) -> Judgement:
    """The audience is another service's URL.

    What happens: The token was made for another Cloud Run service, or for a URL that this one does not have. The front
    end answers 401.

    Confirm: Compare the token's `aud` with the URLs that `gcloud run services describe SERVICE` prints.

    Fix: Ask for this service's URL as audience.

    Danger: None.
    """
    return _judge(Shape.OTHER_SERVICE, token, check, call)


@rule("token/audience-unknown", see=CUSTOM_AUDIENCES, basis=Basis.REQUEST)
def audience_unknown(token: Token, check: TokenCheck, call: Call, audience_leads_here: Fact[bool]) -> Judgement:
    """The audience is a string that the service does not declare.

    What happens: The front end accepts the service's own URLs and its custom audiences, compared as whole strings.
    Anything else gets 401, "The access token could not be verified".

    Confirm: Compare the token's `aud` with the service's URLs and custom audiences.

    Fix: Ask for the service's URL as audience, or declare the string as a custom audience.

    Danger: Declaring an audience creates a new revision.
    """
    return _judge(Shape.UNKNOWN, token, check, call, leads=audience_leads_here, declare=True)
