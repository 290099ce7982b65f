"""`mcp`: the tool for coding agents."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import click

from ...workflows import WorkflowError
from ..app import App, AppCommand
from ..options import identity_options, request_of, timeout_option, where_options


@click.command("mcp", cls=AppCommand)
@click.option(
    "--allow-changes",
    is_flag=True,
    help="Let an agent make changes that it planned, each only if you agree in your client.",
)
@click.option(
    "--allow-path",
    "paths",
    multiple=True,
    metavar="PATH",
    help="A path that an agent may call without asking you, such as /health. Otherwise only /.",
)
@where_options
@identity_options
@timeout_option
@click.pass_obj
def command(app: App, /, *, allow_changes: bool, paths: tuple[str, ...], **given: Any) -> int:
    """Serve this tool to a coding agent, over the Model Context Protocol.

    The agent's client starts it and talks to it on stdin and stdout. It reads with your credentials, and changes
    nothing unless it is started with --allow-changes. It needs the extra: pip install 'crauth-doctor[mcp]'
    """
    if find_spec("mcp") is None:
        raise WorkflowError("This command needs the MCP SDK: pip install 'crauth-doctor[mcp]'", 2)
    from ...mcp.server import serve

    request = request_of(given)
    serve(
        app.environ,
        app.sandbox(),
        request,
        allow_changes=allow_changes,
        paths=frozenset(paths),
        debug=app.debug,
    )
    return 0
