"""An API that is declared is reachable, and nothing is reachable that is not declared."""

from __future__ import annotations

import ast
import copy
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crauth_doctor.sandbox import serve
from crauth_doctor.sandbox.apis import registry, resource_kinds
from crauth_doctor.sandbox.apis.framework import ApiRoute
from crauth_doctor.sandbox.iam.roles import PERMISSIONS
from tests.sandbox.conftest import WORLD, Shop

NOT_SERVED = "<title>Error 404 (Not Found)!!1</title>"


@pytest.fixture(scope="module", name="own")
def own_shop() -> Iterator[Shop]:
    """A shop of this module's own: some of what is asked here changes it."""
    with serve(copy.deepcopy(WORLD)) as sandbox:
        yield Shop(sandbox)


def filled(route: ApiRoute) -> str:
    """A path of a route: each variable filled in, `kind` with a word that every API knows."""
    return re.sub(r"\{(\w+)(=\*\*)?\}", lambda found: "projects" if found[1] == "kind" else "x-1", route.template)


def declared_hosts() -> list[str]:
    """The hosts for which the files of the folder make an `Api`, read in their source."""
    found = []
    for path in sorted(Path(str(registry.__file__)).parent.glob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            call = node.value if isinstance(node, ast.Assign) else None
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Api":
                assert isinstance(call.args[0], ast.Constant)
                found.append(str(call.args[0].value))
    return found


def test_what_a_file_declares_is_served_once() -> None:
    assert sorted(declared_hosts()) == sorted(api.host for api in registry.APIS)
    assert [
        host for host, times in Counter(host for api in registry.APIS for host in api.hosts).items() if times > 1
    ] == []


def test_a_declared_path_is_reachable(own: Shop, capfd: Any) -> None:
    for api in registry.APIS:
        for route in api.routes:
            assert api.route_of(route.method, filled(route)) is route, "another path of this API stands before it"
            answer = own.api(api.host + filled(route), route.method, json={})
            assert NOT_SERVED not in answer.text, (api.host, route)
            assert "not served" not in capfd.readouterr().err, (api.host, route)


def test_a_declared_kind_is_reachable(own: Shop) -> None:
    for kind in resource_kinds.KINDS:
        answer = own.api(f"{kind.host}{kind.prefixes[0]}/projects/shop-prod/locations/us-central1/{kind.collection}/x")
        assert answer.status_code in (403, 404), kind
        assert answer.headers["content-type"].startswith("application/json"), kind
        # the basic roles hold what this list has
        assert {f"{kind.permission}.get", f"{kind.permission}.list"} & set(PERMISSIONS), f"nobody may read {kind}"


def test_what_is_not_declared_is_not_reachable(own: Shop) -> None:
    hosts = {*declared_hosts(), *resource_kinds.HOSTS, "undeclared.googleapis.com"}
    reached = [host for host in hosts if NOT_SERVED not in own.api(f"{host}/v1/undeclared/x/of/no/kind").text]
    assert reached == []


def test_every_api_of_the_table_has_its_title() -> None:
    assert {kind.service for kind in resource_kinds.KINDS} == set(resource_kinds._TITLES)
