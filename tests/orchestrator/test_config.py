"""YAML files that people write: what is read, and how each mistake is told."""

from pathlib import Path
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field

from orchestrator.config import MAX_CONFIG_BYTES, load_yaml, parse_yaml
from orchestrator.errors import ConfigurationError


class Item(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    size: Annotated[int, Field(gt=0)] = 1


class Shelf(BaseModel):
    model_config = ConfigDict(extra="forbid")

    label: str = "none"
    limit: float = 1.0
    items: tuple[Item, ...] = ()


def test_a_good_file(tmp_path: Path) -> None:
    path = tmp_path / "shelf.yaml"
    path.write_bytes("# nothing else\nlabel: Größe\nitems: [{name: a, size: 2}]\n".encode())

    assert load_yaml(path, Shelf) == Shelf(label="Größe", items=(Item(name="a", size=2),))


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n", "\ufefflabel: none\n"])
def test_what_is_absent_keeps_its_default(text: str) -> None:
    assert parse_yaml(text, Shelf, "shelf.yaml") == Shelf()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("label: a\nlimt: 2\n", "shelf.yaml:2: limt: unknown key"),
        ("limit: soon\n", "shelf.yaml:1: limit: Input should be a valid number, unable to parse string as a number"),
        ("items:\n  - name: a\n  - size: 2\n", "shelf.yaml:3: items.1.name: missing"),
        ("items:\n  - name: a\n    size: 0\n", "shelf.yaml:3: items.0.size: Input should be greater than 0"),
        ("- label\n", "shelf.yaml:1: the file: Input should be a valid dictionary"),
        ("label: a\nlabel: b\n", "shelf.yaml:2: label: given twice"),
        ("items:\n  - {name: a, name: b}\n", "shelf.yaml:2: name: given twice"),
        ("label: &x [a]\nitems: *x\n", "shelf.yaml:1: aliases (*name) are not supported"),
        ("label: a\nitems: *x\n", "shelf.yaml:2: not valid YAML: found undefined alias 'x'"),
        ("label: a\n? [b, c]\n: d\n", "shelf.yaml:2: a key must be a plain word"),
        ("label: a\n1: b\n", "shelf.yaml:2: 1: Keys should be strings"),
        ("label: [a\n", "shelf.yaml:2: not valid YAML: expected ',' or ']'"),
        ("label: a\n\tlimit: 2\n", "shelf.yaml:2: not valid YAML: found character '\\t'"),
        ("label: a\n---\nlabel: b\n", "shelf.yaml:2: not valid YAML: but found another document"),
        ("label: a\nlimit: 2024-13-45\n", "shelf.yaml:2: not valid YAML: month must be in 1..12"),
        ("label: a\nlimit: " + "9" * 5000, "shelf.yaml:2: not valid YAML: Exceeds the limit"),
        ("label: a\nlimit: 1\x00\n", "shelf.yaml:2: not valid YAML: the character #x0000"),
        ("label: !!python/name:os.system\n", "shelf.yaml:1: not valid YAML: could not determine a constructor"),
        ('label: a\nlimit: !!int ""\n', "shelf.yaml:2: not valid YAML: "),
        ("label: a\nlimit: !!bool x\n", "shelf.yaml:2: not valid YAML: "),
        ("label: a\nlimit: !!timestamp x\n", "shelf.yaml:2: not valid YAML: "),
        ('label: a\nitems: [{name: "\\ud800"}]\n', "shelf.yaml:2: half of a surrogate pair"),
        ("[" * 5000, "shelf.yaml:1: not valid YAML: nested too deep"),
    ],
)
def test_a_mistake_is_told_with_file_line_and_key(text: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        parse_yaml(text, Shelf, "shelf.yaml")

    assert str(raised.value).startswith(message)
    assert "\n" not in str(raised.value)


def test_every_mistake_is_told_at_once() -> None:
    with pytest.raises(ConfigurationError) as raised:
        parse_yaml("limt: 2\nitems: 5\n", Shelf, "shelf.yaml")

    lines = str(raised.value).splitlines()
    assert [line.split(": ")[:2] for line in lines] == [["shelf.yaml:2", "items"], ["shelf.yaml:1", "limt"]]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"label: a\nlimit: \xff\n", "shelf.yaml:2: not UTF-8 text (byte 16)"),
        (b"#" * (MAX_CONFIG_BYTES + 1), f"shelf.yaml: larger than {MAX_CONFIG_BYTES} bytes"),
    ],
)
def test_a_file_of_something_else(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "shelf.yaml"
    path.write_bytes(data)

    with pytest.raises(ConfigurationError) as raised:
        load_yaml(path, Shelf)

    assert message in str(raised.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"shelf.yaml: cannot be read: No such file"):
        load_yaml(tmp_path / "shelf.yaml", Shelf)
    with pytest.raises(ConfigurationError, match="cannot be read: Is a directory"):
        load_yaml(tmp_path, Shelf)


@given(st.text() | st.text(alphabet="{}[]:,-?&*!|>'\"%@` \n\tab01#.", max_size=60))
def test_any_text_is_read_or_refused_with_its_name(text: str) -> None:
    told = ""
    try:
        parse_yaml(text, Shelf, "shelf.yaml")
    except ConfigurationError as error:
        told = str(error)

    assert all(line.startswith("shelf.yaml:") for line in told.splitlines())
