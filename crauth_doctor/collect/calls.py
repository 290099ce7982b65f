"""The call in question, and the tool's own test calls."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from ..gcp import run
from ..gcp.call import is_own, own_urls
from ..model.fact import Fact, Known, Obstacle, Source, Unknown
from ..model.http import Call, Response, TestCalls
from ..model.run import Service
from .address import Deterministic, origin_of, parse_url
from .callee import Asked
from .question import Question

_GIVEN = Source("given", "the call in question")


@dataclass(frozen=True, slots=True)
class Target:
    """What the test calls are sent to.

    Args:
        url: scheme, host, path and query.
        audience: that the token is minted for.
        own: the URLs that a token may be sent to.
    """

    url: str
    audience: str
    own: frozenset[str]


def call_of(question: Question, asked: Asked, deployed: Fact[run.Deployed]) -> Fact[Call]:
    """Describe the call in question: the URL that the user gave, else the service's own, and the path."""
    base = question.url or asked.url
    if base is not None:
        return Known(Call(_join(base, question.path), question.method.upper(), question.headers), _GIVEN)
    if isinstance(deployed, Known) and deployed.value.service.url:
        url = _join(deployed.value.service.url, question.path)
        return Known(Call(url, question.method.upper(), question.headers), deployed.source)
    detail = "the service's URL is not known: pass --url"
    if isinstance(deployed, Unknown):
        return Unknown(deployed.source, deployed.obstacle, detail, deployed.permission)
    return Unknown(deployed.source, Obstacle.NOT_ASKED, detail)


def target_of(question: Question, asked: Asked, call: Fact[Call], deployed: Fact[run.Deployed]) -> Target | None:
    """Choose what to send test calls to: the call's URL where it is the service's own, else the service's.

    Where the service cannot be read, its URL is taken at its word if Cloud Run alone can have made it: it names the
    service, and a token for it is worth nothing anywhere else.
    """
    if isinstance(deployed, Known) and deployed.value.service.url:
        return _target_of(question, deployed.value.service, call)
    if not isinstance(call, Known):
        return None
    base = origin_of(call.value.url)
    trusted = isinstance(deployed, Unknown) and _speaks_for_itself(base, asked) and question.audience in {None, base}
    return Target(call.value.url, question.audience or base, frozenset({base} if trusted else ()))


def together(
    target: Target, without: Fact[Response], junk: Fact[Response], with_token: Fact[Response] | None
) -> Fact[TestCalls]:
    """Put the answers together; what got none is None, and where nothing got any, it is unknown."""
    nobody, junked, tokened = (fact.value if isinstance(fact, Known) else None for fact in (without, junk, with_token))
    if nobody or junked or tokened:
        return Known(TestCalls(target.url, nobody, junked, tokened, target.audience), without.source)
    return without if isinstance(without, Unknown) else Unknown(without.source, Obstacle.NOT_ASKED)


def unsent(detail: str) -> Unknown:
    """Say why no test call was made."""
    return Unknown(Source("call", "not made"), Obstacle.NOT_ASKED, detail)


def _target_of(question: Question, service: Service, call: Fact[Call]) -> Target:
    own = own_urls(service)
    asked = call.value.url if isinstance(call, Known) else service.url
    url = asked if is_own(asked, own) else _join(service.url, question.path)
    return Target(_https(url), question.audience or service.url, own)


def _speaks_for_itself(base: str, asked: Asked) -> bool:
    address = parse_url(base)
    if not isinstance(address, Deterministic):
        return False
    return (address.name, address.region) == (asked.id, asked.region) and address.number == asked.project


def _join(base: str, path: str) -> str:
    """Put a path on a URL: on a function's URL behind its name, else in the place of the URL's own."""
    if path in {"", "/"}:
        return base if urlsplit(base).path or urlsplit(base).query else f"{base}/"
    path = path if path.startswith("/") else f"/{path}"
    parts = urlsplit(base)
    before = parts.path.rstrip("/") if (parts.hostname or "").endswith(".cloudfunctions.net") else ""
    return f"{parts.scheme}://{parts.netloc}{before}{path}"


def _https(url: str) -> str:
    return f"https://{url.removeprefix('http://')}" if url.startswith("http://") else url
