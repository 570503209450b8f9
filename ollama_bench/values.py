"""What every value of the project builds on."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Int64 = Annotated[int, Field(ge=-(2**63), lt=2**63)]
"""A whole number of the document. Files are edited by hand: with this bound nothing computed from it overflows."""


class Frozen(BaseModel):
    """A value of the result document: immutable; fields that a later version adds are passed over."""

    model_config = ConfigDict(frozen=True)


class Config(Frozen):
    """A value read from a file that people write: unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid")
