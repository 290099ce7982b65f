"""Every API that a file of this folder declares: an `Api` at the top of a module is served."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from .framework import Api


def _declared() -> Iterator[Api]:
    for found in iter_modules([str(Path(__file__).parent)]):
        if found.name != "registry":
            module = import_module(f"{__package__}.{found.name}")
            yield from (value for value in vars(module).values() if isinstance(value, Api))


APIS = tuple(dict.fromkeys(_declared()))


def serving(method: str, path: str) -> list[Api]:
    """The APIs that serve a bare path; those with a path of just this form come first."""
    found = [(route.takes_any, api) for api in APIS if (route := api.route_of(method, path))]
    return [api for _, api in sorted(found, key=lambda each: each[0])]
