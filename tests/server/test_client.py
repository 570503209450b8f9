"""The control calls: what they send, what they make of a healthy server, and of one that is something else."""

import gzip
import socket
import time
from collections.abc import Callable, Iterator

import pytest

from ollama_bench.errors import ModelError, ServerError
from ollama_bench.server.client import Client, InstalledModel, PullProgress, is_loopback
from ollama_bench.server.names import same_model
from ollama_bench.server.stream import Timeouts
from tests.scripted_http import Exchange, Handler
from tests.scripted_server import Model, ScriptedServer, answering, in_turn


@pytest.fixture
def client(server: ScriptedServer) -> Iterator[Client]:
    with Client(server.url, Timeouts(first_byte_s=0.5, gap_s=0.5)) as client:
        yield client


def test_a_healthy_server_is_read_in_full(client: Client, server: ScriptedServer) -> None:
    assert client.version() == "0.33.0-scripted"
    card = client.show("tiny:1b")
    assert card is not None
    assert (card.digest, card.family, card.quantization) == (Model("tiny:1b").digest, "tiny", "Q8_0")
    assert (card.parameter_count, card.size_bytes, card.context_length) == (1_000_000_000, 1_100_000_000, 8192)
    assert card.chat_template
    assert not card.thinking
    assert client.show("nosuch:1b") is None
    assert client.installed() == {"tiny:1b": InstalledModel(1_100_000_000, Model("tiny:1b").digest)}
    assert client.loaded() == []
    client.load("tiny:1b", {"num_ctx": 512}, "10m")
    (loaded,) = client.loaded()
    assert (loaded.name, loaded.context_length, loaded.size_vram_bytes) == ("tiny:1b", 512, 0)


def test_unloading_is_over_only_when_ps_says_so(client: Client, server: ScriptedServer) -> None:
    server.polls_until_unloaded = 2
    client.load("tiny:1b", {"num_ctx": 512}, "10m")
    client.unload("tiny:1b")
    assert [len(client.loaded()) for _ in range(4)] == [1, 1, 0, 0]


@pytest.mark.parametrize(
    ("template", "has_one"),
    [("", False), ("{{ .Prompt }}", False), (" {{ .Prompt }}\n", False), ("a{{.Prompt}}", True)],
)
def test_a_base_model_is_known_by_its_template(
    client: Client, server: ScriptedServer, template: str, has_one: bool
) -> None:
    server.models["base"] = Model("base", template=template)
    card = client.show("base")
    assert card is not None
    assert card.chat_template is has_one


def test_a_model_with_a_renderer_of_the_servers_own_is_no_base_model(client: Client, server: ScriptedServer) -> None:
    server.on["show"] = lambda x: x.json(
        {"model_info": {}, "template": "{{ .Prompt }}", "modelfile": "FROM x\nRENDERER gemma4\n"}
    )
    card = client.show("tiny:1b")
    assert card is not None
    assert card.chat_template


def test_a_server_that_tells_little_of_a_model_is_enough(client: Client, server: ScriptedServer) -> None:
    server.on["show"] = lambda x: x.json({"model_info": {}})
    server.on["tags"] = lambda x: x.json({"models": []})
    card = client.show("tiny:1b")
    assert card is not None
    assert (card.digest, card.parameter_count, card.context_length, card.thinking) == (None, None, None, False)


CALLS: dict[str, Callable[[Client], object]] = {
    "version": lambda client: client.version(),
    "show": lambda client: client.show("tiny:1b"),
    "tags": lambda client: client.show("tiny:1b"),
    "ps": lambda client: client.loaded(),
    "load": lambda client: client.load("tiny:1b", {"num_ctx": 512}, "10m"),
    "unload": lambda client: client.unload("tiny:1b"),
    "pull": lambda client: list(client.pull("new:1b")),
}

ANSWERS: dict[str, Handler] = {
    "an HTML page": lambda x: x.answer(b"<!doctype html><title>Sign in</title>", content_type="text/html"),
    "a JSON list": lambda x: x.json([1, 2]),
    "a JSON string": lambda x: x.json("no"),
    "null": lambda x: x.json(None),
    "fields of the wrong type": lambda x: x.json({"version": 1, "models": 7, "details": [], "status": [], "done": {}}),
    "a list of nonsense": lambda x: x.json({"version": None, "models": [7], "capabilities": {}, "status": {}}),
    "numbers beyond all measure": lambda x: x.json(
        {"models": [{"name": "tiny:1b", "size": 10**400, "size_vram": 1e308}], "model_info": {"a": 10**400}}
    ),
    "deep nesting": lambda x: x.answer(b'{"a":' * 100_000),
    "bad UTF-8": lambda x: x.answer(b'{"version": "\xff"}'),
    "nothing": lambda x: x.answer(b""),
    "404": lambda x: x.answer(b"404 page not found", 404),
    "401": lambda x: x.json({"error": "unauthorized"}, 401),
    "500": lambda x: x.json({"error": "out of order"}, 500),
    "500 with HTML": lambda x: x.answer(b"<html>Bad</html>", 500),
    "503": lambda x: x.json({"error": "server busy, please try again.  maximum pending requests exceeded"}, 503),
    "a redirect": lambda x: x.raw(b"HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n"),
    "a reset": Exchange.reset,
    "a closed connection": Exchange.close,
    "a body that is too short": in_turn(
        lambda x: x.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"), Exchange.close
    ),
    "another protocol": in_turn(lambda x: x.raw(b"220 mail.example.test ESMTP\r\n"), Exchange.close),
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_whatever_a_server_answers_it_is_one_error_of_ours_or_none(
    client: Client, server: ScriptedServer, answer: Handler
) -> None:
    for name, call in CALLS.items():
        server.on = {name: answer}
        message = server.url
        try:
            call(client)
        except ServerError as error:
            message = str(error)
        assert server.url in message
        assert len(message) < 1000


CONTROL = {name: call for name, call in CALLS.items() if name not in ("load", "pull")}


def _drip(exchange: Exchange) -> None:
    """A byte now and then, never silent for as long as a client waits."""
    exchange.start()
    while True:
        exchange.chunk(b" ")
        time.sleep(0.05)


def _flood(exchange: Exchange) -> None:
    exchange.start()
    while True:
        exchange.chunk(b" " * 2**20)


def _pack(exchange: Exchange) -> None:
    body = gzip.compress(b" " * 2**20)
    exchange.raw(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (_drip, r"its answer was not whole after 0\.5 s"),
        (_flood, "its answer is longer than 16 MiB"),
        (_pack, "its answer is compressed"),
        (Exchange.hang, r"the server was silent for 0\.5 s$"),
    ],
)
def test_an_answer_that_computes_nothing_has_an_end(
    client: Client, server: ScriptedServer, answer: Handler, words: str
) -> None:
    for name, call in CONTROL.items():
        server.on = {name: answer}
        with pytest.raises(ServerError, match=words):
            call(client)


def test_a_timeout_is_named_where_it_can_be_given_and_would_help(server: ScriptedServer) -> None:
    server.on = {"ps": Exchange.hang}
    with Client(server.url, Timeouts(0.2, 0.2, adjustable=True)) as client, pytest.raises(ServerError) as error:
        client.loaded()
    assert str(error.value).endswith("the server was silent for 0.2 s (see --timeout)")


def test_sizes_beyond_all_measure_are_no_sizes(client: Client, server: ScriptedServer) -> None:
    """A float could not hold them: the first one to print them would crash."""
    server.on["ps"] = lambda x: x.json(
        {"models": [{"name": "tiny:1b", "size": 10**400, "size_vram": 2**63, "context_length": 10**400}]}
    )
    server.on["show"] = lambda x: x.json({"model_info": {"general.parameter_count": 10**400}})
    server.on["tags"] = lambda x: x.json({"models": [{"model": "tiny:1b", "size": 10**400}]})
    (loaded,) = client.loaded()
    assert (loaded.size_bytes, loaded.size_vram_bytes) == (None, None)
    card = client.show("tiny:1b")
    assert card is not None
    assert (card.size_bytes, card.parameter_count) == (None, None)


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_only_an_ollama_has_a_version(client: Client, server: ScriptedServer, answer: Handler) -> None:
    server.on["version"] = answer
    with pytest.raises(ServerError, match=r"is not Ollama|connection failed"):
        client.version()


def test_no_server_names_the_url_the_cause_and_the_remedies() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    with Client(url) as client:
        for call in CALLS.values():
            with pytest.raises(ServerError) as error:
                call(client)
            assert f"no Ollama server answers at {url} (connection refused): start one with" in str(error.value)


def test_a_name_that_does_not_resolve_is_no_server() -> None:
    with (
        Client("http://no-such-host.invalid:1") as client,
        pytest.raises(ServerError, match="no Ollama server answers"),
    ):
        client.version()


def test_a_pull_tells_the_servers_own_byte_counts(client: Client, server: ScriptedServer) -> None:
    server.registry["new:1b"] = Model("new:1b")
    assert list(client.pull("new:1b")) == [
        PullProgress("pulling manifest", None, None),
        PullProgress("pulling aaaaaaaaaaaa", 100_000_000, 0),
        PullProgress("pulling aaaaaaaaaaaa", 100_000_000, 50_000_000),
        PullProgress("pulling aaaaaaaaaaaa", 100_000_000, 100_000_000),
        PullProgress("success", None, None),
    ]


LAYER = {"status": "pulling aaaaaaaaaaaa", "total": 100, "completed": 40}
REFUSED = {"error": "Get https://registry.test/v2/: dial tcp: lookup registry.test: no such host"}

PULLS: dict[str, tuple[Handler, str]] = {
    "ends in peace half-way": (answering(LAYER), "ended half-way"),
    "ends at once": (answering(), "ended half-way"),
    "dies half-way": (answering(LAYER, end=Exchange.close), "connection failed"),
    "hangs half-way": (answering(LAYER, end=Exchange.hang), "silent"),
    "tells an error half-way": (answering(LAYER, {"error": "digest mismatch"}), "cannot pull new:1b: digest mismatch"),
    "has no network": (answering(REFUSED), "no such host"),
    "knows no such model": (answering({"error": "pull model manifest: file does not exist"}), "does not exist"),
    "is refused": (lambda x: x.json({"error": "invalid model name"}, 400), "invalid model name"),
    "sends garbage": (answering(LAYER, b"{{{\n"), "is not Ollama"),
    "sends counts that are none": (answering({"status": "pulling", "total": "x", "completed": -1}), "is not Ollama"),
}


@pytest.mark.parametrize(("pull", "words"), PULLS.values(), ids=PULLS)
def test_a_pull_that_fails_says_why(client: Client, server: ScriptedServer, pull: Handler, words: str) -> None:
    server.on["pull"] = pull
    with pytest.raises(ServerError, match=words) as error:
        list(client.pull("new:1b"))
    assert words in ("connection failed", "silent", "is not Ollama") or isinstance(error.value, ModelError)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("tiny", "tiny:latest", True),
        ("TINY:1B", "tiny:1b", True),
        ("library/tiny", "registry.ollama.ai/library/tiny:latest", True),
        ("user/tiny", "tiny", False),
        ("tiny:1b", "tiny:2b", False),
        ("host:5000/user/tiny", "host:5000/user/tiny:latest", True),
    ],
)
def test_one_model_has_many_spellings(one: str, other: str, same: bool) -> None:
    assert same_model(one, other) is same


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://127.0.0.1:11434", True),
        ("http://127.1.2.3:1", True),
        ("http://localhost:1", True),
        ("http://[::1]:1", True),
        ("http://192.0.2.1:1", False),
        ("http://example.test:1", False),
    ],
)
def test_a_proxy_is_never_used_to_reach_this_machine(url: str, loopback: bool) -> None:
    assert is_loopback(url) is loopback


def test_a_proxy_of_the_environment_does_not_stand_before_a_local_server(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with Client(server.url) as client:
        assert client.version() == "0.33.0-scripted"
        assert client.show("tiny:1b") is not None


@pytest.mark.parametrize("path", ["", "/proxy/ollama"])
def test_a_path_in_the_url_stands_before_every_request(server: ScriptedServer, path: str) -> None:
    with Client(server.url + path) as client:
        client.version()
        client.loaded()
    assert [request.path for request in server.requests] == [f"{path}/api/version", f"{path}/api/ps"]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_both_families_of_addresses_are_reached(host: str) -> None:
    if host == "::1" and not _has_ipv6():
        pytest.skip("this machine has no IPv6 loopback")
    with ScriptedServer(host=host) as server, Client(server.url) as client:
        assert client.version() == "0.33.0-scripted"
        assert client.show("tiny:1b") is not None


def _has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True
