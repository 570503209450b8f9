"""Foreign text loses what a terminal would obey, and keeps what a person would read."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.clean import clean, clean_json, one_line

HOSTILE = st.text() | st.text(alphabet="\x1b\x9b\x9d\x90\x9c\x07\\[]P0;31mKaÄ\r\n\t\u202e\ud800\u2028 ", max_size=30)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a\x1b[31mred\x1b[0m", "ared"),  # CSI
        ("a\x1b[?1049h\x1b[2Jb", "ab"),
        ("a\x1b[1;31;48;5;17 qb", "ab"),
        ("a\x9b31mb", "ab"),  # CSI as one C1 character
        ("a\x1b]0;title\x07b", "ab"),  # OSC, ended by BEL
        ("a\x1b]52;c;ZXZpbA==\x1b\\b", "ab"),  # OSC, ended by ST: the clipboard
        ("a\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\b", "alinkb"),
        ("a\x9d0;title\x9cb", "ab"),  # OSC and ST as C1
        ("a\x1bP1$r0m\x1b\\b", "ab"),  # DCS
        ("a\x90q\x9cb", "ab"),
        ("a\x1b_apc\x1b\\b\x1b^pm\x1b\\c\x1bXsos\x1b\\d", "abcd"),
        ("a\x1bcb\x1b7c\x1b(0d", "abcd"),  # reset, save cursor, charset
        ("a\x1b\x1b[0m[31mb", "a[31mb"),  # what is left of a nested one is text
        ("a\x1b[31", "a31"),  # cut off: harmless
        ("a\x1b]0;never ended", "a"),
        ("a\x08\x08\x7f\x00b", "ab"),
        ("one\r\ntwo\rthree", "one\ntwothree"),
        ("a\u202egnp.exe\u2066x\u2069\u200f\u061c", "agnp.exex"),
        ("a\u2028b\u2029c\x85d", "abcd"),
        ("half \ud83d of", "half  of"),
        ("tab\tand\nline, ümläut, 日本語, 🙂", "tab\tand\nline, ümläut, 日本語, 🙂"),
    ],
)
def test_clean(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@given(HOSTILE)
def test_no_control_character_survives(text: str) -> None:
    cleaned = clean(text)

    assert not [c for c in cleaned if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") and c not in "\n\t"]
    assert not [c for c in cleaned if unicodedata.bidirectional(c) in ("LRE", "RLE", "LRO", "RLO", "LRI", "RLI", "FSI")]
    assert clean(cleaned) == cleaned
    cleaned.encode()


@given(st.text(alphabet=st.characters(categories=["L", "M", "N", "P", "S", "Zs"]) | st.sampled_from("\n\t")))
def test_what_people_write_is_kept(text: str) -> None:
    assert clean(text) == text


@given(HOSTILE, st.integers(1, 40))
def test_one_line_is_one_line_within_its_limit(text: str, limit: int) -> None:
    line = one_line(text, limit)

    assert len(line) <= limit
    assert len(line.splitlines()) <= 1
    assert "\t" not in line
    assert line == line.strip()


@pytest.mark.parametrize(("limit", "line"), [(5, "abcde"), (4, "abc…"), (1, "…")])
def test_what_is_cut_off_is_marked(limit: int, line: str) -> None:
    assert one_line("abcde", limit) == line


def test_one_line_joins_lines_with_a_blank() -> None:
    assert one_line("  a\n\n b\tc ") == "a b c"


@given(HOSTILE)
def test_cleaned_json_is_the_same_document_without_control_characters(text: str) -> None:
    document = [text, {text: "\\" + text}]
    cleaned = clean_json(json.dumps(document, ensure_ascii=False, indent=1))

    assert json.loads(cleaned) == document
    assert not [c for c in cleaned if unicodedata.category(c) == "Cc" and c != "\n"]
