"""Who wrote this response? Status, headers and body name the stage that answered.

The platform's pages are recognised by their skeleton and wording, never by `server: Google Frontend`, which stands on
the application's answers too. What cannot be told apart is said to be one of several stages.

Source: https://docs.cloud.google.com/run/docs/troubleshooting
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from ..model.finding import Stage
from ..model.http import Response

_SKELETON = "<body text=#000000 bgcolor=#ffffff>"
_ROBOT = "Error 404 (Not Found)!!1"
_GET_URL = "does not have permission to get URL"
_REQUESTED_URL = "does not have permission to the requested URL"
_NOT_FOUND = "The requested URL was not found on this server."
_LEGACY_INGRESS = "Access is forbidden."
_UNVERIFIED = "The access token could not be verified"
_IAP_HEADER = "x-goog-iap-generated-response"
_IAP_SETUP = "IAP for Cloud Run app is not set up correctly"


_MIDDLEBOX = re.compile(
    r"zscaler|\bsquid\b|bluecoat|symantec web|forti(?:gate|guard|net)|sophos|mcafee|barracuda|websense|forcepoint|"
    r"palo ?alto|netskope|cisco umbrella|opendns|trend ?micro|checkpoint|sonicwall|kerio|web ?filter|captive portal",
    re.IGNORECASE,
)
"""Products that answer in the place of the host that was called."""


class Author(StrEnum):
    """Who answered."""

    FRONT_END_404 = "Google's front end, before it looked at any token"
    RESERVED_PATH = "Google's own server, which keeps this path for itself"
    LEGACY_INGRESS = "Google's front end, in the older wording of an ingress refusal"
    INVOKER_CHECK = "Cloud Run's invoker check"
    TOKEN_CHECK = "Cloud Run's token check"
    IAP = "Identity-Aware Proxy"
    CLOUD_ARMOR = "Cloud Armor, at the load balancer"
    PROXY = "something between the caller and Google"
    APPLICATION = "the application"
    UNCERTAIN = "cannot be told"


@dataclass(frozen=True, slots=True)
class Signature:
    """Who answered, and at which stage of the path.

    Args:
        author: who wrote the response.
        stages: the stages that it can come from; one when it is certain.
        because: the trait that tells.
        passed: whether the request reached the application and was served.
    """

    author: Author
    stages: frozenset[Stage]
    because: str
    passed: bool = False


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
        or _application(response, body)
    )


def _iap(response: Response, body: str) -> Signature | None:
    if _IAP_HEADER in response.headers:
        return Signature(Author.IAP, frozenset({Stage.IAP}), f"it carries the header {_IAP_HEADER}")
    if body.startswith("Invalid IAP credentials") or _IAP_SETUP in body:
        return Signature(Author.IAP, frozenset({Stage.IAP}), "its text is IAP's")
    return None


def _front_end(response: Response, body: str, with_token: bool | None) -> Signature | None:
    if response.status == 404 and _ROBOT in body:
        return Signature(
            Author.RESERVED_PATH,
            frozenset({Stage.REACH}),
            "it is Google's robot page, which no Cloud Run service writes",
        )
    if response.status == 404 and _NOT_FOUND in body and _SKELETON in body:
        stages = frozenset({Stage.REACH, Stage.INGRESS})
        return Signature(
            Author.FRONT_END_404, stages, "it is the front end's 404 page, the same with and without a token"
        )
    if response.status == 403 and _LEGACY_INGRESS in body and _SKELETON in body:
        return Signature(Author.LEGACY_INGRESS, frozenset({Stage.INGRESS}), 'the page says "Access is forbidden."')
    if response.status == 403 and _GET_URL in body:
        return _refused(with_token)
    if response.status == 401 and (
        _REQUESTED_URL in body or _UNVERIFIED in response.headers.get("www-authenticate", "")
    ):
        return Signature(Author.TOKEN_CHECK, frozenset({Stage.TOKEN}), "it says that the token could not be verified")
    return None


def _refused(with_token: bool | None) -> Signature:
    """Read the 403 page that stands for two things: no credential, or one that may not invoke."""
    trait = "it is the front end's 403 page"
    match with_token:
        case True:
            return Signature(
                Author.INVOKER_CHECK, frozenset({Stage.IAM}), f"{trait}, to a request that carried a token"
            )
        case False:
            return Signature(Author.INVOKER_CHECK, frozenset({Stage.TOKEN}), f"{trait}, to a request without a token")
        case None:
            both = frozenset({Stage.TOKEN, Stage.IAM})
            return Signature(Author.INVOKER_CHECK, both, f"{trait}: no token arrived, or its principal may not invoke")


def _between(response: Response, body: str) -> Signature | None:
    if response.status == 403 and body.endswith("<title>403</title>403 Forbidden"):
        return Signature(
            Author.CLOUD_ARMOR,
            frozenset({Stage.REACH}),
            "its short body is the denial of a load balancer's security policy",
        )
    for header in ("via", "x-squid-error", "x-bluecoat-via", "proxy-authenticate"):
        if header in response.headers and "google" not in response.headers[header].lower():
            return Signature(Author.PROXY, frozenset({Stage.REACH}), f"it carries the header {header}")
    server = response.headers.get("server", "")
    if _MIDDLEBOX.search(server):
        return Signature(Author.PROXY, frozenset({Stage.REACH}), f"its server header is {server}")
    if _MIDDLEBOX.search(body[:4096]) and response.status >= 400:
        return Signature(Author.PROXY, frozenset({Stage.REACH}), "its page is that of a web filter or proxy")
    if response.status == 407:
        return Signature(Author.PROXY, frozenset({Stage.REACH}), "407 is a proxy asking for a password")
    return None


def _application(response: Response, body: str) -> Signature:
    passed = response.status < 400
    if "x-cloud-trace-context" in response.headers or "traceparent" in response.headers:
        return _by_application("it carries a trace header, which the platform's refusals do not", passed=passed)
    if passed:
        return _by_application(f"{response.status} is no refusal", passed=True)
    if body and _SKELETON not in body and (response.headers or body[0] in "{["):
        return _by_application("its body is none of the platform's pages", passed=False)
    if response.status not in {401, 403, 404}:
        return _by_application(f"{response.status} comes from the container or its start", passed=False)
    every = frozenset({Stage.REACH, Stage.INGRESS, Stage.TOKEN, Stage.IAM, Stage.APP})
    return Signature(Author.UNCERTAIN, every, "neither its body nor its headers tell who wrote it")


def _by_application(because: str, *, passed: bool) -> Signature:
    return Signature(Author.APPLICATION, frozenset({Stage.APP}), because, passed=passed)
