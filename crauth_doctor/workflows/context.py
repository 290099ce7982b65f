"""What every workflow is handed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Final, TypeAlias

from ..deferred import dataclass
from ..model.asks.said import NOTHING_SAID, Said
from ..spelling import did_you_mean, similar
from . import MisuseError, WorkflowError

if TYPE_CHECKING:
    from ..model.document import Document
    from ..model.finding import Step
    from ..model.http import Traced

__all__ = ["CallRequest", "Context", "MisuseError", "Tell", "WorkflowError"]

SANDBOX_VARIABLE: Final = "CRAUTH_DOCTOR_SANDBOX"
DEFAULT_SECONDS: Final = 20.0

Tell: TypeAlias = Callable[[str], None]
"""Is told, in a few words or a sentence, what is being done."""


def silent(_: str) -> None:
    """Tell nobody."""


@contextmanager
def _unwatched() -> Iterator[Tell]:
    yield silent


@dataclass(frozen=True)
class Context:
    """The surroundings of a run."""

    environ: Mapping[str, str]
    sandbox: str | None = None  # base URL of the sandbox that stands in for Google; None for what the environment says
    # entered while something is read; what it returns is told each read
    reading: Callable[[], AbstractContextManager[Tell]] = _unwatched
    heard: Callable[[object], None] = lambda _: None  # is told all that Google and the service answered
    stopped: Callable[[], bool] = lambda: False  # whether whoever asked has gone, so that nothing more is read
    may_call: Callable[[str], bool] = lambda _: True  # whether a test call may be sent to a URL
    traced: Traced | None = None  # is told each read and each request, from whichever thread made it; None for nobody
    # is told the stages that are decided while others are still read; None where nobody watches
    judged: Callable[[Sequence[Step]], None] | None = None

    @property
    def sandbox_url(self) -> str | None:
        """Base URL of the sandbox that stands in for Google; None for Google."""
        return self.sandbox or self.environ.get(SANDBOX_VARIABLE) or None


@dataclass(frozen=True)
class CallRequest:
    """The call in question. What is left out is found out, or is the usual."""

    service: str = ""  # a name, a full name, a URL, a host, or the console's page of it
    caller: str | None = None  # who calls: an e-mail, a member, `run/NAME`, …; None for whoever runs this
    project: str | None = None  # id or number of the service's project
    region: str | None = None
    url: str | None = None  # the URL that is called
    path: str | None = None  # the path that is called, including the query
    method: str = "GET"  # in upper case
    audience: str | None = None  # of the caller's token
    headers: tuple[str, ...] = ()  # names of the headers that the caller sends, in lower case
    evidence: str | None = None  # what is there of the failing call already, as text; None for nothing
    said: Said = NOTHING_SAID  # what a person says of it, and nothing shows
    send_calls: bool = True  # whether test calls may be sent
    seconds: float = DEFAULT_SECONDS  # the time for the whole run
    impersonate: str | None = None  # e-mail of the service account to read as
    billing_project: str | None = None  # the project that API calls are counted to
    # id or number of the project in which a caller's short name is looked up; None for the service's
    caller_project: str | None = None
    account: str | None = None  # e-mail of the account that gcloud is signed in with, whose rights are used
    configuration: str | None = None  # name of gcloud's configuration; None for the active one
    saved: Document | None = None  # what an earlier run read, to be judged in Google's place; None for Google
    least: bool = False  # whether the role to give is `roles/run.servicesInvoker`, which cannot run jobs

    @property
    def role(self) -> str:
        """The role that lets a caller in."""
        from ..model.iam import INVOKER, SERVICES_INVOKER

        return SERVICES_INVOKER if self.least else INVOKER

    def __post_init__(self) -> None:
        """Take a service as people paste it: a host alone, or the console's page."""
        from ..model.address import named_service

        named = named_service(self.service)
        object.__setattr__(self, "service", named.service)
        object.__setattr__(self, "region", self.region or named.region)


def said_of(texts: tuple[str, ...]) -> Said:
    """Read `FACT=VALUE`, as often as it was said.

    Raises:
        MisuseError: there is no such fact, or no such value of it.
    """
    if not texts:
        return NOTHING_SAID
    from ..model.asks.sayable import BY_NAME

    said = NOTHING_SAID
    for text in texts:
        name, equals, value = text.partition("=")
        fact = BY_NAME.get(name.strip().lower())
        if fact is None or not equals:
            raise MisuseError(_no_such_fact(text, name), "--say")
        given = value.strip()
        if fact.values:
            given = given.lower()
            if fact.name == "status" and given not in fact.values and given.isdigit() and len(given) == 3:
                given = "server-error" if given >= "500" else "other"
            if given not in fact.values:
                near = did_you_mean(similar(given, fact.values))
                hint = f"{near} " if near else ""
                values = ", ".join(fact.values)
                raise MisuseError(f"{fact.name} cannot be {given!r}. {hint}Say one of: {values}.", "--say")
        elif not given or len(given) > _LONGEST or any(not letter.isprintable() for letter in given):
            raise MisuseError(f"say a value of {fact.name}, such as {fact.name}={fact.example}.", "--say")
        said = said.also(fact.name, given)
    return said


_LONGEST: Final = 2048


def _no_such_fact(text: str, name: str) -> str:
    from ..model.asks.sayable import BY_NAME, example_of

    near = did_you_mean(similar(name.strip(), BY_NAME))
    if name in BY_NAME:
        return f"{text!r} has no value. Say FACT=VALUE, such as {name}={example_of(BY_NAME[name])}."
    hint = f"{near} " if near else ""
    return f"there is no fact {name.strip()!r}. {hint}What can be said: {', '.join(BY_NAME)}."
