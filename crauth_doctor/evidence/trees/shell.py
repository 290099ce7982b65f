"""Words of a shell command, in one pass; a paste is often cut or badly quoted, so nothing here ever fails."""

from __future__ import annotations

_DEPTH = 20


def words(text: str) -> list[str]:
    """Split a command line as a shell would; `$(…)` stays in one word, unbalanced quotes end with the text."""
    found: list[str] = []
    word: list[str] = []
    inside = False
    position = 0
    while position < len(text):
        char = text[position]
        if char.isspace():
            if inside:
                found.append("".join(word))
            word, inside = [], False
            position += 1
            continue
        inside = True
        part, position = _part(text, position, char)
        word.append(part)
    if inside:
        found.append("".join(word))
    return found


def _part(text: str, position: int, char: str) -> tuple[str, int]:
    if char == "'":
        return _until_quote(text, position + 1)
    if char == '"':
        return _double_quoted(text, position + 1)
    if char == "`":
        end = text.find("`", position + 1)
        return (text[position:], len(text)) if end < 0 else (text[position : end + 1], end + 1)
    if char == "$" and text[position + 1 : position + 2] == "(":
        end = _closing(text, position + 1)
        return text[position:end], end
    if char == "\\" and position + 1 < len(text):
        return text[position + 1], position + 2
    return char, position + 1


def _until_quote(text: str, start: int) -> tuple[str, int]:
    end = text.find("'", start)
    return (text[start:], len(text)) if end < 0 else (text[start:end], end + 1)


def _double_quoted(text: str, start: int) -> tuple[str, int]:
    parts: list[str] = []
    position = start
    while position < len(text) and text[position] != '"':
        if text[position] == "$" and text[position + 1 : position + 2] == "(":
            end = _closing(text, position + 1)
            parts.append(text[position:end])
            position = end
        elif text[position] == "\\" and position + 1 < len(text):
            escaped = text[position + 1]
            parts.append(escaped if escaped in '"\\$`' else "\\" + escaped)
            position += 2
        else:
            parts.append(text[position])
            position += 1
    return "".join(parts), position + 1


def _closing(text: str, opening: int) -> int:
    """Return the position after the parenthesis that closes the one at `opening`, or the end."""
    depth = 0
    for position in range(opening, len(text)):
        if text[position] == "(":
            depth += 1
        elif text[position] == ")":
            depth -= 1
            if depth == 0:
                return position + 1
        if depth > _DEPTH:
            break
    return len(text)
