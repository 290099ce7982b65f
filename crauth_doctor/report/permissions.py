"""What the operator may have to do on Google Cloud: a table, custom roles, and a request to an administrator."""

from __future__ import annotations

from typing import Final

from ..fixes import gcloud
from ..fixes.names import in_words
from ..model.change import GrantRole
from ..model.iam import short_member
from ..model.unread import AccessRequest, Permissions
from ..redaction import clean
from ..say import Say, listed
from .layout import Look, TextPage

FORMATS: Final = ("text", "json", "yaml", "terraform")
_ID: Final = "crauthDoctor"
_ONLY_BASIC: Final = "This tool knows no narrower role that gives {permissions}: use Owner, Editor or a custom role."


def as_text(found: Permissions, look: Look | None = None) -> str:
    """Return a table, and the roles that give it."""
    page = TextPage(look or Look())
    page.paragraph(f"What `crauth-doctor {found.command}` may need on Google Cloud.", "")
    width = max((len(one.permission) for one in found.needs), default=0)
    for heading, some in (
        ("Always", [one for one in found.needs if not one.when]),
        ("Where it matters", [one for one in found.needs if one.when]),
    ):
        if some:
            page.heading(heading)
            page.verbatim([f"{one.permission:<{width}}  {one.when or one.what}" for one in some])
    page.heading("The narrowest predefined roles that give it")
    for level, roles, rest in found.levels:
        where = "on the project" if level == "project" else f"on the {level} above it"
        if roles:
            page.item(f"{where}: {', '.join(roles)}")
        if rest:
            page.item(_ONLY_BASIC.format(permissions=", ".join(rest)))
    page.gap()
    page.paragraph(
        "All of it is optional: the report says what could not be read, and what that hides. "
        "--format yaml or terraform prints a custom role.",
        "",
    )
    return str(page)


def as_json(found: Permissions) -> str:
    """Return it for programs."""
    from .json import written

    return written(
        {
            "command": found.command,
            "permissions": [
                {"permission": one.permission, "what": one.what, "when": one.when or None, "on": list(one.levels)}
                for one in found.needs
            ],
            "roles": [{"on": level, "roles": list(roles), "rest": list(rest)} for level, roles, rest in found.levels],
        },
    )


def as_yaml(found: Permissions, *, on_organization: bool) -> str:
    """Return a custom role as `gcloud iam roles create --file` reads it.

    Documentation: https://docs.cloud.google.com/iam/docs/creating-custom-roles
    """
    scope = "--organization=ORGANIZATION_ID" if on_organization else "--project=PROJECT_ID"
    heading = [f"# gcloud iam roles create {_ID} {scope} --file=THIS_FILE", *_left_out(found, on_organization)]
    role = {
        "title": "crauth-doctor",
        "description": _description(found),
        "stage": "GA",
        "includedPermissions": list(_included(found, on_organization=on_organization)),
    }
    import yaml

    return "\n".join((*heading, yaml.safe_dump(role, sort_keys=False)))


def as_terraform(found: Permissions, *, on_organization: bool) -> str:
    """Return a custom role as a Terraform resource.

    Documentation: https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/google_project_iam_custom_role
    """
    level = "organization" if on_organization else "project"
    scope = "  org_id      = var.organization_id\n" if on_organization else "  project     = var.project_id\n"
    lines = "".join(f'    "{one}",\n' for one in _included(found, on_organization=on_organization))
    heading = "".join(f"{line}\n" for line in _left_out(found, on_organization))
    return (
        f'{heading}resource "google_{level}_iam_custom_role" "crauth_doctor" {{\n{scope}'
        f'  role_id     = "{_ID}"\n  title       = "crauth-doctor"\n  description = "{_description(found)}"\n'
        f"  permissions = [\n{lines}  ]\n}}\n"
    )


def _included(found: Permissions, *, on_organization: bool) -> tuple[str, ...]:
    """Return the permissions that a custom role can have: one of a project none of those on what stands above it."""
    return tuple(sorted(one.permission for one in found.needs if on_organization or "project" in one.levels))


def _left_out(found: Permissions, on_organization: bool) -> list[str]:
    above = [one.permission for one in found.needs if "project" not in one.levels]
    if on_organization or not above:
        return []
    return [
        f"# Not in it, for a project's role cannot have it: {', '.join(above)}.",
        "# With --on organization it is one role for all.",
    ]


def _description(found: Permissions) -> str:
    return f"What crauth-doctor {found.command} may need"


def request_sentence(one: AccessRequest) -> str:
    """Return what to ask for, in a sentence."""
    permissions = listed(map(clean, one.permissions), ", ")
    given, missing = Say("a custom role with {permissions}", permissions=permissions), ""
    if one.roles:
        given, missing = listed(one.roles, " and "), Say(" (for {permissions})", permissions=permissions)
    rest = Say(f" {_ONLY_BASIC}", permissions=listed(map(clean, one.rest), ", ")) if one.rest else ""
    return Say(
        "Please grant {who} {given} on {where}{missing}.{rest}",
        who=clean(short_member(one.member)) or Say("me"),
        given=given,
        where=clean(in_words(one.resource)),
        missing=missing,
        rest=rest,
    )


def request_commands(one: AccessRequest) -> tuple[str, ...]:
    """Return the commands that an administrator runs for it; none where it is not known who is to get the roles."""
    if not one.member:
        return ()
    changes = [GrantRole(one.resource, role, one.member) for role in one.roles]
    return tuple(line for change in changes for line in gcloud.commands(change))
