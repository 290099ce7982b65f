"""Does the request arrive at this service at all?"""

from __future__ import annotations

import difflib
import re
import shlex

from ..model.answer import CannotTell
from ..model.change import Advise, Change, EnableDefaultUrl
from ..model.evidence import Evidence
from ..model.fact import Fact, Known, Unknown, value_of
from ..model.finding import Finding, Prediction, Stage
from ..model.http import Call, Response, TestCalls
from ..model.run import Service, host_of, is_run_app
from .common import INGRESS, KNOWN_ISSUES, TROUBLESHOOTING
from .rule import Judgement, rule
from .sight import Sight
from .signatures import Author, read

_RESERVED = ("/healthz",)
_RESERVED_BELOW = ("/_ah/",)


@rule("reach/no-such-service", see=TROUBLESHOOTING)
def no_such_service(
    service: Fact[Service],
    call: Fact[Call],
    namesakes: Fact[tuple[str, ...]],
    evidence: Fact[Evidence],
    sight: Fact[Sight],
) -> Judgement:
    """There is no such service: a wrong name, region or project, or it was deleted.

    What happens: The front end answers its 404 page for every host that no service has, the same with and without a
    token. A URL put together by hand with another region looks right and leads nowhere.

    Confirm: `gcloud run services list --project=PROJECT` shows the services and their URLs.

    Fix: Call the URL that the service itself reports.

    Danger: None. A 403 on this read would hide an absence; then this rule does not speak.
    """
    known, seen = value_of(call), value_of(sight)
    host = known.host if known else ""
    if isinstance(service, Unknown):
        found = _not_listed(value_of(evidence), host)
        if found and seen is not None and seen.author is Author.FRONT_END_404:
            return found
        return CannotTell("whether the service exists was not read", (service,))
    if isinstance(service, Known):
        return None
    others = namesakes.value if isinstance(namesakes, Known) else ()
    because = ["the Admin API knows no service at that name, region and project"]
    fixes: list[Change] = [
        Advise("use-own-url", "List what exists with `gcloud run services list`; call the URL that it prints.")
    ]
    if others:
        places = [name.removeprefix("//run.googleapis.com/").split("/")[3] for name in others]
        because.append(f"a service of that name exists in {', '.join(sorted(set(places)))}")
        fixes = [
            Advise(
                "use-own-url",
                f"Call the service in {places[0]}, at the URL that it reports.",
                (_describe(others[0]),),
            )
        ]
    missing = f"behind {host}" if host else "of that name there"
    return Finding(f"there is no Cloud Run service {missing}", tuple(because), tuple(fixes))


def _not_listed(pasted: Evidence | None, host: str) -> Finding | None:
    """Return the finding, where the list of services that was pasted does not have the host that was called."""
    listed = (
        [e.fields["url"] for e in pasted.exports if "services list" in e.command and "url" in e.fields]
        if pasted
        else []
    )
    hosts = {host_of(url): url for url in listed}
    if not host.endswith(".run.app") or not hosts or host in hosts:
        return None
    near = difflib.get_close_matches(host, list(hosts), 1)
    because = ["the list of services that you gave has no such URL"]
    if near:
        because.append(f"it has {hosts[near[0]]}")
    advice = Advise("use-own-url", f"Call {hosts[near[0]] if near else 'one of the URLs of that list'}.")
    assuming = ("the list is of the right project, and whole",)
    return Finding(f"there is no Cloud Run service behind {host}", tuple(because), (advice,), assuming)


def _describe(name: str) -> str:
    _, project, _, region, _, short = name.removeprefix("//run.googleapis.com/").split("/")
    where = [f"--region={region}", f"--project={project}", "--format=value(status.url)"]
    return shlex.join(["gcloud", "run", "services", "describe", short, *where])


@rule("reach/reserved-path", see=KNOWN_ISSUES)
def reserved_path(call: Fact[Call], seen: Fact[Response], calls: Fact[TestCalls]) -> Judgement:
    """The path is one that Google's own server answers.

    What happens: `/healthz`, paths below `/_ah/` and some other paths that end in z never reach a container. Google
    answers with its own 404 page (the one with the robot), and nothing stands in the request log.

    Confirm: Another path of the service answers; `/healthz/` with a slash usually does too.

    Fix: Serve the endpoint under another path, such as `/health`.

    Danger: None. Health checks that Cloud Run itself makes are not affected: they do not pass the front end.
    """
    known, robot = value_of(call), _robot_page(seen, calls)
    if known is not None and is_run_app(known.url) and _is_reserved(known.path):
        because = [f"{known.path} is a reserved path of Cloud Run's URLs"]
        if robot is not None:
            because.append("the answer is Google's own 404 page")
        return _reserved(known.path, because)
    if robot is None:
        return CannotTell("the path called is not known") if known is None else None
    path = _path_in(robot) or (known.path if known else None)
    if path is None or not (_is_reserved(path) or path.endswith("z") or path.startswith("/eventlog")):
        return None
    return _reserved(path, ["the answer is Google's own 404 page, which no service of Cloud Run writes"])


def _is_reserved(path: str) -> bool:
    return path in _RESERVED or path.startswith(_RESERVED_BELOW)


_NAMED = re.compile(r"requested URL <code>([^<\s]+)</code>")


def _path_in(robot: Response) -> str | None:
    """Return the path that Google's page names."""
    found = _NAMED.search(robot.body)
    return found[1] if found else None


def _reserved(path: str, because: list[str]) -> Finding:
    advice = Advise("use-another-path", "Serve and call another path, such as /health; /healthz stays unreachable.")
    return Finding(f"{path} never reaches a container: Google answers it itself", tuple(because), (advice,))


def _robot_page(seen: Fact[Response], calls: Fact[TestCalls]) -> Response | None:
    made = value_of(calls)
    answers = (value_of(seen), made.with_token if made else None, made.without_token if made else None)
    return next((a for a in answers if a is not None and read(a, with_token=None).author is Author.RESERVED_PATH), None)


@rule("reach/default-url-disabled", see=INGRESS)
def default_url_disabled(service: Service, call: Call) -> Judgement:
    """The service's run.app URLs are switched off.

    What happens: With the default URL disabled, every run.app URL of the service answers the front end's 404 page.
    Scheduler, Tasks, Pub/Sub, Eventarc and Workflows call run.app, and fail too.

    Confirm: `gcloud run services describe SERVICE` shows `run.googleapis.com/default-url-disabled: 'true'`.

    Fix: Call the custom domain or the load balancer, or switch the default URL on again.

    Danger: Switching it on re-opens a way around the load balancer.
    """
    if not service.default_url_disabled or not is_run_app(call.url):
        return None
    return Finding(
        f"the run.app URLs of {service.id} are switched off, and {call.host} is one of them",
        ("the service's default URL is disabled",),
        (
            Advise("call-domain", "Call the service's custom domain or load balancer."),
            EnableDefaultUrl(service.full_name),
        ),
    )


@rule(
    "reach/plain-http",
    see="https://docs.cloud.google.com/run/docs/triggering/https-request",
    predicts=Prediction(frozenset({Stage.REACH, Stage.TOKEN, Stage.IAM, Stage.APP})),
)
def plain_http(call: Fact[Call], evidence: Fact[Evidence]) -> Judgement:
    """The call goes to http://, which is redirected to https://.

    What happens: The front end answers with a redirect. Most clients then turn POST into GET, and the token has
    travelled in clear.

    Confirm: The URL that the caller uses begins with `http://`; `curl -i` shows 301 or 302.

    Fix: Call `https://`.

    Danger: Treat a token that was sent over http as seen by others; it expires within the hour.
    """
    known, pasted = value_of(call), value_of(evidence)
    if known is not None and _is_plain(known):
        return _over_http(known, ())
    for exchange in pasted.exchanges if pasted else ():
        answer = exchange.response
        if exchange.call is None or answer is None or not _is_plain(exchange.call):
            continue
        if answer.status in {301, 302, 307, 308} and answer.headers.get("location", "").startswith("https://"):
            method = exchange.call.method
            turned = (f"after it, {method} becomes GET in most clients",) if method != "GET" else ()
            return _over_http(exchange.call, (f"the answer was {answer.status}, to https://", *turned))
    return CannotTell("the URL called is not known") if known is None and pasted is None else None


def _is_plain(call: Call) -> bool:
    return call.scheme == "http" and is_run_app(call.url)


def _over_http(call: Call, because: tuple[str, ...]) -> Finding:
    secure = call.url.replace("http://", "https://", 1)
    return Finding(
        f"{call.host} was called over plain http",
        ("the URL begins with http://", *because),
        (Advise("use-https", f"Call {secure}."),),
    )


RULES = (reserved_path, plain_http, default_url_disabled, no_such_service)
