"""How long a test waits for what must come: one number for all, which a slow machine may stretch.

A test never passes sooner or fails less for it: what comes ends the wait.
"""

from __future__ import annotations

import os

SLOWNESS = float(os.environ.get("CRAUTH_DOCTOR_TESTS_SLOWNESS", "1"))
PATIENCE = 30.0 * SLOWNESS
"""Seconds for one thing that must come."""
LIMIT = 4 * PATIENCE
"""Seconds for a whole test, in which several things are waited for."""
