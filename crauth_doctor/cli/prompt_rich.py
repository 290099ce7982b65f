"""Questions that are answered with arrow keys and by typing, by questionary."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import questionary
from prompt_toolkit.filters import Always
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent, merge_key_bindings
from prompt_toolkit.keys import Keys
from prompt_toolkit.output import ColorDepth
from questionary.prompts.common import InquirerControl, Separator

from ..wizard import AnswerKind, Choice, Confirm, Navigation, Select, Text, WizardQuestion
from .prompt_text import shown, trouble

_BACK: Final = "<"
_MANY: Final = 3
"""Up to so many choices, nobody needs to search."""
_STYLE: Final = questionary.Style(
    [
        ("qmark", "fg:ansigreen bold"),
        ("question", "bold"),
        ("answer", "fg:ansicyan"),
        ("pointer", "fg:ansicyan bold"),
        ("highlighted", "fg:ansicyan bold"),
        ("selected", "noreverse"),
        ("instruction", "fg:ansibrightblack"),
        ("separator", "fg:ansibrightblack"),
    ]
)


class Prompts:
    """Asks with redraws.

    Args:
        colour: whether colours may be used.
    """

    def __init__(self, *, colour: bool) -> None:
        self._looks: dict[str, Any] = {"style": _STYLE, "qmark": "?"}
        if not colour:
            self._looks["color_depth"] = ColorDepth.DEPTH_1_BIT

    def ask(self, question: WizardQuestion) -> str | bool | Navigation:
        """Ask, until there is an answer."""
        match question:
            case Select():
                asked = self._select(question)
            case Text(kind=AnswerKind.LINES):
                asked = self._lines(question)
            case Text():
                asked = self._text(question)
            case Confirm():
                asked = questionary.confirm(question.message, default=False, auto_enter=False, **self._looks)
        _bind(asked, back=isinstance(question, Select) and question.back)
        try:
            answer = asked.unsafe_ask()
        except (KeyboardInterrupt, EOFError):
            return Navigation.CANCEL
        if isinstance(question, Text) and question.back and answer.strip() == _BACK:
            return Navigation.BACK
        return answer if isinstance(answer, bool | Navigation) else str(answer)

    def _select(self, question: Select) -> questionary.Question:
        searches = bool(question.typed) or len(question.choices) > _MANY
        keys = ["type to search" if searches else "arrows", *["left: back"] * question.back, "Esc: stop"]
        instruction = f"({', '.join(keys)})"
        if len(question.message) + len(instruction) + 4 > shutil.get_terminal_size().columns:
            instruction = "(Esc: stop)"
        asked = questionary.select(
            question.message,
            choices=_choices(question),
            default=question.default or None,
            use_search_filter=searches,
            use_jk_keys=False,
            pointer=">",
            instruction=instruction,
            **self._looks,
        )
        if searches:
            _repair(asked, question)
        return asked

    def _text(self, question: Text) -> questionary.Question:
        notes = [question.hint] * bool(question.hint) + ["< goes back"] * question.back
        instruction = f"({'; '.join(notes)})\n>" if notes else "\n>"

        def valid(text: str) -> bool | str:
            given = text.strip()
            return (given == _BACK and question.back) or trouble(question.kind, given) or True

        return questionary.text(
            question.message, default=question.default, instruction=instruction, validate=valid, **self._looks
        )

    def _lines(self, question: Text) -> questionary.Question:
        instruction = "(Ctrl-D when done; < alone goes back; Esc: stop)\n"
        asked = questionary.text(
            question.message, multiline=True, instruction=instruction, erase_when_done=True, **self._looks
        )
        done = KeyBindings()

        @done.add(Keys.ControlD, eager=True)
        def _(event: KeyPressEvent) -> None:
            event.current_buffer.validate_and_handle()

        asked.application.key_bindings = merge_key_bindings([*_own(asked), done])
        return asked


class _Control(InquirerControl):
    """questionary's list, with a search that ends where nothing fits: then what was typed is the answer.

    In questionary itself all choices come back, and Enter takes the first of them.
    """

    typed: str = ""
    groups: Mapping[str, str] = MappingProxyType({})

    @property
    def filtered_choices(self) -> list[questionary.Choice]:
        """What fits the search."""
        if not self.search_filter:
            return self.choices
        wanted = self.search_filter.strip().lower()
        fitting = [one for one in self.choices if not isinstance(one, Separator) and wanted in self._words(one)]
        self.found_in_search = bool(fitting)
        if fitting or not self.typed:
            return fitting or [Separator("nothing fits")]
        return [questionary.Choice(f"{self.search_filter}  (as typed)", value=self.search_filter)]

    def _words(self, choice: questionary.Choice) -> str:
        return f"{choice.title} {self.groups.get(str(choice.value), '')}".lower()

    def is_selection_a_separator(self) -> bool:
        """Tell whether it points at a heading."""
        return isinstance(self.filtered_choices[self.pointed_at], Separator)

    def is_selection_disabled(self) -> str | None:
        """Tell whether it points at nothing that could be chosen."""
        return None

    def is_selection_valid(self) -> bool:
        """Tell whether it points at an answer; where there is none, nothing is to be gone on to."""
        return not self.is_selection_a_separator() or len(self.filtered_choices) == 1

    def add_search_character(self, char: Any) -> None:
        """Search on, and point at the first answer."""
        super().add_search_character(char)
        while not self.is_selection_valid():
            self.select_next()


def _choices(question: Select) -> list[questionary.Choice]:
    """Return the choices under their headings, none wider than the terminal, then the ways on and back."""
    width = max(shutil.get_terminal_size().columns - 5, 20)
    found: list[questionary.Choice] = []
    group = ""
    for one in question.choices:
        if one.group != group:
            group = one.group
            found.append(Separator(f"-- {group}"))
        found.append(questionary.Choice(_cut(one, width), value=one.value))
    if question.skip or question.back:
        found.append(Separator("--"))
    if question.skip:
        found.append(questionary.Choice(f"skip: {question.skip}"[:width], value=Navigation.SKIP))
    if question.back:
        found.append(questionary.Choice("go back", value=Navigation.BACK))
    return found


def _cut(choice: Choice, width: int) -> str:
    label = shown(choice.label)
    return label if len(label) <= width else f"{label[: width - 2]}.."


def _repair(asked: questionary.Question, question: Select) -> None:
    """Put our search in the place of questionary's, paste and all."""
    window = next(
        one for one in asked.application.layout.find_all_windows() if isinstance(one.content, InquirerControl)
    )
    window.dont_extend_height = Always()
    control = window.content
    control.__class__ = _Control
    assert isinstance(control, _Control)
    control.typed = question.typed
    control.groups = {one.value: one.group for one in question.choices}
    keys = KeyBindings()

    @keys.add(Keys.BracketedPaste, eager=True)
    def _(event: KeyPressEvent) -> None:
        for character in event.data.strip():
            control.add_search_character(character)

    @keys.add(Keys.ControlM, eager=True)
    def _(event: KeyPressEvent) -> None:
        pointed = control.get_pointed_at()
        if not isinstance(pointed, Separator):
            control.is_answered = True
            event.app.exit(result=pointed.value)

    asked.application.key_bindings = merge_key_bindings([*_own(asked), keys])


def _bind(asked: questionary.Question, *, back: bool) -> None:
    """Let Esc stop, and the left arrow go back."""
    keys = KeyBindings()

    @keys.add(Keys.Escape, eager=True)
    def _(event: KeyPressEvent) -> None:
        event.app.exit(exception=KeyboardInterrupt, style="class:aborting")

    if back:

        @keys.add(Keys.Left, eager=True)
        def _(event: KeyPressEvent) -> None:
            event.app.exit(result=Navigation.BACK)

    asked.application.key_bindings = merge_key_bindings([*_own(asked), keys])
    asked.application.ttimeoutlen = 0.1


def _own(asked: questionary.Question) -> Sequence[Any]:
    own = asked.application.key_bindings
    return [own] if own is not None else []
