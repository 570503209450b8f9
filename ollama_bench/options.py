"""What several commands take: types of their values, and options of one wording."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

PAGES = click.Choice(["text", "markdown", "json"])
FORMATS = click.Choice([*PAGES.choices, "csv", "benchstat"])
"""Of results; the last two are for other tools."""
FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)


class ModelName(click.types.StringParamType):
    """A name of a model; a shell is offered those of the server that --host or --embedded on its line mean."""

    name = "text"

    def shell_complete(
        self,
        ctx: click.Context,
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> "list[CompletionItem[str]]":
        """Models by name; files too, where the engine is our own."""
        from click.shell_completion import CompletionItem

        from ollama_bench import offer

        embedded = bool(ctx.params.get("embedded"))
        names = [
            name for name in offer.models(ctx.params.get("host"), embedded=embedded) if name.startswith(incomplete)
        ]
        items = [CompletionItem(name) for name in names]
        return items or ([CompletionItem(incomplete, type="file")] if embedded else [])


class ResultFile(click.Path):
    """A saved document; a shell is offered those in `scorecards/` first."""

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> "list[CompletionItem[str]]":
        """Documents by path, else any file."""
        return offer_results(ctx, param, incomplete)


def offer_results(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> "list[CompletionItem[str]]":
    """What a shell is offered where saved results are meant."""
    from click.shell_completion import CompletionItem

    from ollama_bench import offer

    names = [name for name in offer.results() if name.startswith(incomplete)]
    return [CompletionItem(name) for name in names] or [CompletionItem(incomplete, type="file")]


MODEL = ModelName()
RESULT = ResultFile(path_type=Path, exists=True, dir_okay=False)


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
