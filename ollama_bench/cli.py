"""The command line: parse, one call, print, exit code. Heavy modules are imported where a command needs them."""

import os
from pathlib import Path
from typing import Any

import click

from ollama_bench import __version__, cli_results
from ollama_bench.load.console import load
from ollama_bench.options import FILE, FOLDER, FORMATS, MODEL, Percent
from orchestrator import console
from orchestrator.options import ARTIFACTS, MAX_TIMEOUT_S, SLO, FiniteRange
from orchestrator.perf import perf_option
from orchestrator.process import main as run_process


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="ollama-bench")
def cli() -> None:
    """Is this small model good enough on this hardware, or do you need a bigger one?

    \b
    Examples:
      ollama-bench run llama3.2:1b
      ollama-bench run gemma3:270m --embedded
      ollama-bench show scorecards/llama3.2-1b-20261123T170312Z.json

    Exit codes: 0 done, 2 usage or configuration, 3 could not measure, 4 gate failed, 5 gate inconclusive,
    130 interrupted.
    """


@cli.command()
@click.argument("models", type=MODEL, nargs=-1, required=True, metavar="MODEL [MODEL]...")
@click.option("--host", metavar="URL", help="The Ollama server.  [default: OLLAMA_HOST, else 127.0.0.1:11434]")
@click.option("--embedded", is_flag=True, help="Start an engine of our own (extra `embedded`): no Ollama needed.")
@click.option(
    "--profile",
    metavar="quick|standard|thorough",
    default="quick",
    show_default=True,
    help="How many trials; config/profiles.yaml says so.",
)
@click.option("--pull/--no-pull", default=True, show_default=True, help="Pull a model that the server does not have.")
@click.option("--prompts", type=FOLDER, metavar="DIR", help="A prompt pack.  [default: prompts/, else built in]")
@click.option("--policy", type=FILE, help="The verdict's rule.  [default: config/verdict.yaml, else built in]")
@click.option(
    "--num-ctx", type=click.IntRange(min=1), metavar="N", help="Context length of every request.  [default: 4096]"
)
@click.option(
    "--num-predict", type=click.IntRange(min=1), metavar="N", help="Most tokens an answer.  [default: the pack's]"
)
@click.option("--seed", type=click.IntRange(min=0), metavar="N", help="Seed of every request.  [default: 1]")
@click.option(
    "--temperature",
    type=FiniteRange(min=0, max=10),
    metavar="X",
    help="Of the timed phases. Quality: 0, further seeds 0.8.  [default: 0]",
)
@click.option("--think", is_flag=True, help="Let a thinking model think; otherwise it is told not to.")
@click.option(
    "--timeout",
    type=FiniteRange(min=0, min_open=True, max=MAX_TIMEOUT_S),
    metavar="S",
    help="Longest silence of the server, in seconds.  [default: 300 to the first byte, 60 after it]",
)
@click.option(
    "--out", type=FOLDER, metavar="DIR", default=Path("scorecards"), show_default=True, help="Where results are saved."
)
@click.option("--format", "fmt", type=FORMATS, default="text", show_default=True, help="What is printed.")
@click.option("--json", "as_json", is_flag=True, help="Same as --format json: one JSON document on stdout.")
@click.option("--gate", "gated", is_flag=True, help="Pass the warm latencies through the gate too (at least 20).")
@ARTIFACTS
@SLO
@click.option(
    "--until-precise",
    type=Percent(),
    metavar="P%",
    help="Instead of a fixed number, warm and real go on until the 95 % interval of their medians is within ± P %"
    " (5 to 200 samples).",
)
@click.option("--quality/--no-quality", default=True, help="Ask the quality prompts.  [default: quality]")
def run(models: tuple[str, ...], **options: Any) -> int:
    """Benchmark MODEL on a server and say whether it is good enough.

    Times cold and warm starts, a real prompt and a long one, samples memory and CPU of the serving processes, scores
    three quality prompts, applies the keep-small / scale-up rule, and saves the result as JSON and Markdown. A model
    that is missing is pulled first. On a terminal it shows what it is at, how fast, and how long it will take yet; on
    GitHub Actions (GITHUB_STEP_SUMMARY is set) the Markdown is in the job's summary too.

    Exit codes: 0 done, whatever the verdict; 2 usage or configuration; 3 a model could not be measured, or not saved;
    4, 5 the gate failed or was inconclusive (--gate alone); 130 interrupted, with what was measured saved.

    \b
    Examples:
      ollama-bench run llama3.2:1b
      ollama-bench run llama3.2:1b qwen2.5:1.5b --profile standard
      ollama-bench run gemma3:270m --embedded --json > result.json
      ollama-bench run llama3.2:1b --host 192.168.1.7 --until-precise 5%
      ollama-bench run llama3.2:1b --gate --no-quality
    """
    from ollama_bench.commands.run import run_models

    return run_models(models, **options)


@cli.command()
@click.argument("model", type=MODEL, required=False, metavar="[MODEL]")
@click.option("--host", metavar="URL", help="The Ollama server.  [default: OLLAMA_HOST, else 127.0.0.1:11434]")
@click.option("--embedded", is_flag=True, help="Start an engine of our own (extra `embedded`) and look at that.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def doctor(model: str | None, host: str | None, embedded: bool, as_json: bool) -> int:
    """Look for what would spoil a measurement: server, memory, other load, CPU settings, limits.

    Takes about a second, and changes nothing: no model is pulled, loaded or unloaded. With MODEL, free memory is held
    against its size. A warning means that figures are in doubt.

    Exit codes: 0 nothing forbids measuring, 2 usage or configuration, 3 there is a problem: nothing can be measured.

    \b
    Examples:
      ollama-bench doctor
      ollama-bench doctor llama3.2:1b --json
      ollama-bench doctor gemma3:270m --embedded
    """
    from ollama_bench.commands.doctor import report

    return report(model, host, embedded=embedded, as_json=as_json)


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=11434, show_default=True, help="0 takes a free one.")
@click.option("--models", type=FOLDER, metavar="DIR", help="A folder of GGUF files to serve by name.")
def serve(host: str, port: int, models: Path | None) -> None:
    """Serve models as Ollama does, on the embedded engine, until stopped (extra `embedded`).

    Any client of Ollama's HTTP API can use it. It has gemma3:270m, once pulled, and the GGUF files of --models by name.

    Exit codes: 2 usage, or the extra is not installed; 3 the address cannot be had; 130 stopped.

    \b
    Examples:
      ollama-bench serve
      ollama-bench serve --port 11500 --models ~/models
    """
    from ollama_bench.embedded.extra import require_extra

    require_extra()
    from ollama_bench.embedded.server import serve as serve_forever

    serve_forever(host, port, models)


@cli.group()
def prompts() -> None:
    """Work with prompt packs: the folders of YAML files that --prompts takes.

    \b
    Example:
      ollama-bench prompts check prompts/
    """


@prompts.command()
@click.argument("folder", type=FOLDER, metavar="DIR")
def check(folder: Path) -> None:
    """Validate the pack in DIR, with file, line and key of each mistake.

    Exit codes: 0 no mistakes, 2 a mistake.

    \b
    Example:
      ollama-bench prompts check prompts/
    """
    from ollama_bench.run import load_prompts

    pack = load_prompts(folder)
    names = ", ".join(prompt.id for prompt in (pack.short, pack.real, pack.long, *pack.quality))
    click.echo(f"{folder}: {3 + len(pack.quality)} prompts, no mistakes: {names}")


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def selftest(as_json: bool) -> int:
    """Say how far off the tool's own figures are on this machine. Needs no server and no model; about 20 seconds.

    Times 60 answers of a server that knows when it sent what (TTFT, latency, token rates), with the sampler at work as
    in a run, then samples a process that holds a known amount of memory (200 MB).

    Exit codes: 0 every error is within its limit, 3 this machine could not measure well enough.

    \b
    Examples:
      ollama-bench selftest
      ollama-bench selftest --json > selftest.json
    """
    from ollama_bench.commands.selftest import self_test

    return self_test(as_json=as_json)


@cli.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print what has bash, zsh or fish complete this tool's commands, options, models, scenarios and files.

    Models are those of the server that --host, else OLLAMA_HOST, names; it is asked for 0.3 s at most, and no other
    machine is. After --embedded they are those of the embedded engine, which is not started for it.

    The first example is a line for ~/.bashrc (or, with zsh, for ~/.zshrc after compinit); the others are done once.

    \b
    Examples:
      source <(ollama-bench completion bash)
      ollama-bench completion zsh > "${fpath[1]}/_ollama-bench"
      ollama-bench completion fish > ~/.config/fish/completions/ollama-bench.fish
    """
    from ollama_bench.completion import script

    click.echo(script(cli, shell), nl=False)


for command in (*cli_results.COMMANDS, *console.COMMANDS, load):
    cli.add_command(command)

for command in (run, doctor, serve, check, selftest, completion, cli_results.rebuild, *cli_results.COMMANDS):
    perf_option(command)


def main() -> None:
    """The console script."""
    if "_OLLAMA_BENCH_COMPLETE" in os.environ:  # a shell asks
        from ollama_bench.completion import register

        register()
    run_process(cli)
