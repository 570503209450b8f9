import asyncio
import hashlib
import json
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from ollama_bench.embedded.app import build_app
from ollama_bench.embedded.catalogue import Catalogue, Model, cache_directory
from ollama_bench.embedded.scheduler import Scheduler
from ollama_bench.embedded.wire import ApiError
from tests.embedded.conftest import MODEL
from tests.embedded.tiny_gguf import write_tiny_gguf


@pytest.fixture
def catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Catalogue:
    monkeypatch.setenv("OLLAMA_BENCH_HOME", str(tmp_path / "home"))
    folder = tmp_path / "models"
    folder.mkdir()
    write_tiny_gguf(folder / "My Model (1).GGUF")
    (folder / "notes.txt").write_text("no model", encoding="utf-8")
    return Catalogue(folder)


def test_the_cache_is_where_the_user_wants_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OLLAMA_BENCH_HOME", str(tmp_path))
    assert cache_directory() == tmp_path
    monkeypatch.delenv("OLLAMA_BENCH_HOME")
    assert cache_directory().name == "ollama-bench"


@pytest.mark.parametrize("name", ["my-model--1-", "MY-MODEL--1-:latest", "library/my-model--1-"])
def test_files_of_a_folder_have_names(name: str, catalogue: Catalogue) -> None:
    assert catalogue.find(name).name == "my-model--1-:latest"


def test_files_whose_names_fall_together_are_told_apart(catalogue: Catalogue, tmp_path: Path) -> None:
    for name in ("模型.gguf", "a b.gguf", "a(b.gguf"):
        write_tiny_gguf(tmp_path / "models" / name)
    names = {model.name: model.path.name for model in catalogue.models()}
    assert sorted(names.values()) == sorted(["My Model (1).GGUF", "模型.gguf", "a b.gguf", "a(b.gguf"])
    for name, file in names.items():
        assert catalogue.find(name).path.name == file


def test_a_path_is_a_name_but_not_listed(catalogue: Catalogue, tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "elsewhere.gguf")
    assert catalogue.find(str(path)).path == path
    assert [model.name for model in catalogue.models()] == ["my-model--1-:latest"]
    assert [line["status"] for line in catalogue.pull(str(path))] == ["pulling manifest", "success"]


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("", 404),
        ("nosuch:1b", 404),
        ("bad name!!", 400),
        ("../../etc/passwd", 400),
        ("a:b:c", 400),
        ("x" * 300, 400),
        ("/nosuch/file.gguf", 400),
    ],
)
def test_names_that_are_no_model(name: str, status: int, catalogue: Catalogue) -> None:
    with pytest.raises(ApiError) as caught:
        catalogue.find(name)
    assert caught.value.status == status


def test_paths_are_no_names_when_others_can_reach_the_server(tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "private.gguf")
    with pytest.raises(ApiError):
        Catalogue(allow_paths=False).find(str(path))


def test_a_digest_is_computed_again_when_the_file_changes(catalogue: Catalogue, tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "m.gguf")
    assert catalogue.digest(path) == hashlib.sha256(path.read_bytes()).hexdigest()
    write_tiny_gguf(path, chat_template="another")
    assert catalogue.digest(path) == hashlib.sha256(path.read_bytes()).hexdigest()
    assert Catalogue().digest(path) == catalogue.digest(path)


def test_a_digest_that_two_ask_for_at_once_is_computed_once(
    catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "large.gguf"
    path.write_bytes(b"x")
    read: list[Path] = []

    def slow_sha256(path: Path) -> str:
        read.append(path)
        time.sleep(0.3)
        return "digest"

    monkeypatch.setattr("ollama_bench.embedded.catalogue._sha256", slow_sha256)
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(catalogue.digest, [path, path])) == ["digest", "digest"]
    assert read == [path]


def test_a_damaged_list_of_digests_is_ignored(catalogue: Catalogue, tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "m.gguf")
    (tmp_path / "home").mkdir()
    for damaged in ("{", "[]", json.dumps({str(path): [1]}), json.dumps({str(path): None})):
        (tmp_path / "home" / "digests.json").write_text(damaged, encoding="utf-8")
        assert catalogue.digest(path) == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_pull_that_is_broken_off_leaves_nothing(catalogue: Catalogue, tmp_path: Path) -> None:
    pulling = catalogue.pull(MODEL)
    for line in pulling:
        if line.get("completed"):
            break
    pulling.close()
    assert list((tmp_path / "home" / "models").iterdir()) == []
    with pytest.raises(ApiError):
        catalogue.find(MODEL)


def test_a_pull_removes_what_a_killed_one_left(catalogue: Catalogue, tmp_path: Path) -> None:
    models = tmp_path / "home" / "models"
    models.mkdir(parents=True)
    old, new = models / ".pull-old", models / ".pull-new"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))
    next(line for line in catalogue.pull(MODEL) if line.get("completed"))
    assert not old.exists()
    assert new.exists()


def test_a_full_or_forbidden_cache_is_a_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way", encoding="utf-8")
    monkeypatch.setenv("OLLAMA_BENCH_HOME", str(blocked))
    with pytest.raises(ApiError, match="cannot write"):
        list(Catalogue().pull(MODEL))


def test_files_of_the_user_are_not_deleted(catalogue: Catalogue) -> None:
    with pytest.raises(ApiError) as caught:
        catalogue.delete("my-model--1-")
    assert caught.value.status == 501
    assert catalogue.find("my-model--1-").path.is_file()


def test_a_disk_that_is_slow_to_answer_holds_up_nobody_else(home: Path) -> None:
    served = threading.Event()

    class Slow(Catalogue):
        def find(self, name: str) -> Model:
            assert served.wait(10), "nothing else was answered meanwhile"
            return super().find(name)

    async def ask() -> list[httpx.Response]:
        app = build_app(Slow(), Scheduler(parallel=1, max_queue=1, keep_alive_s=1), loopback=True)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as api:
            body = {"model": "nosuch", "prompt": "x"}
            looked_up = [asyncio.create_task(api.post(f"/api/{path}", json=body)) for path in ("show", "generate")]
            await asyncio.sleep(0.1)
            await api.get("/api/version")
            served.set()
            return list(await asyncio.gather(*looked_up))

    assert [answer.status_code for answer in asyncio.run(ask())] == [404, 404]
