"""The facts that a runbook rests on: written into the page for machines, read back, and compared.

They stand in an HTML comment, which wikis and viewers of Markdown do not show. No secret is among them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from ..redaction import clean
from .layout import Hue, Look, TextPage
from .status import ExitStatus

SCHEMA: Final = 1
_MARK: Final = "crauth-doctor runbook facts"
_BLOCK: Final = re.compile(rf"<!-- {_MARK}\n(.*?)\n-->", re.DOTALL)
UNREAD: Final = "?"


class NoRunbookError(ValueError):
    """A text holds no facts of a runbook, or such as this version cannot read; the message says which."""


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What a page says of its pair. A text each; `?` is what could not be read when it was written.

    Args:
        service: full resource name.
        caller: the caller, as the command line named it.
        url: what is called.
        audience: the audience to ask for.
        ingress: the service's ingress, in gcloud's word.
        invoker_check: `on` or `off`.
        iap: `on` or `off`.
        default_url: `on` or `off`.
        public: `yes` where it lets in whoever reaches it, else `no`.
        member: whom the caller calls as; empty where it has no Google identity.
        egress: how the caller's traffic leaves.
        right: the binding that lets it in, or that the page's steps make: role and full resource name.
        asked_url: the URL that the command line named; empty where it is the service's own.
        path: the path that the command line named; empty where it named none.
    """

    service: str
    caller: str
    url: str
    audience: str
    ingress: str
    invoker_check: str
    iap: str
    default_url: str
    public: str
    member: str
    egress: str
    right: str
    asked_url: str = ""
    path: str = ""


_TITLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "service": "the service",
        "caller": "the caller",
        "url": "the URL called",
        "audience": "the audience",
        "ingress": "the ingress",
        "invoker_check": "the invoker check",
        "iap": "Identity-Aware Proxy",
        "default_url": "the run.app URL",
        "public": "whether it is public",
        "member": "the caller's identity",
        "egress": "the caller's way out",
        "right": "the right to call",
    }
)


class Held(StrEnum):
    """How what the page says stands to what is."""

    SAME = "same"
    DRIFTED = "drifted"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Compared:
    """One fact of a page, held against what is now.

    Args:
        name: the fact's name.
        page: what the page says.
        now: what is; `?` where it could not be read.
        held: how the two stand.
    """

    name: str
    page: str
    now: str
    held: Held

    @property
    def title(self) -> str:
        """The fact in words."""
        return _TITLES[self.name]


def block(facts: PageFacts) -> str:
    """Return the comment that holds the facts; nothing in them can end it early, or is a credential."""
    text = json.dumps({"schema": SCHEMA, **cleaned(facts)}, indent=1)
    for char in "<>&":
        text = text.replace(char, f"\\u{ord(char):04x}")
    text = text.replace("--", "-\\u002d")
    return f"<!-- {_MARK}\n{text}\n-->"


def cleaned(facts: PageFacts) -> dict[str, str]:
    """Return the facts by name, each fit to be shown."""
    return {name: clean(str(value)) for name, value in asdict(facts).items()}


def parse(page: str) -> PageFacts:
    """Read the facts back.

    Raises:
        NoRunbookError: there are none, several, or such as this version cannot read.
    """
    blocks = _BLOCK.findall(page.replace("\r\n", "\n"))
    if len(blocks) != 1:
        raise NoRunbookError("it holds no facts of a runbook" if not blocks else "it holds the facts of several")
    try:
        found = json.loads(blocks[0])
    except (json.JSONDecodeError, RecursionError):
        raise NoRunbookError("its facts are no JSON any more") from None
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        raise NoRunbookError("its facts are of another version: write the page anew")
    names = [field.name for field in fields(PageFacts)]
    if not all(isinstance(found.get(name), str) for name in names):
        raise NoRunbookError("some of its facts are missing: write the page anew")
    if found["path"] and not found["path"].startswith("/"):
        raise NoRunbookError("its path is none: write the page anew")
    return PageFacts(**{name: found[name] for name in names})


def compare(page: PageFacts, now: PageFacts, rights: frozenset[str], *, complete: bool) -> tuple[Compared, ...]:
    """Hold a page against what is now.

    Args:
        page: what it says.
        now: what is.
        rights: every binding that was seen to let the caller in, as `right` has it.
        complete: whether these are all.
    """
    compared = [_one(name, getattr(page, name), getattr(now, name)) for name in _TITLES if name != "right"]
    return (*compared, _right(page.right, frozenset(map(clean, rights)), complete=complete))


def status(compared: tuple[Compared, ...]) -> ExitStatus:
    """Return what the process ends with."""
    if any(one.held is Held.DRIFTED for one in compared):
        return ExitStatus.BLOCKED
    return ExitStatus.CANNOT_TELL if any(one.held is Held.UNKNOWN for one in compared) else ExitStatus.CLEAR


def _one(name: str, page: str, now: str) -> Compared:
    if UNREAD in (page, now):
        return Compared(name, page, now, Held.UNKNOWN)
    return Compared(name, page, now, Held.SAME if clean(now) == page else Held.DRIFTED)


def _right(page: str, held: frozenset[str], *, complete: bool) -> Compared:
    """The page's binding has to be there still; others beside it are no drift. A page may need none."""
    if page in held or not page:
        return Compared("right", page, page, Held.SAME)
    if not complete or page == UNREAD:
        return Compared("right", page, UNREAD, Held.UNKNOWN)
    return Compared("right", page, ", ".join(sorted(held)), Held.DRIFTED)


def as_text(file: str, compared: tuple[Compared, ...], look: Look) -> str:
    """Return for a person what has changed since a page was written."""
    page = TextPage(look)
    drifted = [one for one in compared if one.held is Held.DRIFTED]
    unknown = [one for one in compared if one.held is Held.UNKNOWN]
    if drifted:
        page.headline("DRIFTED", Hue.BAD, f": {clean(file)} is not true any more in {len(drifted)} of its facts.")
    elif unknown:
        page.headline("UNDECIDED", Hue.UNSURE, f": nothing seen contradicts {clean(file)}, but not all could be seen.")
    else:
        page.headline("TRUE", Hue.GOOD, f": all {len(compared)} facts of {clean(file)} are so.")
    for heading, found in (("What has changed", drifted), ("What could not be told", unknown)):
        if found:
            page.heading(heading)
        for one in found:
            page.item(f"{one.title}: the page says {_shown(one.page)}, it is {_shown(one.now)}")
    return str(page)


def _shown(text: str) -> str:
    named = {"": "none", UNREAD: "not known"}
    return named.get(text) or clean(text, limit=300)


def as_json(compared: tuple[Compared, ...], version: str) -> str:
    """Return the same for machines, schema version 1."""
    document = {
        "schema": SCHEMA,
        "tool": {"name": "crauth-doctor", "version": version},
        "facts": [
            {"fact": one.name, "page": clean(one.page), "now": clean(one.now), "held": one.held.value}
            for one in compared
        ],
        "drifted": [one.name for one in compared if one.held is Held.DRIFTED],
        "exit": status(compared).value,
    }
    return json.dumps(document, indent=2) + "\n"
