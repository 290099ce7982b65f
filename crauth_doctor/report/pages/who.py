"""Who may call a service, as a page."""

from __future__ import annotations

from itertools import groupby

from ...fixes.names import parse
from ...model.holder import Holders
from ..document import unread_shortly, whole
from ..layout import Hue
from ..who import about, as_json, denied, limit, notes, openness, sections
from .frame import framed

_TONES = {Hue.BAD: "stop", Hue.GOOD: "clear"}


def render(found: Holders, *, sandbox: bool = False) -> str:
    """Return the page, with a newline at the end."""
    opened = openness(found)
    return framed(
        "who.html.j2",
        f"{opened.word}: {opened.sentence}",
        as_json(found, sandbox=sandbox),
        opened=opened,
        headline=whole(opened.sentence, parse(found.service).id),
        tone=_TONES.get(opened.hue, "unsure"),
        notes=tuple(text for text in (opened.because, *notes(found)) if text),
        service=found.service.removeprefix("//run.googleapis.com/"),
        url=found.url,
        sandbox=sandbox,
        sections=[(heading, _members(found, heading)) for heading, holders in sections(found) if holders],
        denied=tuple(denied(found.denials)),
        unseen=tuple(map(unread_shortly, found.unread)),
        limit=whole(limit(found.unread)),
    )


def _members(found: Holders, heading: str) -> list[tuple[str, str, list[list[str]]]]:
    """Return each member of a section, what it stands for, and the lines of each of its bindings."""
    held = dict(sections(found))[heading]
    groups = ((member, list(bindings)) for member, bindings in groupby(held, key=lambda one: one.member))
    return [(member, whole(each[0].stands_for or ""), [about(one) for one in each]) for member, each in groups]
