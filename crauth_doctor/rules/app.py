"""Does the container itself say no? Only what the call shows can tell."""

from __future__ import annotations

import re

from ..answers.author import Author, read
from ..answers.observed import Sight
from ..deferred import regex
from ..model.answer import CannotTell
from ..model.change import AddAudience, Advise
from ..model.clienterror import ClientError, ErrorFamily
from ..model.evidence import Credential, Exchange, LogEntry
from ..model.fact import Fact, Known, Unknown, value_of
from ..model.finding import Finding, Prediction, Stage
from ..model.http import Call, Response
from ..model.run import Service, is_run_app
from ..say import Say
from .common import CUSTOM_AUDIENCES, TROUBLESHOOTING
from .public_intent import error_of, said
from .registry import Judgement, rule

_APP = frozenset({Stage.APP})


_OF_THIS_CALL = "the message comes from the called application, and from this call"


def _because(response: Response) -> tuple[str, ...]:
    signature = read(response, with_token=None)
    return (
        Say(
            "the application wrote the {status}: {because}",
            status=response.status,
            because=signature.because,
        ),
    )


def _path(call: Fact[Call]) -> str:
    return call.value.path if isinstance(call, Known) else "the path that was called"


def _asked(call: Fact[Call]) -> str:
    return f"{call.value.method} {call.value.path}" if isinstance(call, Known) else "the call"


@rule(
    "app/refused",
    see=TROUBLESHOOTING,
    predicts=Prediction(_APP, frozenset({401, 403})),
    after="app/verifies-stripped-signature",
)
def refused(call: Fact[Call], app_answer: Fact[Response], sight: Fact[Sight]) -> Judgement:
    """The application itself refuses the call.

    What happens: The platform let the request through, and the container answered 401 or 403. More roles in IAM change
    nothing.

    Confirm: The body and headers are not Google's; the request log shows a latency, and the container logged the call.

    Fix: Look for the refusal in the application: its own login, roles, or token check.

    Danger: None.
    """
    seen, answer = value_of(sight), value_of(app_answer)
    if answer is None and seen is not None and seen.author is Author.APPLICATION and seen.status is None:
        title, advice = "the application itself refuses the call", _look_for_what_refuses(call)
        return Finding(title, (seen.because,), (advice,), (_OF_THIS_CALL,))
    if isinstance(app_answer, Unknown):
        return CannotTell(app_answer.detail, (app_answer,))
    if answer is None or answer.status not in {401, 403}:
        return None
    return Finding(
        Say("the application answers {status} to {path}", status=answer.status, path=_path(call)),
        _because(answer),
        (_look_for_what_refuses(call),),
    )


def _look_for_what_refuses(call: Fact[Call]) -> Advise:
    return Advise(
        "fix-application", Say("Look for what refuses {request} in the application's own checks.", request=_asked(call))
    )


@rule("app/not-found", see=TROUBLESHOOTING, predicts=Prediction(_APP, frozenset({404})), after="app/refused")
def not_found(call: Fact[Call], app_answer: Response) -> Judgement:
    """The application has nothing at this path.

    What happens: The platform let the request through, and the container answered 404.

    Confirm: Other paths of the service answer; the request log shows the 404 with a latency.

    Fix: Call a path that the application serves, or add the route.

    Danger: None.
    """
    if app_answer.status != 404:
        return None
    advice = Advise(
        "fix-route", Say("Call a path that the application serves; it knows no {request}.", request=_asked(call))
    )
    return Finding(Say("the application has nothing at {path}", path=_path(call)), _because(app_answer), (advice,))


@rule(
    "app/failing",
    see=TROUBLESHOOTING,
    predicts=Prediction(_APP, frozenset({429, *range(500, 600)})),
    after="app/not-found",
)
def failing(call: Fact[Call], app_answer: Response) -> Judgement:
    """The service fails: not an authentication problem.

    What happens: The call passed ingress, token and invoker check, and was answered with 429 or 5xx: no instance could
    be started, the container crashed, or the application failed.

    Confirm: `gcloud run services describe SERVICE` shows the conditions of the latest revision; the logs tell more.

    Fix: Repair the revision, or give it more instances or memory.

    Danger: None.
    """
    if app_answer.status != 429 and app_answer.status < 500:
        return None
    advice = Advise("read-logs", "Read the service's logs and the conditions of its latest revision.")
    title = Say("the service answers {status} to {path}", status=app_answer.status, path=_path(call))
    if _by_app(app_answer):
        return Finding(title, _because(app_answer), (advice,))
    because = Say(
        "this is the front end's {status} page for a container that fails to answer", status=app_answer.status
    )
    direct = isinstance(call, Known) and is_run_app(call.value.url)
    return Finding(title, (because,), (advice,), () if direct else (_NOTHING_BEFORE,))


_NOTHING_BEFORE = "no load balancer, which could write such a page too, is in front of the service"


@rule("app/cors", see=TROUBLESHOOTING)
def cors(errors: tuple[ClientError, ...], exchanges: tuple[Exchange, ...]) -> Judgement:
    """The application's own CORS answer is wrong.

    What happens: The preflight reached the container, and its answer does not allow the page's origin, method or
    header. The platform has nothing to do with it.

    Confirm: `curl -i -X OPTIONS` with an `Origin` shows the application's CORS headers.

    Fix: Correct the application's CORS setting: the full origin, with its scheme.

    Danger: `*` with credentials is not allowed, and an origin that is echoed back lets every page in.
    """
    wrong = error_of(errors, ErrorFamily.CORS_HEADER_WRONG)
    answered = [
        e.response
        for e in exchanges
        if e.response is not None and e.call is not None and e.call.method == "OPTIONS" and _by_app(e.response)
    ]
    if wrong is None and not (answered and error_of(errors, ErrorFamily.CORS, ErrorFamily.CORS_PREFLIGHT_REFUSED)):
        return None
    because = [said(wrong)] if wrong else []
    if answered:
        because.append(Say("the preflight reached the container, which answered {status}", status=answered[-1].status))
    advice = Advise("fix-cors", "Correct the application's CORS setting: the page's full origin, method and headers.")
    return Finding("the application's CORS answer is wrong", tuple(because), (advice,))


def _by_app(answer: Response) -> bool:
    return read(answer, with_token=None).author is Author.APPLICATION


@rule("app/audience", see=CUSTOM_AUDIENCES, predicts=Prediction(_APP, frozenset({401, 403})))
def audience(
    errors: tuple[ClientError, ...], logs: tuple[LogEntry, ...], service: Fact[Service], app_answer: Fact[Response]
) -> Judgement:
    """The application checks the token's audience itself, and expects another one.

    What happens: Cloud Run accepts a token whose audience is one of the service's URLs, or one of its custom audiences,
    and has accepted this one. The application then verifies the token once more, with an audience of its own: a custom
    domain, say, or the name of an API. So the audience has to be one that both of them accept.

    Confirm: The application's message names the audience that it expects; the request log shows a latency.

    Fix: Ask for the audience that the application expects, where the service accepts it (its URL, or a custom audience
    that is declared). Else have the application expect the service's URL, or send two tokens: the application's in
    `Authorization`, the platform's in `X-Serverless-Authorization`.

    Danger: Do not switch the application's check off where the service is public: it is then the only one.
    """
    failed = error_of(errors, ErrorFamily.AUDIENCE_REFUSED_BY_APP)
    if failed is None:
        return None
    answered = value_of(app_answer)
    is_marked = (answered is not None and answered.status in {401, 403}) or _logged_by_app(logs)
    assuming = () if is_marked else (_OF_THIS_CALL,)
    because = (said(failed), "Cloud Run itself never answers like this: the request had passed its token check")
    expected = _EXPECTED.search(failed.message)
    advice = _one_audience(value_of(service), expected["audience"] if expected else None)
    return Finding("the application expects an audience other than the token's", because, (advice,), assuming)


_EXPECTED = regex(
    r"(?<![a-z])(?:expected(?: audience| one of)?|validaudience)"
    r"(?::|\s?\[?['\"]|(?=\s[\w:/.-]+,))[\s\['\"]*(?P<audience>[\w:/.-]*\w)",
    re.IGNORECASE,
)


_TWO_TOKENS = "send its own token in Authorization and the platform's in X-Serverless-Authorization"


def _one_audience(service: Service | None, expected: str | None) -> Advise:
    """Return what to do so that Cloud Run and the application take the same token, as far as it is known."""
    if expected is None or service is None:
        return Advise(
            "ask-for-expected-audience",
            Say(
                "Ask for the audience {expected}, where the service accepts it too. "
                "Else have the application expect the service's URL, or {two_tokens}.",
                expected=expected or "that the application expects",
                two_tokens=_TWO_TOKENS,
            ),
        )
    if service.accepts_audience(expected):
        return Advise(
            "ask-for-expected-audience",
            Say("Ask for the audience {expected}: {service} accepts it too.", expected=expected, service=service.id),
        )
    return Advise(
        "declare-expected-audience",
        Say(
            "{service} does not accept the audience {expected}. Declare it, then ask for it; or have the application "
            "expect {url}, or {two_tokens}.",
            service=service.id,
            expected=expected,
            url=service.url,
            two_tokens=_TWO_TOKENS,
        ),
        (AddAudience(service.full_name, expected),),
    )


def _logged_by_app(logs: tuple[LogEntry, ...]) -> bool:
    """Whether a request log shows that the container answered 401 or 403."""
    return any(entry.latency and entry.status in {401, 403} for entry in logs)


@rule("app/verifies-stripped-signature", see=TROUBLESHOOTING, predicts=Prediction(_APP, frozenset({401, 403})))
def verifies_stripped_signature(
    errors: tuple[ClientError, ...], logs: tuple[LogEntry, ...], credentials: tuple[Credential, ...]
) -> Judgement:
    """The application verifies the token whose signature Cloud Run removed.

    What happens: Cloud Run has verified the token, and hands it to the container with its signature replaced by
    `SIGNATURE_REMOVED_BY_GOOGLE`. An application that verifies it again refuses every call.

    Confirm: The application logs a bad signature, or prints a token that ends in `SIGNATURE_REMOVED_BY_GOOGLE`.

    Fix: Trust the platform's check, or send the application a token of its own in another header.

    Danger: Trust the claims only where the invoker check is on.
    """
    refused_it = error_of(errors, ErrorFamily.TOKEN_REFUSED_BY_APP)
    stripped = any(c.token is not None and c.token.signature_removed for c in credentials)
    other = error_of(errors, ErrorFamily.AUDIENCE_REFUSED_BY_APP)
    if not stripped or not (refused_it or (_logged_by_app(logs) and not other)):
        return None
    because = [said(refused_it)] if refused_it else []
    because.append("the token that the application received ends in SIGNATURE_REMOVED_BY_GOOGLE")
    advice = Advise("trust-platform", "Have the application trust the platform's check, or give it a token of its own.")
    return Finding("the application verifies a token whose signature was removed", tuple(because), (advice,))
