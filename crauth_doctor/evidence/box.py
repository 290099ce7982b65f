"""The box that the readers put into: what was found so far, and which lines are already understood."""

from __future__ import annotations

from types import MappingProxyType

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
from ..model.exported import Export, ExportKind
from ..model.token import Token
from ..model.told import Statement
from . import tokens
from .commands import Command
from .vault import clean

PIECE_LIMIT = 4000
"""As many pieces of one kind as are kept."""


class Box:
    """Everything found in one paste, while it is being read. Line numbers count from zero in here, from one outside."""

    def __init__(self, lines: list[str], known: list[Token | None]) -> None:
        self.lines = lines
        self.known = known
        self.taken = bytearray(len(lines))
        self.commands: list[Command] = []
        self.pieces: list[Piece] = []
        self.exchanges: list[Exchange] = []
        self.logs: list[LogEntry] = []
        self.errors: list[ClientError] = []
        self.credentials: list[Credential] = []
        self.expressions: list[Expression] = []
        self.exports: list[Export] = []
        self.events: list[Event] = []
        self.told: list[Statement] = []
        self.cut: list[str] = []

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

    def credential(self, header: str, value: str, lines: Lines) -> Credential:
        """Judge a credential header's value."""
        return tokens.credential(header, value, self.known, lines)

    def terraform(self, start: int, end: int, kind: str, label: str, settings: dict[str, str]) -> None:
        """List a resource of Terraform's source."""
        lines = self.list_softly(start, end, PieceKind.SOURCE, f"Terraform {kind} {label}")
        fields = {"type": kind, **{key: clean(value, 300) for key, value in settings.items()}}
        self.exports.append(Export(ExportKind.TERRAFORM, lines, f"{kind}.{label}", fields=MappingProxyType(fields)))

    def drop_command(self, command: Command) -> None:
        """Forget the call that a command line alone told of, for one with its answer takes its place."""
        lines = (command.start + 1, command.end)
        self.exchanges[:] = [each for each in self.exchanges if each.lines != lines]

    def command_before(self, index: int, reach: int = 3) -> Command | None:
        """Return the command line whose output starts at this line, where one stands close above it."""
        for command in reversed(self.commands):
            if command.end <= index:
                between = self.lines[command.end : index]
                close = len(between) <= reach and not any(line.strip() for line in between)
                return command if close else None
        return None
