"""One paste while it is read: its lines, which of them are understood, and what was found so far."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..model.clienterror import ClientError
from ..model.evidence import (
    Credential,
    Event,
    Exchange,
    Expression,
    Lines,
    LogEntry,
    Piece,
    PieceKind,
)
from ..model.exported import Export
from ..model.token import Token
from .things.resources import Resources
from .trees import tokens
from .trees.commands import Command
from .trees.redactor import clean

READABLE_LINES = 3_500
READABLE_LENGTH = 2000
PIECE_LIMIT = 4000
"""As many pieces of one kind as are kept."""


@dataclass(slots=True)
class Budget:
    """How much of what stands inside of documents may still be looked into: values; 16 characters count as one."""

    left: int = 40_000


class Paste:
    """Everything found in one paste, while it is being read. Line numbers count from zero in here, from one outside."""

    def __init__(self, lines: list[str], known: list[Token | None], budget: Budget | None = None) -> None:
        self.lines = lines
        self.known = known
        self.budget = budget or Budget()
        self.is_http = False  # whether nothing else stands between its calls
        self.written: list[object] = []
        self.taken = bytearray(len(lines))
        self.commands: list[Command] = []
        self.starts: frozenset[int] = frozenset()
        self.called: dict[int, Exchange] = {}
        self.pieces: list[Piece] = []
        self.exchanges: list[Exchange] = []
        self.logs: list[LogEntry] = []
        self.errors: list[ClientError] = []
        self.credentials: list[Credential] = []
        self.expressions: list[Expression] = []
        self.exports: list[Export] = []
        self.events: list[Event] = []
        self.cut: list[str] = []
        self.resources = Resources()
        self._shown: dict[str, bool] = {}

    def shows(self, word: str) -> bool:
        """Whether a word stands anywhere in it; looked for once."""
        if word not in self._shown:
            self._shown[word] = any(word in line for line in self.lines)
        return self._shown[word]

    def set_commands(self, commands: Sequence[Command]) -> None:
        """Note the command lines, in order."""
        self.commands = list(commands)
        self.starts = frozenset(command.start for command in commands)

    def take(self, start: int, end: int, kind: PieceKind, summary: str) -> Lines:
        """Claim the lines from `start` up to, not including, `end`, and list them as a piece."""
        self.taken[start:end] = b"\1" * (end - start)
        place = (start + 1, max(end, start + 1))
        if len(self.pieces) < PIECE_LIMIT:
            self.pieces.append(Piece(kind, place, clean(summary, 200)))
        return place

    def take_softly(self, start: int, end: int) -> None:
        """Mark free lines as understood, which others may still read: they are no prose, and may tell more."""
        for index in range(start, min(end, len(self.taken))):
            self.taken[index] = self.taken[index] or 2

    def list_softly(self, start: int, end: int, kind: PieceKind, summary: str) -> Lines:
        """List a piece on lines that others may still read."""
        free = bytes(self.taken[start:end])
        place = self.take(start, end, kind, summary)
        self.taken[start:end] = bytes(each or 2 for each in free)
        return place

    def is_free(self, index: int) -> bool:
        """Whether a line is there and nobody has claimed it."""
        return index < len(self.lines) and not self.taken[index]

    def tokens_in(self, line: str, most: int = 50) -> list[Token]:
        """Return the tokens whose marks stand in a line."""
        return [token for token in tokens.marked(line[:20_000], self.known)[:most] if token]

    def credential(self, header: str, value: str, lines: Lines) -> Credential:
        """Judge a credential header's value."""
        return tokens.credential(header, value, self.known, lines)

    def command_before(self, index: int, reach: int = 3) -> Command | None:
        """Return the command line whose output starts at this line, where one stands close above it."""
        position = bisect_right(self.commands, index, key=lambda command: command.end)
        if not position:
            return None
        command = self.commands[position - 1]
        between = self.lines[command.end : index] if index - command.end <= reach else ["far"]
        return None if any(line.strip() for line in between) else command

    def next_line(self, index: int) -> str:
        """Return the line below, shortened; an empty one where it is a document's."""
        below = index + 1
        return self.lines[below][:READABLE_LENGTH] if below < len(self.lines) and self.taken[below] != 1 else ""

    def readable(self) -> Iterator[tuple[int, str]]:
        """Yield the lines that are no document, shortened, with their index; of very many, the first and the last."""
        indices = [index for index, line in enumerate(self.lines) if line and self.taken[index] != 1]
        if len(indices) > READABLE_LINES:
            self.cut.append(f"of {len(indices)} lines that are not a document, not every one was read closely")
            indices = indices[: READABLE_LINES * 3 // 4] + indices[-READABLE_LINES // 4 :]
        for index in indices:
            if self.taken[index] != 1:
                yield index, self.lines[index][:READABLE_LENGTH]
