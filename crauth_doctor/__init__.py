"""Why a call to a private Cloud Run service fails, and how to make it work."""

__version__ = "0.1.0"
