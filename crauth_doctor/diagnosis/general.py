"""Which cause is a special case, or a consequence, of which more general ones.

Where nothing shows the special one, the general one is true as well, and no rival of it.
"""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

GENERAL: Final[Mapping[str, Sequence[str]]] = json.loads(pkgutil.get_data(__name__, "general.json") or b"")["general"]
_NO_TOKEN: Final = "token/missing"


@cache
def more_general(id: str) -> frozenset[str]:
    """Return every cause that is true as well where this one is, near and far.

    A caller that cannot get a token sends none: so everything at mint leads to a missing token.
    """
    found: set[str] = set()
    ahead = [id]
    while ahead:
        each = ahead.pop()
        above = [*GENERAL.get(each, ()), *([_NO_TOKEN] if each.startswith("mint/") else [])]
        ahead += [one for one in above if one not in found]
        found.update(above)
    return frozenset(found - {id})


def are_rivals(one: str, other: str) -> bool:
    """Tell whether two causes exclude each other as the answer to what is wrong."""
    return one != other and other not in more_general(one) and one not in more_general(other)
