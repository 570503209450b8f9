"""Every form of OLLAMA_HOST and --host."""

import logging

import pytest

from ollama_bench.server.address import server_url
from orchestrator.errors import ConfigurationError

FORMS = {
    "": "http://127.0.0.1:11434",
    "   ": "http://127.0.0.1:11434",
    "example.test": "http://example.test:11434",
    "example.test:1234": "http://example.test:1234",
    "under_score.test:1": "http://under_score.test:1",
    ":1234": "http://127.0.0.1:1234",
    ":": "http://127.0.0.1:11434",
    "127.0.0.1": "http://127.0.0.1:11434",
    "127.0.0.1:": "http://127.0.0.1:11434",
    "http://127.0.0.1": "http://127.0.0.1:80",
    "http://127.0.0.1:11434": "http://127.0.0.1:11434",
    "http://127.0.0.1:11434/": "http://127.0.0.1:11434",
    "https://example.test": "https://example.test:443",
    "https://example.test:8443": "https://example.test:8443",
    "http://example.test/ollama": "http://example.test:80/ollama",
    "example.test:1234/a/b/": "http://example.test:1234/a/b",
    "0.0.0.0": "http://127.0.0.1:11434",
    "0.0.0.0:1234": "http://127.0.0.1:1234",
    "http://0.0.0.0:1234": "http://127.0.0.1:1234",
    "::": "http://[::1]:11434",
    "[::]:1234": "http://[::1]:1234",
    "::1": "http://[::1]:11434",
    "[::1]": "http://[::1]:11434",
    "[::1": "http://[::1]:11434",
    "[::1]:1234": "http://[::1]:1234",
    "http://[2001:db8::1]:1234": "http://[2001:db8::1]:1234",
    "2001:DB8:0::1": "http://[2001:db8::1]:11434",
    '"127.0.0.1:1234"': "http://127.0.0.1:1234",
    "'127.0.0.1:1234'": "http://127.0.0.1:1234",
    ' "127.0.0.1" ': "http://127.0.0.1:11434",
}

BAD = {
    "256.1.1.1": "is not a host name or address",
    "xn--": "is not a host name or address",
    "a..b": "is not a host name or address",
    "a" * 70: "is not a host name or address",
    "http://127.0.0.1:11434/a\x01b": "is not a path",
    "ftp://example.test": "scheme 'ftp'",
    "unix:///run/ollama.sock": "scheme 'unix'",
    "://example.test": "scheme",
    "a b:1234": "not a host name",
    "-example.test": "not a host name",
    "exa\x1b[31mmple": "not a host name",
    "http://example.test?x=1": "not a host name",
}

BAD_PORTS = ("127.0.0.1:abc", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:1e3", "127.0.0.1:²")


@pytest.mark.parametrize(("text", "url"), FORMS.items())
def test_each_form_names_the_same_server_by_variable_and_by_option(text: str, url: str) -> None:
    assert server_url(None, {"OLLAMA_HOST": text}) == url
    assert server_url(text, {"OLLAMA_HOST": "elsewhere:1"}) == url


def test_without_either_it_is_ollamas_own_port() -> None:
    assert server_url(None, {}) == "http://127.0.0.1:11434"


@pytest.mark.parametrize(("text", "words"), BAD.items())
def test_what_is_no_address_is_refused_by_name(text: str, words: str) -> None:
    for option, environ, name in ((text, {}, "--host"), (None, {"OLLAMA_HOST": text}, "OLLAMA_HOST")):
        with pytest.raises(ConfigurationError) as refusal:
            server_url(option, environ)
        assert str(refusal.value).startswith(f"{name}: ")
        assert words in str(refusal.value)


@pytest.mark.parametrize("text", BAD_PORTS)
def test_a_bad_port_is_refused_in_the_option_and_passed_over_in_the_variable(
    text: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Ollama's own clients go on with the default port; ours says that it does."""
    with pytest.raises(ConfigurationError, match="is not a number from 0 to 65535"):
        server_url(text, {})
    with caplog.at_level(logging.WARNING):
        assert server_url(None, {"OLLAMA_HOST": text}) == "http://127.0.0.1:11434"
    assert "OLLAMA_HOST: the port" in caplog.text
