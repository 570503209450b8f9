"""The form of `config/scenarios.yaml`."""

import shlex
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, RootModel, field_validator, model_validator

from orchestrator.bots import catalogue
from orchestrator.config import refuse_same_names


class Entry(BaseModel):
    """One scenario: either a callable or a command."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    goal: str = "one of the user's own"
    callable: str | None = Field(default=None, pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_][\w.]*$")
    command: str | None = None

    @field_validator("command")
    @classmethod
    def _splits(cls, command: str | None) -> str | None:
        if command is not None and not shlex.split(command):  # raises ValueError on an open quote
            raise ValueError("the command is empty")
        return command

    @model_validator(mode="after")
    def _one_of_two(self) -> "Entry":
        if (self.callable is None) == (self.command is None):
            raise ValueError("give either callable or command")
        return self


class ScenarioFile(RootModel[dict[Annotated[str, Field(min_length=1, max_length=200)], Entry]]):
    """By name; none is a bot's."""

    @model_validator(mode="after")
    def _names_differ(self) -> "ScenarioFile":
        refuse_same_names(self.root, (bot.name for bot in catalogue.BOTS))
        return self
