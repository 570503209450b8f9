"""Where packs and configuration come from: an option, the working directory, else the checkout or the wheel."""

from pathlib import Path

from orchestrator.errors import ConfigurationError

_PACKAGE = Path(__file__).parent
_SHIPPED = _PACKAGE / "data" if (_PACKAGE / "data").is_dir() else _PACKAGE.parent


def shipped(name: str) -> Path:
    """The project's own copy of `name` (such as "prompts" or "config/verdict.yaml")."""
    return _SHIPPED / name


def find(name: str, option: Path | None = None) -> Path:
    """The file or folder to use for `name`; `option`, where given, must exist.

    Raises ConfigurationError.
    """
    if option is not None:
        if not option.exists():
            raise ConfigurationError(f"{option}: no such file or folder")
        return option
    local = Path.cwd() / name
    return local if local.exists() else shipped(name)
