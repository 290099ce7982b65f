"""Projects, what stands above them, and the policies there."""

from __future__ import annotations

from ...deferred import dataclass
from ...google_json.json_access import Json, NotUnderstoodError
from ...google_json.policies import answered_policy
from ...model.fact import Fact
from ...model.iam import Policy
from .. import methods, rest
from ..door import Door


@dataclass(frozen=True)
class Project:
    """A project's two names."""

    id: str
    number: str


def full_name(name: str) -> str:
    """Full resource name of `projects/P`, `folders/F` or `organizations/O`."""
    return f"//cloudresourcemanager.googleapis.com/{name}"


def ancestry(google: Door, project: str) -> Fact[tuple[str, ...]]:
    """List `projects/ID`, `folders/…`, `organizations/…`: the project first, then what it stands in, nearest first."""

    def parse(found: Json) -> tuple[str, ...]:
        ids = [ancestor["resourceId"] for ancestor in found.get("ancestor", ())]
        if not ids:
            raise NotUnderstoodError("an ancestry without the project itself")
        return tuple(f"{one['type']}s/{one['id']}" for one in ids)

    return rest.get(google, methods.ANCESTRY, full_name(f"projects/{project}"), parse, project=project)


def search(google: Door) -> Fact[tuple[Project, ...]]:
    """List the projects that the operator can see, as far as they are in use."""

    def parse(found: list[Json]) -> tuple[Project, ...]:
        return tuple(_project(one) for one in found if one.get("state", "ACTIVE") == "ACTIVE")

    return rest.list_all(google, methods.PROJECTS, full_name("projects"), parse)


def policy_at(google: Door, name: str) -> Fact[Policy]:
    """Read the allow policy that stands on `projects/P`, `folders/F` or `organizations/O` itself."""
    row = methods.CARRIERS["cloudresourcemanager.googleapis.com", name.partition("/")[0]].get
    return rest.named(google, row, name, answered_policy, there=True)


def project(google: Door, name: str) -> Fact[Project]:
    """Read a project by its id or number."""
    return rest.get(google, methods.PROJECT, full_name(f"projects/{name}"), _project, project=name)


def _project(found: Json) -> Project:
    return Project(str(found["projectId"]), str(found["name"]).removeprefix("projects/"))
