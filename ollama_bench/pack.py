"""A prompt pack: a folder of YAML files, one prompt a file."""

from dataclasses import dataclass
from pathlib import Path

from ollama_bench.quality.prompt import Prompt
from orchestrator.config import load_yaml, read_text
from orchestrator.errors import ConfigurationError


@dataclass(frozen=True)
class Pack:
    """The prompts of one run."""

    short: Prompt
    real: Prompt
    long: Prompt
    quality: tuple[Prompt, ...]
    """In the order they are asked: ascending `order`, then id."""


def load_pack(directory: Path) -> Pack:
    """Read and check every `*.yaml` in `directory`.

    Raises ConfigurationError, one line a mistake: `FILE:LINE: key: what is wrong`. All files are read before
    it is raised, so that one run shows every mistake.
    """
    prompts, mistakes = _read_all(directory)
    mistakes += _role_mistakes(directory, prompts) if not mistakes else []
    if mistakes:
        raise ConfigurationError("\n".join(mistakes))
    roles = {prompt.role: prompt for prompt in prompts.values()}
    quality = [prompt for prompt in prompts.values() if prompt.role == "quality"]
    return Pack(
        short=roles["short"],
        real=roles["real"],
        long=roles["long"],
        quality=tuple(sorted(quality, key=lambda prompt: (prompt.order, prompt.id))),
    )


def load_prompt(path: Path) -> Prompt:
    """Read one prompt file, `<id>.yaml`; the name keeps ids apart. Raises ConfigurationError."""
    prompt = load_yaml(path, Prompt)
    if prompt.id != path.stem:
        line = next((n for n, text in enumerate(read_text(path).splitlines(), 1) if text.startswith("id")), 1)
        raise ConfigurationError(f"{path}:{line}: id: {prompt.id!r} is not the file's name, {path.stem!r}")
    return prompt


def _read_all(directory: Path) -> tuple[dict[Path, Prompt], list[str]]:
    prompts: dict[Path, Prompt] = {}
    mistakes: list[str] = []
    try:
        paths = sorted(path for path in directory.iterdir() if path.suffix == ".yaml")
    except OSError as error:
        raise ConfigurationError(f"{directory}: cannot be read: {error.strerror or error}") from error
    for path in paths:
        try:
            prompts[path] = load_prompt(path)
        except ConfigurationError as error:
            mistakes += str(error).splitlines()
    return prompts, mistakes


def _role_mistakes(directory: Path, prompts: dict[Path, Prompt]) -> list[str]:
    mistakes = []
    for role in ("short", "real", "long", "quality"):
        holders = [path for path, prompt in prompts.items() if prompt.role == role]
        if not holders:
            mistakes.append(f"{directory}: role: no file has the role {role}")
        if role != "quality":
            mistakes += [f"{path}:1: role: {role} is already the role of {holders[0].name}" for path in holders[1:]]
    return mistakes
