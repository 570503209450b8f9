"""One prompt of a pack: its text, its options and the checks that its answers must pass."""

import inspect
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    create_model,
    model_validator,
)
from pydantic_core import PydanticCustomError

from ollama_bench.quality.verifiers import VERIFIERS

Role = Literal["short", "real", "long", "quality"]


class Check(BaseModel):
    """One verifier with its parameters; written `- name: {parameter: value}`, or `- name` where none are given."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    verifier: str
    parameters: Mapping[str, Any]

    @model_validator(mode="before")
    @classmethod
    def _from_yaml(cls, value: Any) -> Any:
        name, given = _split(value)
        if name not in VERIFIERS:
            raise PydanticCustomError("verifier", "no verifier is called {name}", {"name": repr(name)})
        field: dict[str, Any] = {name: (_parameters_of(name), ...)}
        holder = create_model(name, **field)  # gives an error the verifier's name as its key
        parameters: BaseModel = getattr(holder.model_validate({name: given}), name)
        return {"verifier": name, "parameters": parameters.model_dump()}


def _at_least_one(checks: tuple[Check, ...]) -> tuple[Check, ...]:
    if not checks:
        raise ValueError("name at least one verifier")
    return checks


class Checks(BaseModel):
    """The checks of each dimension; a dimension is 1 when all of its checks pass."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    follow: Annotated[tuple[Check, ...], AfterValidator(_at_least_one)]
    coherent: Annotated[tuple[Check, ...], AfterValidator(_at_least_one)]
    no_hallucination: Annotated[tuple[Check, ...], AfterValidator(_at_least_one)]


class PromptOptions(BaseModel):
    """The request options that a prompt asks for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    num_predict: int = Field(gt=0, strict=True)
    """Most tokens to generate; never 0 or absent, with which a server may not end."""


class Prompt(BaseModel):
    """One file of a pack."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$", strict=True)]
    role: Role
    order: int = 0
    """Quality prompts are asked in ascending `order`, then by id."""
    prompt: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, strict=True)]
    options: PromptOptions
    checks: Checks | None = None

    @model_validator(mode="after")
    def _checks_go_with_the_role(self) -> "Prompt":
        if self.role == "quality" and self.checks is None:
            raise ValueError("a quality prompt needs checks")
        if self.role != "quality" and self.checks is not None:
            raise ValueError(f"only a quality prompt has checks, and this one's role is {self.role}")
        return self


def _split(value: Any) -> tuple[Any, Any]:
    if isinstance(value, str):
        return value, {}
    if isinstance(value, dict) and len(value) == 1:
        name, given = next(iter(value.items()))
        return name, {} if given is None else given
    raise PydanticCustomError("verifier", "write one verifier an item: name, or name: {{parameter: value}}")


@cache
def _parameters_of(name: str) -> type[BaseModel]:
    """A model of a verifier's keyword parameters, read off its signature."""
    fields: dict[str, Any] = {
        parameter.name: (
            parameter.annotation,
            ... if parameter.default is parameter.empty else parameter.default,
        )
        for parameter in inspect.signature(VERIFIERS[name]).parameters.values()
        if parameter.kind is parameter.KEYWORD_ONLY
    }
    return create_model(f"{name}_parameters", __config__=ConfigDict(extra="forbid", strict=True), **fields)
