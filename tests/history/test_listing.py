"""The documents are the truth: what is new, changed, gone or no document is noticed, whatever the index says."""

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ollama_bench.history.index import NAME, VERSION
from ollama_bench.history.listing import Listing
from ollama_bench.scorecard import load
from orchestrator.errors import ConfigurationError
from tests.history.documents import document, files, listed, save

needs_root = pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can become another user")


def _index(folder: Path) -> sqlite3.Connection:
    return sqlite3.connect(folder / NAME)


def _count_reads(folder: Path) -> tuple[Listing, int]:
    from ollama_bench.history.listing import list_folder

    reads: list[int] = []
    found = list_folder(folder, lambda done, _total: reads.append(done))
    return found, len(reads)


def test_an_entry_says_what_the_document_says(tmp_path: Path) -> None:
    result = load(save(tmp_path, "a.json"))
    (run,) = listed(tmp_path).runs
    entry = run.entry

    assert (run.file, entry.id, entry.model, entry.quantization) == ("a.json", result.id, "llama3.2:1b", "Q8_0")
    assert entry.started_at == "2026-11-01T12:00:00.000000Z"
    assert entry.warm_latency_s == result.phases["warm"].summary["latency_s"].p50
    assert entry.real_tok_s == result.phases["real"].summary["gen_tok_s"].p50
    assert entry.peak_rss_bytes == 1_873_000_000
    assert (entry.follow, entry.coherent, entry.no_hallucination, entry.assessed) == (3, 3, 2, 3)
    assert (entry.verdict, entry.complete) == ("keep small", True)
    assert result.validity is not None
    assert entry.valid is result.validity.valid
    assert (entry.machine, entry.server) == (result.hardware.label, "ollama 0.33.0")


def test_the_second_listing_reads_nothing_and_says_the_same(tmp_path: Path) -> None:
    save(tmp_path, "b.json", days=2)
    save(tmp_path, "a.json", days=1)
    (tmp_path / "c.json").write_text("[]")
    first, reads = _count_reads(tmp_path)

    assert ([run.file for run in first.runs], reads) == (["a.json", "b.json"], 3)
    assert _count_reads(tmp_path) == (first, 0)


def test_new_changed_and_deleted_files_are_noticed(tmp_path: Path) -> None:
    changed, deleted = save(tmp_path, "a.json"), save(tmp_path, "b.json", days=1)
    listed(tmp_path)
    deleted.unlink()
    changed.write_text(document("other:1b", days=3))
    save(tmp_path, "c.json", days=2)
    found, reads = _count_reads(tmp_path)

    assert [(run.file, run.entry.model) for run in found.runs] == [("c.json", "llama3.2:1b"), ("a.json", "other:1b")]
    assert reads == 2
    with closing(_index(tmp_path)) as index:
        assert {file for (file,) in index.execute("SELECT file FROM documents")} == {"a.json", "c.json"}


def test_a_document_replaced_in_the_same_instant_by_one_of_the_same_size_is_noticed(tmp_path: Path) -> None:
    path = save(tmp_path, "a.json", name="first:1b")
    before = path.stat()
    listed(tmp_path)
    other = save(tmp_path, "other", name="secnd:1b")
    other.replace(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert [run.entry.model for run in listed(tmp_path).runs] == ["secnd:1b"]


@pytest.mark.parametrize("year", [1960, 2300])  # beyond 2262 the nanoseconds take more than 63 bits
def test_a_file_of_any_age_is_listed_and_kept(tmp_path: Path, year: int) -> None:
    path = save(tmp_path, "a.json")
    seconds = datetime(year, 1, 1, tzinfo=UTC).timestamp()
    os.utime(path, (seconds, seconds))
    if datetime.fromtimestamp(path.stat().st_mtime, UTC).year != year:
        pytest.skip("this file system does not keep such a time")
    first, reads = _count_reads(tmp_path)

    assert ([run.file for run in first.runs], reads) == (["a.json"], 1)
    assert _count_reads(tmp_path) == (first, 0)


NO_RESULTS = {
    "empty.json": ("", "empty"),
    "half.json": (document()[:5000], "not JSON"),
    "list.json": ("[]", "not a result"),
    "other.json": ('{"name": "x"}', "not a result"),
    "newer.json": ('{"schema_version": 2}', "format 2"),
    "broken.json": (document().replace('"decision": "keep small"', '"decision": "1\\u001b[2J"'), "verdict.decision: "),
    "infinite.json": (document().replace('"p50": 41.2', '"p50": 1e999'), "real.summary.gen_tok_s.p50"),
    "early.json": (document().replace("2026-11-01T12:00:00+00:00", "0001-01-01T00:00:00+14:00"), "out of range"),
    "deep.json": ("[" * 100_000, "not JSON"),
    "huge.json": (document("x" * 2000), "model.name: "),
    "number.json": ('{"schema_version": ' + "9" * 10_000 + "}", ""),
    "binary.json": ("\x00\x01", "not JSON"),
}


@pytest.mark.parametrize("name", NO_RESULTS)
def test_a_file_that_is_no_result_is_told_with_its_reason(tmp_path: Path, name: str) -> None:
    text, reason = NO_RESULTS[name]
    save(tmp_path, "good.json")
    (tmp_path / name).write_text(text)
    for _ in range(2):  # read, then from the index
        found = listed(tmp_path)
        assert [run.file for run in found.runs] == ["good.json"]
        assert reason in found.unreadable[name]


def test_bytes_that_are_no_text_are_no_result(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(document().encode().replace(b"AMD EPYC", b"AMD \xff\xfe", 1))
    assert list(listed(tmp_path).unreadable) == ["a.json"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_what_is_no_file_is_not_opened(tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    outside = save(tmp_path, "outside.json", name="linked:1b")
    save(folder, "good.json")
    os.mkfifo(folder / "pipe.json")
    (folder / "folder.json").mkdir()
    for name, target in {"zero": "/dev/zero", "nowhere": "nothing", "loop": "loop.json", "linked": outside}.items():
        (folder / f"{name}.json").symlink_to(target)
    for _ in range(2):
        found = listed(folder)
        assert {run.file for run in found.runs} == {"good.json", "linked.json"}
        assert set(found.unreadable) == {"pipe.json", "folder.json", "zero.json", "nowhere.json", "loop.json"}
        assert set(found.unreadable.values()) == {"not a file"}


def test_the_change_of_a_file_that_a_link_leads_to_is_noticed(tmp_path: Path) -> None:
    outside = save(tmp_path, "outside", name="first:1b")
    folder = tmp_path / "runs"
    folder.mkdir()
    (folder / "linked.json").symlink_to(outside)
    listed(folder)
    outside.write_text(document("second:1b"))

    assert [run.entry.model for run in listed(folder).runs] == ["second:1b"]


@pytest.mark.skipif(sys.platform != "linux", reason="names of any bytes are Linux's")
def test_a_name_of_any_bytes_is_listed(tmp_path: Path) -> None:
    with open(os.path.join(os.fsencode(tmp_path), b"\xff.json"), "w", encoding="utf-8") as file:  # noqa: PTH118, PTH123
        file.write(document())
    for _ in range(2):
        assert files(tmp_path) == ["\udcff.json"]


def test_hidden_files_and_other_endings_are_not_looked_at(tmp_path: Path) -> None:
    for name in (".a.json", ".a.json.123.tmp", "a.md", "a.JSON.bak"):
        (tmp_path / name).write_text("x")
    assert listed(tmp_path).unreadable == {}


def test_a_folder_that_is_none_gets_no_index(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no such folder"):
        listed(tmp_path / "nothing")
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="no such folder"):
        listed(tmp_path / "file")
    assert {path.name for path in tmp_path.iterdir()} == {"file"}


# --- whatever is wrong with the index, the documents are listed


def _garbage(path: Path) -> None:
    path.write_bytes(b"this is no database" * 1000)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def _overwritten_inside(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    path.write_bytes(data)


def _of_another_version(path: Path) -> None:
    _execute(path, f"PRAGMA user_version = {VERSION + 1}", "ALTER TABLE documents RENAME TO runs")


def _of_other_columns(path: Path) -> None:
    _execute(path, "DROP TABLE documents", "CREATE TABLE documents (file PRIMARY KEY)")


def _without_its_table(path: Path) -> None:
    _execute(path, "DROP TABLE documents")


def _of_wrong_types(path: Path) -> None:
    _execute(path, "UPDATE documents SET model = 7")


def _of_infinite_figures(path: Path) -> None:
    _execute(path, "UPDATE documents SET real_tok_s = 9e999")


def _not_unicode(path: Path) -> None:
    _execute(path, "UPDATE documents SET model = CAST(X'ff' AS TEXT)")


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _execute(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


DAMAGES = [
    _garbage,
    _cut,
    _overwritten_inside,
    _of_another_version,
    _of_other_columns,
    _without_its_table,
    _of_wrong_types,
    _of_infinite_figures,
    _not_unicode,
    _empty,
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_index_is_made_anew(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    for number in range(40):
        save(tmp_path, f"{number}.json", days=number)
    right = listed(tmp_path)
    damage(tmp_path / NAME)

    assert listed(tmp_path) == right
    assert right.index_trouble is None
    assert _count_reads(tmp_path) == (right, 0), "it is there again"


def test_rebuilds_at_once_take_the_index_from_nobody(tmp_path: Path) -> None:
    from ollama_bench.history.listing import list_folder

    save(tmp_path, "a.json")
    listed(tmp_path)
    others: list[Listing] = []
    found = list_folder(tmp_path, lambda _done, _total: others.append(listed(tmp_path, anew=True)), anew=True)

    assert [listing.index_trouble for listing in (found, *others)] == [None, None]
    assert _count_reads(tmp_path) == (found, 0)


def test_a_rebuild_takes_nothing_from_the_old_index(tmp_path: Path) -> None:
    save(tmp_path, "a.json")
    listed(tmp_path)
    _execute(
        tmp_path / NAME,
        "UPDATE documents SET model = 'forged:1b'",
        "CREATE TRIGGER again AFTER INSERT ON documents BEGIN DELETE FROM documents; END",
    )

    assert [run.entry.model for run in listed(tmp_path, anew=True).runs] == ["llama3.2:1b"]
    assert _count_reads(tmp_path) == (listed(tmp_path), 0)


def test_an_index_that_is_no_file_is_left_alone(tmp_path: Path) -> None:
    save(tmp_path, "a.json")
    other = tmp_path / "precious"
    other.write_text("keep me")
    (tmp_path / NAME).symlink_to(other)
    found = listed(tmp_path)

    assert [run.file for run in found.runs] == ["a.json"]
    assert found.index_trouble == "it is not a file"
    assert other.read_text() == "keep me"
    (tmp_path / NAME).unlink()
    (tmp_path / NAME).mkdir()
    assert files(tmp_path) == ["a.json"]


def test_an_index_that_another_program_holds_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ollama_bench.history.index.WAIT_S", 0.05)
    save(tmp_path, "a.json")
    listed(tmp_path)
    save(tmp_path, "b.json", days=1)
    with closing(_index(tmp_path)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        found = listed(tmp_path)
        assert [run.file for run in found.runs] == ["a.json", "b.json"]
        assert found.index_trouble == "database is locked"
        holder.execute("ROLLBACK")
    assert listed(tmp_path).index_trouble is None


def test_an_index_that_another_program_writes_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ollama_bench.history.index.WAIT_S", 0.05)
    save(tmp_path, "a.json")
    listed(tmp_path)
    with closing(_index(tmp_path)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        found, reads = _count_reads(tmp_path)
        assert (len(found.runs), reads, found.index_trouble) == (1, 0, None)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can get at; those of pytest are their owner's alone."""
    folder = Path(tempfile.mkdtemp(prefix="ollama-bench-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


AS_ANOTHER_USER = """
import os, sys
from pathlib import Path
import ollama_bench.history.excerpt
from ollama_bench.history.listing import list_folder
os.setgid(65534), os.setuid(65534)
reads = []
found = list_folder(Path(sys.argv[1]), lambda done, total: reads.append(done))
print([run.file for run in found.runs], len(reads), found.index_trouble)
"""


@needs_root
def test_a_folder_that_cannot_be_written_is_listed(open_folder: Path) -> None:
    save(open_folder, "a.json")

    def look() -> str:
        command = [sys.executable, "-c", AS_ANOTHER_USER, str(open_folder)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    assert look() == "['a.json'] 1 unable to open database file"
    listed(open_folder)
    assert look() == "['a.json'] 0 None", "the index of somebody else is read"
    save(open_folder, "b.json", days=1)
    assert look() == "['a.json', 'b.json'] 1 attempt to write a readonly database"


@needs_root
def test_a_folder_that_cannot_be_looked_into_is_an_error(open_folder: Path) -> None:
    open_folder.chmod(0o700)
    command = [sys.executable, "-c", AS_ANOTHER_USER, str(open_folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.stderr.splitlines()[-1] == (
        f"orchestrator.errors.BenchError: {open_folder}: cannot be looked into: Permission denied"
    )


# --- several processes at once

LISTING = """
import sys
from pathlib import Path
from ollama_bench.history.listing import list_folder
for _ in range(int(sys.argv[2])):
    found = list_folder(Path(sys.argv[1]), lambda done, total: None)
    assert not found.index_trouble, found.index_trouble
    assert all(why.startswith("empty") for why in found.unreadable.values()), found.unreadable  # a run has just begun
    print(len(found.runs))
"""

SAVING = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from ollama_bench.scorecard import open_store, load
result = load(Path(sys.argv[2]))
for number in range(60):
    with open_store(Path(sys.argv[1]), result.model.name, datetime(2026, 11, 2, 0, 0, number, tzinfo=UTC)) as store:
        for _ in range(3): store.save(result, "x")
"""


def test_histories_at_once_while_runs_are_saved_are_whole(tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    original = save(tmp_path, "original")
    for number in range(100):
        save(folder, f"{number}.json", days=number)
    commands = [
        [sys.executable, "-c", SAVING, str(folder), str(original)],
        *([sys.executable, "-c", LISTING, str(folder), "15"] for _ in range(3)),
    ]
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for command in commands
    ]
    ended = [(each.communicate(timeout=120), each.returncode) for each in running]

    assert [(code, err) for (_, err), code in ended] == [(0, "")] * 4
    for (out, _), _ in ended[1:]:
        counts = list(map(int, out.split()))
        assert counts == sorted(counts)
        assert 100 <= counts[0] <= counts[-1] <= 160
    assert len(listed(folder).runs) == 160
