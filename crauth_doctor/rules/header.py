"""Does the token arrive in the header that the front end reads?

Source: https://docs.cloud.google.com/run/docs/authenticating/service-to-service
"""

from __future__ import annotations

from ..model.caller import Caller
from ..model.change import Advise, Change, SetInvokerCheck
from ..model.clienterror import ErrorFamily
from ..model.evidence import Credential, Evidence, Exchange, HeaderFault, Wording
from ..model.fact import Fact, Known, value_of
from ..model.finding import Basis, Finding, Prediction, Stage
from ..model.http import Call
from ..model.iam import Principal
from ..model.run import Service, is_run_app
from ..model.token import Token, TokenKind
from .common import BAD_HEADER, CHECKED, NO_TOKEN, SERVICE_TO_SERVICE, TROUBLESHOOTING
from .derived import TokenCheck
from .intent import error_of, has_no_identity, meant_public
from .rule import Judgement, rule
from .sight import Sight
from .signatures import Author, read

_PLATFORM_HEADER = "x-serverless-authorization"
_BOTH = {"authorization", _PLATFORM_HEADER}


def failing_exchange(evidence: Evidence) -> Exchange | None:
    """Return the last exchange that failed."""
    return next((e for e in reversed(evidence.exchanges) if e.failed), None)


def sent_credentials(evidence: Evidence) -> tuple[Credential, ...]:
    """Return the credentials of the failing call; those that stand alone, where no call is shown with any."""
    exchange = failing_exchange(evidence)
    if exchange is not None and exchange.credentials:
        return exchange.credentials
    return evidence.credentials if exchange is None or not exchange.headers_known else ()


@rule("token/serverless-header-wins", see=SERVICE_TO_SERVICE, basis=Basis.REQUEST)
def serverless_header_wins(call: Call, check: TokenCheck, evidence: Fact[Evidence], sight: Fact[Sight]) -> Judgement:
    """A stale or forwarded X-Serverless-Authorization is checked instead of a good Authorization.

    What happens: When both headers are present, the front end reads `X-Serverless-Authorization` only. A token that was
    forwarded in it from an incoming request, or that is stale, gets 401, however good the other one is.

    Confirm: The request carries both headers.

    Fix: Do not forward `X-Serverless-Authorization`; send the platform's token in one header only.

    Danger: None.
    """
    pasted, seen = value_of(evidence), value_of(sight)
    credentials = sent_credentials(pasted) if pasted else ()
    headers = call.headers | {c.header for c in credentials}
    if not headers >= _BOTH or not check.on:
        return None
    if seen is not None and seen.author is not Author.TOKEN_CHECK:
        return None
    platform = next((c.token for c in credentials if c.header == _PLATFORM_HEADER), None)
    because = ["the request carries Authorization and X-Serverless-Authorization"]
    if platform and platform.signature_removed:
        because.append("the signature of the latter was removed: it was taken from an incoming request")
    elif platform and platform.audience and check.accepts(platform.audience) is False:
        because.append(f"the audience of the latter is {platform.audience}")
    elif platform is None and seen is None:
        return None
    advice = Advise("one-header", "Send the platform's token in one header only, and do not forward the incoming one.")
    return check.finding(
        Finding("X-Serverless-Authorization is checked, and not the token in Authorization", tuple(because), (advice,))
    )


@rule("token/malformed-header", see=TROUBLESHOOTING, predicts=BAD_HEADER, basis=Basis.REQUEST)
def malformed_header(evidence: Evidence, check: TokenCheck) -> Judgement:
    """The header is not of the form `Bearer TOKEN`.

    What happens: "Bearer Bearer", quotes around the token, a line break in it, or no scheme at all make a header that
    the front end cannot read. It answers 401.

    Confirm: Print the header's first twelve characters.

    Fix: Send `Authorization: Bearer TOKEN`, with one space, and nothing else.

    Danger: None.
    """
    if not check.on:
        return None
    for credential in sent_credentials(evidence):
        if credential.fault not in {None, HeaderFault.SEVERAL_TOKENS, HeaderFault.EMPTY}:
            advice = Advise("fix-header", "Send the header as `Authorization: Bearer TOKEN`.")
            because = (f"the header {credential.header} is malformed: {credential.fault}",)
            return check.finding(Finding("the credential header is malformed", because, (advice,)))
    return None


@rule("token/duplicate", see=TROUBLESHOOTING, basis=Basis.REQUEST)
def duplicate(evidence: Evidence, check: TokenCheck) -> Judgement:
    """Several tokens, or several Authorization headers, are sent.

    What happens: The front end accepts one token in one header. Two headers of the same name (a proxy adds its own), or
    two tokens in one, get 401.

    Confirm: `curl -v` or an echo service shows the header twice.

    Fix: Send one.

    Danger: None.
    """
    if not check.on:
        return None
    credentials = sent_credentials(evidence)
    names = [c.header for c in credentials]
    exchange = failing_exchange(evidence)
    twice = exchange is not None and bool(exchange.credentials) and len(names) != len(set(names))
    if not twice and not any(c.fault is HeaderFault.SEVERAL_TOKENS for c in credentials):
        return None
    advice = Advise("one-token", "Send one token in one header.")
    return check.finding(Finding("several tokens are sent", ("the request carries more than one token",), (advice,)))


@rule("token/preflight", see=TROUBLESHOOTING, predicts=NO_TOKEN, basis=Basis.REQUEST)
def preflight(
    sight: Fact[Sight], evidence: Fact[Evidence], call: Call, service: Fact[Service], check: TokenCheck
) -> Judgement:
    """A browser's CORS preflight carries no token, so a private service refuses it.

    What happens: Before a cross-origin call the browser sends `OPTIONS` without credentials. A service that checks IAM
    answers 403 without CORS headers, and the browser calls that a CORS error.

    Confirm: The request log shows `OPTIONS` with 403.

    Fix: Serve the page and the API from one origin through a gateway or load balancer, or make the service public
    deliberately, with a check of its own.

    Danger: A public service is open to everybody; the application must check every request itself.
    """
    pasted, seen = value_of(evidence), value_of(sight)
    if pasted is not None and error_of(pasted, ErrorFamily.CORS_HEADER_WRONG):
        return None  # it was answered, with CORS headers: by the application
    refused = pasted is not None and _refused_preflight(pasted)
    options = call.method == "OPTIONS" or (seen is not None and seen.method == "OPTIONS")
    if not check.on or not (refused or (options and (seen is None or Stage.TOKEN in seen.stages))):
        return None
    fixes: list[Change] = [Advise("one-origin", "Serve page and API from one origin, through a gateway.")]
    if isinstance(service, Known):
        fixes.append(SetInvokerCheck(service.value.full_name, on=False))
    because = ["a preflight (OPTIONS) carries no token"]
    if refused:
        because.append("the browser says that the preflight was refused, without CORS headers in the answer")
    return check.finding(Finding("the browser's preflight was refused", tuple(because), tuple(fixes)))


def _refused_preflight(evidence: Evidence) -> bool:
    if any(e.family is ErrorFamily.CORS_PREFLIGHT_REFUSED for e in evidence.errors):
        return True
    return any(entry.method == "OPTIONS" and entry.status in {401, 403} for entry in evidence.logs)


@rule(
    "token/header-overwritten",
    see=SERVICE_TO_SERVICE,
    predicts=Prediction(frozenset({Stage.APP, *CHECKED}), frozenset({401, 403})),
    basis=Basis.REQUEST,
)
def header_overwritten(evidence: Evidence, sight: Fact[Sight]) -> Judgement:
    """The application's token and the platform's compete for the Authorization header.

    What happens: A proxy or library sets `Authorization` to the platform's token and so overwrites the application's
    own, or the other way round. One of the two then refuses the call.

    Confirm: Let the application print the header that it receives (without the token).

    Fix: Send the platform's token in `X-Serverless-Authorization`; Cloud Run then leaves `Authorization` alone.

    Danger: None.
    """
    exchange = failing_exchange(evidence)
    sent = [c.token for c in exchange.credentials if c.token] if exchange else []
    own = any(t.kind is TokenKind.FOREIGN and t.header == "authorization" for t in sent)
    seen = value_of(sight)
    arrived = next((c.token for c in evidence.credentials if c.token and c.token.signature_removed), None)
    if not (own and arrived and seen is not None and seen.author is Author.APPLICATION):
        return None
    because = (
        "the caller sends its own token in Authorization",
        f"what arrived in the container is another one, which Cloud Run checked: {arrived.email or arrived.issuer}",
    )
    advice = Advise("platform-header", "Send the platform's token in X-Serverless-Authorization instead.")
    return Finding("the application's and the platform's token compete for Authorization", because, (advice,))


@rule("token/header-stripped", see=SERVICE_TO_SERVICE, predicts=NO_TOKEN, basis=Basis.REQUEST)
def header_stripped(evidence: Evidence, token: Fact[Token], sight: Fact[Sight], check: TokenCheck) -> Judgement:
    """A proxy, gateway or library removed the Authorization header.

    What happens: The caller sends a token and Cloud Run sees none: its log says "Empty Authorization header value", and
    the answer is 403.

    Confirm: Send the same request straight to the run.app URL.

    Fix: Let what stands between keep the header, or use `X-Serverless-Authorization`.

    Danger: None.
    """
    if not check.asks:
        return None
    seen = value_of(sight)
    empty = seen is not None and seen.wording is Wording.EMPTY_HEADER
    sent = isinstance(token, Known) or bool(sent_credentials(evidence))
    direct = _works_directly(evidence)
    arrived_without = _sent_and_logged_empty(evidence)
    if not arrived_without and (direct is None or not ((empty and sent) or _refused_behind_proxy(evidence))):
        return None
    because = [direct] if direct else []
    if sent:
        because.append("the caller sends a token")
    if empty:
        because.append("the request log says that the header was empty")
    advice = Advise("keep-header", "Let what stands between keep the header, or send X-Serverless-Authorization.")
    assuming = () if empty or arrived_without else ("what stands between removes the header",)
    return check.finding(
        Finding("the Authorization header was removed on the way", tuple(because), (advice,), assuming)
    )


def _sent_and_logged_empty(evidence: Evidence) -> bool:
    """Tell whether a request that is shown with a token is logged as one without."""
    sent = {(e.call.method, e.call.path) for e in evidence.exchanges if e.call is not None and e.credentials}
    logged = [e for e in evidence.logs if e.wording is Wording.EMPTY_HEADER and e.url and e.method]
    return any((entry.method, Call(entry.url or "").path) in sent for entry in logged)


def _works_directly(evidence: Evidence) -> str | None:
    """Return what shows that the same call, with a token, works straight to the run.app URL."""
    failing = failing_exchange(evidence)
    if failing is None or failing.call is None or is_run_app(failing.call.url):
        return None
    for exchange in evidence.exchanges:
        answer = exchange.response
        if exchange.call is None or answer is None or answer.status >= 400 or not exchange.credentials:
            continue
        if is_run_app(exchange.call.url) and exchange.call.path == failing.call.path:
            return f"the same call works straight to {exchange.call.host}"
    return None


def _refused_behind_proxy(evidence: Evidence) -> bool:
    failing = failing_exchange(evidence)
    if failing is None or failing.response is None or not failing.credentials:
        return False
    return read(failing.response, with_token=None).author is Author.INVOKER_CHECK


@rule("token/missing", see=TROUBLESHOOTING, predicts=NO_TOKEN, basis=Basis.REQUEST)
def missing(
    sight: Fact[Sight],
    check: TokenCheck,
    service: Fact[Service],
    evidence: Fact[Evidence],
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
    if seen is None or seen.author is not Author.INVOKER_CHECK or seen.stages != {Stage.TOKEN} or not check.on:
        return None
    if check.moot or (has_no_identity(caller, principal) and meant_public(service, evidence)):
        return None  # it was to be let in without one
    advice = Advise("send-token", f"Send an ID token with the audience {check.url} in the Authorization header.")
    return check.finding(Finding("the request carried no token", (seen.because,), (advice,)))


RULES = (
    preflight,
    header_stripped,
    header_overwritten,
    serverless_header_wins,
    duplicate,
    malformed_header,
    missing,
)
