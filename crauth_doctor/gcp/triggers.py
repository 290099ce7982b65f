"""Eventarc triggers and workflows, in what they call.

Documentation: https://docs.cloud.google.com/eventarc/docs/reference/rest/v1/projects.locations.triggers,
https://docs.cloud.google.com/workflows/docs/calling-run-functions
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..model.exported import TokenSetting, TokenType
from . import products, rest
from .expressions import Expressions
from .products import Product


@dataclass(frozen=True, slots=True)
class Trigger:
    """An Eventarc trigger.

    Args:
        account: e-mail of the account that its calls are made as; None leaves them without a token.
        service: short name of the Cloud Run service, or of the function, that it calls.
        region: where that is.
        path: the path that it calls, where one is set.
        uri: the URL of an HTTP endpoint, where it calls one.
        subscription: relative name of the push subscription that delivers its events.
        elsewhere: what it calls instead of a URL: a workflow, a GKE service.
    """

    account: str | None
    service: str | None = None
    region: str | None = None
    path: str = ""
    uri: str | None = None
    subscription: str | None = None
    elsewhere: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One HTTP call of a workflow.

    Args:
        url: the URL, or what is known of its beginning; empty where nothing is.
        method: in upper case.
        auth: the token that it attaches.
        whole: whether the URL is known to its end.
        tells_audience: whether the audience of the token is known, set or left to its default.
    """

    url: str
    method: str
    auth: TokenSetting
    whole: bool = True
    tells_audience: bool = True


@dataclass(frozen=True, slots=True)
class Workflow:
    """A workflow.

    Args:
        account: e-mail of the account that it runs as; None is the project's default compute account.
        steps: its HTTP calls, in the order of its source; None where the source could not be read.
    """

    account: str | None
    steps: tuple[Step, ...] | None = ()


def _trigger(found: rest.Json) -> Trigger:
    destination: Mapping[str, Any] = found.get("destination") or {}
    account = str(found.get("serviceAccount") or "").rsplit("/", 1)[-1] or None
    transport = (found.get("transport") or {}).get("pubsub") or {}
    subscription = str(transport.get("subscription") or "") or None
    if run := destination.get("cloudRun"):
        where = (str(run["service"]).rsplit("/", 1)[-1], str(run.get("region") or "") or None)
        return Trigger(account, *where, str(run.get("path") or ""), subscription=subscription)
    if function := destination.get("cloudFunction"):
        parts = str(function).split("/")
        return Trigger(account, parts[-1], parts[3] if len(parts) > 3 else None, subscription=subscription)
    if endpoint := destination.get("httpEndpoint"):
        return Trigger(account, uri=str(endpoint["uri"]), subscription=subscription)
    return Trigger(account, subscription=subscription, elsewhere=next(iter(destination), "nothing"))


def _workflow(found: rest.Json) -> Workflow:
    account = str(found.get("serviceAccount") or "").rsplit("/", 1)[-1] or None
    source = str(found.get("sourceContents") or "")
    return Workflow(account, steps_of(source, {**(found.get("userEnvVars") or {})}))


def steps_of(source: str, environment: Mapping[str, str]) -> tuple[Step, ...] | None:
    """Find the HTTP calls in a workflow's source, YAML or JSON; None where it is neither.

    Documentation: https://docs.cloud.google.com/workflows/docs/http-requests
    """
    import yaml

    try:
        document = yaml.safe_load(source)
    except (yaml.YAMLError, RecursionError):
        return None
    maps = list(maps_in(document))
    expressions = Expressions(environment, _assigned(maps))
    return tuple(_step(one, expressions) for one in maps if _is_call(one))


def maps_in(document: object) -> Iterator[Mapping[str, Any]]:
    """Yield every mapping of a document, in its order; each once, for YAML may repeat a node, or put it into itself."""
    waiting, met = [document], set[int]()
    while waiting:
        node = waiting.pop()
        if id(node) in met or not isinstance(node, dict | list):
            continue
        met.add(id(node))
        if isinstance(node, dict):
            yield node
        waiting += reversed(list(node.values()) if isinstance(node, dict) else node)


def _assigned(maps: list[Mapping[str, Any]]) -> dict[str, object]:
    """Variables of `assign` steps; one that is assigned twice is not known."""
    found: dict[str, object] = {}
    for one in maps:
        for assignment in one.get("assign") or () if isinstance(one.get("assign"), list) else ():
            if isinstance(assignment, dict):
                for name, value in assignment.items():
                    found[str(name)] = None if name in found else value
    return found


def _is_call(one: Mapping[str, Any]) -> bool:
    return isinstance(one.get("call"), str) and one["call"].startswith("http.") and isinstance(one.get("args"), dict)


def _step(one: Mapping[str, Any], expressions: Expressions) -> Step:
    args: Mapping[str, Any] = one["args"]
    url, whole = expressions.text(args.get("url"))
    method = str(one["call"]).removeprefix("http.").upper()
    if method == "REQUEST":
        method = str(args.get("method") or "GET").upper()
    auth, tells = _auth(args.get("auth"), expressions)
    return Step(url, method, auth, whole, tells and (whole or auth.audience is not None))


def _auth(auth: object, expressions: Expressions) -> tuple[TokenSetting, bool]:
    """The `auth` of a call: OIDC, with the URL of the call as default audience, or OAuth2; and whether it is known.

    Source: https://docs.cloud.google.com/workflows/docs/authenticate-from-workflow
    """
    if not isinstance(auth, dict):
        return TokenSetting(TokenType.NONE), True
    if str(auth.get("type")).upper() != "OIDC":
        return TokenSetting(TokenType.OAUTH), True
    if auth.get("audience") is None:
        return TokenSetting(TokenType.OIDC), True
    audience, whole = expressions.text(auth["audience"])
    return TokenSetting(TokenType.OIDC, audience=audience if whole else None), whole


TRIGGERS: Final = Product("trigger", "triggers", products.TRIGGER, products.TRIGGERS, _trigger)
WORKFLOWS: Final = Product("workflow", "workflows", products.WORKFLOW, products.WORKFLOWS, _workflow)
