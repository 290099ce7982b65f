"""What a project has, read live: its services, and what may call them. What cannot be read is said in a sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from ..collect.callers import LISTED
from ..collect.parallel import ReaderPool
from ..gcp import rest, run, workloads
from ..gcp.connection import Google
from ..gcp.resource_kinds import Product
from ..google_json.json_access import Json
from ..google_json.senders import Sends
from ..model.caller import CallerKind
from ..model.caller_kinds import declared
from ..model.fact import Absent, Fact, Known, Obstacle, Source, Unknown
from ..wizard import Found, Listing

_SECONDS: Final = 12.0
_KINDS: Final = tuple((declared(kind).word, declared(kind).label, product) for kind, product in LISTED.items())
"""The word of `--caller`, what people call several of them, and how they are listed."""
_SERVICES: Final = declared(CallerKind.CLOUD_RUN_SERVICE).label
_ACCOUNTS: Final = "Service accounts"


@dataclass(slots=True)
class Reader:
    """Reads each list once.

    Args:
        google: the door.
        progress: is told what is being read.
    """

    google: Google
    progress: Callable[[str], None]
    _kept: dict[tuple[str, str], Any] = field(default_factory=dict)

    def services(self, project: str) -> Listing:
        """List the services of all regions of a project."""
        listed = self._services(project)
        if not isinstance(listed, Known):
            return Listing(note=f"The services of {project} could not be listed{_why(listed)}.")
        found = [one.service for one in listed.value.services]
        width = max((len(one.id) for one in found), default=0)
        choices = [
            Found(one.name, f"{one.id:<{width}}  {one.region}")
            for one in sorted(found, key=lambda one: (one.id, one.region))
        ]
        return Listing(tuple(choices), _note_of_services(project, listed.value))

    def callers(self, project: str) -> Listing:
        """List what may call, by kind."""
        key = ("callers", project)
        if key not in self._kept:
            self._kept[key] = self._callers(project)
        kept = self._kept[key]
        assert isinstance(kept, Listing)
        return kept

    def forget(self) -> None:
        """Read anew what is asked for from now on."""
        self._kept.clear()

    def _services(self, project: str) -> Fact[run.Listed]:
        key = ("services", project)
        if key not in self._kept:
            google = self.google.within(_SECONDS)
            crew = ReaderPool(google.deadline, self.progress)
            source = Source(run.LIST, run.full_name(f"projects/{project}/locations/-"))
            saying = f"the services of {project}"
            self._kept[key] = crew.read(saying, source, lambda: run.services(google, project)).get()
        kept: Fact[run.Listed] = self._kept[key]
        return kept

    def _callers(self, project: str) -> Listing:
        google = self.google.within(_SECONDS)
        crew = ReaderPool(google.deadline, self.progress)
        pending = [
            (word, group, crew.read(f"the {group}", _source(product, project), _lister(google, product, project)))
            for word, group, product in _KINDS
        ]
        accounts = crew.read(
            "the service accounts",
            Source("iam.serviceAccounts.list", f"projects/{project}"),
            lambda: workloads.accounts_of(google, project),
        )
        services = self._services(project)
        names = [one.service.name for one in services.value.services] if isinstance(services, Known) else []
        found = _short("run", _SERVICES, names)
        unread: list[tuple[str, Fact[Any]]] = [(_SERVICES, services)]
        for word, group, one in pending:
            fact = one.get()
            found += _short(word, group, fact.value if isinstance(fact, Known) else ())
            unread.append((group, fact))
        emails = accounts.get()
        found += [Found(one, one, _ACCOUNTS) for one in sorted(emails.value)] if isinstance(emails, Known) else []
        unread.append((_ACCOUNTS, emails))
        return Listing(tuple(found), _note(unread))


def _lister(google: Google, product: Product[Any], project: str) -> Callable[[], Fact[tuple[str, ...]]]:
    parent = product.parent.replace("{project}", project)

    def parse(found: list[Json]) -> tuple[str, ...]:
        return tuple(str(item["name"]) for item in found if _calls(product.parse(item)))

    return lambda: rest.list_all(google, product.every, f"//{product.host}/{parent}", parse, parent=parent)


def _calls(value: object) -> bool:
    """Tell whether it calls a URL at all: a pulled subscription, say, does not."""
    return not (isinstance(value, Sends) and value.instead)


def _source(product: Product[Any], project: str) -> Source:
    return Source(product.every.read, f"projects/{project}")


def _short(word: str, group: str, names: tuple[str, ...] | list[str]) -> list[Found]:
    """Name each as shortly as it stays clear which is meant."""
    count = Counter(name.rsplit("/", 1)[-1] for name in names)
    width = max(map(len, count), default=0)
    found = []
    for name in sorted(names, key=lambda name: (name.rsplit("/", 1)[-1], name)):
        parts = name.split("/")
        region = f"  {parts[3]}" if len(parts) > 4 else ""
        value = f"{word}/{parts[-1] if count[parts[-1]] == 1 else name}"
        found.append(Found(value, f"{parts[-1]:<{width}}{region}".rstrip(), group))
    return found


def _note_of_services(project: str, listed: run.Listed) -> str:
    if listed.unreachable:
        places = ", ".join(name.rsplit("/", 1)[-1] for name in listed.unreachable)
        return f"These regions did not answer: {places}. A service there can be typed."
    return "" if listed.services else f"There are no services in {project}."


def _note(unread: list[tuple[str, Fact[Any]]]) -> str:
    """Say which kinds could not be listed; where an API is off, there are none of its kind."""
    failed = [
        f"{group}{_why(fact)}"
        for group, fact in unread
        if isinstance(fact, Unknown) and fact.obstacle is not Obstacle.API_DISABLED
    ]
    return f"Not listed, and can be typed: {'; '.join(failed)}." if failed else ""


def _why(fact: Fact[Any]) -> str:
    if isinstance(fact, Absent):
        return " (there is no such project)"
    assert isinstance(fact, Unknown)
    return f" ({fact.permission} is missing)" if fact.permission else f" ({fact.obstacle})"
