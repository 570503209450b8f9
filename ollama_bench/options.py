"""What several commands take: types of their values, and options of one wording."""

import math
from pathlib import Path
from typing import Any

import click

PAGES = click.Choice(["text", "markdown", "json"])
FORMATS = click.Choice([*PAGES.choices, "csv", "benchstat"])
"""Of results; the last two are for other tools."""
FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)


class Percent(click.ParamType[float]):
    """`5%`, or the share that it is, `0.05`."""

    name = "percent"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The share."""
        text = str(value).strip()
        try:
            share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except ValueError:
            share = math.nan
        if not 0.001 <= share < 1:
            self.fail(f"{text!r} is not a percentage from 0.1% to below 100%, such as 5% or 0.05.", param, ctx)
        return share
