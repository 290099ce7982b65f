"""How an API is written down: a host, its title, and a handler for each method and path."""

from __future__ import annotations

import base64
import json
import re
import sys
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import unquote

from ..http.messages import HttpRequest, Reply, json_reply
from ..iam import access
from ..iam.principal import ANONYMOUS, Identity
from ..state import resource_names as names
from ..state.cloud import Cloud
from ..state.world import Json
from .enums import to_ints, to_names
from .errors import ApiError, api_disabled, consumer_invalid, invalid, permission_denied, unauthenticated

REGION_HEADER = "x-sandbox-region"
"""The region of the API host that a request was sent to; not there for the global one."""

_TEMPLATE = re.compile(r"\{(\w+)(=\*\*)?\}")


@dataclass(frozen=True)
class ApiCall:
    """One call of an API method: who asks, and what the path says."""

    cloud: Cloud
    request: HttpRequest
    api: Api
    who: Identity
    args: dict[str, str] = field(default_factory=dict)

    def require(self, permission: str, resource: str, message: str | None = None) -> None:
        """Go on only if the caller holds a permission.

        Raises:
            ApiError: PERMISSION_DENIED, worded `message` or as most APIs word it.
        """
        if access.may(self.cloud, self.who, permission, resource):
            return
        shown = names.path_of(resource)
        usual = f"Permission '{permission}' denied on resource '{shown}' (or resource may not exist)."
        raise permission_denied(permission, message or usual, shown)

    def body(self) -> Json:
        """The JSON object that was sent.

        Raises:
            ApiError: INVALID_ARGUMENT, if it is none.
        """
        try:
            document: Json = to_names(_without_nulls(self.request.json()))
        except ValueError as error:
            raise invalid("Invalid JSON payload received. Unexpected token.") from error
        return document

    def project_id(self) -> str:
        """The project of the path, as its id."""
        project = self.cloud.project(self.args["project"])
        return project.id if project else self.args["project"]


Handler: TypeAlias = Callable[[ApiCall], "Json | Reply"]


@dataclass(frozen=True)
class ApiRoute:
    """A method and a path of an API, and what answers it."""

    method: str
    template: str
    pattern: re.Pattern[str]
    handler: Handler

    def args_of(self, path: str) -> dict[str, str]:
        """What the variables of the template stand for in a path that fits it."""
        found = self.pattern.fullmatch(path)
        return {key: unquote(value) for key, value in found.groupdict().items()} if found else {}

    @property
    def takes_any(self) -> bool:
        """Whether a variable of the path stands for any number of segments."""
        return "=**}" in self.template


class Api:
    """One API host. `anonymous`: asks for no access token. `needs_project`: refuses projects that do not exist."""

    def __init__(
        self,
        host: str,
        title: str,
        *,
        aliases: tuple[str, ...] = (),
        anonymous: bool = False,
        needs_project: bool = False,
    ) -> None:
        self.host = host
        self.title = title
        self.hosts = (host, *aliases)
        self.anonymous = anonymous
        self.needs_project = needs_project
        self.routes: list[ApiRoute] = []

    def route(self, method: str, *templates: str) -> Callable[[Handler], Handler]:
        """Serve a method and path: `{x}` is one segment (decoded), `{x=**}` any number of them."""

        def register(handler: Handler) -> Handler:
            self.routes += [ApiRoute(method, template, _compile(template), handler) for template in templates]
            return handler

        return register

    def route_of(self, method: str, path: str) -> ApiRoute | None:
        """The route that a path takes."""
        return next((each for each in self.routes if each.method == method and each.pattern.fullmatch(path)), None)

    def answer(self, cloud: Cloud, request: HttpRequest) -> tuple[Reply | None, Identity]:
        """The reply (`None` for a path that is not served), and who asked."""
        who = ANONYMOUS
        try:
            if not self.anonymous:
                who = self._authenticate(cloud, request)
            route = self.route_of(request.method, request.path)
            if route is None:
                return None, who
            call = ApiCall(cloud, request, self, who, route.args_of(request.path))
            if not self.anonymous:
                self._check_consumer(call)
            given = route.handler(call)
        except ApiError as error:
            return error.reply(), who
        except (TypeError, AttributeError, KeyError, ValueError) as error:
            sys.stderr.write(f"crauth-doctor sandbox: {request.method} {request.path} failed on {error!r}\n")
            return invalid("Request contains an invalid argument.").reply(), who
        if isinstance(given, Reply):
            return given, who
        ints = "enum-encoding=int" in (request.query("$alt") or "")
        return json_reply(200, to_ints(given) if ints else given), who

    def _authenticate(self, cloud: Cloud, request: HttpRequest) -> Identity:
        token = request.bearer or request.query("access_token")
        if token is None:
            raise unauthenticated(self.host, missing=not request.header("authorization"))
        found = cloud.whose_token(token)
        if found is None:
            raise unauthenticated(self.host, missing=False)
        return found[0]

    def _check_consumer(self, call: ApiCall) -> None:
        asked = _project_of(call.args)
        for reference in (asked, call.request.header("x-goog-user-project")):
            if reference in (None, "-"):
                continue
            project = call.cloud.project(reference)
            if project is None and self.needs_project:
                raise consumer_invalid(self.host, reference)
            if project and self._disabled(call.cloud, project.id, project.number):
                raise api_disabled(self.host, self.title, project.id, project.number)
        if asked in (None, "-") and not call.request.header("x-goog-user-project"):
            self._check_only_project(call.cloud)

    def _check_only_project(self, cloud: Cloud) -> None:
        """A call that names no project is counted to the operator's: the only one that there is."""
        projects = cloud.projects()
        if len(projects) == 1 and self._disabled(cloud, projects[0].id, projects[0].number):
            raise api_disabled(self.host, self.title, projects[0].id, projects[0].number)

    def _disabled(self, cloud: Cloud, project: str, number: str) -> bool:
        return any(self.host in cloud.disabled.get(each, ()) for each in (project, number))


def _without_nulls(document: Json) -> Json:
    """A null is a field that is not set: https://protobuf.dev/programming-guides/json."""
    return {
        key: _without_nulls(value) if isinstance(value, dict) else value
        for key, value in document.items()
        if value is not None
    }


def _project_of(args: dict[str, str]) -> str | None:
    """The project that a path names, in whichever of its variables."""
    if args.get("kind", "projects") == "projects" and "id" in args:
        return args["id"]
    attached_to = names.path_of("//" + unquote(args.get("attachment", "")))
    return args.get("project") or names.project_in(attached_to) or names.project_in(args.get("name", ""))


def _compile(template: str) -> re.Pattern[str]:
    pattern, end = "", 0
    for found in _TEMPLATE.finditer(template):
        pattern += re.escape(template[end : found.start()])
        pattern += f"(?P<{found.group(1)}>{'.+?' if found.group(2) else '[^/:]+'})"
        end = found.end()
    return re.compile(pattern + re.escape(template[end:]))


def masked(call: ApiCall, there: Json, sent: Json, is_writable: Callable[[str], bool]) -> Json:
    """What is there, with the fields of the update mask as they were sent; without a mask, all that were.

    Raises:
        ApiError: INVALID_ARGUMENT, if the mask names a field that cannot be written.
    """
    changed = deepcopy(there)
    mask = [each for each in (call.request.query("updateMask") or "").split(",") if each]
    for field_ in mask or filter(is_writable, sent):
        words = [_camel(word) for word in field_.split(".")]
        if not is_writable(words[0]):
            raise invalid(f"Invalid field in update mask: {words[0]}")
        source, target, last = sent, changed, words.pop()
        for part in words:
            source, target = source.get(part) or {}, target.setdefault(part, {})
        if last in source:
            target[last] = source[last]
        else:
            target.pop(last, None)
    return changed


def _camel(text: str) -> str:
    head, *rest = text.split("_")
    return head + "".join(each.capitalize() for each in rest)


def page(call: ApiCall, items: list[Any], key: str, default: int = 100) -> Json:
    """One page of a list, with the token of the next one."""
    try:
        size = int(call.request.query("pageSize") or call.request.query("limit") or default)
        token = call.request.query("pageToken") or call.request.query("continue") or ""
        start = int(json.loads(base64.urlsafe_b64decode(token))) if token else 0
    except ValueError as error:
        raise invalid("The page token or the page size is not valid.") from error
    size = max(1, min(size or default, 1000))
    found: Json = {key: items[start : start + size]} if items[start : start + size] else {}
    if start + size < len(items):
        found["nextPageToken"] = base64.urlsafe_b64encode(json.dumps(start + size).encode()).decode()
    return found
