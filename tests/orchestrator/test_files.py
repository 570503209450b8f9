"""Names that cannot leave their folder, and files that are replaced whole or not at all."""

import json
import os
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.files import slug, write_atomically

HOSTILE = ("../../etc/passwd", "/etc/passwd", "..", ".", "", "~", "-rf", "C:\\Windows\\x", "a\x00b", "a\nb", "\udcff")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("llama3.2:1b", "llama3.2-1b"),
        ("llama3.2:1b-instruct-q4_K_M", "llama3.2-1b-instruct-q4_K_M"),
        ("deepseek-r1:1.5b", "deepseek-r1-1.5b"),
        ("llama3.2:latest", "llama3.2-latest"),
        ("gemma3:270m", "gemma3-270m"),
        ("Treasury-BOT", "Treasury-BOT"),
        ("nightly-import", "nightly-import"),
    ],
)
def test_a_plain_name_can_be_read_in_its_slug(name: str, expected: str) -> None:
    assert slug(name) == expected


def test_names_that_lose_something_keep_apart() -> None:
    long = "a" * 300
    slugs = [slug(name) for name in (*HOSTILE, "modèl", "modél", long, long + "b", "_index.md")]

    assert len(set(slugs)) == len(slugs)


def test_no_two_names_share_a_slug() -> None:
    names = ["".join(letters) for length in range(6) for letters in product("a1-:/", repeat=length)]
    assert len({slug(name) for name in names}) == len(names)


def test_no_slug_is_the_digested_one_of_another_name() -> None:
    digested = slug("a/b")
    assert slug(digested) != digested


@given(st.text() | st.sampled_from(HOSTILE) | st.text(alphabet="./\\:~-_\x00a", max_size=12))
def test_no_name_leaves_its_folder(name: str) -> None:
    made = slug(name)

    assert made.isascii()
    assert 0 < len(made) <= 100
    assert made[0] not in "._-"
    assert not set(made) & set('/\\:*?"<>|\x00')
    folder = Path("/scorecards")
    assert (folder / f"{made}.json").parent == folder
    assert os.path.normpath(folder / made) == str(folder / made)


def test_a_name_can_be_created_as_a_file(tmp_path: Path) -> None:
    for name in HOSTILE:
        (tmp_path / slug(name)).write_text("x")

    assert len(list(tmp_path.iterdir())) == len(HOSTILE)


def test_a_file_is_replaced_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_atomically(path, "first")
    write_atomically(path, "größer\n")

    assert path.read_bytes() == "größer\n".encode()
    assert list(tmp_path.iterdir()) == [path]


def test_who_has_the_old_file_open_reads_it_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_atomically(path, "old")
    with path.open() as file:
        write_atomically(path, "new")

        assert file.read() == "old"
    assert path.read_text() == "new"


def test_text_that_cannot_be_written_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_atomically(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_atomically(path, "x" * 100_000 + "\ud800")

    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    """A limit on the size of files stands in for the disk: writing then fails half-way with an OSError."""
    path = tmp_path / "a.json"
    write_atomically(path, "old")
    code = (
        "import resource, signal, sys; from pathlib import Path; from orchestrator.files import write_atomically\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "try: write_atomically(Path(sys.argv[1]), 'n' * 100_000)\n"
        "except OSError: sys.exit(7)"
    )

    assert subprocess.run([sys.executable, "-c", code, str(path)], check=False).returncode == 7
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_process_that_is_killed_while_it_writes_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_atomically(path, "old")
    code = (
        "import os, sys; from pathlib import Path; from orchestrator import files\n"
        "os.fsync = lambda fd: os.kill(os.getpid(), 9)\n"
        "files.write_atomically(Path(sys.argv[1]), 'n' * 100_000)"
    )

    assert subprocess.run([sys.executable, "-c", code, str(path)], check=False).returncode == -9
    assert path.read_text() == "old"


def test_another_process_never_reads_half_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    documents = [json.dumps({"of": letter, "text": letter * 200_000}) for letter in "ab"]
    write_atomically(path, documents[0])
    code = (
        "import json, sys\n"
        "print('reading', flush=True)\n"
        "seen = set()\n"
        "while len(seen) < 2:\n"
        "    document = json.load(open(sys.argv[1]))\n"
        "    assert len(document['text']) == 200_000\n"
        "    seen.add(document['of'])"
    )
    with subprocess.Popen([sys.executable, "-W", "ignore", "-c", code, str(path)], stdout=subprocess.PIPE) as reader:
        assert reader.stdout is not None
        reader.stdout.readline()
        turn = 0
        while reader.poll() is None:
            turn += 1
            write_atomically(path, documents[turn % 2])

    assert reader.returncode == 0
    assert turn > 1


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_atomically(tmp_path / "none" / "a.json", "x")
