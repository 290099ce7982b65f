"""The house's laws: names that stand for one thing, and nothing that nobody uses."""

from __future__ import annotations

import ast
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

from tests.source import tree_of, walked

ROOT = Path(__file__).parents[1] / "crauth_doctor"
PROJECT = ROOT.parent / "pyproject.toml"
MODULES = sorted(ROOT.rglob("*.py"))
MOST_IN_A_FOLDER = 24

CALLED_BY_LIBRARIES = {
    "list_commands": "click",
    "get_command": "click",
    "get_help_option_names": "click",
    "invoke": "click",
    "resolve_command": "click",
    "convert": "click",
    "format_commands": "click",
    "format_epilog": "click",
    "verify_request": "socketserver",
    "handle_error": "socketserver",
    "server_bind": "socketserver",
    "setup": "socketserver",
    "handle_one_request": "http.server",
    "log_message": "http.server",
    "shutdown_request": "socketserver",
    "access_token": "whoever starts a sandbox in tests of their own",
    "service_account_key": "whoever starts a sandbox in tests of their own",
}
"""What is called by others, and so by no name of ours."""
FOUND_BY_LISTING = ("sandbox/apis/",)
"""Folders whose modules are imported because they are there: what they declare is served."""
KEEPS_THE_NAME = {"property", "staticmethod", "classmethod", "cache", "contextmanager"}
"""Decorators that hand what they decorate to nobody else."""
WINDOWS_ONLY = {"tzdata"}
"""Not imported by name: `zoneinfo` finds it there."""
PRODUCERS = {"evidence", "gcp", "google_json"}
"""Folders whose tables make members of an enum from text or JSON: naming one there is no reading of it."""
SHOWN_BY_VALUE = {
    "ErrorFamily": "the report lists each error that was recognised by its family",
    "EventKind": "the report lists each event that was recognised by its kind",
    "ExportKind": "the report lists each setting that was recognised by its kind",
    "PieceKind": "the report lists each piece that was recognised by its kind",
    "HeaderFault": "the report says what is wrong with a header",
    "TokenKind": "the report shows a token's kind",
}
"""Enums whose members are all read at once, for a person sees their values."""
THE_REST = {
    "Shown.CUT": "not Shown.WHOLE",
}
"""Members that are read as being none of the others."""


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def classes(path: Path) -> Iterator[str]:
    return (node.name for node in tree_of(path).body if isinstance(node, ast.ClassDef) and node.name[0] != "_")


def test_a_class_name_stands_for_one_thing() -> None:
    found: dict[str, list[str]] = defaultdict(list)
    for path in MODULES:
        for name in classes(path):
            found[name].append(place(path).partition("/")[0])
    twice = {name: set(where) for name, where in found.items() if len(where) > 1}
    assert twice == {}


def test_a_folder_holds_some_twenty_things() -> None:
    held = Counter(path.parent.relative_to(ROOT).as_posix() for path in MODULES)
    assert [folder for folder, files in held.items() if files > MOST_IN_A_FOLDER] == []


def imported(path: Path) -> Iterator[Path]:
    """Yield the modules of ours that a module imports, and the packages that they are in."""
    for node in walked(tree_of(path)):
        if not isinstance(node, ast.ImportFrom):
            continue
        module = Path(*(node.module or "").split("."))
        if node.level:
            base = path.parents[node.level - 1] / module
        elif module.parts and module.parts[0] == ROOT.name:
            base = ROOT.parent / module
        else:
            continue
        for target in (base, *(base / alias.name for alias in node.names)):
            yield from (one for one in (target.with_suffix(".py"), target / "__init__.py") if one.exists())


def test_every_module_is_imported_by_the_program() -> None:
    used = {target for path in MODULES for target in imported(path) if target != path}
    alone = {place(path) for path in set(MODULES) - used if path.name not in {"__init__.py", "__main__.py"}}
    assert {one for one in alone - commands() if not one.startswith(FOUND_BY_LISTING)} == set()


def commands() -> set[str]:
    """Return the modules that the command line imports by the name of a command."""
    text = (ROOT / "cli" / "main.py").read_text(encoding="utf-8")
    return {
        f"cli/commands/{path.name}" for path in (ROOT / "cli" / "commands").glob("*.py") if f'"{path.stem}"' in text
    }


def definitions(body: Iterable[ast.stmt]) -> Iterator[tuple[str, ast.stmt]]:
    """Yield public functions, classes and methods, but those that a decorator hands to something else."""
    for node in body:
        if isinstance(node, ast.ClassDef):
            if not node.name.startswith("_"):
                yield node.name, node
            yield from definitions(node.body)
        elif isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and keeps_its_name(node):
            yield node.name, node


def keeps_its_name(node: ast.FunctionDef) -> bool:
    return {*map(ast.unparse, node.decorator_list)} <= KEEPS_THE_NAME


def uses(tree: ast.AST) -> Iterator[str]:
    """Yield each name as often as it is used: read, or an attribute of something. An import alone is no use."""
    for node in walked(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr


def test_nothing_public_is_used_by_tests_only() -> None:
    used = Counter(name for path in MODULES for name in uses(tree_of(path)))
    renamed = {alias.name for path in MODULES for alias in aliases(tree_of(path)) if alias.asname}
    unused = {
        f"{place(path)}: {name}"
        for path in MODULES
        for name, node in definitions(tree_of(path).body)
        if name not in renamed | CALLED_BY_LIBRARIES.keys()
        and used[name] <= sum(1 for one in uses(node) if one == name)
    }
    assert unused == set()


def aliases(tree: ast.AST) -> Iterator[ast.alias]:
    return (alias for node in walked(tree) if isinstance(node, ast.ImportFrom) for alias in node.names)


def test_every_runtime_dependency_is_imported() -> None:
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    declared = {canonical(re.split(r"[\[<>=~!; ]", line)[0]) for line in project["dependencies"]}
    tops = {name for path in MODULES for name in imported_names(tree_of(path))}
    owners = {name: set(map(canonical, found)) for name, found in packages_distributions().items()}
    used = {owner for top, found in owners.items() for owner in found if top in tops}
    google = {f"google-{part}" for part in ("auth", "cloud-run", "cloud-iam")}  # of one namespace: told apart below
    assert declared - used - WINDOWS_ONLY == set()
    for name in declared & google:
        assert any(is_part_of(name, module) for path in MODULES for module in google_modules(tree_of(path))), name


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def imported_names(tree: ast.AST) -> Iterator[str]:
    for node in walked(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module.partition(".")[0]


def google_modules(tree: ast.AST) -> Iterator[str]:
    for node in walked(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_part_of(distribution: str, module: str) -> bool:
    roots = {
        "google-auth": ("google.auth", "google.oauth2"),
        "google-cloud-run": ("google.cloud.run",),
        "google-cloud-iam": ("google.cloud.iam",),
    }
    return module.startswith(roots[distribution])


def members() -> dict[str, set[str]]:
    """Return the members of each enum in the model."""
    return {
        node.name: {t.id for s in node.body if isinstance(s, ast.Assign) for t in s.targets if isinstance(t, ast.Name)}
        for path in (ROOT / "model").glob("*.py")
        for node in tree_of(path).body
        if isinstance(node, ast.ClassDef) and any("Enum" in ast.unparse(base) for base in node.bases)
    }


def members_read(path: Path, enums: dict[str, set[str]]) -> Iterator[tuple[str, str]]:
    """Yield the members that a module decides by: all that it names, but in a table of a producer."""
    tree = tree_of(path)
    own = {alias.asname or alias.name: alias.name for alias in aliases(tree)} | {name: name for name in enums}
    above = {child: node for node in walked(tree) for child in ast.iter_child_nodes(node)}
    produces = place(path).partition("/")[0] in PRODUCERS
    for node in walked(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            enum = own.get(node.value.id, "")
            if node.attr in enums.get(enum, ()) and (not produces or is_compared(node, above)):
                yield enum, node.attr


def is_compared(node: ast.AST, above: dict[ast.AST, ast.AST]) -> bool:
    """Whether something is held against it: a comparison, a case, a key, a set."""
    while isinstance(above[node], ast.Tuple | ast.List | ast.BinOp):
        node = above[node]
    match above[node]:
        case ast.Compare() | ast.MatchValue() | ast.Set():
            return True
        case ast.Dict() as table:
            return node in table.keys
        case ast.Subscript() as taken:
            return taken.slice is node
        case _:
            return False


def test_every_member_of_an_enum_of_the_model_is_read() -> None:
    enums = members()
    read = {found for path in MODULES for found in members_read(path, enums)}
    unread = {f"{enum}.{one}" for enum, names in enums.items() for one in names if (enum, one) not in read}
    assert {one for one in unread if one.partition(".")[0] not in SHOWN_BY_VALUE} == THE_REST.keys()
