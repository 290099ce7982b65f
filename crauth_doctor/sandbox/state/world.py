"""The document that says what a pretend Google Cloud holds, read and checked."""

from __future__ import annotations

import json
import math
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]

VERSION = 1
DEFAULT_OPERATOR = "user:operator@example.com"


@dataclass(frozen=True)
class Operator:
    """Who runs the doctor, what they may not read, or alone may, and where their calls are sent from."""

    principal: str = DEFAULT_OPERATOR
    lacks: tuple[str, ...] = ()
    holds: tuple[str, ...] | None = None
    network: str = "internet"


@dataclass(frozen=True)
class Delays:
    """Seconds: before an API answers, before a call is answered, and until a policy write counts."""

    api: float = 0.0
    call: float = 0.0
    propagation: float = 0.0


@dataclass(frozen=True)
class World:
    """One world. The mappings keep Google's own JSON; nothing here is changed while it is served.

    One that was `saved` has holes: what is neither listed nor `absent` was not seen, and answers 403. A name in
    `absent` that ends in `/*` says that a collection has nothing but what is listed. Its `calls` are answered as they
    were, as long as nothing in it is changed.
    """

    now: datetime | None = None
    operator: Operator = field(default_factory=Operator)
    delays: Delays = field(default_factory=Delays)
    resources: Json = field(default_factory=dict)
    iam: Json = field(default_factory=dict)
    deny: dict[str, list[Json]] = field(default_factory=dict)
    org_policies: dict[str, Json] = field(default_factory=dict)
    tags: dict[str, list[Json]] = field(default_factory=dict)
    groups: dict[str, list[str]] = field(default_factory=dict)
    apps: dict[str, list[Json]] = field(default_factory=dict)
    edge: dict[str, list[Json]] = field(default_factory=dict)
    logs: list[Json] = field(default_factory=list)
    disabled_apis: dict[str, list[str]] = field(default_factory=dict)
    faults: list[Json] = field(default_factory=list)
    unreachable: list[str] = field(default_factory=list)
    saved: bool = False
    absent: frozenset[str] = frozenset()
    unread: list[Json] = field(default_factory=list)
    calls: list[Json] = field(default_factory=list)


def load_world(path: Path | str) -> World:
    """Read a world, or a case's world, from a YAML or JSON file.

    Raises:
        ValueError: in one sentence, what is wrong with which file.
    """
    where = Path(path)
    try:
        text = where.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ValueError(f"{where}: cannot be read: {reason}") from error
    try:
        return parse_world(_parse_text(text))
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error


def parse_world(document: object) -> World:
    """Check a parsed world (or a case with a `world` key) and give it its defaults.

    Raises:
        ValueError: in one sentence, what is wrong.
    """
    top = _mapping(document, "a world")
    if "world" in top and "version" not in top:
        top = _mapping(top["world"], "`world`")
    elif "version" not in top and "run" in top and "expect" in top:
        raise ValueError("this case holds no world: there is only evidence to explain")
    if top.get("version") != VERSION:
        raise ValueError(f"a world says `version: {VERSION}`, not {top.get('version')!r}")
    operator = _mapping(top.get("operator"), "`operator`")
    delays = _mapping(top.get("delays"), "`delays`")
    return World(
        now=_moment(top.get("now") or (top.get("at") if top.get("saved") is True else None)),
        operator=Operator(
            principal=str(operator.get("principal") or DEFAULT_OPERATOR),
            lacks=tuple(str(each) for each in _list(operator.get("lacks"), "`operator.lacks`")),
            holds=None if "holds" not in operator else tuple(map(str, _list(operator["holds"], "`operator.holds`"))),
            network=str(operator.get("network") or "internet"),
        ),
        delays=Delays(**{key: _seconds(delays.get(key), f"`delays.{key}`") for key in ("api", "call", "propagation")}),
        resources=_named(top, "resources", _mapping),
        iam=_named(top, "iam", _mapping),
        deny=_named(top, "deny", _mappings),
        org_policies=_named(top, "orgPolicies", _mapping),
        tags=_named(top, "effectiveTags", _mappings),
        groups={
            str(key): _list(value, f"group {key}") for key, value in _mapping(top.get("groups"), "`groups`").items()
        },
        apps=_named(top, "apps", _mappings),
        edge=_named(top, "edge", _mappings),
        logs=_mappings(top.get("logs"), "`logs`"),
        disabled_apis={
            str(key): [str(each) for each in _list(value, f"`disabledApis` of {key}")]
            for key, value in _mapping(top.get("disabledApis"), "`disabledApis`").items()
        },
        faults=_mappings(top.get("faults"), "`faults`"),
        unreachable=[str(each) for each in _list(top.get("unreachable"), "`unreachable`")],
        saved=top.get("saved") is True,
        absent=frozenset(str(each) for each in _list(top.get("absent"), "`absent`")),
        unread=_mappings(top.get("unread"), "`unread`"),
        calls=_mappings(top.get("calls"), "`calls`") if top.get("saved") is True else [],
    )


def _parse_text(text: str) -> object:
    if text.lstrip().startswith("{"):
        try:
            return json.loads(text)
        except json.JSONDecodeError:
            pass  # a YAML flow mapping begins like JSON
    return _parse_yaml(text)


def _parse_yaml(text: str) -> object:
    import yaml

    with suppress(AttributeError, RecursionError, yaml.YAMLError):
        return yaml.load(text, Loader=_without_timestamps(yaml.CSafeLoader))  # noqa: S506  (a SafeLoader)
    try:  # ten times as slow, but it is always there, and knows better where something is wrong
        return yaml.load(text, Loader=_without_timestamps(yaml.SafeLoader))  # noqa: S506
    except RecursionError:
        raise ValueError("this is nested too deeply") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" at line {mark.line + 1}" if mark else ""
        raise ValueError(f"this is not YAML{line}: {getattr(error, 'problem', None) or error}") from error


def _without_timestamps(base: Any) -> Any:
    """A loader that leaves `createTime` the string that Google wrote."""
    loader: Any = type("Loader", (base,), {})
    loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in base.yaml_implicit_resolvers.items()
    }
    return loader


def _mapping(value: object, what: str) -> Json:
    if value is None and what.startswith("`"):
        return {}
    if not isinstance(value, dict):
        raise ValueError(f"{what} is a mapping, not {_kind(value)}")  # noqa: TRY004  (ValueError is the contract)
    return value


def _list(value: object, what: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise ValueError(f"{what} is a list, not {_kind(value)}")  # noqa: TRY004  (ValueError is the contract)
    return value


def _mappings(value: object, what: str) -> list[Json]:
    return [_mapping(each, f"an entry of {what}") for each in _list(value, what)]


def _named(top: Json, key: str, read: Any) -> dict[str, Any]:
    found = _mapping(top.get(key), f"`{key}`")
    for name in found:
        if not str(name).startswith("//"):
            raise ValueError(f"`{key}` is keyed by full resource names (//run.googleapis.com/projects/…), not {name!r}")
    return {str(name): read(value, f"`{key}` of {name}") for name, value in found.items()}


def _moment(value: object) -> datetime | None:
    if value is None:
        return None
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise ValueError(f"`now` is a moment like 2026-06-01T09:00:00Z, not {value!r}") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _seconds(value: object, what: str) -> float:
    if value is None:
        return 0.0
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise ValueError(f"{what} is a number of seconds, not {value!r}")
    return float(value)


def _kind(value: object) -> str:
    names = {dict: "a mapping", list: "a list", str: "text", bool: "true or false", int: "a number", float: "a number"}
    return "nothing" if value is None else names.get(type(value), type(value).__name__)
