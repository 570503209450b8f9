"""`ollama-bench run` when a model's answer goes wrong, or attacks whoever reads it."""

import json
from pathlib import Path

import pytest

from tests.conftest import Cli
from tests.scripted_http import Exchange, Handler
from tests.scripted_server import Model, ScriptedServer, answering, endless, final, huge_line, words

AFTER_COLD = range(1, 4)
"""The generations of the timed phases behind the first; one each in the tiny profile."""
QUALITY = range(4, 7)


# --- an answer goes wrong


FAULTS: dict[str, tuple[Handler, str, str]] = {
    "500": (lambda x: x.json({"error": "out of order"}, 500), "http_status", "answered 500 Scripted: out of order"),
    "503": (lambda x: x.json({"error": "server busy"}, 503), "http_status", "answered 503 Scripted: server busy"),
    "reset in the middle": (answering(*words(3), end=Exchange.reset), "connection", "connection failed"),
    "closed in the middle": (answering(*words(3), end=Exchange.close), "connection", "connection failed"),
    "closed at once": (Exchange.close, "connection", "connection failed"),
    "silence in the middle": (answering(*words(3), end=Exchange.hang), "timeout", "silent for 2 s"),
    "silence from the start": (Exchange.hang, "timeout", "silent for 2 s"),
    "an error line": (answering(*words(3), {"error": "out of memory"}), "error_line", "broke off: out of memory"),
    "a broken line": (answering(*words(3), b'{"resp\n'), "bad_line", "not JSON"),
    "a huge line": (huge_line, "bad_line", "longer than"),
    "bad UTF-8": (answering(*words(3), b'{"response": "\xff"}\n'), "bad_line", "not UTF-8"),
    "no final object": (answering(*words(3)), "no_done", '"done": true'),
    "zero tokens": (answering(final(eval_count=0, eval_duration=None)), "no_text", "generated no text"),
    "endless generation": (endless, "runaway", "ignores num_predict"),
    "a prompt cut in silence": (answering(*words(), final(prompt_eval_count=2)), "truncated", "it was cut"),
}


@pytest.mark.parametrize(("fault", "kind", "words"), FAULTS.values(), ids=FAULTS)
def test_a_timed_answer_that_goes_wrong_ends_the_run_and_keeps_what_was_measured(
    cli: Cli, server: ScriptedServer, fault: Handler, kind: str, words: str
) -> None:
    server.faults = dict.fromkeys(AFTER_COLD, fault)
    outcome = cli("run", "tiny:1b", "--host", server.url, "--timeout", "2", "--json")
    outcome.assert_clear_error(3, "the warm phase of tiny:1b failed: ", words)
    document = outcome.document
    assert document["complete"] is False
    assert [trial["error"] for trial in document["phases"]["cold"]["trials"]] == [None]
    (failed,) = document["phases"]["warm"]["trials"]
    assert failed["error"]["kind"] == kind
    assert document["phases"]["warm"]["summary"]["latency_s"]["n"] == 0
    assert document["verdict"]["decision"] == "inconclusive"
    (path,) = Path("scorecards").glob("*.json")
    assert str(path) in outcome.err
    assert "**Incomplete:**" in path.with_suffix(".md").read_text()


def test_an_answer_that_goes_wrong_is_not_assessed_and_ends_nothing(cli: Cli, server: ScriptedServer) -> None:
    for number, name in zip(QUALITY, ("500", "closed in the middle", "bad UTF-8"), strict=True):
        server.faults[number] = FAULTS[name][0]
    outcome = cli("run", "tiny:1b", "--host", server.url)
    assert outcome.code == 0
    assert "quality 1 failed: the server answered 500" in outcome.err
    document = outcome.document
    assert document["complete"] is True
    for prompt in document["quality"]["prompts"]:
        assert set(prompt["scores"].values()) == {None}
        assert prompt["reason"].startswith("the request failed: ")
    assert document["verdict"]["decision"] == "inconclusive"
    assert "not assessed: the request failed: the server answered 500" in outcome.out


def test_durations_that_make_no_sense_leave_no_figure_and_no_crash(cli: Cli, server: ScriptedServer) -> None:
    server.figures = {
        "total_duration": None,
        "load_duration": -1,
        "prompt_eval_duration": -(2**63),
        "eval_count": 1,
        "eval_duration": 10**400,
        "done_reason": None,
    }
    outcome = cli("run", "tiny:1b", "--host", server.url, "--no-quality")
    assert outcome.code == 0
    assert "tok/s: n/a" in outcome.out
    summary = outcome.document["phases"]["real"]["summary"]
    assert {name for name, values in summary.items() if values["n"]} == {
        "latency_s", "text_latency_s", "ttft_s", "answer_ttft_s", "itl_s", "word_tok_s",
    }  # fmt: skip
    assert summary["gen_tok_s"]["p50"] is None


# --- an answer that attacks whoever reads it

HOSTILE = (
    "\x1b]0;owned\x07", "\x1b[2J\x1b[31m", "\x9b31m", "\u202egnp.exe\u2066", "\x1b]8;;http://evil.test\x1b\\link",
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\n# heading\n", "| a | b |", "[click](javascript:x)",
    "```\n", "\r\x08\x00", "=cmd|'/C calc'!A0", "\u2028", "\ud800",
)  # fmt: skip
FORBIDDEN = "\x1b\x07\x08\x00\r\x9b\u202e\u2066\u2028"


@pytest.mark.parametrize("fmt", ["text", "markdown", "json"])
def test_nothing_that_a_model_writes_reaches_the_terminal_raw(cli: Cli, server: ScriptedServer, fmt: str) -> None:
    server.answer = HOSTILE
    server.models["tiny:1b"] = Model(template="\x1b[31m")
    outcome = cli("run", "tiny:1b", "--host", server.url, "--format", fmt)
    assert outcome.code == 0
    (markdown,) = Path("scorecards").glob("*.md")
    for text in (outcome.out, outcome.err, markdown.read_text()):
        assert [mark for mark in FORBIDDEN if mark in text] == []
    for text in (markdown.read_text(), outcome.out if fmt == "markdown" else ""):
        for markup in ("<script", "<img", "\n# heading", "](javascript"):
            assert markup not in text
    kept = outcome.document["quality"]["prompts"][0]["answer"]
    assert kept == "".join(HOSTILE).replace("\ud800", "\ufffd")
    if fmt == "json":
        assert json.loads(outcome.out) == outcome.document


def test_nor_in_the_document_of_several_models(cli: Cli, server: ScriptedServer) -> None:
    server.answer = HOSTILE
    server.models["other:1b"] = Model("other:1b")
    outcome = cli("run", "tiny:1b", "other:1b", "--host", server.url, "--json")
    assert outcome.code == 0
    assert [mark for mark in FORBIDDEN if mark in outcome.out] == []
    assert json.loads(outcome.out) == outcome.documents


def test_nothing_that_a_server_says_reaches_the_terminal_raw(cli: Cli, server: ScriptedServer) -> None:
    """Its version, the model's family and quantisation, and its errors."""
    poison = "\x1b]0;owned\x07\u202e<b>|x"
    server.on["version"] = lambda x: x.json({"version": poison})
    server.on["show"] = lambda x: x.json(
        {"model_info": {}, "details": {"family": poison, "quantization_level": poison}}
    )
    server.faults[4] = lambda x: x.json({"error": poison}, 500)
    outcome = cli("run", "tiny:1b", "--host", server.url)
    assert outcome.code == 0
    (markdown,) = Path("scorecards").glob("*.md")
    for text in (outcome.out, outcome.err, markdown.read_text()):
        assert [mark for mark in FORBIDDEN if mark in text] == []


@pytest.mark.parametrize("name", ["../../etc/x", "host:5000/user/model:tag", "..", "con:1b", "ü:1b", "a b"])
def test_a_models_name_cannot_leave_the_folder(cli: Cli, server: ScriptedServer, workspace: Path, name: str) -> None:
    server.models[name] = Model(name)
    outcome = cli("run", name, "--host", server.url, "--no-quality")
    assert outcome.code == 0
    assert outcome.document["model"]["name"] == name
    assert {path.name for path in workspace.iterdir()} == {"config", "scorecards"}
