import httpx
import pytest

from ollama_bench.embedded.access import is_allowed_origin, is_local_host


@pytest.mark.parametrize(
    "host",
    [
        "",
        "localhost",
        "LOCALHOST:11434",
        "127.0.0.1",
        "127.0.0.1:80",
        "[::1]:11434",
        "::1",
        "0.0.0.0:1",
        "192.168.1.5:11434",
        "box.local",
        "a.internal:1",
    ],
)
def test_local_hosts(host: str) -> None:
    assert is_local_host(host)


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:11434", "8.8.8.8", "localhost.evil.example", "[2001:4860::1]:80"]
)
def test_foreign_hosts(host: str) -> None:
    assert not is_local_host(host)


def test_origins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OLLAMA_ORIGINS", raising=False)
    assert is_allowed_origin("http://localhost:3000")
    assert is_allowed_origin("vscode-webview://abc")
    assert not is_allowed_origin("http://localhost.evil.example")
    assert not is_allowed_origin("https://app.example")
    monkeypatch.setenv("OLLAMA_ORIGINS", "https://*.example, http://other")
    assert is_allowed_origin("https://app.example")
    monkeypatch.setenv("OLLAMA_ORIGINS", "http://[fd00::5]:*")
    assert is_allowed_origin("http://[fd00::5]:3000")
    assert not is_allowed_origin("http://f:3000")


def test_a_preflight_request(api: httpx.Client) -> None:
    answer = api.options("/api/generate", headers={"Origin": "http://localhost:3000"})
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "http://localhost:3000"
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert api.options("/api/generate", headers={"Origin": "http://evil.example"}).status_code == 403
