"""The tree's laws: a layer imports only from those below it, and the pure ones touch nothing."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.source import tree_of, walked

ROOT = Path(__file__).parents[1] / "crauth_doctor"
MAY_IMPORT: dict[str, set[str]] = {
    "model": set(),
    "redaction": {"model"},
    "spelling": set(),
    "deferred": set(),
    "say": set(),
    "iam": {"model"},
    "google_json": {"model", "redaction"},
    "answers": {"model"},
    "rules": {"model", "iam", "answers"},
    "diagnosis": {"model", "iam", "answers", "rules"},
    "evidence": {"model", "google_json", "redaction"},
    "fixes": {"model"},
    "wizard": {"model"},
    "report": {"__version__", "model", "redaction", "fixes"},
    "gcp": {"model", "google_json", "redaction"},
    "collect": {"model", "spelling", "google_json", "redaction", "gcp", "iam"},
    "apply": {"model", "iam", "google_json", "redaction", "gcp"},
    "workflows": {
        "__version__", "model", "redaction", "spelling", "iam", "google_json", "answers", "rules", "diagnosis",
        "evidence", "fixes", "report", "gcp", "collect", "apply",
    },
    "mcp": {"__version__", "workflows", "report", "model", "redaction", "spelling"},
    "cli": {"__version__", "mcp", "workflows", "wizard", "report", "model", "redaction", "spelling"},
    "sandbox": set(),
}  # fmt: skip
FOR_ALL_BUT_THE_SANDBOX = {"deferred", "say"}
STARTS_THE_SANDBOX = {"cli/app.py"}
TALKS_TO_PEOPLE = {"click", "questionary", "prompt_toolkit", "getpass", "os", "readline", "sys"}
PURE = {
    "model",
    "redaction",
    "spelling",
    "deferred",
    "say",
    "iam",
    "google_json",
    "answers",
    "rules",
    "diagnosis",
    "evidence",
    "fixes",
    "wizard",
    "report",
}
IMPURE_MODULES = {
    "asyncio",
    "glob",
    "logging",
    "os",
    "pathlib",
    "random",
    "secrets",
    "shutil",
    "socket",
    "ssl",
    "subprocess",
    "sys",
    "tempfile",
    "threading",
    "time",
    "urllib.request",
    "http.client",
    "http.server",
}
IMPURE_CALLS = {"open", "input", "print", "now", "today", "utcnow"}
ONLY_IN_GCP = {"google", "requests", "urllib3", "googleapiclient"}
ONLY_IN_MCP = {"anyio", "mcp", "mcp_types", "pydantic"}
STDLIB_OF_MODEL_ONLY = {"click", "cryptography", "jinja2", "lark", "questionary", "yaml"}


def modules(layer: str = "") -> list[Path]:
    """The modules of a layer, or of all."""
    return sorted(path for path in ROOT.rglob("*.py") if layer_of(path) in ({layer} if layer else MAY_IMPORT))


def layer_of(path: Path) -> str:
    return path.relative_to(ROOT).with_suffix("").parts[0]


def imports(path: Path) -> set[tuple[str, bool]]:
    """Every import as (name, whether it is ours); ours are named from the package's root."""
    return imports_of(tree_of(path), path.relative_to(ROOT).with_suffix("").parts)


def imports_of(tree: ast.Module, here: tuple[str, ...]) -> set[tuple[str, bool]]:
    found: set[tuple[str, bool]] = set()
    for node in walked(tree):
        if isinstance(node, ast.Import):
            found |= {named(alias.name) for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            module = node.module or ""
            found |= {named(f"{module}.{alias.name}") for alias in node.names} | {named(module)}
        elif isinstance(node, ast.ImportFrom):
            base = here[: len(here) - node.level]
            target = (*base, *(node.module or "").split(".")) if node.module else base
            found |= {(target[0] if target else alias.name, True) for alias in node.names}
    return found


def named(module: str) -> tuple[str, bool]:
    top, _, rest = module.partition(".")
    return (rest.partition(".")[0] or top, True) if top == ROOT.name else (module, False)


def is_one_of(module: str, names: set[str]) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in names)


def test_every_file_has_a_layer() -> None:
    free = {"__init__", "__main__"}
    assert {layer_of(path) for path in ROOT.rglob("*.py")} <= MAY_IMPORT.keys() | free


@pytest.mark.parametrize("layer", MAY_IMPORT)
def test_imports_point_down(layer: str) -> None:
    for path in modules(layer):
        points_down(path, layer)


def points_down(path: Path, layer: str) -> None:
    for name, ours in imports(path):
        if ours:
            starts = name == "sandbox" and str(path.relative_to(ROOT)) in STARTS_THE_SANDBOX
            below = MAY_IMPORT[layer] | (FOR_ALL_BUT_THE_SANDBOX if layer != "sandbox" else set())
            assert name == layer or name in below or starts, f"{path} must not import {name}"
        elif layer not in {"gcp", "sandbox"}:
            assert not is_one_of(name, ONLY_IN_GCP), f"{path}: only gcp may import {name}"
            assert layer == "mcp" or not is_one_of(name, ONLY_IN_MCP), f"{path}: only mcp may import {name}"
        if layer == "model" and not ours:
            assert not is_one_of(name, STDLIB_OF_MODEL_ONLY), f"{path}: standard library only, no {name}"


@pytest.mark.parametrize("layer", sorted(PURE))
def test_the_pure_layers_are_pure(layer: str) -> None:
    for path in modules(layer):
        is_pure(path)


def is_pure(path: Path) -> None:
    for name, ours in imports(path):
        assert ours or not is_one_of(name, IMPURE_MODULES), f"{path}: no {name}"
    for node in walked(tree_of(path)):
        if isinstance(node, ast.Call):
            called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            owned = isinstance(node.func, ast.Attribute) and called in {"open", "input", "print"}
            assert owned or called not in IMPURE_CALLS, f"{path}:{node.lineno}: no {called}()"


def test_the_cli_reaches_into_no_inside_of_the_sandbox() -> None:
    for path in (ROOT / "cli").rglob("*.py"):
        for node in walked(tree_of(path)):
            if isinstance(node, ast.ImportFrom):
                assert not (node.module or "").startswith("sandbox."), path


def test_workflows_neither_print_nor_ask() -> None:
    """They are handed whom to tell and whom to ask, and the environment."""
    for path in modules("workflows"):
        for name, ours in imports(path):
            assert ours or not is_one_of(name, TALKS_TO_PEOPLE), f"{path}: {name}"
        for node in walked(tree_of(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in {"print", "input", "open", "exit", "quit"}, f"{path}:{node.lineno}"


def test_only_the_cli_prints_and_exits() -> None:
    for path in modules():
        if layer_of(path) == "sandbox":  # it serves by itself, and says on stderr what it does not serve
            continue
        for node in walked(tree_of(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in {"print", "exit", "quit"}, f"{path}:{node.lineno}"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from ..model.fact import Known", {("model", True)}),
        ("from .. import diagnose", {("diagnose", True)}),
        ("from . import gcloud", {("fixes", True)}),
        ("import crauth_doctor.gcp.run", {("gcp", True)}),
        ("from crauth_doctor import gcp", {("gcp", True), ("crauth_doctor", True)}),
        ("import os.path", {("os.path", False)}),
        ("from urllib import request", {("urllib", False), ("urllib.request", False)}),
    ],
)
def test_imports_are_seen_however_they_are_written(source: str, found: set[tuple[str, bool]]) -> None:
    assert imports_of(ast.parse(source), ("fixes", "gcloud")) == found


GOOGLES_WORD = re.compile(
    r"INGRESS_TRAFFIC_\w+|(?:VPC_)?EGRESS_\w+|PRIVATE_(?:IP_)?RANGES(?:_ONLY)?|ALL_TRAFFIC|CONDITION_\w+"
    r"|DENY_ACCESS_STATE_\w+|PRIVATE_SERVICE_CONNECT|\w+_UNSPECIFIED"
)
"""Values of the enumerations of Google's APIs that decide something here."""


def test_only_google_json_knows_the_words_of_googles_apis() -> None:
    """The sandbox is an island, and what Terraform writes is a language of its own."""
    for path in ROOT.rglob("*.py"):
        if layer_of(path) in {"google_json", "sandbox"} or path == ROOT / "fixes" / "terraform.py":
            continue
        for node in walked(tree_of(path)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert not GOOGLES_WORD.fullmatch(node.value), f"{path}:{node.lineno}: {node.value}"


def test_no_module_needs_one_that_needs_it_early_or_late() -> None:
    known = {path.relative_to(ROOT).with_suffix("").as_posix(): path for path in modules()}
    needed = {name: needs(name, path, set(known)) for name, path in known.items()}
    while free := {name for name, rest in needed.items() if not rest & needed.keys()}:
        needed = {name: rest for name, rest in needed.items() if name not in free}
    assert not needed


def needs(name: str, path: Path, known: set[str]) -> set[str]:
    """Every module that one imports by its name, within a function or for its types too; rooms have no part in it."""
    found: set[str] = set()
    for node in walked(tree_of(path)):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = "/".join([*name.split("/")[: -node.level], *filter(None, [(node.module or "").replace(".", "/")])])
            found |= {base, *(f"{base}/{alias.name}" for alias in node.names)}
    return found & known - {name}
