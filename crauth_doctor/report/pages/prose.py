"""The Markdown of this tool's own templates as HTML: headings, paragraphs, lists, tables, code. Nothing else is markup.

What others wrote is escaped in the Markdown, and every text is escaped again here: HTML never comes through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from ...deferred import dataclass, regex

if TYPE_CHECKING:
    from markupsafe import Markup

_HEADING: Final = regex(r"(#{1,6}) (.+)")
_FENCE: Final = regex(r"(`{3,})(\w*)")
_CELL: Final = regex(r"(?<!\\)\|")
_INLINE: Final = regex(r"(?P<ticks>`+)(?P<code>.+?)(?<!`)(?P=ticks)(?!`)|\*\*(?P<strong>.+?)\*\*|\\(?P<plain>[^\w\s])")
_EMPTY: Final = "<!-- -->"
"""What keeps a mention from being one."""


@dataclass(frozen=True)
class ProseSection:
    """What stands under a heading of the second level, or before the first."""

    heading: Markup  # the heading; empty before the first
    blocks: tuple[Markup, ...]


def sections_of(text: str) -> tuple[ProseSection, ...]:
    """Return the sections of a page; the heading of the first level is the first section's."""
    from markupsafe import Markup

    found: list[tuple[Markup, list[Markup]]] = [(Markup(), [])]
    for level, block in _blocks(text.replace(_EMPTY, "").split("\n")):
        if level == 1:
            found[0] = (block, found[0][1])
        elif level == 2:
            found.append((block, []))
        else:
            found[-1][1].append(block)
    return tuple(ProseSection(heading, tuple(blocks)) for heading, blocks in found)


def _blocks(lines: list[str]) -> Iterator[tuple[int, Markup]]:
    """Yield each block, and the level of those that are headings; 0 is none."""
    from markupsafe import Markup

    ahead = list(lines)
    while ahead:
        line = ahead.pop(0)
        heading, fence = _HEADING.fullmatch(line), _FENCE.fullmatch(line)
        if not line.strip():
            continue
        if heading:
            level = len(heading[1])
            content = _inline(heading[2])
            yield level, content if level < 3 else Markup("<h3>{}</h3>").format(content)
        elif fence:
            end = ahead.index(fence[1]) if fence[1] in ahead else len(ahead)
            yield 0, _code("\n".join(ahead[:end]), fence[2])
            ahead = ahead[end + 1 :]
        elif line.startswith("|"):
            yield 0, _table([line, *_until(ahead, lambda one: not one.startswith("|"))])
        elif line.startswith("- "):
            items = [line, *_until(ahead, lambda one: bool(one.strip()) and not one.startswith("- "))]
            listed = Markup().join(Markup("<li>{}</li>").format(_inline(one[2:])) for one in items if one.strip())
            yield 0, Markup('<ul class="dots">{}</ul>').format(listed)
        else:
            rest = _until(ahead, lambda one: not one.strip() or one.startswith(("|", "- ", "```", "#")))
            yield 0, Markup("<p>{}</p>").format(_inline(" ".join([line, *rest])))


def _until(ahead: list[str], ends: Callable[[str], bool]) -> Iterator[str]:
    """Take lines off until one of them ends it, which stays."""
    while ahead and not ends(ahead[0]):
        yield ahead.pop(0)


def _code(text: str, language: str) -> Markup:
    from markupsafe import Markup

    return Markup('<div class="code" data-of="{}"><pre><code>{}</code></pre></div>').format(language or "text", text)


def _table(rows: list[str]) -> Markup:
    from markupsafe import Markup

    cells = [[one.strip() for one in _CELL.split(row.strip().strip("|"))] for row in (rows[0], *rows[2:])]
    head, *body = ([_inline(one.replace("\\|", "|")) for one in row] for row in cells)
    heads = Markup().join(Markup('<th scope="col">{}</th>').format(one) for one in head)
    lines = Markup().join(
        Markup("<tr>{}</tr>").format(Markup().join(Markup("<td>{}</td>").format(one) for one in row)) for row in body
    )
    return Markup("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>").format(heads, lines)


def _inline(text: str) -> Markup:
    from markupsafe import Markup, escape

    found, at = Markup(), 0
    for part in _INLINE.finditer(text):
        found += escape(text[at : part.start()])
        at = part.end()
        if part["code"] is not None:
            inner = part["code"]
            padded = inner[:1] == inner[-1:] == " " and inner.strip()
            found += Markup("<code>{}</code>").format(inner[1:-1] if padded else inner)
        elif part["strong"] is not None:
            found += Markup("<strong>{}</strong>").format(_inline(part["strong"]))
        else:
            found += escape(part["plain"])
    return found + escape(text[at:])
