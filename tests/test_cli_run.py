"""`ollama-bench run` when something is wrong: one clear message, the documented exit code, what was measured kept.

Each table is one row of that promise; the first four are here:

    USAGE        what is asked for cannot be              exit 2, no request is made
    FILES        a configuration file is malformed        exit 2, file, line and key
    SERVERS      there is no server, or not an Ollama     exit 3, nothing is saved
    MODELS       the model cannot be had                  exit 3, nothing is saved

    in test_cli_run_answers.py
    FAULTS       an answer goes wrong in a timed phase    exit 3, saved as incomplete with the good trials in it;
                 ... or in a quality prompt               exit 0, "not assessed"
    HOSTILE      the answer attacks whoever reads it      exit 0, nothing of it reaches a terminal

    in test_cli_run_results.py
    (files)      the result cannot be written             exit 3, the result is printed all the same
    INTERRUPTED  Ctrl-C                                   exit 130, saved as incomplete with the trials before it
    (models)     one of several models fails              exit 3, all are tried, the good ones printed
    (processes)  they cannot be seen                      exit 0, the figures are null, with the reason
"""

from pathlib import Path

import pytest

from ollama_bench.resources import shipped
from tests.conftest import Cli
from tests.scripted_http import Exchange, Handler
from tests.scripted_server import Model, ScriptedServer, answering, in_turn

# --- asked for what cannot be

USAGE: dict[str, tuple[list[str], str]] = {
    "no model": ([], "Missing argument 'MODEL"),
    "an empty name": ([""], "'' is not a model name"),
    "a name with an escape": (["a\x1b[31mb"], "is not a model name"),
    "a name that is no text": (["a\udcffb"], "is not a model name"),
    "a name without end": (["x" * 5000], "is not a model name"),
    "a bad scheme": (["tiny:1b", "--host", "ftp://127.0.0.1"], "--host: 'ftp://127.0.0.1': the scheme 'ftp'"),
    "a bad host": (["tiny:1b", "--host", "not a host"], "'not a host' is not a host name or address"),
    "a bad port": (["tiny:1b", "--host", "127.0.0.1:99999"], "the port '99999' is not a number from 0 to 65535"),
    "two servers": (["tiny:1b", "--host", "127.0.0.1", "--embedded"], "leave out --host"),
    "an unknown option": (["tiny:1b", "--fast"], "No such option"),
    "an unknown profile": (["tiny:1b", "--profile", "slow"], "no profile is called 'slow'"),
    "an unknown format": (["tiny:1b", "--format", "pdf"], "'pdf' is not one of"),
    "no context": (["tiny:1b", "--num-ctx", "0"], "--num-ctx"),
    "no tokens": (["tiny:1b", "--num-predict", "0"], "--num-predict"),
    "more tokens than context": (["tiny:1b", "--num-predict", "4096"], "leaves no room for the prompt in num_ctx 4096"),
    "a negative seed": (["tiny:1b", "--seed", "-1"], "--seed"),
    "a temperature that is no number": (["tiny:1b", "--temperature", "nan"], "--temperature"),
    "no patience": (["tiny:1b", "--timeout", "0"], "--timeout"),
    "endless patience": (["tiny:1b", "--timeout", "inf"], "--timeout"),
    "patience that is no number": (["tiny:1b", "--timeout", "nan"], "--timeout"),
    "no such policy": (["tiny:1b", "--policy", "none.yaml"], "none.yaml"),
    "no such prompts": (["tiny:1b", "--prompts", "none"], "none"),
}


@pytest.mark.parametrize(("arguments", "words"), USAGE.values(), ids=USAGE)
def test_what_cannot_be_is_refused_before_anything_is_sent(
    cli: Cli, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: str
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", server.url)
    cli("run", *arguments).assert_clear_error(2, words)
    assert server.requests == []


def test_a_bad_ollama_host_is_named(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "ssh://127.0.0.1")
    cli("run", "tiny:1b").assert_clear_error(2, "OLLAMA_HOST", "'ssh'")


FORMS = {
    "host and port": "127.0.0.1:{port}",
    "a port alone": ":{port}",
    "a URL": "http://127.0.0.1:{port}/",
    "every address": "0.0.0.0:{port}",
    "quotes": '"127.0.0.1:{port}"',
    "a path": "http://127.0.0.1:{port}/proxy",
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_ollama_host_leads_to_the_server_in_each_form(
    cli: Cli, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    """The other forms have fixed ports; tests/server/test_address.py has them all."""
    monkeypatch.setenv("OLLAMA_HOST", form.format(port=server.port))
    outcome = cli("run", "tiny:1b", "--no-quality")
    assert outcome.code == 0
    assert outcome.document["resources"]["processes"] != []


# --- malformed files

FILES: dict[str, tuple[str, bytes, str]] = {
    "policy: not YAML": ("policy.yaml", b"a: 1\nb: [", "policy.yaml:2: not valid YAML"),
    "policy: a list": ("policy.yaml", b"- 1\n", "policy.yaml:1: the file:"),
    "policy: an unknown key": ("policy.yaml", b"# ours\nmax_latency: 2\n", "policy.yaml:2: max_latency: unknown key"),
    "policy: a wrong value": ("policy.yaml", b"\n\nmin_gen_tok_s: fast\n", "policy.yaml:3: min_gen_tok_s: "),
    "policy: a limit of zero": ("policy.yaml", b"max_short_latency_s: 0\n", "policy.yaml:1: max_short_latency_s: "),
    "policy: no number": ("policy.yaml", b"max_short_latency_s: .nan\n", "policy.yaml:1: max_short_latency_s: "),
    "policy: a key twice": (
        "policy.yaml",
        b"min_gen_tok_s: 1\nmin_gen_tok_s: 2\n",
        "policy.yaml:2: min_gen_tok_s: given",
    ),
    "policy: not UTF-8": ("policy.yaml", b"a: 1\nb: \xff\n", "policy.yaml:2: not UTF-8"),
    "policy: nested": (
        "policy.yaml",
        b"suggestions:\n  - {model: a}\n",
        "policy.yaml:2: suggestions.0.parameters: missing",
    ),
    "policy: a tag": ("policy.yaml", b"min_gen_tok_s: !!python/object:os.system 1\n", "policy.yaml:1: not valid YAML"),
    "prompt: an unknown key": (
        "prompts/real.yaml",
        b"id: real\nrole: real\ntext: a\n",
        "real.yaml:3: text: unknown key",
    ),
    "prompt: no text": ("prompts/real.yaml", b"id: real\nrole: real\n", "real.yaml:1: prompt: missing"),
    "prompt: no end": (
        "prompts/real.yaml",
        b"id: real\nrole: real\nprompt: a\noptions: {num_predict: 0}\n",
        "real.yaml:4: options.num_predict: ",
    ),
    "prompt: a wrong role": ("prompts/real.yaml", b"id: real\nrole: main\nprompt: a\n", "real.yaml:2: role: "),
    "prompt: another id": (
        "prompts/real.yaml",
        b"id: other\nrole: real\nprompt: a\noptions: {num_predict: 9}\n",
        "real.yaml:1: id: 'other' is not the file's name",
    ),
    "prompts: a role is missing": ("prompts/real.yaml", b"", "real.yaml:1: id: missing"),
    "profiles: not whole": (
        "config/profiles.yaml",
        b"quick: {cold: 1, warm: 3}\n",
        "profiles.yaml:1: quick.real: missing",
    ),
    "profiles: none": (
        "config/profiles.yaml",
        b"\nquick: {cold: 0, warm: 1, real: 1, long: 1, quality_seeds: 1}\n",
        "profiles.yaml:2: quick.cold: ",
    ),
}


@pytest.mark.parametrize(("name", "text", "words"), FILES.values(), ids=FILES)
def test_a_malformed_file_is_told_with_its_line_and_key(
    cli: Cli, server: ScriptedServer, workspace: Path, name: str, text: bytes, words: str
) -> None:
    (workspace / "prompts").mkdir()
    for path in shipped("prompts").glob("*.yaml"):
        (workspace / "prompts" / path.name).write_bytes(path.read_bytes())
    (workspace / name).write_bytes(text)
    options = ["--policy", "policy.yaml"] if name == "policy.yaml" else []
    cli("run", "tiny:1b", "--host", server.url, *options).assert_clear_error(2, words)
    assert server.requests == []


def test_every_mistake_of_a_pack_is_told_at_once(cli: Cli, workspace: Path) -> None:
    (workspace / "pack").mkdir()
    (workspace / "pack" / "a.yaml").write_text("id: a\nrole: short\nprompt: 7\n")
    (workspace / "pack" / "b.yaml").write_text("id: b\nrole: nothing\n")
    outcome = cli("run", "tiny:1b", "--prompts", "pack")
    outcome.assert_clear_error(2, "a.yaml:3: prompt: ", "a.yaml:1: options: missing", "b.yaml:2: role: ")


def test_an_empty_pack_lacks_every_role(cli: Cli, workspace: Path) -> None:
    (workspace / "pack").mkdir()
    cli("run", "tiny:1b", "--prompts", "pack").assert_clear_error(
        2, *(f"no file has the role {r}" for r in ("short", "real", "long", "quality"))
    )


# --- no server, or something else

HTML: Handler = lambda x: x.answer(b"<!doctype html><title>Sign in</title>", content_type="text/html")  # noqa: E731

SERVERS: dict[str, tuple[dict[str, Handler], str]] = {
    "an HTML page": ({"version": HTML}, "is not Ollama"),
    "a JSON list": ({"version": lambda x: x.json([1, 2])}, "is not Ollama"),
    "404": ({"version": lambda x: x.answer(b"404 page not found", 404)}, "is not Ollama"),
    "500": ({"version": lambda x: x.json({"error": "out of order"}, 500)}, "is not Ollama"),
    "503": ({"version": lambda x: x.json({"error": "server busy"}, 503)}, "is not Ollama"),
    "another protocol": ({"version": in_turn(lambda x: x.raw(b"220 ESMTP\r\n"), Exchange.close)}, "connection failed"),
    "a closed connection": ({"version": Exchange.close}, "connection failed"),
    "a reset connection": ({"version": Exchange.reset}, "connection failed"),
    "show is HTML": ({"show": HTML}, "is not Ollama"),
    "show answers 500": ({"show": lambda x: x.json({"error": "out of order"}, 500)}, "answered 500: out of order"),
    "tags is a list": ({"tags": lambda x: x.json([])}, "is not Ollama"),
}


@pytest.mark.parametrize(("answers", "words"), SERVERS.values(), ids=SERVERS)
def test_what_is_no_ollama_is_told(cli: Cli, server: ScriptedServer, answers: dict[str, Handler], words: str) -> None:
    server.on = answers
    outcome = cli("run", "tiny:1b", "--host", server.url)
    outcome.assert_clear_error(3, server.url, words)
    assert outcome.documents == []


def test_no_server_names_the_cause_and_the_remedies(cli: Cli, server: ScriptedServer) -> None:
    with ScriptedServer() as gone:
        url = gone.url
    outcome = cli("run", "tiny:1b", "--host", url)
    outcome.assert_clear_error(
        3, f"no Ollama server answers at {url} (connection refused)", "ollama serve", "--embedded"
    )
    assert outcome.documents == []


def test_https_to_a_server_that_speaks_http_is_told(cli: Cli, server: ScriptedServer) -> None:
    outcome = cli("run", "tiny:1b", "--host", f"https://127.0.0.1:{server.port}")
    outcome.assert_clear_error(3, f"no Ollama server answers at https://127.0.0.1:{server.port} ", "SSL")


# --- the model cannot be had

LAYER = {"status": "pulling aaaaaaaaaaaa", "total": 100_000_000, "completed": 40_000_000}
NO_NETWORK = {
    "error": "pull model manifest: Get https://registry.test/v2/: dial tcp: lookup registry.test: no such host"
}

MODELS: dict[str, tuple[list[str], Handler | None, str]] = {
    "not there, and --no-pull": (["--no-pull"], None, "has no model new:1b: drop --no-pull"),
    "no such model": ([], None, "cannot pull new:1b: pull model manifest: file does not exist"),
    "the pull ends half-way": ([], answering(LAYER), "ended half-way: run it again to resume"),
    "the pull dies": ([], answering(LAYER, end=Exchange.close), "connection failed"),
    "the pull hangs": (["--timeout", "2"], answering(LAYER, end=Exchange.hang), "silent"),
    "the pull tells an error": (
        [],
        answering(LAYER, {"error": "digest mismatch"}),
        "cannot pull new:1b: digest mismatch",
    ),
    "no network": ([], answering(NO_NETWORK), "cannot pull new:1b: pull model manifest: Get https://registry.test"),
    "a full disk": ([], answering(LAYER, {"error": "write blobs/sha256-a: no space left on device"}), "no space left"),
    "pulled, and not there": ([], answering({"status": "success"}), "pulled new:1b and still does not have it"),
    "an error full of escapes": (
        [],
        answering({"error": "\x1b]0;owned\x07\x1b[31mno\u202e"}),
        "cannot pull new:1b: no",
    ),
}


@pytest.mark.parametrize(("options", "pull", "words"), MODELS.values(), ids=MODELS)
def test_a_model_that_cannot_be_had_is_told(
    cli: Cli, server: ScriptedServer, options: list[str], pull: Handler | None, words: str
) -> None:
    if pull is not None:
        server.on["pull"] = pull
    outcome = cli("run", "new:1b", "--host", server.url, *options)
    outcome.assert_clear_error(3, server.url, words)
    assert "\x1b" not in outcome.err
    assert "\u202e" not in outcome.err
    assert outcome.documents == []
    assert ("pull" in server.kinds) == ("--no-pull" not in options)


def test_a_missing_model_is_pulled_with_the_servers_byte_counts(cli: Cli, server: ScriptedServer) -> None:
    server.registry["new:1b"] = Model("new:1b")
    outcome = cli("run", "new:1b", "--host", server.url, "--no-quality")
    assert outcome.code == 0
    assert "new:1b: pulling aaaaaaaaaaaa 50 % of 100 MB" in outcome.err
    assert outcome.document["model"]["name"] == "new:1b"


def test_thinking_asked_of_a_model_that_cannot_is_a_mistake_of_usage(cli: Cli, server: ScriptedServer) -> None:
    outcome = cli("run", "tiny:1b", "--host", server.url, "--think")
    outcome.assert_clear_error(2, "tiny:1b does not support thinking: leave out --think")
    assert server.generations == []
