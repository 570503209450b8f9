"""What every value of the project builds on."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A value of the result document: immutable; fields that a later version adds are passed over."""

    model_config = ConfigDict(frozen=True)


class Config(Frozen):
    """A value read from a file that people write: unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid")
