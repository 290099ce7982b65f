"""Does the container itself say no? Only what the call shows can tell."""

from __future__ import annotations

from ..model.change import Advise
from ..model.fact import Fact, value_of
from ..model.finding import Finding
from ..model.http import Call, Response, TestCalls
from .common import TROUBLESHOOTING
from .rule import Judgement, rule
from .signatures import Author, read


def _said_by_app(seen: Fact[Response], calls: Fact[TestCalls]) -> Response | None:
    """Return the application's own answer: to the caller's call if one was given, else to the tool's."""
    pasted = value_of(seen)
    if pasted is not None:
        return pasted if read(pasted, with_token=None).author is Author.APPLICATION else None
    made = value_of(calls)
    answer = made.with_token or made.without_token if made else None
    return answer if answer and read(answer, with_token=None).author is Author.APPLICATION else None


def _because(response: Response) -> tuple[str, ...]:
    signature = read(response, with_token=None)
    return (f"the answer {response.status} was written by the application: {signature.because}",)


@rule("app/refused", see=TROUBLESHOOTING)
def refused(call: Call, seen: Fact[Response], calls: Fact[TestCalls]) -> Judgement:
    """The application itself refuses the call.

    What happens: The platform let the request through, and the container answered 401 or 403. More roles in IAM change
    nothing.

    Confirm: The body and headers are not Google's; the request log shows a latency, and the container logged the call.

    Fix: Look for the refusal in the application: its own login, roles, or token check.

    Danger: None.
    """
    answer = _said_by_app(seen, calls)
    if answer is None or answer.status not in {401, 403}:
        return None
    advice = Advise(
        "fix-application", f"Look for what refuses {call.method} {call.path} in the application's own checks."
    )
    return Finding(f"the application answers {answer.status} to {call.path}", _because(answer), (advice,))


@rule("app/not-found", see=TROUBLESHOOTING)
def not_found(call: Call, seen: Fact[Response], calls: Fact[TestCalls]) -> Judgement:
    """The application has nothing at this path.

    What happens: The platform let the request through, and the container answered 404.

    Confirm: Other paths of the service answer; the request log shows the 404 with a latency.

    Fix: Call a path that the application serves, or add the route.

    Danger: None.
    """
    answer = _said_by_app(seen, calls)
    if answer is None or answer.status != 404:
        return None
    advice = Advise("fix-route", f"Call a path that the application serves; it knows no {call.method} {call.path}.")
    return Finding(f"the application has nothing at {call.path}", _because(answer), (advice,))


@rule("app/failing", see=TROUBLESHOOTING)
def failing(call: Call, seen: Fact[Response], calls: Fact[TestCalls]) -> Judgement:
    """The service fails: not an authentication problem.

    What happens: The call passed ingress, token and invoker check, and was answered with 429 or 5xx: no instance could
    be started, the container crashed, or the application failed.

    Confirm: `gcloud run services describe SERVICE` shows the conditions of the latest revision; the logs tell more.

    Fix: Repair the revision, or give it more instances or memory.

    Danger: None.
    """
    answer = _said_by_app(seen, calls)
    if answer is None or (answer.status != 429 and answer.status < 500):
        return None
    advice = Advise("read-logs", "Read the service's logs and the conditions of its latest revision.")
    return Finding(f"the service answers {answer.status} to {call.path}", _because(answer), (advice,))


RULES = (refused, not_found, failing)
