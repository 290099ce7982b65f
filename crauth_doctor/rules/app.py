"""Does the container itself say no? Only what the call shows can tell."""

from __future__ import annotations

from ..answers.author import Author, read
from ..answers.observed import Sight
from ..model.answer import CannotTell
from ..model.change import Advise
from ..model.clienterror import ErrorFamily
from ..model.evidence import Evidence
from ..model.fact import Fact, Known, Unknown, value_of
from ..model.finding import Finding, Prediction, Stage
from ..model.http import Call, Response
from .common import TROUBLESHOOTING
from .public_intent import error_of, said
from .registry import Judgement, rule

_APP = frozenset({Stage.APP})


def _because(response: Response) -> tuple[str, ...]:
    signature = read(response, with_token=None)
    return (f"the answer {response.status} was written by the application: {signature.because}",)


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
    advice = Advise("fix-application", f"Look for what refuses {_asked(call)} in the application's own checks.")
    seen, answer = value_of(sight), value_of(app_answer)
    if answer is None and seen is not None and seen.author is Author.APPLICATION and seen.status is None:
        return Finding("the application itself refuses the call", (seen.because,), (advice,))
    if isinstance(app_answer, Unknown):
        return CannotTell(app_answer.detail, (app_answer,))
    if answer is None or answer.status not in {401, 403}:
        return None
    return Finding(f"the application answers {answer.status} to {_path(call)}", _because(answer), (advice,))


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
    advice = Advise("fix-route", f"Call a path that the application serves; it knows no {_asked(call)}.")
    return Finding(f"the application has nothing at {_path(call)}", _because(app_answer), (advice,))


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
    return Finding(f"the service answers {app_answer.status} to {_path(call)}", _because(app_answer), (advice,))


@rule("app/cors", see=TROUBLESHOOTING)
def cors(evidence: Evidence) -> Judgement:
    """The application's own CORS answer is wrong.

    What happens: The preflight reached the container, and its answer does not allow the page's origin, method or
    header. The platform has nothing to do with it.

    Confirm: `curl -i -X OPTIONS` with an `Origin` shows the application's CORS headers.

    Fix: Correct the application's CORS setting: the full origin, with its scheme.

    Danger: `*` with credentials is not allowed, and an origin that is echoed back lets every page in.
    """
    wrong = error_of(evidence, ErrorFamily.CORS_HEADER_WRONG)
    answered = [
        e.response
        for e in evidence.exchanges
        if e.response is not None and e.call is not None and e.call.method == "OPTIONS" and _by_app(e.response)
    ]
    if wrong is None and not (answered and error_of(evidence, ErrorFamily.CORS, ErrorFamily.CORS_PREFLIGHT_REFUSED)):
        return None
    because = [said(wrong)] if wrong else []
    if answered:
        because.append(f"the preflight reached the container, which answered {answered[-1].status}")
    advice = Advise("fix-cors", "Correct the application's CORS setting: the page's full origin, method and headers.")
    return Finding("the application's CORS answer is wrong", tuple(because), (advice,))


def _by_app(answer: Response) -> bool:
    return read(answer, with_token=None).author is Author.APPLICATION


@rule("app/verifies-stripped-signature", see=TROUBLESHOOTING, predicts=Prediction(_APP, frozenset({401, 403})))
def verifies_stripped_signature(evidence: Evidence) -> Judgement:
    """The application verifies the token whose signature Cloud Run removed.

    What happens: Cloud Run has verified the token, and hands it to the container with its signature replaced by
    `SIGNATURE_REMOVED_BY_GOOGLE`. An application that verifies it again refuses every call.

    Confirm: The application logs a bad signature, or prints a token that ends in `SIGNATURE_REMOVED_BY_GOOGLE`.

    Fix: Trust the platform's check, or send the application a token of its own in another header.

    Danger: Trust the claims only where the invoker check is on.
    """
    refused_it = error_of(evidence, ErrorFamily.TOKEN_REFUSED_BY_APP)
    stripped = any(c.token is not None and c.token.signature_removed for c in evidence.credentials)
    latency = any(e.latency and e.status in {401, 403} for e in evidence.logs)
    if not stripped or not (refused_it or latency):
        return None
    because = [said(refused_it)] if refused_it else []
    because.append("the token that the application received ends in SIGNATURE_REMOVED_BY_GOOGLE")
    advice = Advise("trust-platform", "Let the application trust the platform's check, or give it a token of its own.")
    return Finding("the application verifies a token whose signature was removed", tuple(because), (advice,))
