"""How long a test waits for what must come, and how much is tried: one number for all.

A slow machine may stretch the wait: a test never passes sooner or fails less for it, since what comes ends it.
"""

from __future__ import annotations

import os

SLOWNESS = float(os.environ.get("CRAUTH_DOCTOR_TESTS_SLOWNESS", "1"))
LONG = bool(os.environ.get("CRAUTH_DOCTOR_LONG"))
"""Whether everything is tried, not a sample."""
PATIENCE = 60.0 * SLOWNESS
"""Seconds for one thing that must come."""
LIMIT = 4 * PATIENCE
"""Seconds for a whole test, in which several things are waited for."""
