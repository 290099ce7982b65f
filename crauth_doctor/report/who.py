"""Who may call a service, for a person and for machines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final

from .. import __version__
from ..deferred import dataclass
from ..fixes.names import in_words, parse
from ..model.answer import CannotTell, No, Yes
from ..model.fact import Unknown
from ..model.holder import Holder, Holders, Standing
from ..model.iam import EVERYBODY, DenyRule
from ..redaction import clean
from .document import SANDBOX, unread_as_json, unread_shortly, whole
from .layout import INDENT, Hue, Look, TextPage
from .status import ExitStatus

_DENIALS: Final = "iam.denypolicies."
_ANCESTRY: Final = "resourcemanager.projects.get"
_MAY_BE_DENIED: Final = "not every deny policy could be read, and one of them may forbid it"


def status(found: Holders) -> ExitStatus:
    """Return what the process ends with: a list that may lack somebody is no answer."""
    return ExitStatus.CANNOT_TELL if found.unread or isinstance(found.is_open, CannotTell) else ExitStatus.CLEAR


def as_text(found: Holders, look: Look, *, sandbox: bool = False) -> str:
    """Return the list as text, with a newline at the end."""
    page = TextPage(look)
    headline(page, found)
    if sandbox:
        page.paragraph(SANDBOX)
    members(page, found)
    return str(page)


def sections(found: Holders) -> tuple[tuple[str, list[Holder]], ...]:
    """Return who may call, who may or may not, and who only seems to, each under a heading."""
    may = [one for one in found.holders if one.may]
    unsure = [one for one in found.holders if one.may is None]
    return ("Who may call it", may), ("Who may, or may not", unsure), ("Who only seems to", seeming(found))


def members(page: TextPage, found: Holders) -> None:
    """Write who may call, who only seems to, and what could not be seen."""
    for heading, holders in sections(found):
        _section(page, heading, holders)
    _denials(page, found.denials)
    _unread(page, found.unread)


def seeming(found: Holders) -> list[Holder]:
    """List those whom no binding lets in, though one looks as if it did."""
    may = {one.member.lower() for one in found.holders if one.may}
    return [one for one in found.holders if one.may is False and one.member.lower() not in may]


@dataclass(frozen=True)
class Openness:
    """Whether a service is public."""

    word: str  # PUBLIC, PRIVATE, or UNDECIDED
    hue: Hue  # the colour of the word
    sentence: str  # what follows from it
    because: str = ""  # why, in a sentence; empty where the sentence says all


def in_its_place(service: str) -> str:
    """Return a service's name, with its project and region as far as they are known."""
    found = parse(service)
    places = [clean(part) for part in (found.project, found.region) if part not in {"", "-"}]
    return f"{clean(found.id)} ({', '.join(places)})" if places else clean(found.id)


def openness(found: Holders) -> Openness:
    """Return whether the service is public."""
    name = in_its_place(found.service)
    match found.is_open:
        case Yes(because):
            text = f"anyone who can reach {name} gets in, with or without a token."
            return Openness("PUBLIC", Hue.BAD, text, whole(clean(because)))
        case CannotTell(because):
            text = f"whether {name} is public could not be told."
            return Openness("UNDECIDED", Hue.UNSURE, text, whole(clean(because)))
        case No():
            several = len({one.member.lower() for one in found.holders if one.may})
            limits = ", as far as could be read" * bool(found.unread)
            entries = {0: "", 1: " member"}.get(several, " members")
            text = f"{name} may be called by {several or 'nobody'}{entries}{limits}."
            return Openness("PRIVATE", Hue.GOOD, text)


def notes(found: Holders) -> tuple[str, ...]:
    """Return what comes before its policy, or beside it, in a sentence each."""
    ingress = f"Ingress (checked first): {found.ingress}." if found.ingress else ""
    regions = (
        f"It is also deployed to {clean(', '.join(found.elsewhere))}. Each region has a policy of its own: who may "
        "call there is not listed here."
    )
    iap = "Identity-Aware Proxy is in front of it, with a policy of its own that is not listed here."
    return tuple(text for text in (ingress, regions * bool(found.elsewhere), iap * found.behind_iap) if text)


def headline(page: TextPage, found: Holders) -> None:
    """Write whether the service is public, and what comes before its policy."""
    opened = openness(found)
    page.headline(opened.word, opened.hue, f": {opened.sentence}")
    for text in (opened.because, *notes(found)):
        if text:
            page.paragraph(text)


def _section(page: TextPage, heading: str, found: list[Holder]) -> None:
    if not found:
        return
    page.heading(heading)
    for member, bindings in groupby(found, key=lambda one: one.member):
        held = list(bindings)
        page.lines += page.wrapped(clean(member), INDENT, INDENT * 2)
        for one in held:
            for text in about(one):
                page.lines += page.wrapped(text, INDENT * 2, INDENT * 3)
        if held[0].stands_for:
            page.paragraph(whole(clean(held[0].stands_for)), INDENT * 2)


def about(one: Holder) -> list[str]:
    """Return what a binding gives, where and when, and what is to be known of it, in a line each."""
    where = f"{clean(one.binding.role)} on {_place(one.resource)}"
    condition = one.binding.condition
    when = f", while {clean(condition.expression, limit=300)}" if condition else ""
    lines = [f"{where}{when}"]
    lines += [whole(text) for text in (clean(one.because), clean(one.caution)) if text]
    return lines


def _place(resource: str) -> str:
    found = parse(resource)
    return f"service {clean(found.id)}" if found.collection == "services" else clean(in_words(resource))


def _denials(page: TextPage, denials: tuple[DenyRule, ...]) -> None:
    if not denials:
        return
    page.heading("Denied by deny policies")
    for text in denied(denials):
        page.item(text)


def denied(denials: tuple[DenyRule, ...]) -> Iterator[str]:
    """Yield whom each deny rule forbids to call."""
    for one in denials:
        text = f"{clean(one.policy)} on {_place(one.attached_to)}: {_names(one.principals)}"
        except_for = f"; not {_names(one.exceptions)}" if one.exceptions else ""
        when = f"; while {clean(one.condition.expression, limit=300)}" if one.condition else ""
        yield f"{text}{except_for}{when}"


def _names(principals: Iterable[str]) -> str:
    return ", ".join(clean(one) for one in sorted(principals))


def _unread(page: TextPage, unread: tuple[Unknown, ...]) -> None:
    if not unread:
        return
    page.heading(f"What could not be seen ({limit(unread)})")
    for one in unread:
        page.item(unread_shortly(one))


def limit(unread: tuple[Unknown, ...]) -> str:
    """Return what may be wrong in the list above, where this could not be read."""
    if not any(map(_hides_denials, unread)):
        return "somebody may be missing above"
    some_bindings = any(not one.source.read.startswith(_DENIALS) for one in unread)
    return "somebody may be missing above, or be denied" if some_bindings else "somebody above may be denied"


def _hides_denials(one: Unknown) -> bool:
    """Whether it is a list of deny policies, or of the resources above, which have theirs."""
    return one.source.read.startswith((_DENIALS, _ANCESTRY))


def as_json(found: Holders, *, sandbox: bool = False) -> str:
    """Return the list as JSON, schema version 1. Keys may be added, never removed or changed in meaning."""
    head = {"schema": 1, "tool": {"name": "crauth-doctor", "version": __version__}, "sandbox": sandbox}
    return json.dumps({**head, **access_json(found), "exit": status(found).value}, indent=2) + "\n"


def access_json(found: Holders) -> dict[str, object]:
    """Return who may call one service, for machines."""
    seems = seeming(found)
    doubt = _MAY_BE_DENIED if any(map(_hides_denials, found.unread)) else ""
    return {
        "target": {"service": clean(found.service), "url": clean(found.url)},
        "public": {Yes: True, No: False}.get(type(found.is_open)),
        "publicBecause": clean(found.is_open.because),
        "ingress": found.ingress or None,
        "behindIap": found.behind_iap,
        "otherRegions": [clean(one) for one in found.elsewhere],
        "holders": [{**_holder(one, doubt), "seems": one in seems} for one in found.holders],
        "denials": [_denial(one) for one in found.denials],
        "unread": [unread_as_json(one) for one in found.unread],
    }


def _holder(one: Holder, doubt: str) -> dict[str, object]:
    condition = one.binding.condition
    caution = one.caution or (doubt if one.may else "")
    return {
        "member": clean(one.member),
        "may": one.may,
        "stand": one.stand.value,
        "role": clean(one.binding.role),
        "resource": clean(one.resource),
        "inherited": parse(one.resource).collection != "services",
        "condition": {"title": clean(condition.title), "expression": clean(condition.expression)}
        if condition
        else None,
        "because": clean(one.because) or None,
        "standsFor": clean(one.stands_for) or None,
        "caution": clean(caution) or None,
        "everybody": one.member in EVERYBODY and one.stand is not Standing.LACKS_PERMISSION,
    }


def _denial(one: DenyRule) -> dict[str, object]:
    return {
        "policy": clean(one.policy),
        "resource": clean(one.attached_to),
        "principals": sorted(map(clean, one.principals)),
        "exceptions": sorted(map(clean, one.exceptions)),
        "condition": clean(one.condition.expression) if one.condition else None,
    }
