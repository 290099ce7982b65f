"""Everything that the properties can be tried on, and how often each does not hold.

    python -m tests.properties.everything [PROPERTY …] [--jobs N] [--share S] [--show N] [--only TEXT]

Without a property, all of them: cuts, noise, monotone, nothing-known, refused-reads, urls. CRAUTH_DOCTOR_CASES names a
folder of cases that are tried beside the built-in worlds. In pytest the same is tried with CRAUTH_DOCTOR_LONG=1, and a
sample of it without.
"""

# ruff: noqa: T201 - it is there to print

from __future__ import annotations

import argparse
import os
import random
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from types import ModuleType

from . import test_cuts, test_monotone, test_noise, test_nothing_known, test_refused_reads, test_urls
from .conftest import PROXIES, SCRUBBED
from .subjects import Trial

PROPERTIES: dict[str, ModuleType] = {
    "nothing-known": test_nothing_known,
    "urls": test_urls,
    "monotone": test_monotone,
    "refused-reads": test_refused_reads,
    "noise": test_noise,
    "cuts": test_cuts,
}
MANY = 1_000_000


def one(name: str, index: int, share: float) -> tuple[str, list[Trial]]:
    """Try one property on one subject."""
    module = PROPERTIES[name]
    subject = module.subjects()[index]
    # A share is the sample of a fixed size that every subject gets; the whole is everything.
    size = MANY if share >= 1 else max(1, round(share * 100))
    return name, list(module.tried(subject, everything=share >= 1, some=size))


def main() -> int:
    """Print how often each property was tried and does not hold, and the first violations."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("properties", nargs="*", metavar="PROPERTY", help=", ".join(PROPERTIES))
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument(
        "--share", type=float, default=1.0, help="below 1: a sample of 100 x S trials of each kind a subject"
    )
    parser.add_argument("--show", type=int, default=15, help="violations of each property to print")
    parser.add_argument("--only", default="", help="only subjects with this in their name")
    asked = parser.parse_args()
    names = asked.properties or [*PROPERTIES]
    unknown = sorted(set(names) - set(PROPERTIES))
    if unknown:
        parser.error(f"there is no property {unknown[0]}; there are {', '.join(PROPERTIES)}")
    scrub()
    violated = sum(told(name, list(_tried(name, asked)), asked.show) for name in names)
    return 1 if violated else 0


def _tried(name: str, asked: argparse.Namespace) -> Iterator[Trial]:
    indices = [n for n, each in enumerate(PROPERTIES[name].subjects()) if asked.only in str(each)]
    random.Random(name).shuffle(indices)  # so that neither process gets all of the long ones
    with ProcessPoolExecutor(asked.jobs) as pool:
        for done in as_completed([pool.submit(one, name, n, asked.share) for n in indices]):
            yield from done.result()[1]


def told(name: str, trials: list[Trial], show: int) -> int:
    """Print one property's line and its first violations."""
    found = sorted((what, fault) for what, fault in trials if fault)
    kinds = Counter(_kind(fault) for _, fault in found)
    print(f"{name}: {len(found)} violations of {len(trials)}  [{time.strftime('%H:%M:%S')}]", flush=True)
    for kind, count in kinds.most_common(6):
        print(f"    {count:5} {kind}")
    for what, fault in random.Random(name).sample(found, min(show, len(found))):
        print(f"  {what[:150]}: {fault[:110]}", flush=True)
    return len(found)


def _kind(fault: str) -> str:
    """What went wrong, without the names in it."""
    before, became, after = fault.partition(" became ")
    if became:
        return f"{before.split()[0]} … became {after}"[:70]
    return " ".join(fault.split()[: 2 if fault.startswith("proven") else 3])[:70]


def scrub() -> None:
    """Nothing of this machine's configuration reaches a property."""
    for name in [*os.environ]:
        if name.startswith(SCRUBBED) or name.lower() in PROXIES:
            del os.environ[name]
    warnings.simplefilter("ignore")


if __name__ == "__main__":
    sys.exit(main())
