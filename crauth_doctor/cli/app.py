"""What every command is handed, and how one fails."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..sandbox import Sandbox

SANDBOX_VARIABLE = "CRAUTH_DOCTOR_SANDBOX"


class Failure(Exception):  # noqa: N818 - it reads as what it is
    """The tool could not do what it was asked.

    Args:
        message: what happened, and what to do next, in a sentence or two.
        status: the exit status, of `report.status.ExitStatus`.
    """

    def __init__(self, message: str, status: int = 1) -> None:
        super().__init__(message)
        self.status = status


@dataclass(slots=True)
class App:
    """One run of the program.

    Args:
        environ: the environment.
        world: file of the world to embed a sandbox for; None for none.
        debug: whether a failure shows its traceback.
        json: whether this command was asked for JSON, so that a failure is JSON too.
        closing: what is closed when the run ends.
    """

    environ: Mapping[str, str]
    world: str | None = None
    debug: bool = False
    json: bool = False
    closing: ExitStack = field(default_factory=ExitStack)

    def sandbox(self) -> str | None:
        """Return the base URL of the sandbox that stands in for Google, started when it is ours; None for Google."""
        if self.world is not None:
            return self.closing.enter_context(embedded(self.world)).base
        return self.environ.get(SANDBOX_VARIABLE) or None


@contextmanager
def embedded(world: str, port: int = 0) -> Iterator[Sandbox]:
    """Serve a world's file from within this process.

    Raises:
        Failure: the file holds no world, or the port is taken.
    """
    from ..sandbox import load_world, serve
    from .files import check_regular

    check_regular(world)
    try:
        loaded = load_world(world)
    except ValueError as error:
        raise Failure(str(error)) from None
    except RecursionError:
        raise Failure(f"{world}: it is nested too deeply to be a world.") from None
    with ExitStack() as stack:
        try:
            box = stack.enter_context(serve(loaded, port))
        except (OSError, OverflowError) as error:
            raise Failure(
                f"Port {port} cannot be listened on ({error}). Leave --port out to take any free one."
            ) from None
        yield box
