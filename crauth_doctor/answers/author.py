"""Who wrote this response? Status, headers and body name the stage that answered.

Every author needs marks of its own. The platform's pages are recognised by skeleton and wording together, never by
`server: Google Frontend`, which stands on the application's answers too. That marks are missing proves nothing where
the body is cut or not known, so what cannot be told apart is said to be one of several stages.

Source: https://docs.cloud.google.com/run/docs/troubleshooting
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from enum import StrEnum

from ..deferred import dataclass, regex
from ..model.finding import Stage
from ..model.http import Response, TestCalls
from ..say import Say

_SKELETON = "<body text=#000000 bgcolor=#ffffff>"
_HEAD = '<html><head> <meta http-equiv="content-type" content="text/html;charset=utf-8"> <title>'
_LENGTH_OF_404 = "272"
"""Of the page that names no path, in bytes."""
ROBOT_PAGE = "it is Google's robot page, which no Cloud Run service writes"
_ROBOT = "Error 404 (Not Found)!!1"
_ROBOT_MARK = ")!!1"
_GET_URL = "does not have permission to get URL"
_REQUESTED_URL = "does not have permission to the requested URL"
_NOT_FOUND = "The requested URL was not found on this server."
_LEGACY_INGRESS = "Access is forbidden."
_UNVERIFIED = "The access token could not be verified"
_TRACES = ("x-cloud-trace-context", "traceparent")
_APPLICATIONS = ("x-powered-by", "etag")
"""Headers that frameworks and file servers write, and the platform's refusals do not carry."""
_IAP_HEADER = "x-goog-iap-generated-response"
_IAP_SETUP = "IAP for Cloud Run app is not set up correctly"

_HEADING = regex(r"<h1\b[^>]{0,200}>(?!\s?Error: )[^<]{0,200}<")
_REFUSALS = frozenset({401, 403, 404})
SERVER_ERROR = 500
_BEFORE_APP = frozenset({Stage.REACH, Stage.INGRESS, Stage.IAP, Stage.TOKEN, Stage.IAM})

_MIDDLEBOX = regex(
    r"zscaler|\bsquid\b|bluecoat|symantec web|forti(?:gate|guard|net)|sophos|mcafee|barracuda|websense|forcepoint|"
    r"palo ?alto|netskope|cisco umbrella|opendns|trend ?micro|checkpoint|sonicwall|kerio|web ?filter|captive portal",
    re.IGNORECASE,
)
"""Products that answer in the place of the host that was called."""


class Author(StrEnum):
    """Who answered."""

    FRONT_END_404 = "Google's front end, before it looked at any token"
    RESERVED_PATH = "Google's own server, which reserves this path"
    LEGACY_INGRESS = "Google's front end, in the older wording of an ingress refusal"
    PERIMETER = "VPC Service Controls"
    INVOKER_CHECK = "Cloud Run's invoker check"
    TOKEN_CHECK = "Cloud Run's token check"
    IAP = "Identity-Aware Proxy"
    CLOUD_ARMOR = "Cloud Armor, at the load balancer"
    PROXY = "something between the caller and Google"
    APPLICATION = "the application"
    PLATFORM = "Google's front end"
    """A page of it other than a refusal: a malformed request, or an instance that gave no answer."""
    NOBODY = "nobody"
    UNCERTAIN = "cannot be told"


@dataclass(frozen=True)
class Signature:
    """Who answered, and at which stage of the path."""

    author: Author  # who wrote the response
    stages: frozenset[Stage]  # the stages that it can come from; one when it is certain
    because: str  # the trait that tells
    passed: bool = False  # whether the request reached the application and was served


def read(response: Response, *, with_token: bool | None) -> Signature:
    """Tell who wrote a response.

    Args:
        response: what came back.
        with_token: whether the request carried a token; None when that is not known.
    """
    body = " ".join(response.body.split())
    return (
        _iap(response, body)
        or _front_end(response, body, with_token)
        or _between(response, body)
        or _application(response)
        or _uncertain(response, body, with_token)
    )


def refused_by_perimeter(made: TestCalls) -> bool:
    """Tell whether a junk token got the 403 page, so that nobody looked at it: the token check answers 401.

    A service perimeter refuses with that page, where ingress lets all in.
    Source: https://docs.cloud.google.com/run/docs/troubleshooting
    """
    return made.with_junk is not None and read(made.with_junk, with_token=True).author is Author.INVOKER_CHECK


def read_test_call(response: Response, made: TestCalls, *, with_token: bool | None) -> Signature:
    """Tell who wrote the answer to one of this tool's own calls: all of them together tell more than one."""
    signature = read(response, with_token=with_token)
    if signature.author is not Author.INVOKER_CHECK or not refused_by_perimeter(made):
        return signature
    because = "it is the front end's 403 page, and a junk token gets it as well, which the token check answers with 401"
    return Signature(Author.PERIMETER, frozenset({Stage.INGRESS}), because)


def said_to_be(page: str, status: int | None, *, with_token: bool | None) -> Signature | None:
    """Tell who wrote an answer that a person describes.

    Args:
        page: a value of the sayable fact `answer`.
        status: of the answer.
        with_token: whether the request carried a token; None when that is not known.
    """
    because = Say("you say that its body is {page}", page=page)
    match page, status:
        case "google-page", 401:
            return Signature(Author.TOKEN_CHECK, frozenset({Stage.TOKEN}), because)
        case "google-page", 403:
            return replace(_refused(with_token), because=because)
        case "google-page", 404:
            return Signature(Author.FRONT_END_404, frozenset({Stage.REACH, Stage.INGRESS}), because)
        case "google-forbidden", 403:
            return Signature(Author.LEGACY_INGRESS, frozenset({Stage.INGRESS}), because)
        case "google-robot", 404:
            return Signature(Author.RESERVED_PATH, frozenset({Stage.REACH}), because)
        case "iap", _:
            return Signature(Author.IAP, frozenset({Stage.IAP}), because)
        case "application", _:
            return Signature(Author.APPLICATION, frozenset({Stage.APP}), because)
        case "between", _:
            return Signature(Author.PROXY, frozenset({Stage.REACH}), because)
        case "bare", 403:
            return Signature(Author.CLOUD_ARMOR, frozenset({Stage.REACH}), because)
        case _:
            return None


def _iap(response: Response, body: str) -> Signature | None:
    if _IAP_HEADER in response.headers:
        return Signature(Author.IAP, frozenset({Stage.IAP}), Say("it carries the header {header}", header=_IAP_HEADER))
    if body.startswith("Invalid IAP credentials") or _IAP_SETUP in body:
        return Signature(Author.IAP, frozenset({Stage.IAP}), "its text is IAP's")
    return None


def _front_end(response: Response, body: str, with_token: bool | None) -> Signature | None:
    if response.status == 404 and _ROBOT in body:
        return Signature(
            Author.RESERVED_PATH,
            frozenset({Stage.REACH}),
            ROBOT_PAGE,
        )
    if _UNVERIFIED in response.headers.get("www-authenticate", "") and response.status == 401:
        return Signature(
            Author.TOKEN_CHECK, frozenset({Stage.TOKEN}), "its header says that the token was not verified"
        )
    if not response.complete and (begins := _begins_as_a_page(response, body, with_token)):
        return begins
    if _SKELETON not in body or not body.startswith("<"):
        return None  # a page inside of something else was relayed by whoever wrote that
    page = _page(response.status, body, with_token)
    if response.complete:
        return page
    stages = page.stages | {Stage.APP} if page.author is Author.PLATFORM else page.stages
    return Signature(Author.UNCERTAIN, stages, "it looks like a front end page, but is incomplete")


def _begins_as_a_page(response: Response, body: str, with_token: bool | None) -> Signature | None:
    """Read what is shown of a page before it shows its skeleton: its head, or no more than its length."""
    head = body.startswith(_HEAD) and _SKELETON not in body
    long = not body and response.status == 404 and response.headers.get("content-length") == _LENGTH_OF_404
    if response.status not in _REFUSALS or not (head or (long and _is_html_by_google(response))):
        return None
    by_status = {
        401: frozenset({Stage.TOKEN}),
        403: _refused(with_token).stages | {Stage.INGRESS},
        404: frozenset({Stage.REACH, Stage.INGRESS}),
    }
    because = "it begins as a front end page does" if head else "it is as long as the front end's 404 page"
    return Signature(Author.UNCERTAIN, by_status[response.status], because)


def _is_html_by_google(response: Response) -> bool:
    """Tell whether headers that the front end writes stand on an answer, and none that it does not."""
    own = response.headers.get("server") == "Google Frontend" and not response.headers.keys() & {
        *_TRACES,
        *_APPLICATIONS,
    }
    return own and response.headers.get("content-type") == "text/html; charset=UTF-8"


def _page(status: int, body: str, with_token: bool | None) -> Signature:
    """Read a page that has the skeleton of the front end's own."""
    if status == 404 and _NOT_FOUND in body:
        stages = frozenset({Stage.REACH, Stage.INGRESS})
        return Signature(
            Author.FRONT_END_404, stages, "it is the front end's 404 page, the same with and without a token"
        )
    if status == 403 and _LEGACY_INGRESS in body:
        return Signature(Author.LEGACY_INGRESS, frozenset({Stage.INGRESS}), 'the page says "Access is forbidden."')
    if status == 403 and _GET_URL in body:
        return _refused(with_token)
    if status == 401 and _REQUESTED_URL in body:
        return Signature(Author.TOKEN_CHECK, frozenset({Stage.TOKEN}), "it is the front end's 401 page")
    if status in _REFUSALS:
        return Signature(Author.UNCERTAIN, _BEFORE_APP, "it is a front end page whose wording is not known")
    stages = frozenset({Stage.REACH, Stage.APP}) if status >= SERVER_ERROR else frozenset({Stage.REACH})
    return Signature(Author.PLATFORM, stages, Say("it is the front end's own {status} page", status=status))


def _refused(with_token: bool | None) -> Signature:
    """Read the 403 page that stands for two things: no credential, or one that may not invoke."""
    trait = "it is the front end's 403 page"
    match with_token:
        case True:
            return Signature(
                Author.INVOKER_CHECK,
                frozenset({Stage.IAM}),
                Say("{trait}, to a request that carried a token", trait=trait),
            )
        case False:
            return Signature(
                Author.INVOKER_CHECK,
                frozenset({Stage.TOKEN}),
                Say("{trait}, to a request without a token", trait=trait),
            )
        case None:
            both = frozenset({Stage.TOKEN, Stage.IAM})
            return Signature(
                Author.INVOKER_CHECK,
                both,
                Say("{trait}: no token arrived, or its principal may not invoke", trait=trait),
            )


def _between(response: Response, body: str) -> Signature | None:
    if response.status == 403 and body.endswith("<title>403</title>403 Forbidden"):
        return Signature(
            Author.CLOUD_ARMOR,
            frozenset({Stage.REACH}),
            "its short body is the denial of a load balancer's security policy",
        )
    for header in ("via", "x-squid-error", "x-bluecoat-via", "proxy-authenticate"):
        if header in response.headers and "google" not in response.headers[header].lower():
            return Signature(
                Author.PROXY, frozenset({Stage.REACH}), Say("it carries the header {header}", header=header)
            )
    server = response.headers.get("server", "")
    if _MIDDLEBOX.search(server):
        return Signature(Author.PROXY, frozenset({Stage.REACH}), Say("its server header is {server}", server=server))
    if _MIDDLEBOX.search(body[:4096]) and response.status >= 400:
        return Signature(Author.PROXY, frozenset({Stage.REACH}), "its page is that of a web filter or proxy")
    if response.status == 407:
        return Signature(Author.PROXY, frozenset({Stage.REACH}), "407 is a proxy asking for a password")
    return None


def _application(response: Response) -> Signature | None:
    passed = response.status < 400
    if any(trace in response.headers for trace in _TRACES):
        return _by_application("it carries a trace header, which the platform's refusals do not", passed=passed)
    if passed:
        return _by_application(Say("{status} is not a refusal", status=response.status), passed=True)
    mark = next((name for name in _APPLICATIONS if name in response.headers), None)
    if mark is None and "set-cookie" in response.headers and _is_by_google(response):
        mark = "set-cookie"
    if mark is not None:
        return _by_application(
            Say("it carries the header {mark}, which the platform's refusals do not", mark=mark), passed=False
        )
    if response.status in _REFUSALS and _is_page_of_another(response):
        return _by_application("it came through Google's front end, and its page is not one of that", passed=False)
    if not response.complete:
        return None
    if not _is_by_google(response):
        return None  # whoever stands there may have written it, whether or not the service is behind it
    kind = response.headers.get("content-type", "").lower()
    if ("json" in kind or not kind) and _is_applications_json(response.body) and not _is_like_a_gateways(response):
        return _by_application("its body is JSON, which the platform's refusals are not", passed=False)
    if response.body.strip() and kind.startswith("text/plain") and response.status in _REFUSALS:
        return _by_application("its body is plain text, which the platform's refusals are not", passed=False)
    return None


def _is_page_of_another(response: Response) -> bool:
    """Tell whether the serving front end handed on a page that is none of Google's own, nor quotes one.

    Of a page that is cut, its heading tells: those of the front end's own say `Error:`.
    """
    body = " ".join(response.body.split())
    google = (_SKELETON, _ROBOT_MARK, _GET_URL, _REQUESTED_URL, _NOT_FOUND, _LEGACY_INGRESS)
    through = response.headers.get("server", "").lower() == "google frontend"
    shown = response.complete or _HEADING.search(body) is not None
    return through and shown and body.startswith("<") and not any(sign in body for sign in google)


def _is_by_google(response: Response) -> bool:
    """A network in front of the service sets cookies of its own, on the platform's pages as well."""
    return response.headers.get("server", "google").lower().startswith("google")


def _is_applications_json(body: str) -> bool:
    """Tell whether a body is JSON and not an error of a Google API, which names a code and a status beside it."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return False
    error = value.get("error") if isinstance(value, dict) else None
    googles = isinstance(error, dict) and isinstance(error.get("code"), int) and "message" in error
    return isinstance(value, dict | list) and not googles


def _is_like_a_gateways(response: Response) -> bool:
    """Tell whether a refusal has the form of those of API Gateway and Cloud Endpoints, which applications use too.

    Source: https://docs.cloud.google.com/endpoints/docs/openapi/troubleshoot-response-errors
    """
    try:
        value = json.loads(response.body)
    except (ValueError, RecursionError):
        return False
    is_so = isinstance(value, dict) and value.keys() == {"code", "message"}
    return is_so and response.status in _REFUSALS and value["code"] == response.status


def _uncertain(response: Response, body: str, with_token: bool | None) -> Signature:
    """Name the stages that an answer without marks can come from; a quoted sentence narrows them."""
    if _is_like_a_gateways(response):
        because = "its JSON has the form of an API gateway's refusals, and an application may write it too"
        return Signature(Author.UNCERTAIN, frozenset({Stage.REACH, Stage.APP}), because)
    if _GET_URL in body and response.status == 403:
        stages = _refused(with_token).stages | {Stage.APP}
        return Signature(Author.UNCERTAIN, stages, "it quotes the front end's 403 page, but is not the page itself")
    if _REQUESTED_URL in body and response.status == 401:
        stages = frozenset({Stage.TOKEN, Stage.APP})
        return Signature(Author.UNCERTAIN, stages, "it quotes the front end's 401 page, but is not the page itself")
    if response.status not in _REFUSALS:
        stages = frozenset({Stage.REACH, Stage.APP})
        return Signature(Author.UNCERTAIN, stages, Say("nothing says who wrote the {status}", status=response.status))
    return Signature(Author.UNCERTAIN, _BEFORE_APP | {Stage.APP}, "neither its body nor its headers say who wrote it")


def _by_application(because: str, *, passed: bool) -> Signature:
    return Signature(Author.APPLICATION, frozenset({Stage.APP}), because, passed=passed)
