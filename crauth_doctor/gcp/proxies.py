"""The variables that name a proxy, out of all that a workload is given: others hold secrets, and are never kept.

Documentation: https://docs.cloud.google.com/run/docs/configuring/services/environment-variables
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_NAMES: Final = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
_SIGN_IN: Final = re.compile(r"^([a-z][a-z0-9+.-]*://)?.*@", re.IGNORECASE | re.DOTALL)


def proxies_of(variables: Iterable[tuple[object, object]]) -> tuple[tuple[str, str], ...]:
    """Keep the proxy variables, names in upper case; of two that differ in case, the lower-case one wins.

    A user and password in a proxy's URL are left out.
    Source: https://docs.python.org/3/library/urllib.request.html#urllib.request.getproxies
    """
    given: dict[str, str] = {}
    for name, value in variables:
        given.setdefault(str(name), str(value or ""))
    found = {name: given.get(name.lower(), given.get(name)) for name in _NAMES}
    return tuple((name, _SIGN_IN.sub(r"\1", value)) for name, value in found.items() if value is not None)
