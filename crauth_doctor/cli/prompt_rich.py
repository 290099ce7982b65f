"""Questions that are answered with arrow keys and by typing.

questionary asks for texts and for consent. A list is asked for by prompt_toolkit itself: questionary's search brings
all choices back where nothing fits, and Enter then takes the first of them; here what was typed is the answer then.
"""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Sequence
from typing import Any, Final

import questionary
from prompt_toolkit.application import Application
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import FormattedText, StyleAndTextTuples
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent, merge_key_bindings
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout import ConditionalContainer, FormattedTextControl, HSplit, Layout, Window
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.shortcuts import print_formatted_text

from ..deferred import dataclass
from ..wizard.messages import AnswerKind, Choice, Confirm, Navigation, Select, Text, WizardQuestion
from .prompt_plain import shown, trouble

_BACK: Final = "<"
_MANY: Final = 3
"""Up to so many choices, nobody needs to search."""
_FURTHER: Final = "\n     "
"""Where a choice goes on in a second line."""
_STYLE: Final = questionary.Style(
    [
        ("qmark", "fg:ansigreen bold"),
        ("question", "bold"),
        ("answer", "fg:ansicyan"),
        ("pointer", "fg:ansicyan bold"),
        ("highlighted", "fg:ansicyan bold"),
        ("instruction", "fg:ansibrightblack"),
        ("separator", "fg:ansibrightblack"),
    ]
)


class Prompts:
    """Asks with redraws."""

    def __init__(self, *, colour: bool) -> None:
        self._looks: dict[str, Any] = {"style": _STYLE, "qmark": "?"}
        if not colour:
            self._looks["color_depth"] = ColorDepth.DEPTH_1_BIT
        self._answered: list[_Answered] = []
        self._went_back = False

    def ask(self, question: WizardQuestion) -> str | bool | Navigation:
        """Ask, until there is an answer, which stays on the screen until somebody goes back to its question."""
        if self._went_back:
            self._wipe(question.id)
        answer = self._asked(question)
        self._went_back = answer is Navigation.BACK
        if answer not in {Navigation.BACK, Navigation.CANCEL}:
            self._show(question, answer)
        return answer

    def settle(self) -> None:
        """Leave what stands on the screen as it is: something was printed below it."""
        self._answered.clear()

    def _show(self, question: WizardQuestion, answer: str | bool | Navigation) -> None:
        message, text = shown(question.message), _in_words(question, answer)
        line = [("class:qmark", "? "), ("class:question", message), ("class:answer", f" {text}")]
        print_formatted_text(FormattedText(line), style=_STYLE, color_depth=self._looks.get("color_depth"))
        height = -(-(len(message) + len(text) + 3) // shutil.get_terminal_size().columns)
        self._answered.append(_Answered(question.id, height))

    def _wipe(self, id: str) -> None:
        """Take the answers off the screen from that to a question on."""
        ids = [one.id for one in self._answered]
        kept = ids.index(id) if id in ids else len(ids)
        if kept == len(ids):
            sys.stdout.write("Going back.\n")  # something was printed below the answer, which stays
        rows = sum(one.rows for one in self._answered[kept:])
        del self._answered[kept:]
        if rows:
            sys.stdout.write(f"\x1b[{rows}A\r\x1b[J")
            sys.stdout.flush()

    def _asked(self, question: WizardQuestion) -> str | bool | Navigation:
        match question:
            case Select():
                return self._select(question)
            case Text(kind=AnswerKind.LINES):
                asked = self._lines(question)
            case Text():
                asked = self._text(question)
            case Confirm():
                message = shown(question.message)
                asked = questionary.confirm(
                    message, default=False, auto_enter=False, erase_when_done=True, **self._looks
                )
        _bind_escape(asked)
        try:
            answer = asked.unsafe_ask()
        except (KeyboardInterrupt, EOFError):
            return Navigation.CANCEL
        if isinstance(question, Text) and question.back and answer.strip() == _BACK:
            return Navigation.BACK
        return answer if isinstance(answer, bool | Navigation) else str(answer)

    def _select(self, question: Select) -> str | Navigation:
        try:
            return _Menu(question).application(self._looks).run()
        except (KeyboardInterrupt, EOFError):
            return Navigation.CANCEL

    def _text(self, question: Text) -> questionary.Question:
        notes = [question.hint] * bool(question.hint) + ["< goes back"] * question.back
        message, note = shown(question.message), f"({'; '.join(notes)})"
        width = shutil.get_terminal_size().columns - 1
        fits = len(message) + len(note) + 4 <= width  # what does not fit a line of a prompt is cut
        lines = [note] if fits else ["", *textwrap.wrap(note, width, break_on_hyphens=False)]
        instruction = "\n".join([*(lines if notes else [""]), ">"])

        def valid(text: str) -> bool | str:
            given = text.strip()
            return (given == _BACK and question.back) or trouble(question.kind, given) or True

        return questionary.text(
            message, default=question.default, instruction=instruction, validate=valid,
            erase_when_done=True, **self._looks,
        )  # fmt: skip

    def _lines(self, question: Text) -> questionary.Question:
        instruction = "(Ctrl-D when done; < alone goes back; Esc: stop)\n"
        asked = questionary.text(
            shown(question.message), multiline=True, instruction=instruction, erase_when_done=True, **self._looks
        )
        done = KeyBindings()

        @done.add(Keys.ControlD, eager=True)
        def _(event: KeyPressEvent) -> None:
            event.current_buffer.validate_and_handle()

        asked.application.key_bindings = merge_key_bindings([*_own(asked), done])
        return asked


@dataclass(frozen=True)
class _Answered:
    """An answer that stands on the screen."""

    id: str  # of its question
    rows: int  # how many it takes


@dataclass(frozen=True)
class _Row:
    """A line of a menu."""

    text: str  # what is shown
    value: str | Navigation | None = None  # what is answered by it; None for a heading
    sought: str = ""  # what a search looks in


class _Menu:
    """A list of which one is chosen, with the arrow keys or by typing a part of it."""

    def __init__(self, question: Select) -> None:
        self._question = question
        self._searches = bool(question.typed) or len(question.choices) > _MANY
        self._all = _rows(question)
        self._search = ""
        self._rows = self._all
        first = next((n for n, row in enumerate(self._rows) if row.value == question.default), 0)
        self._pointed = first if question.default else self._next(-1, 1)

    def application(self, looks: dict[str, Any]) -> Application[str | Navigation]:
        """Return what asks it, and results in the answer."""
        header = Window(FormattedTextControl(self._header), dont_extend_height=True, wrap_lines=True)
        choices = Window(FormattedTextControl(self._lines, focusable=True, show_cursor=False), dont_extend_height=True)
        footer = Window(FormattedTextControl(self._footer), height=1)
        return Application(
            layout=Layout(
                HSplit([header, choices, ConditionalContainer(footer, filter=Condition(self._is_long))]),
                focused_element=choices,
            ),
            erase_when_done=True,
            key_bindings=self._keys(),
            style=looks["style"],
            color_depth=looks.get("color_depth"),
        )

    def _header(self) -> StyleAndTextTuples:
        message = shown(self._question.message)
        found: StyleAndTextTuples = [("class:qmark", "? "), ("class:question", message)]
        keys = ["type to search" if self._searches else "arrows", *["left: back"] * self._question.back, "Esc: stop"]
        instruction = f"({', '.join(keys)})"
        if len(message) + len(instruction) + 4 > shutil.get_terminal_size().columns:
            instruction = "(Esc: stop)"
        found.append(("class:instruction", f" {instruction}"))
        return [*found, ("class:answer", f" {self._search}")] if self._search else found

    def _lines(self) -> StyleAndTextTuples:
        found: StyleAndTextTuples = []
        for number, row in enumerate(self._rows):
            if row.value is None:
                found.append(("class:separator", f"   {row.text}\n"))
            elif number == self._pointed:
                found += [("[SetCursorPosition]", ""), ("class:pointer", " > "), ("class:highlighted", f"{row.text}\n")]
            else:
                found.append(("", f"   {row.text}\n"))
        return found

    def _is_long(self) -> bool:
        """Return whether not all rows fit the terminal."""
        return len(self._rows) + 1 > shutil.get_terminal_size().lines

    def _footer(self) -> StyleAndTextTuples:
        places = [n for n, row in enumerate(self._rows) if row.value not in _ASIDE]
        number = f"{places.index(self._pointed) + 1} of {len(places)}" if self._pointed in places else ""
        return [("class:instruction", f"   {number:<14}PgUp, PgDn, Home, End")]

    def _keys(self) -> KeyBindings:
        keys = KeyBindings()
        keys.add(Keys.PageUp)(lambda _: self._leap(-_page()))
        keys.add(Keys.PageDown)(lambda _: self._leap(_page()))
        keys.add(Keys.Home)(lambda _: self._leap(-len(self._rows)))
        keys.add(Keys.End)(lambda _: self._leap(len(self._rows)))
        keys.add(Keys.Up)(lambda _: self._move(-1))
        keys.add(Keys.Down)(lambda _: self._move(1))
        keys.add(Keys.ControlM)(self._choose)
        for key in (Keys.Escape, Keys.ControlC, Keys.ControlD):
            keys.add(key, eager=True)(_stop)
        if self._question.back:
            keys.add(Keys.Left)(lambda event: event.app.exit(result=Navigation.BACK))
        if self._searches:
            keys.add(Keys.Any)(lambda event: self._seek(self._search + event.data))
            keys.add(Keys.BracketedPaste)(lambda event: self._seek(self._search + event.data.strip()))
            keys.add(Keys.Backspace)(lambda _: self._seek(self._search[:-1]))
            keys.add(Keys.ControlU)(lambda _: self._seek(""))
        return keys

    def _next(self, start: int, step: int) -> int:
        """Return the next row that is an answer, around the ends; the same where there is none."""
        count = len(self._rows)
        turns = ((start + step * turn) % count for turn in range(1, count + 1))
        return next((n for n in turns if self._rows[n].value is not None), 0)

    def _move(self, step: int) -> None:
        self._pointed = self._next(self._pointed, step)

    def _leap(self, rows: int) -> None:
        """Point to an answer so many rows on, or to the last on the way there."""
        answers = [n for n, row in enumerate(self._rows) if row.value is not None]
        aim = self._pointed + rows
        within = [n for n in answers if (n <= aim if rows > 0 else n >= aim)]
        if within:
            self._pointed = within[-1] if rows > 0 else within[0]

    def _choose(self, event: KeyPressEvent) -> None:
        row = self._rows[self._pointed]
        if row.value is not None:
            event.app.exit(result=row.value)

    def _seek(self, text: str) -> None:
        """Show what fits a text; where nothing does, the text is the answer, if one may be typed."""
        self._search = "".join(char for char in text if char.isprintable())
        wanted = self._search.lower().split()
        fitting = [row for row in self._all if row.value is not None and all(word in row.sought for word in wanted)]
        if not self._search:
            self._rows = self._all
        elif fitting:
            self._rows = fitting
        elif self._question.typed and len(wanted) == 1:
            self._rows = [_Row(f"{self._search}  (as typed)", self._search)]
        else:
            self._rows = [_Row("nothing fits")]
        self._pointed = self._next(-1, 1)


def _rows(question: Select) -> list[_Row]:
    """Return the choices under their headings, none wider than the terminal, then the ways on and back."""
    width = max(shutil.get_terminal_size().columns - 5, 20)
    found: list[_Row] = []
    group = ""
    for one in question.choices:
        if one.group != group:
            group = one.group
            found.append(_Row(f"-- {shown(group)}"))
        found.append(_Row(_cut(one, width), one.value, f"{one.label} {one.group}".lower()))
    if question.skip or question.back:
        found.append(_Row("--"))
    if question.skip:
        skip = f"skip: {question.skip}"
        found.append(_Row(skip[:width], Navigation.SKIP, skip.lower()))
    if question.back:
        found.append(_Row("go back", Navigation.BACK, "go back"))
    return found


_ASIDE: Final = (None, Navigation.SKIP, Navigation.BACK)
"""What rows stand for that are no choices."""


def _page() -> int:
    return max(shutil.get_terminal_size().lines - 4, 1)


def _in_words(question: WizardQuestion, answer: str | bool | Navigation) -> str:
    """Return an answer as it is left on the screen."""
    if isinstance(answer, bool):
        return "Yes" if answer else "No"
    if isinstance(question, Select):
        if answer is Navigation.SKIP:
            return f"skip: {question.skip}"
        return next((shown(one.label) for one in question.choices if one.value == answer), shown(str(answer)))
    if isinstance(question, Text) and question.kind is AnswerKind.LINES:
        return f"{len(str(answer).splitlines())} lines"
    return shown(str(answer))


def _cut(choice: Choice, width: int) -> str:
    label = shown(choice.label)
    if choice.note:
        return _FURTHER.join(textwrap.wrap(f"{label} ({shown(choice.note)})", width - 2, break_on_hyphens=False))
    return label if len(label) <= width else f"{label[: width - 2]}.."


def _stop(event: KeyPressEvent) -> None:
    event.app.exit(exception=KeyboardInterrupt, style="class:aborting")


def _bind_escape(asked: questionary.Question) -> None:
    """Let Esc stop."""
    keys = KeyBindings()
    keys.add(Keys.Escape, eager=True)(_stop)
    asked.application.key_bindings = merge_key_bindings([*_own(asked), keys])
    asked.application.ttimeoutlen = 0.1


def _own(asked: questionary.Question) -> Sequence[Any]:
    own = asked.application.key_bindings
    return [own] if own is not None else []
