from __future__ import annotations

from pathlib import Path

import pytest

from crauth_doctor.gcp.settings import Settings, config_directory, settings


@pytest.fixture
def home(tmp_path: Path) -> Path:
    config = tmp_path / ".config" / "gcloud"
    (config / "configurations").mkdir(parents=True)
    (config / "active_config").write_text("work\n")
    (config / "configurations" / "config_default").write_text("[core]\nproject = shop-dev\n")
    (config / "configurations" / "config_work").write_text(
        "[core]\naccount = dev@example.com\nproject = shop-prod\n[run]\nregion = europe-west1\n"
        "[auth]\nimpersonate_service_account = ops@shop-prod.iam.gserviceaccount.com\n"
    )
    return tmp_path


def test_the_active_configuration(home: Path) -> None:
    assert settings({"HOME": str(home)}) == Settings(
        "shop-prod", "europe-west1", "dev@example.com", "ops@shop-prod.iam.gserviceaccount.com"
    )


def test_another_configuration_by_the_environment(home: Path) -> None:
    assert settings({"HOME": str(home), "CLOUDSDK_ACTIVE_CONFIG_NAME": "default"}) == Settings("shop-dev")


def test_the_environment_wins_over_the_configuration(home: Path) -> None:
    environ = {"HOME": str(home), "GOOGLE_CLOUD_PROJECT": "by-library", "CLOUDSDK_RUN_REGION": "asia-east1"}
    assert settings(environ).project == "by-library"
    assert settings(environ).region == "asia-east1"
    assert settings(environ | {"CLOUDSDK_CORE_PROJECT": "by-gcloud"}).project == "by-gcloud"
    assert settings(environ | {"CLOUDSDK_CORE_PROJECT": ""}).project == "by-library"


def test_without_a_home_there_are_no_settings() -> None:
    assert settings({}) == Settings()
    assert config_directory({}) is None
    assert config_directory({"APPDATA": "/a"}) == Path("/a/gcloud")
    assert config_directory({"HOME": "/h", "CLOUDSDK_CONFIG": "/c"}) == Path("/c")


@pytest.mark.parametrize(
    "text", ["no section = 1\n", "[core\n", "[core]\nproject\n", "\x00", "[core]\nproject = %(x)s\n"]
)
def test_a_broken_configuration_is_no_error(home: Path, text: str) -> None:
    (home / ".config" / "gcloud" / "configurations" / "config_work").write_text(text)
    assert settings({"HOME": str(home)}).region is None
