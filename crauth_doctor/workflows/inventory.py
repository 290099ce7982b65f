"""What a project has, read live: its services, and what may call them. What cannot be read is said in a sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from ..collect import each_location
from ..collect.callers import LISTED
from ..collect.parallel import ReaderPool
from ..gcp import methods
from ..gcp.google import Google
from ..gcp.products import projects, run, workloads
from ..gcp.resource_kinds import Product, listed
from ..google_json.json_access import Json
from ..google_json.senders import Sends
from ..model.caller import CallerKind
from ..model.caller_kinds import declared
from ..model.fact import Absent, Fact, Known, Obstacle, Source, Unknown
from ..model.inventory import Inventory, InventoryItem
from .context import CallRequest, Context, Tell
from .diagnose import open_connection

_SECONDS: Final = 12.0
_KINDS: Final = tuple((declared(kind).word, declared(kind).label, product) for kind, product in LISTED.items())
"""The word of `--caller`, what people call several of them, and how they are listed."""
_SERVICES: Final = declared(CallerKind.CLOUD_RUN_SERVICE).label
_ACCOUNTS: Final = "Service accounts"


@dataclass(slots=True)
class ProjectInventory:
    """The lists of projects, each read once."""

    context: Context
    request: CallRequest = field(default_factory=CallRequest)
    seconds: float = _SECONDS  # the time for one list
    _google: Google | None = None
    _kept: dict[tuple[str, str], Any] = field(default_factory=dict)

    def projects(self) -> Inventory:
        """List the projects that the operator can see.

        Raises:
            WorkflowError: there is no way to Google.
        """
        with self.context.reading() as tell:
            google = self._connection()
            source = Source(methods.PROJECTS.read, projects.full_name("projects"))
            crew = ReaderPool(google.deadline, tell)
            found = crew.read("your projects", source, lambda: projects.search(google)).get()
        ids = sorted(one.id for one in found.value) if isinstance(found, Known) else []
        return Inventory(tuple(InventoryItem(one, one) for one in ids))

    def services(self, project: str) -> Inventory:
        """List the services of all regions of a project.

        Raises:
            WorkflowError: there is no way to Google.
        """
        deployed, note = self.described(project)
        found = [one.service for one in deployed]
        width = max((len(one.id) for one in found), default=0)
        return Inventory(tuple(InventoryItem(one.name, f"{one.id:<{width}}  {one.region}") for one in found), note)

    def described(self, project: str) -> tuple[tuple[run.Deployed, ...], str]:
        """Return the services of all regions of a project, and what could not be listed, in a sentence.

        Raises:
            WorkflowError: there is no way to Google.
        """
        with self.context.reading() as tell:
            listed = self._services(project, tell)
        if not isinstance(listed, Known):
            return (), f"The services of {project} could not be listed{_why(listed)}."
        found = sorted(listed.value.services, key=lambda one: (one.service.id, one.service.region))
        return tuple(found), _note_of_services(project, listed.value)

    def callers(self, project: str) -> Inventory:
        """List what may call, by kind.

        Raises:
            WorkflowError: there is no way to Google.
        """
        key = ("callers", project)
        if key not in self._kept:
            with self.context.reading() as tell:
                self._kept[key] = self._callers(project, tell)
        kept = self._kept[key]
        assert isinstance(kept, Inventory)
        return kept

    def _connection(self) -> Google:
        if self._google is None:
            self._google = open_connection(self.context, self.request)
        return self._google.within(self.seconds)

    def _services(self, project: str, tell: Tell) -> Fact[run.Listed]:
        key = ("services", project)
        if key not in self._kept:
            google = self._connection()
            crew = ReaderPool(google.deadline, tell)
            source = Source(run.LIST, run.full_name(f"projects/{project}/locations/-"))
            saying = f"the services of {project}"
            self._kept[key] = crew.read(saying, source, lambda: run.services(google, project)).get()
        kept: Fact[run.Listed] = self._kept[key]
        return kept

    def _callers(self, project: str, tell: Tell) -> Inventory:
        google = self._connection()
        crew = ReaderPool(google.deadline, tell)
        pending = [(word, group, _start(crew, google, product, group, project)) for word, group, product in _KINDS]
        accounts = crew.read(
            "the service accounts",
            Source("iam.serviceAccounts.list", f"projects/{project}"),
            lambda: workloads.accounts_of(google, project),
        )
        services = self._services(project, tell)
        names = [one.service.name for one in services.value.services] if isinstance(services, Known) else []
        found = _short("run", _SERVICES, names)
        unread: list[tuple[str, Fact[Any]]] = [(_SERVICES, services)]
        for word, group, names_of in pending:
            fact = names_of()
            found += _short(word, group, fact.value if isinstance(fact, Known) else ())
            unread.append((group, fact))
        emails = accounts.get()
        names = sorted(emails.value) if isinstance(emails, Known) else []
        found += [InventoryItem(one, one, _ACCOUNTS) for one in names]
        unread.append((_ACCOUNTS, emails))
        return Inventory(tuple(found), _note(unread))


def _start(
    crew: ReaderPool, google: Google, product: Product[Any], group: str, project: str
) -> Callable[[], Fact[tuple[str, ...]]]:
    """Start listing a product, in each location where its API does not list all at once; what is returned waits."""

    def parse(found: list[Json]) -> tuple[str, ...]:
        return tuple(str(item["name"]) for item in found if _calls(product.parse(item)))

    def listing(place: str) -> Fact[tuple[str, ...]]:
        return listed(google, product, project, parse, place)

    places = product.places
    if places is None:
        return crew.read(f"the {group}", _source(product, project), lambda: listing("-")).get
    everywhere = each_location.start(crew, google, product, places, project, listing)

    def together() -> Fact[tuple[str, ...]]:
        read = everywhere()
        unread = next((fact for fact in read if isinstance(fact, Unknown)), None)
        names = tuple(name for fact in read if isinstance(fact, Known) for name in fact.value)
        return unread or Known(names, _source(product, project))

    return together


def _calls(value: object) -> bool:
    """Return whether it calls a URL at all: a pulled subscription, say, does not."""
    return not (isinstance(value, Sends) and value.instead)


def _source(product: Product[Any], project: str) -> Source:
    return Source(product.every.read, f"projects/{project}")


def _short(word: str, group: str, names: tuple[str, ...] | list[str]) -> list[InventoryItem]:
    """Name each as shortly as it stays clear which is meant."""
    count = Counter(name.rsplit("/", 1)[-1] for name in names)
    width = max(map(len, count), default=0)
    found = []
    for name in sorted(names, key=lambda name: (name.rsplit("/", 1)[-1], name)):
        parts = name.split("/")
        region = f"  {parts[3]}" if len(parts) > 4 else ""
        value = f"{word}/{parts[-1] if count[parts[-1]] == 1 else name}"
        found.append(InventoryItem(value, f"{parts[-1]:<{width}}{region}".rstrip(), group))
    return found


def _note_of_services(project: str, listed: run.Listed) -> str:
    if listed.unreachable:
        places = ", ".join(name.rsplit("/", 1)[-1] for name in listed.unreachable)
        return f"These regions did not answer: {places}. A service there can be typed."
    return "" if listed.services else f"There are no services in {project}."


def _note(unread: list[tuple[str, Fact[Any]]]) -> str:
    """Return which kinds could not be listed; where an API is off, there are none of its kind."""
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
