"""Which service is meant, and what it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from ..deferred import dataclass, regex
from ..gcp import rest
from ..gcp.door import Door
from ..gcp.own_urls import is_own
from ..gcp.products import projects, run
from ..model.address import REGIONS, Deterministic, Hashed, OfFunction, below_function, parse_url
from ..model.fact import Absent, Fact, Known, Obstacle, Source, Unknown
from ..model.run import Ingress, Service
from ..spelling import did_you_mean, misspelt
from .parallel import Future, ReaderPool
from .question import Question
from .unanswerable import UnanswerableError

_NAME: Final = regex(r"[A-Za-z][A-Za-z0-9_-]*")
_NO_URL: Final = regex(r"[\x00-\x20\x7f\\]")
_FULL: Final = regex(r"projects/([^/]+)/locations/([^/]+)/services/([^/]+)")

NOT_NEEDED: Final = Absent(Source(run.LIST, "not needed: the service was found"))


@dataclass(frozen=True)
class ServiceReference:
    """A service as it was asked for, as far as the words tell."""

    project: str  # id or number
    region: str | None  # None where all are to be searched
    id: str | None  # short name; None where only the URL is known
    url: str | None = None  # the URL that stood for the service
    # whether it is a short name, and nothing but the name tells of a call: a slip of the hand is likely
    typed: bool = False

    @property
    def name(self) -> str | None:
        """`projects/P/locations/R/services/S`, where all of it is known."""
        if self.region is None or self.id is None:
            return None
        return f"projects/{self.project}/locations/{self.region}/services/{self.id}"


@dataclass(frozen=True)
class FoundService:
    """A service that was looked for."""

    deployed: Fact[run.Deployed]  # the service; absent when there is none
    name: str | None  # `projects/P/locations/R/services/S`; None where nothing tells its region
    listed: Fact[run.Listed] | None = None  # the project's services, where they were listed on the way
    shown: Fact[Ingress] | None = None  # its ingress, where only a part of the service is known

    @property
    def service(self) -> Fact[Service]:
        """The service of what was read."""
        deployed = self.deployed
        return Known(deployed.value.service, deployed.source) if isinstance(deployed, Known) else deployed

    @property
    def ingress(self) -> Fact[Ingress]:
        """Which network paths it lets in."""
        deployed = self.deployed
        if isinstance(deployed, Known):
            return deployed.value.ingress_fact(deployed.source)
        return self.shown or deployed

    def namesakes(self) -> Fact[tuple[str, ...]]:
        """Services of the same short name elsewhere; absent (not needed) when the service itself was found."""
        if not isinstance(self.deployed, Absent) or self.listed is None:
            return self.deployed if isinstance(self.deployed, Unknown) else NOT_NEEDED
        if not isinstance(self.listed, Known):
            return self.listed
        wanted = (self.name or "").rsplit("/", 1)[-1]
        names = (one.service.full_name for one in self.listed.value.services if one.service.id == wanted)
        found, unreachable = tuple(names), self.listed.value.unreachable
        return (
            rest.incomplete(self.listed.source, unreachable)
            if unreachable and not found
            else Known(found, self.listed.source)
        )

    def is_named(self, name: str) -> bool:
        """Return whether the service that was found has the short name that was asked for."""
        return self.name is not None and self.name.rsplit("/", 1)[-1] == name.rsplit("/", 1)[-1]

    def in_project(self, project: str) -> FoundService:
        """Return the same with the project's id in every name, where the API used its number."""
        deployed, listed, name = self.deployed, self.listed, self.name
        if isinstance(deployed, Known):
            deployed = Known(_in_project(deployed.value, project), deployed.source)
        if isinstance(listed, Known):
            services = tuple(_in_project(one, project) for one in listed.value.services)
            listed = Known(replace(listed.value, services=services), listed.source)
        return replace(self, deployed=deployed, name=name and _name_in(name, project), listed=listed)


def number_of(service: Service) -> str:
    """Return the number of a service's project, where a URL of the service tells it; else nothing."""
    return next((one.number for one in map(parse_url, service.urls) if isinstance(one, Deterministic)), "")


def asked_of(question: Question) -> ServiceReference:
    """Read the user's words for the service.

    Raises:
        UnanswerableError: they are no name and no URL, or tell no project; or the URL that is called is none.
    """
    if question.url is not None and (_NO_URL.search(question.url) or parse_url(question.url) is None):
        raise UnanswerableError(
            f"{question.url!r} is not a URL that can be called: pass one with scheme and host, such as https://HOST/PATH."
        )
    text = question.service.strip().removeprefix("//run.googleapis.com/")
    full = _FULL.fullmatch(text)
    if full:
        return ServiceReference(full[1], full[2], full[3])
    if "://" in text:
        return _asked_by_url(text, question)
    if not _NAME.fullmatch(text):
        raise UnanswerableError(
            f"{text!r} is not a service: give its name, projects/P/locations/R/services/NAME, or its URL."
        )
    typed = question.url is None and not question.says_it_fails
    return ServiceReference(_project(question), question.region, text, typed=typed)


def find(google: Door, asked: ServiceReference) -> FoundService:
    """Look the service up.

    Raises:
        UnanswerableError: several services fit, or none of the project's has this URL.
    """
    found = _find(google, asked)
    if asked.typed and not isinstance(found.deployed, Known):
        _refuse_slips(google, asked, found)
    return found


def _refuse_slips(google: Door, asked: ServiceReference, found: FoundService) -> None:
    """Say what a short name or a region was meant to be, where there is one that differs by a slip of the hand.

    Raises:
        UnanswerableError: there is.
    """
    _refuse_slip_of_project(google, asked, found)
    region = asked.region or ""
    regions = () if region in REGIONS else misspelt(region, REGIONS)
    if regions:
        raise UnanswerableError(f"This tool knows no Cloud Run region {region}. {did_you_mean(regions)}")
    listed = found.listed.value.services if isinstance(found.listed, Known) else ()
    names = {one.service.id: one.service for one in listed}
    if asked.id is None or asked.id in names or not isinstance(found.deployed, Absent):
        return
    near = misspelt(asked.id, names)
    if near:
        place = f"{asked.project}, {region}" if region else asked.project
        meant = (f"{one} (in {names[one].region})" if region and names[one].region != region else one for one in near)
        raise UnanswerableError(f"There is no service {asked.id} ({place}). {did_you_mean(meant)}")


_LIKENESS: Final = 0.88
"""As much of two projects' ids is the same where one is a slip of the hand: ids of one owner are much alike."""


def _refuse_slip_of_project(google: Door, asked: ServiceReference, found: FoundService) -> None:
    """Say what a project was meant to be, where nothing of it may be read: Google does not tell whether it exists.

    Raises:
        UnanswerableError: a project that can be seen is called much the same.
    """
    deployed = found.deployed
    if not isinstance(deployed, Unknown) or deployed.obstacle not in {Obstacle.FORBIDDEN, Obstacle.NOT_UNDERSTOOD}:
        return
    seen = projects.search(google.sparing().aside())
    known = {one.id for one in seen.value} if isinstance(seen, Known) else set()
    numbers = {one.number for one in seen.value} if isinstance(seen, Known) else set()
    near = misspelt(asked.project, known, _LIKENESS) if asked.project not in known | numbers else ()
    if near:
        raise UnanswerableError(
            f"You can see no project {asked.project}. {did_you_mean(near)} If {asked.project} is right, pass the "
            "service's full name: projects/P/locations/R/services/NAME."
        )


def _find(google: Door, asked: ServiceReference) -> FoundService:
    if asked.name is not None:
        return _by_name(google, asked, asked.name)
    by_region = asked.id is not None and asked.region is None
    listed = run.services(google, asked.project, asked.region or "-", first=by_region)
    if not isinstance(listed, Known):
        return FoundService(_as_unknown(listed), None, listed)
    if asked.id is not None and listed.value.unreachable == (rest.NEXT_PAGE,):
        return _in_each_region(google, asked, asked.id, listed)
    fitting = [one for one in listed.value.services if _fits(one, asked)]
    if len(fitting) > 1:
        raise _several(one.service for one in fitting)
    if fitting:
        return FoundService(Known(fitting[0], listed.source), fitting[0].service.name, listed)
    return _none_fits(asked, listed)


def _in_each_region(google: Door, asked: ServiceReference, id: str, listed: Known[run.Listed]) -> FoundService:
    """Look for a short name in every region at once, where a project has more services than a page of them holds.

    Raises:
        UnanswerableError: it is in several, or in none that is known.
    """
    google.excused(rest.incomplete(listed.source, listed.value.unreachable))
    regions = dict.fromkeys((*REGIONS, *(one.service.region for one in listed.value.services)))
    pool, door = ReaderPool(google.deadline), google.aside()

    def start(region: str) -> Future[Fact[run.Deployed]]:
        name = f"projects/{asked.project}/locations/{region}/services/{below_function(id)}"
        return pool.read(id, Source(run.GET, run.full_name(name)), lambda: run.service(door, name))

    read = [future.get() for future in [start(region) for region in regions]]
    found = [one for one in read if isinstance(one, Known)]
    unknown = next((one for one in read if isinstance(one, Unknown)), None)
    if len(found) > 1:
        raise _several(one.value.service for one in found)
    if found:
        return FoundService(found[0], found[0].value.service.name, listed)
    if unknown is not None:
        return FoundService(google.noted(unknown), None, listed)
    near = misspelt(id, {one.service.id for one in listed.value.services}) if asked.typed else ()
    hint = did_you_mean(near) or "If it is in another, pass --region."
    raise UnanswerableError(
        f"There is no service {id} in any of the {len(regions)} regions that this tool knows ({asked.project}). {hint}"
    )


def _several(services: Iterable[Service]) -> UnanswerableError:
    names = tuple(one.name for one in services)
    return UnanswerableError(f"{len(names)} services match: pass --region, or the full name of one.", names)


def _by_name(google: Door, asked: ServiceReference, name: str) -> FoundService:
    deployed = run.service(google, name)
    if isinstance(deployed, Absent) and name != name.lower():
        # A function may have capitals and underscores; the service that it runs as has neither.
        lower = "/".join([*name.split("/")[:-1], below_function(name.rsplit("/", 1)[-1])])
        again = run.service(google, lower)
        if isinstance(again, Known):
            return FoundService(again, lower)
    # what the service could be called instead is worth one answer, and half of the time: that there is none is known
    listed = run.services(google.sparing(), asked.project, first=True) if isinstance(deployed, Absent) else None
    shown = run.part_of_service(google, name) if isinstance(deployed, Unknown) else None
    return FoundService(deployed, name, listed, shown)


def _none_fits(asked: ServiceReference, listed: Known[run.Listed]) -> FoundService:
    if listed.value.unreachable:
        return FoundService(rest.incomplete(listed.source, listed.value.unreachable), None, listed)
    if asked.id is None and asked.url is not None and not isinstance(parse_url(asked.url), Hashed | OfFunction):
        raise UnanswerableError(
            f"No service of project {asked.project} has the URL {asked.url}: name the service, and pass this URL "
            "with --url.",
            tuple(one.service.name for one in listed.value.services),
        )
    wanted = run.full_name(f"projects/{asked.project}/locations/{asked.region or '-'}/services/{asked.id}")
    return FoundService(Absent(Source(listed.source.read, wanted) if asked.id else listed.source), None, listed)


def _in_project(one: run.Deployed, project: str) -> run.Deployed:
    service = one.service
    vpc, own = service.vpc_access, f"projects/{service.project}/"
    if vpc is not None and vpc.network is not None and vpc.network.startswith(own):
        vpc = replace(vpc, network=_name_in(vpc.network, project))
    return replace(one, service=replace(service, name=_name_in(service.name, project), vpc_access=vpc))


def _name_in(name: str, project: str) -> str:
    return "/".join(["projects", project, *name.split("/")[2:]])


def _fits(one: run.Deployed, asked: ServiceReference) -> bool:
    service = one.service
    if asked.id is not None:
        return asked.id in {service.id, service.function} or below_function(asked.id) == service.id
    urls = (*service.urls, *service.tag_urls, *service.custom_audiences)
    return asked.url is not None and is_own(asked.url, frozenset(url for url in urls if url.startswith("https://")))


def _as_unknown(listed: Absent | Unknown) -> Unknown:
    if isinstance(listed, Unknown):
        return listed
    return Unknown(listed.source, Obstacle.NOT_UNDERSTOOD, "the project was not found")


def _asked_by_url(url: str, question: Question) -> ServiceReference:
    match parse_url(url):
        case Deterministic(name, number, region):
            return ServiceReference(number, region, name, url)
        case OfFunction(region, project):
            return ServiceReference(project, region, None, url)
        case None:
            raise UnanswerableError(f"{url!r} is not a URL.")
        case _:
            return ServiceReference(_project(question), None, None, url)


def _project(question: Question) -> str:
    if question.project:
        return question.project
    raise UnanswerableError(
        "No project is known: pass --project, or set one with `gcloud config set project PROJECT_ID`."
    )
