"""What every page has: it loads nothing, runs without scripts, cleans every text, and carries its own JSON."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from ... import __version__
from ...deferred import regex
from ...redaction import clean, clean_lines, is_clean, printable
from ...say import Say, parts_of
from ..document import source_in_words
from ..layout import continued

if TYPE_CHECKING:
    from jinja2 import Environment

_WIDTH: Final = 62
_BREAKS: Final = regex(r"(?<=[@./])(?=\w)(?!(?:com|app)\b)")


def framed(template: str, title: object, data: str, **values: object) -> str:
    """Return a page, with a newline at the end."""
    from markupsafe import Markup

    style, script = _asset("report.css"), _asset("report.js")
    shown = printable(data)
    for character in "<>&\u2028\u2029":
        shown = shown.replace(character, f"\\u{ord(character):04x}")
    page = _environment().get_template(template)
    return (
        page.render(
            title=title,
            version=__version__,
            style=Markup(style),  # noqa: S704 - ours
            script=Markup(script),  # noqa: S704 - ours
            style_hash=_hash(style),
            script_hash=_hash(script),
            data=Markup(shown),  # noqa: S704 - no sign of HTML is left in it
            **values,
        )
        + "\n"
    )


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    def broken(name: str) -> Markup:
        """Let a long name be broken where people would break it."""
        return Markup("<wbr>").join(_BREAKS.split(name))

    def shown(value: object) -> object:
        """Clean every text that the template sets in, and set the names in it apart where nothing was to be cleaned."""
        if not isinstance(value, str) or hasattr(value, "__html__"):
            return value
        text = clean(value)
        if not isinstance(value, Say) or text != value:
            return text
        parts = (Markup("<code>{}</code>").format(broken(one)) if is_name else one for one, is_name in parts_of(value))
        return Markup().join(parts)

    found = Environment(
        loader=PackageLoader("crauth_doctor.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["block"] = lambda text: Markup("\n").join(clean_lines(text))
    found.filters["read"] = source_in_words
    found.filters["names"] = lambda text: broken(clean(text))
    return found


@cache
def _asset(name: str) -> str:
    return files("crauth_doctor.report").joinpath("templates", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def as_block(commands: tuple[str, ...]) -> str:
    """Return commands as the lines of a block, each broken so that what is pasted is what runs."""
    return "\n".join(line for command in commands if is_clean(command) for line in continued(command, _WIDTH))
