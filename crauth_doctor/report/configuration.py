"""What settings alone say of services: one at length, several in a table."""

from __future__ import annotations

from typing import Final

from ..fixes.names import parse
from ..model.answer import CannotTell, No, Yes
from ..model.exported import ServiceSettings, SettingsWarning
from ..redaction import clean
from . import who
from .layout import Hue, TextPage

WORDS: Final = {
    SettingsWarning.OPEN_WITHOUT_BINDING: (
        "Its invoker check is off: anyone who reaches it may call it without a token, although no binding says so."
    ),
    SettingsWarning.ALL_USERS: "allUsers may call it: everybody on the internet who reaches it, without a token.",
    SettingsWarning.ALL_AUTHENTICATED_USERS: (
        "allAuthenticatedUsers may call it: any Google account or service account, in any organization."
    ),
    SettingsWarning.NOBODY: "Nobody shown here may call it.",
    SettingsWarning.DELETED_MEMBER: (
        "A member of its policy was deleted. A new account with the same name does not inherit the role."
    ),
    SettingsWarning.INGRESS_PENDING: "The requested ingress is not in effect yet.",
    SettingsWarning.DEFAULT_URL_DISABLED: "Its run.app URLs are disabled, and answer 404 to everybody.",
    SettingsWarning.ONLY_WANTED: "This is what was requested. What is deployed may differ.",
    SettingsWarning.SHOWN_IN_PART: "Only a part of the service is shown. What is not shown is not known.",
    SettingsWarning.POLICY_NOT_SHOWN: "Its own policy is not shown, so who may call it is not known.",
    SettingsWarning.POLICY_IN_PART: "Only a part of its policy is shown, so others may be able to call it too.",
}
_HEADS: Final = ("Service", "Who may call", "Ingress", "IAP", "Invoker check")
_SWITCH: Final = {True: "on", False: "off", None: "?"}
_BAD: Final = frozenset({SettingsWarning.OPEN_WITHOUT_BINDING, SettingsWarning.ALL_USERS})


def write(page: TextPage, found: tuple[ServiceSettings, ...]) -> None:
    """Write what the settings say; of several services a table, and below it what to know of each."""
    if len(found) == 1:
        who.headline(page, found[0].access)
        _details(page, found[0])
        who.members(page, found[0].access)
        _know(page, found[0])
        page.heading("Next")
        page.command(found[0].command)
        return
    count = sum(bool(_BAD.intersection(one.warnings)) for one in found)
    hue = Hue.BAD if count else Hue.STRONG
    page.headline(f"{len(found)} services", hue, f": {count or 'none'} known to be public.")
    page.gap()
    page.table([_HEADS, *map(_row, found)])
    for one in found:
        page.heading(who.in_its_place(one.access.service))
        _details(page, one)
        for text in _callers(one):
            page.item(text)
        _know(page, one, heading=False)
        page.command(one.command)


def _row(one: ServiceSettings) -> tuple[str, ...]:
    switches = _SWITCH[one.iap], _SWITCH[one.checks_iam]
    return clean(parse(one.access.service).id), _openness(one), one.access.ingress or "?", *switches


def _openness(one: ServiceSettings) -> str:
    several = len({each.member.lower() for each in one.access.holders if each.may})
    match one.access.is_open:
        case Yes():
            return "everybody"
        case _ if several and one.access.unread:
            return f"{several} or more"
        case _ if several:
            return f"{several} member{'' if several == 1 else 's'}"
        case CannotTell():
            return "?"
        case No():
            return "nobody"


def _details(page: TextPage, one: ServiceSettings) -> None:
    page.item(f"URLs: {_listed(one.urls)}")
    own = "" if one.urls or not one.audiences else ", and its own URLs, which are not shown"
    page.item(f"accepted audiences: {_listed(one.audiences)}{own}")
    if one.tag_urls:
        page.item(f"URLs of tags, which are no audiences: {_listed(one.tag_urls)}")
    ingress, check = one.access.ingress or "not shown", _SWITCH[one.checks_iam]
    page.item(f"ingress: {ingress}; IAP: {_SWITCH[one.iap]}; invoker check: {check}")


def _callers(one: ServiceSettings) -> list[str]:
    members = {each.member: None for each in one.access.holders if each.may}
    return [f"may call: {_listed(tuple(members))}"] if members else []


def _listed(texts: tuple[str, ...]) -> str:
    return ", ".join(map(clean, texts)) or "not shown"


def _know(page: TextPage, one: ServiceSettings, *, heading: bool = True) -> None:
    if one.warnings and heading:
        page.heading("Know")
    for warning in one.warnings:
        page.item(WORDS[warning])


def as_json(one: ServiceSettings) -> dict[str, object]:
    """Return what the settings of one service say, for machines."""
    return {
        **who.access_json(one.access),
        "behindIap": one.iap,
        "urls": [clean(url) for url in one.urls],
        "audiences": [clean(audience) for audience in one.audiences],
        "tagUrls": [clean(url) for url in one.tag_urls],
        "invokerCheck": one.checks_iam,
        "warnings": [{"id": warning.value, "text": WORDS[warning]} for warning in one.warnings],
        "next": clean(one.command, limit=1000),
    }
