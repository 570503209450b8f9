"""Where packs and configuration come from: the option, else the working directory, else the project's own."""

from pathlib import Path

import pytest

from ollama_bench import resources
from orchestrator.errors import ConfigurationError


def test_the_option_wins_over_the_working_directory_over_the_projects_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shipped = resources.shipped("config/verdict.yaml")
    assert resources.find("config/verdict.yaml") == shipped

    local = tmp_path / "config" / "verdict.yaml"
    local.parent.mkdir()
    local.write_text("")
    assert resources.find("config/verdict.yaml") == local

    option = tmp_path / "other.yaml"
    option.write_text("")
    assert resources.find("config/verdict.yaml", option) == option


def test_an_option_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"gone.yaml: no such file or folder"):
        resources.find("config/verdict.yaml", tmp_path / "gone.yaml")


@pytest.mark.parametrize("name", ["prompts", "config/profiles.yaml", "config/verdict.yaml"])
def test_the_projects_own_are_there(name: str) -> None:
    assert resources.shipped(name).exists()
