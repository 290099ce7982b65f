"""`sandbox`: a pretend Google Cloud for other programs."""

from __future__ import annotations

import threading

import click

from ...workflows.context import WorkflowError
from ..app import App, AppCommand, embedded
from ..terminal import emit, say


@click.command("sandbox", cls=AppCommand)
@click.option("--world", "file", metavar="FILE", help="The world to serve.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port on loopback.  [default: any free one]")
@click.option("--quiet", "-q", is_flag=True, help="Say nothing on stderr.")
@click.pass_obj
def command(app: App, /, file: str | None, port: int, *, quiet: bool) -> int:
    """Serve a pretend Google Cloud on loopback.

    Prints `export NAME=value` lines that point gcloud, curl, the client libraries and crauth-doctor itself at it, then
    serves the world until stopped.
    """
    world = file or app.world
    if world is None:
        raise click.UsageError("Name the world to serve: crauth-doctor sandbox --world FILE")
    import shlex
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory(prefix="crauth-doctor-") as directory, embedded(world, port) as box:
        stopped = threading.Event()
        _stop_on_signals(stopped)
        exports = box.exports(Path(directory))
        emit("".join(f"export {name}={shlex.quote(value)}\n" for name, value in exports.items()))
        if not quiet:
            say(f"Serving {world} at {box.base} until stopped (Ctrl-C).")
        stopped.wait()
    return 0


def _stop_on_signals(stopped: threading.Event) -> None:
    """End cleanly when asked to, so that temporary files are removed."""
    import signal

    if threading.current_thread() is not threading.main_thread():
        raise WorkflowError("The sandbox command is served from the main thread only.")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
