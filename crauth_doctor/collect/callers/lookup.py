"""How a caller is found by its name: in the callee's project and region first, then in all regions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Generic, TypeVar

from ...deferred import dataclass
from ...gcp import resource_kinds
from ...gcp.products import projects
from ...gcp.resource_kinds import Product
from ...model.fact import Absent, Fact, Known, NotThere, Obstacle, Source, Unknown, value_of
from ...spelling import did_you_mean, misspelt
from .. import each_location
from ..parallel import Future, ReaderPool
from ..unanswerable import UnanswerableError
from .kind import LookupContext

T = TypeVar("T")


@dataclass(frozen=True)
class Looked(Generic[T]):
    """What a search brought."""

    name: str  # relative resource name, as far as it is known
    value: Fact[T]  # what was found; absent when there is none of that name
    project: Fact[projects.Project]  # the resource's project, both names

    @property
    def project_id(self) -> str:
        """The project's id, or what the name has in its place."""
        return self.project.value.id if isinstance(self.project, Known) else self.name.split("/")[1]

    @property
    def region(self) -> str:
        """The location in the name."""
        return self.name.split("/")[3]

    def full_name(self, host: str) -> str:
        """The full resource name."""
        return f"//{host}/{self.name}"


def look(context: LookupContext, product: Product[T], asked: str, name: str) -> Looked[T]:
    """Find a resource, and read its project beside it.

    `asked` are the user's words, for choices in the same form; `name` is what stands after the first slash of them.

    Raises:
        UnanswerableError: several fit.
    """
    word = asked.partition("/")[0]
    relative = name.removeprefix(f"//{product.host}/")
    parts = relative.split("/")
    in_project = parts[1] if parts[0] == "projects" and len(parts) > 2 else context.project
    project = start_project(context, in_project)
    if parts[0] == "projects" and len(parts) > 2:
        found = (relative, resource_kinds.get(context.google, product, relative))
    else:
        found = _search(context, product, word, relative)
    where, value = found
    return Looked(where, value, project.get())


def start(context: LookupContext, saying: str, reader: Callable[[], Fact[T]]) -> Future[Fact[T]]:
    """Start a read beside another one."""
    pool = ReaderPool(context.google.deadline, lambda _: None)
    return pool.read(saying, Source("caller", saying), reader)


def start_project(context: LookupContext, project: str) -> Future[Fact[projects.Project]]:
    """Start to read both names of a project."""
    return start(context, f"the project {project}", lambda: projects.project(context.google, project))


def read_each(
    context: LookupContext, names: Iterable[str], reader: Callable[[str], Fact[T]]
) -> list[tuple[str, Fact[T]]]:
    """Read the same of several, side by side; return each name with what was read of it."""
    started = [(name, start(context, name, partial(reader, name))) for name in names]
    return [(name, one.get()) for name, one in started]


def missing(looked: Looked[T], what: str) -> Unknown:
    """Return that there is none, or why it could not be read."""
    if isinstance(looked.value, Unknown):
        return looked.value
    detail = f"there is no {what} {looked.name}, so who calls is not known"
    return NotThere(looked.value.source, Obstacle.NOT_TOLD, detail)


def _search(context: LookupContext, product: Product[T], word: str, short: str) -> tuple[str, Fact[T]]:
    parent = product.parent.replace("{project}", context.project)
    if not parent.endswith("/-"):
        found = _get(context, product, f"{parent}/{product.collection}/{short}")
        if isinstance(found[1], Absent):
            _refuse_slips_of(context, product, word, short)
        return found
    here, others = None, _start_others(context, product, short)
    if context.region is not None:
        here = _get(context, product, f"{parent[:-1]}{context.region}/{product.collection}/{short}")
        if not isinstance(here[1], Absent):
            return here
    listed = _together(others()) if others else resource_kinds.named(context.google, product, context.project, short)
    everywhere = f"{parent}/{product.collection}/{short}"
    if isinstance(listed, Absent) or (isinstance(listed, Known) and not listed.value):
        _refuse_slips_of(context, product, word, short)
        return here or (everywhere, Absent(Source(product.one.read, f"//{product.host}/{everywhere}")))
    if isinstance(listed, Unknown):
        context.google.noted(listed)
        # Not every product lists all of its regions at once.
        return (everywhere, listed) if here is None else (here[0], _nowhere(here[0], product, listed))
    if len(listed.value) > 1:
        choices = tuple(f"{word}/{name}" for name, _ in listed.value)
        raise UnanswerableError(
            f"{len(listed.value)} {product.collection} are called {short}: give the caller's full name.", choices
        )
    name, value = listed.value[0]
    return name, Known(value, listed.source)


def refuse_slips(asked: str, project: str, known: Iterable[str]) -> None:
    """Say which caller was meant, where there is one whose name differs by a slip of the hand.

    Raises:
        UnanswerableError: there is.
    """
    near = misspelt(asked, known)
    if near:
        raise UnanswerableError(f"There is no {asked} in {project}. {did_you_mean(near)}")


def _refuse_slips_of(context: LookupContext, product: Product[T], word: str, short: str) -> None:
    """Look for what was meant: everywhere, or where the service is if each location has a list of its own."""
    place = context.region if product.places is not None else "-"
    if place is None:
        return
    google = context.google.sparing().aside()
    names = resource_kinds.short_names(google, product, context.project, place)
    refuse_slips(f"{word}/{short}", context.project, (f"{word}/{name}" for name in value_of(names) or ()))


def _start_others(
    context: LookupContext, product: Product[T], short: str
) -> Callable[[], list[Fact[tuple[tuple[str, T], ...]]]] | None:
    """Start to look in all other locations, where the product lists one at a time."""
    if product.places is None:
        return None

    def listing(place: str) -> Fact[tuple[tuple[str, T], ...]]:
        return resource_kinds.named(context.google, product, context.project, short, place)

    # Where the first look-up finds it, whether the locations could be listed has no bearing.
    pool, aside = ReaderPool(context.google.deadline), context.google.aside()
    return each_location.start(pool, aside, product, product.places, context.project, listing, but=context.region)


def _together(read: list[Fact[tuple[T, ...]]]) -> Fact[tuple[T, ...]]:
    """Return all that was found; where nothing was, and a location could not be asked, that it is not known."""
    found = tuple(each for fact in read if isinstance(fact, Known) for each in fact.value)
    unread = next((fact for fact in read if isinstance(fact, Unknown)), None)
    if unread is not None and not found:
        return unread
    return Known(found, read[0].source if read else Source("given", "the product has no locations"))


def _nowhere(name: str, product: Product[T], listed: Unknown) -> Unknown:
    detail = f"there is no {product.what} {name}, and other regions could not be searched: pass its full name"
    return Unknown(listed.source, listed.obstacle, f"{detail} ({listed.detail})", listed.permission)


def _get(context: LookupContext, product: Product[T], name: str) -> tuple[str, Fact[T]]:
    return name, resource_kinds.get(context.google, product, name)
