"""The words of the dialogue: what it asks, what it wants done, and what it is answered.

The dialogue yields a `WizardQuestion` or an `Action` and is sent the `WizardReply`. It knows nothing of terminals and
clouds: whoever drives it asks the human, reads and changes things, and hands over what came of it.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import field
from enum import StrEnum
from typing import TypeAlias, TypeVar

from ..deferred import dataclass
from ..model.inventory import Inventory

T = TypeVar("T")


class Navigation(StrEnum):
    """An answer that gives nothing, but says where to go."""

    BACK = "back"
    SKIP = "skip"
    CANCEL = "cancel"


@dataclass(frozen=True)
class Choice:
    """One of several answers."""

    value: str  # what is answered by it
    label: str  # what is shown
    group: str = ""  # the heading that it stands under
    note: str = ""  # what follows from it, which is shown whole


@dataclass(frozen=True)
class Select:
    """A question with answers to choose from."""

    id: str  # what is asked for, the same in every version
    message: str
    choices: tuple[Choice, ...]  # the answers; at least one
    default: str = ""  # the value of the answer that is offered first; empty for the first
    typed: str = ""  # what else may be typed in place of a choice; empty where nothing may be
    skip: str = ""  # what skipping means; empty where there is nothing to skip
    back: bool = True  # whether there is a question before it


class AnswerKind(StrEnum):
    """What a typed answer has to be."""

    ANY = "any"
    PROJECT = "project"
    PATH = "path"
    METHOD = "method"
    URL = "url"
    WORD = "word"
    FILE = "file"
    NEW_FILE = "new-file"
    LINES = "lines"


@dataclass(frozen=True)
class Text:
    """A question whose answer is typed. An empty answer skips it."""

    id: str
    message: str
    default: str = ""  # what is there already
    hint: str = ""  # what an answer may be, or what skipping means
    kind: AnswerKind = AnswerKind.ANY  # what the answer has to be; a driver checks what it says of files
    back: bool = True


@dataclass(frozen=True)
class Confirm:
    """A question for consent; no is the answer of whoever just presses Enter."""

    id: str
    message: str


WizardQuestion: TypeAlias = Select | Text | Confirm


@dataclass(frozen=True)
class FindProjects:
    """List the projects that the operator can see."""


@dataclass(frozen=True)
class FindServices:
    """List the services of a project, in all regions."""

    project: str


@dataclass(frozen=True)
class FindCallers:
    """List what may call in a project."""

    project: str


@dataclass(frozen=True)
class FindChanges:
    """List the changes that can be taken back, the latest first."""


@dataclass(frozen=True)
class Diagnose:
    """Run this command line of `check` or `explain`, and show its report."""

    line: tuple[str, ...]  # the command's name and arguments
    pasted: str = ""  # what `-` stands for in it


@dataclass(frozen=True)
class MakeFixes:
    """Make the fixes of what was just diagnosed, each with consent, and diagnose again."""


@dataclass(frozen=True)
class ShowAdvice:
    """Show what to send to an administrator."""


@dataclass(frozen=True)
class Write:
    """Run a command that writes something, or changes something and asks by itself."""

    line: tuple[str, ...]  # the command's name and arguments
    file: str = ""  # where its output goes; empty for the terminal


Action: TypeAlias = FindProjects | FindServices | FindCallers | FindChanges | Diagnose | MakeFixes | ShowAdvice | Write


@dataclass(frozen=True)
class Checked:
    """What a diagnosis brought; its report was shown."""

    blocked: bool = False  # whether something blocks
    fix: str = ""  # the fix that can be made from here, in a sentence; empty where none can
    widens: bool = False  # whether every such fix lets in more than the one caller
    asks: bool = False  # whether there is a message for an administrator, since the operator may not make the fix
    language: str = ""  # what the caller's code is written in, where its kind tells
    mended: bool = False  # whether something was changed on the way
    failed: bool = False  # whether there is no diagnosis at all
    answers: tuple[str, ...] = ()  # the arguments that stand for what was answered on the way
    # the service that evidence alone tells of, as every command takes it; empty where it tells of none
    service: str = ""


@dataclass(frozen=True)
class Done:
    """Whether a action was done; what it had to say was said."""

    well: bool = True


WizardReply: TypeAlias = str | bool | Navigation | Inventory | Checked | Done | None
Dialogue: TypeAlias = Generator[WizardQuestion | Action, WizardReply, T]


@dataclass(frozen=True)
class Start:
    """What is known before the first question."""

    project: str = ""  # the project, where something tells it
    languages: tuple[str, ...] = ()  # what code can be written in; none where it cannot be
    runbook: bool = False  # whether a runbook can be written


@dataclass(frozen=True)
class Line:
    """A command line that does what was done."""

    args: tuple[str, ...]  # the command's name and arguments
    file: str = ""  # where its output goes; empty for the terminal


@dataclass(frozen=True)
class Ended:
    """How it ended."""

    cancelled: bool = False  # whether it was broken off
    lines: tuple[Line, ...] = field(default=())  # what does the same again
    pasted: bool = False  # whether something was pasted, which the lines take from stdin
