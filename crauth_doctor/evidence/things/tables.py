"""What gcloud prints when it is asked for a few fields (`--format='value(…)'`), and its empty lists."""

from __future__ import annotations

import re
from types import MappingProxyType

from ...deferred import regex
from ...model.evidence import PieceKind
from ...model.exported import Export, ExportKind
from ..paste import Paste
from ..trees.commands import Command
from ..trees.redactor import clean
from .exports import resource_of

_FIELDS = regex(r"^(?:value|csv|table)(?:\[[^\]]{0,80}\])?\((?P<fields>[^)]{1,400})\)$")
_PAIR = regex(r"(?P<key>[\w./-]{2,120})=(?P<value>[^;]{0,300})(?:;|$)")
_EMPTY = "Listed 0 items."
_KINDS = (
    ("run services", ExportKind.SERVICE),
    ("run jobs", ExportKind.JOB),
    ("compute backend-services", ExportKind.BACKEND_SERVICE),
    ("functions", ExportKind.FUNCTION),
    ("beta run domain-mappings", ExportKind.DOMAIN_MAPPING),
    ("run domain-mappings", ExportKind.DOMAIN_MAPPING),
)
_ROWS = 50


def read(paste: Paste) -> None:
    """Take the rows under each gcloud command that asks for fields, and note lists that are empty."""
    for command in paste.commands:
        if command.program != "gcloud" or not paste.is_free(command.end):
            continue
        first = paste.lines[command.end].strip()
        asked = _FIELDS.match(command.flags.get("--format", "").strip("'\""))
        if first == _EMPTY:
            _add(paste, command, command.end + 1, {"listed": "0"})
        elif asked and first:
            _rows(paste, command, [name.strip() for name in asked["fields"].split(",")])


def _rows(paste: Paste, command: Command, names: list[str]) -> None:
    index = command.end
    while paste.is_free(index) and paste.lines[index].strip() and index - command.end < _ROWS:
        line = paste.lines[index][:4000]
        if index in paste.starts:
            break
        _add(paste, command, index + 1, _pairs(line) or _cells(line, names))
        index += 1


def _pairs(line: str) -> dict[str, str]:
    """Read a mapping as gcloud flattens it: `key=value;key=value`."""
    return {found["key"]: found["value"] for found in _PAIR.finditer(line)} if "=" in line else {}


def _cells(line: str, names: list[str]) -> dict[str, str]:
    cells = re.split(r"\t|\s{2,}|,", line.strip())
    return dict(zip(names, (cell.strip() for cell in cells), strict=False))


def _add(paste: Paste, command: Command, end: int, fields: dict[str, str]) -> None:
    group = command.group
    kind = next((kind for words, kind in _KINDS if group.startswith(words)), ExportKind.OTHER)
    lines = paste.take(end - 1, end, PieceKind.EXPORT, f"fields of {group}")
    kept = {name[:120]: clean(value, 300) for name, value in fields.items()}
    name = resource_of(command) if " list" not in group else None
    paste.exports.append(Export(kind, lines, name, fields=MappingProxyType(kept), command=group[:200], partial=True))
