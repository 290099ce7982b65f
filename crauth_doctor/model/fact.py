"""A fact is known, absent or unknown, and always says where it was looked for."""

from __future__ import annotations

from enum import StrEnum
from typing import Generic, TypeAlias, TypeVar

from ..deferred import dataclass

WANTED = "wanted"
"""The read of a fact that a file asks for: Terraform's source, a manifest, a policy that names no resource."""

CODE = "code"
"""The read of a fact that source text shows: what it makes, and not that the call in question carried it."""

STATED = "stated"
"""The read of a fact that a person says: it makes a cause likely, and proves none."""

SHOWN_BESIDE = "shown beside"
"""The read of a fact of a workload that is shown beside the service that is called: it may be what calls."""

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True)
class Source:
    """Where a fact was looked for."""

    # the read that was made, by its permission or method (`run.services.get`), or `given`, `evidence`, `call`; `wanted`
    # where the user gave what was asked for and not what is, or nothing says what it belongs to, and `code` where
    # source text makes it: a fact of these is an assumption
    read: str
    target: str  # what it was made on: a full resource name, a URL, or the place in what the user gave

    def __str__(self) -> str:
        return f"{self.read} {self.target}"

    @property
    def was_made(self) -> bool:
        """Whether there was a read at all: a fact that nothing turns on is absent, and says why it was not needed."""
        return not self.target.startswith("not needed")


class Obstacle(StrEnum):
    """Why a fact could not be learnt."""

    FORBIDDEN = "forbidden"
    API_DISABLED = "api-disabled"
    NO_CREDENTIALS = "no-credentials"
    UNREACHABLE = "unreachable"
    TIMED_OUT = "timed-out"
    NOT_UNDERSTOOD = "not-understood"
    NOT_TOLD = "not-told"
    """It was read, and what it says leaves this open."""
    NOT_ASKED = "not-asked"
    NOT_IN_DOCUMENT = "not-in-document"
    """What was saved does not hold it; whether it is there, nobody looked."""


@dataclass(frozen=True)
class Known(Generic[T_co]):
    """It was read, and this is its value."""

    value: T_co
    source: Source


@dataclass(frozen=True)
class Absent:
    """It was read, and there is none."""

    source: Source


@dataclass(frozen=True)
class Unknown:
    """It could not be read; this is not evidence of anything."""

    source: Source  # the read that failed
    obstacle: Obstacle
    detail: str = ""  # the obstacle in the words of whoever raised it
    permission: str | None = None  # the IAM permission that would lift it, where one would


@dataclass(frozen=True)
class NotThere(Unknown):
    """What would tell it was looked for, and there certainly is none."""


Fact: TypeAlias = Known[T] | Absent | Unknown


def value_of(fact: Known[T] | Absent | Unknown) -> T | None:
    """Return the value where it is known; None says neither absent nor unknown, so never judge by it."""
    return fact.value if isinstance(fact, Known) else None


@dataclass(frozen=True)
class ReadTiming:
    """A read that has ended."""

    source: Source
    began: float  # when, in seconds of a clock that began at any time
    seconds: float
    fate: str  # `read`, `absent` where the answer was that nothing is there, or the obstacle
