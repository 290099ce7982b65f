"""Defaults from the environment and from gcloud's active configuration, as gcloud finds them. No gcloud is started.

Documentation: https://docs.cloud.google.com/sdk/docs/properties,
https://docs.cloud.google.com/sdk/docs/configurations
"""

from __future__ import annotations

import configparser
from collections.abc import Mapping
from pathlib import Path

from ..deferred import dataclass


@dataclass(frozen=True)
class Settings:
    """What the user has set for all commands."""

    project: str | None = None  # id of the default project
    region: str | None = None  # default region of Cloud Run
    account: str | None = None  # gcloud's active account, an e-mail address
    impersonate: str | None = None  # e-mail of the service account that gcloud impersonates
    quota_project: str | None = None  # id of the project that API calls are counted to
    # domain of the cloud that is meant, where it is not Google's own: `googleapis.com` or nothing
    universe: str | None = None


def settings(environ: Mapping[str, str]) -> Settings:
    """Find the defaults: the environment first, then the active configuration. Unreadable files count as empty."""
    config = _active(environ)

    def find(section: str, name: str, *besides: str) -> str | None:
        names = (f"CLOUDSDK_{section}_{name}".upper(), *besides)
        return next((environ[n] for n in names if environ.get(n)), None) or config.get(section, name, fallback=None)

    return Settings(
        project=find("core", "project", "GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT"),
        region=find("run", "region"),
        account=find("core", "account"),
        impersonate=find("auth", "impersonate_service_account"),
        quota_project=environ.get("GOOGLE_CLOUD_QUOTA_PROJECT") or None,
        universe=find("core", "universe_domain", "GOOGLE_CLOUD_UNIVERSE_DOMAIN"),
    )


def configured(environ: Mapping[str, str], configuration: str | None) -> Mapping[str, str]:
    """Return the environment in which a configuration of gcloud is the active one; None for the one that is."""
    return environ if configuration is None else {**environ, "CLOUDSDK_ACTIVE_CONFIG_NAME": configuration}


def configuration_name(environ: Mapping[str, str]) -> str:
    """Return the name of gcloud's active configuration."""
    directory = config_directory(environ)
    kept = _text(directory / "active_config").strip() if directory is not None else ""
    return environ.get("CLOUDSDK_ACTIVE_CONFIG_NAME") or kept or "default"


def configurations(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of gcloud's configurations."""
    directory = config_directory(environ)
    files = sorted((directory / "configurations").glob("config_*")) if directory is not None else ()
    return tuple(file.name.removeprefix("config_") for file in files)


def config_directory(environ: Mapping[str, str]) -> Path | None:
    """Where gcloud keeps its configuration; None where the environment does not even tell a home."""
    if environ.get("CLOUDSDK_CONFIG"):
        return Path(environ["CLOUDSDK_CONFIG"])
    if environ.get("APPDATA"):
        return Path(environ["APPDATA"]) / "gcloud"
    return Path(environ["HOME"]) / ".config" / "gcloud" if environ.get("HOME") else None


def _active(environ: Mapping[str, str]) -> configparser.ConfigParser:
    config = configparser.ConfigParser(interpolation=None, strict=False)
    directory = config_directory(environ)
    if directory is not None:
        try:
            config.read_string(_text(directory / "configurations" / f"config_{configuration_name(environ)}"))
        except configparser.Error:
            return configparser.ConfigParser(interpolation=None)
    return config


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
