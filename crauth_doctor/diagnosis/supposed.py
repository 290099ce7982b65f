"""What each cause takes for granted of what people know, so that what is said can refute it, or speak for it.

Nothing of it is written by hand: each value that can be said was put into the facts of a call, and the rules judged
them. A fact that a cause has no row of says nothing about it.
"""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

Row: TypeAlias = Mapping[str, Sequence[str]]

INDEX: Final = "supposed.json"
"""Made from the rules by `python tests/diagnosis/test_supposed.py`, and held against them by that test."""

_MADE: Final = json.loads(pkgutil.get_data(__name__, INDEX) or b"")

SUPPOSES: Final[Mapping[str, Row]] = {cause: each["supposes"] for cause, each in _MADE["causes"].items()}
"""By cause: which values of which facts it can be the cause with."""

SHOWN_BY: Final[Mapping[str, Sequence[Row]]] = {
    cause: ways
    for cause, each in _MADE["causes"].items()
    if (ways := [way for way in each["shown_by"] if any(name[0] != "_" for name in way)])
}
"""By cause: the ways in which it is made, where all of one is said; a part of it speaks for the cause.

What begins with `_` can only be read: a way with it is never said whole.
"""

EXCLUDED: Final[Mapping[str, Row]] = _MADE["excluded"]
"""By fact: what else can be said, after which there is nothing to ask of it."""

FOLLOWS: Final[Mapping[str, Mapping[str, Mapping[str, str]]]] = _MADE["follows"]
"""By fact and value: what is so as well; under an empty value what is, whatever is said of the fact."""
