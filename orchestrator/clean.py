"""Makes text that others wrote (model output, names, server answers) safe to print on a terminal."""

import re

_ESCAPE_SEQUENCE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor movement
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # OSC, DCS, …: title, clipboard
    r"|\x1b[ -/]*[0-~]"  # the two-character ones
    r"|\x9b[0-?]*[ -/]*[@-~]"  # CSI as one C1 byte
)
_CONTROLS = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f"
    r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # they reorder what is read
    r"\u2028\u2029"
    r"\ud800-\udfff]"  # halves of a character: no terminal can be sent one
)


def clean(text: str) -> str:
    r"""`text` without terminal escapes, control characters (but for \n and \t) and direction overrides."""
    return _CONTROLS.sub("", _ESCAPE_SEQUENCE.sub("", text.replace("\r\n", "\n")))


def visible(text: str) -> str:
    r"""`text` with a sign in the place of each such character, for a page: `␛` for an escape, `⟨U+202E⟩` for others."""
    return _CONTROLS.sub(_sign, text.replace("\r\n", "\n"))


def _sign(found: re.Match[str]) -> str:
    code = ord(found[0])
    if 0xD800 <= code <= 0xDFFF:
        return "\ufffd"
    return chr(0x2400 + code) if code < 0x20 else f"⟨U+{code:04X}⟩"


def clean_json(text: str) -> str:
    r"""JSON `text` with the same characters written as \uXXXX: the same document, safe to print."""
    return _CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def one_line(text: str, limit: int = 500) -> str:
    """`text` cleaned and on one line, at most `limit` characters long."""
    line = " ".join(clean(text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
