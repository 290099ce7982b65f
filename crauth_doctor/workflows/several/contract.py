"""A contract's file: who may call what, as its readers wrote it down."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

import yaml

from ...deferred import dataclass
from ...model.iam import Principal
from ...model.run import Ingress
from ..context import MisuseError
from .yaml_lines import Node, YamlFile, line_of

AGENTS: Final = "agents"
"""Stands for Google's own service agents."""
UNKNOWN: Final = "unknown"
"""Stands for the members of a group that nobody wrote down."""
DEFAULT_COMPUTE: Final = "default-compute"

_KEYS: Final = ("version", "groups", "names", "expect")
_LATER: Final = ("scope", "every", "invoke-granted-above")
_EXPECTATION: Final = (
    "id", "service", "may", "may-not", "only", "public", "except", "audience", "ingress", "runs-as",
)  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """A value that the file wants, and its line."""

    value: str
    line: int


@dataclass(frozen=True)
class PublicException:
    """A service that may be public for some time."""

    service: str  # as the file names it
    reason: str
    until: date | None  # the last day of it; None for no end
    line: int


@dataclass(frozen=True)
class Only:
    """Nobody but the callers of `may` and these holds the right to invoke."""

    besides: frozenset[str]  # members, in lower case
    agents: bool  # whether Google's own service agents may hold it as well
    line: int


@dataclass(frozen=True)
class Expectation:
    """What is expected of one service."""

    id: str  # its name in results
    service: Wanted  # as the file names it, with its line
    may: tuple[Wanted, ...] = ()  # those whose calls work
    may_by_iam: tuple[Wanted, ...] = ()  # those who hold the right to invoke, whatever becomes of their calls
    may_not: tuple[Wanted, ...] = ()  # those who do not hold it
    only: Only | None = None  # whether nobody else holds it
    never_public: int | None = None  # where it says so, its line
    exceptions: tuple[PublicException, ...] = ()  # what may be public all the same
    audience: Wanted | None = None  # an audience that the service takes, and that its callers' tokens have
    ingress: tuple[Wanted, ...] = ()  # ingress settings, one of which the service has
    runs_as: Wanted | None = None  # e-mail of the account that it runs as, or `DEFAULT_COMPUTE`
    runs_not_as: Wanted | None = None  # the same, of one that it does not run as


@dataclass(frozen=True)
class Contract:
    """A contract."""

    file: str
    # members of groups, by the group's e-mail in lower case; None where nobody knows them
    groups: Mapping[str, frozenset[str] | None]
    names: Mapping[str, str]  # short names of the file, and what they stand for
    expectations: tuple[Expectation, ...]

    def named(self, name: str) -> str:
        """Return what a name stands for: itself, where the file gives it no other meaning."""
        return self.names.get(name, name)


def _nothing_beside(name: str) -> str:
    raise MisuseError(f"The groups of {name} cannot be read from here: write them into the contract.")


def contract_in(text: str, name: str, beside: Callable[[str], str] = _nothing_beside) -> Contract:
    """Read a contract.

    `beside` returns what is in another file, named as seen from this one; it raises WorkflowError where it cannot.

    Raises:
        MisuseError: it is none; its line, what is wrong there and the nearest word are told.
    """
    file = YamlFile(text, name)
    fields = _fields(file, file.root, "a contract", _KEYS)
    if "version" not in fields or file.text(fields["version"]) != "1":
        raise file.wrong(fields.get("version", file.root), "a contract begins with `version: 1`.")
    groups, names = fields.get("groups"), fields.get("names")
    if "expect" not in fields:
        raise file.wrong(file.root, "a contract needs `expect`, a list of what is expected.")
    found = tuple(
        _expectation(file, node, number) for number, node in enumerate(file.items(fields["expect"], some=True), 1)
    )
    ids = [one.id for one in found]
    twice = next((one for one in found if ids.count(one.id) > 1), None)
    if twice is not None:
        raise file.wrong(fields["expect"], f"two expectations have the id {twice.id!r}.")
    return Contract(
        name,
        _groups(file, groups, beside) if groups else {},
        {key: file.text(node) for key, node in file.fields(names, "names", ()).items()} if names else {},
        found,
    )


def _fields(file: YamlFile, node: Node, what: str, known: tuple[str, ...]) -> dict[str, Node]:
    """Return a mapping's values; what only many services at once can have is refused as such."""
    for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
        if file.text(key) in _LATER:
            raise file.wrong(key, f"{file.text(key)!r} is not there yet: name each service with `service`.")
    return file.fields(node, what, known)


def _groups(file: YamlFile, node: Node, beside: Callable[[str], str]) -> dict[str, frozenset[str] | None]:
    """Return the members of groups, which may stand in a file of their own."""
    if isinstance(node, yaml.ScalarNode) and node.value:
        other = YamlFile(beside(node.value), node.value)
        return _listed_groups(other, other.root)
    return _listed_groups(file, node)


def _listed_groups(file: YamlFile, node: Node) -> dict[str, frozenset[str] | None]:
    found: dict[str, frozenset[str] | None] = {}
    for group, value in file.fields(node, "groups", ()).items():
        key = group.removeprefix("group:").lower()
        is_unknown = isinstance(value, yaml.ScalarNode) and value.value == UNKNOWN
        found[key] = None if is_unknown else frozenset(_member(file, one) for one in file.items(value))
    return found


def _expectation(file: YamlFile, node: Node, number: int) -> Expectation:
    fields = _fields(file, node, "an expectation", _EXPECTATION)
    if "service" not in fields:
        raise file.wrong(node, "this expectation names no `service`.")
    if len(fields.keys() - {"id", "service"}) == 0:
        raise file.wrong(node, "this expectation expects nothing of its service.")
    may, by_iam = _callers(file, fields.get("may"))
    may_not, no_iam = _callers(file, fields.get("may-not"))
    if "except" in fields and "public" not in fields:
        raise file.wrong(fields["except"], "`except` goes with `public: never`.")
    runs_as, runs_not_as = _runs_as(file, fields.get("runs-as"))
    return Expectation(
        id=file.text(fields["id"]) if "id" in fields else f"expectation-{number}",
        service=_wanted(file, fields["service"]),
        may=may,
        may_by_iam=by_iam,
        may_not=(*may_not, *no_iam),
        only=_only(file, fields["only"]) if "only" in fields else None,
        never_public=_never(file, fields["public"]) if "public" in fields else None,
        exceptions=tuple(_exception(file, one) for one in file.items(fields["except"])) if "except" in fields else (),
        audience=_wanted(file, fields["audience"]) if "audience" in fields else None,
        ingress=tuple(_ingress(file, one) for one in file.items(fields["ingress"], some=True))
        if "ingress" in fields
        else (),
        runs_as=runs_as,
        runs_not_as=runs_not_as,
    )


def _wanted(file: YamlFile, node: Node) -> Wanted:
    return Wanted(file.text(node), line_of(node))


def _callers(file: YamlFile, node: Node | None) -> tuple[tuple[Wanted, ...], tuple[Wanted, ...]]:
    """Return whose calls are meant, and whose right alone is."""
    if node is None:
        return (), ()
    by_iam = isinstance(node, yaml.MappingNode)
    listed = file.fields(node, "this", ("iam",)).get("iam") if by_iam else node
    if listed is None:
        raise file.wrong(node, "callers must stand here.")
    found = tuple(_wanted(file, one) for one in file.items(listed, some=True))
    return ((), found) if by_iam else (found, ())


def _only(file: YamlFile, node: Node) -> Only:
    if isinstance(node, yaml.ScalarNode) and node.value == "true":
        return Only(frozenset(), agents=False, line=line_of(node))
    besides = file.fields(node, "only", ("besides",)).get("besides")
    named = [one for one in file.items(besides) if file.text(one) != AGENTS] if besides else []
    agents = besides is not None and len(named) < len(file.items(besides))
    return Only(frozenset(_member(file, one).lower() for one in named), agents, line_of(node))


def _member(file: YamlFile, node: Node) -> str:
    """Return a member as IAM writes it."""
    text = file.text(node)
    if ":" not in text and "@" not in text:
        raise file.wrong(node, f"{text!r} is not a member: write user:E-MAIL, serviceAccount:E-MAIL or group:E-MAIL.")
    return text if ":" in text else Principal.of_email(text).member


def _never(file: YamlFile, node: Node) -> int:
    if file.text(node) != "never":
        raise file.wrong(node, "`public` can only be `never`.")
    return line_of(node)


def _exception(file: YamlFile, node: Node) -> PublicException:
    fields = file.fields(node, "an exception", ("service", "reason", "until"))
    if not {"service", "reason"} <= fields.keys():
        raise file.wrong(node, "an exception names its `service` and its `reason`.")
    until = fields.get("until")
    try:
        day = date.fromisoformat(file.text(until)) if until else None
    except ValueError:
        raise file.wrong(until or node, "`until` is a day such as 2027-03-01.") from None
    return PublicException(file.text(fields["service"]), file.text(fields["reason"]), day, line_of(node))


def _ingress(file: YamlFile, node: Node) -> Wanted:
    words = [one.value for one in Ingress]
    if file.text(node) not in words:
        raise file.wrong(node, f"{file.text(node)!r} is not an ingress setting: {', '.join(words)}.")
    return _wanted(file, node)


def _runs_as(file: YamlFile, node: Node | None) -> tuple[Wanted | None, Wanted | None]:
    if node is None:
        return None, None
    negated = isinstance(node, yaml.MappingNode)
    value = file.fields(node, "runs-as", ("not",)).get("not") if negated else node
    if value is None:
        raise file.wrong(node, "an account must stand here.")
    if file.text(value) != DEFAULT_COMPUTE and "@" not in file.text(value):
        raise file.wrong(value, f"{file.text(value)!r} is not an account: give its e-mail, or {DEFAULT_COMPUTE}.")
    return (None, _wanted(file, value)) if negated else (_wanted(file, value), None)
