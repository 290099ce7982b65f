"""How often each cause was the established one in 132 public reports of failing calls, looked into by 2026-11-28.

Skewed to people who write on GitHub: a prior, not a statistic. It orders what is left open, and decides nothing.
"""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Iterable, Mapping
from typing import Final

from ..model.finding import Outcome

REPORTS: Final[Mapping[str, int]] = json.loads(pkgutil.get_data(__name__, "priors.json") or b"")["causes"]


def weight_of(cause: str) -> int:
    """Return how often a cause occurs, against others: one for each that was never reported, too."""
    return REPORTS.get(cause, 0) + 1


def likelier_first(outcomes: Iterable[Outcome]) -> tuple[Outcome, ...]:
    """Return the outcomes by how often their causes occur."""
    return tuple(sorted(outcomes, key=lambda one: -weight_of(one.rule)))
