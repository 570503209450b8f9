"""Whether two names mean one model. Pure."""


def same_model(name: str, other: str) -> bool:
    """Whether two spellings name one model: the tag `latest`, the default registry and the case may be left out."""
    return _canonical(name) == _canonical(other)


def _canonical(name: str) -> str:
    name = name.strip().lower().removeprefix("registry.ollama.ai/").removeprefix("library/")
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"
