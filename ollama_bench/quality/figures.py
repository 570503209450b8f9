"""A text about amounts in one plain form: digits for number words, `+ - * / = ->` for every way to write them.

The plain form is a list of tokens with their places, joined by single spaces for patterns to read.
"""

import bisect
import re
from dataclasses import dataclass
from functools import cached_property

from ollama_bench.quality.scores import Span

NUMBER_WORDS = {
    word: str(value)
    for value, words in enumerate(
        (
            "zero none cero zéro null",
            "one uno eins une",
            "two dos deux zwei due dois duas",
            "three tres trois drei tre três",
            "four cuatro quatre vier quattro quatro",
            "five cinco cinq fünf cinque",
            "six seis sechs",
            "seven siete sept sieben",
            "eight ocho huit acht",
            "nine nueve neuf neun",
            "ten diez dix zehn",
            "eleven",
            "twelve",
        )
    )
    for word in words.split()
}
_CJK = {"零": "0", "一": "1", "二": "2", "两": "2", "兩": "2", "三": "3", "四": "4", "五": "5", "六": "6"}
_SAME = {
    "−": "-",
    "–": "-",
    "—": "-",
    "‒": "-",
    "﹣": "-",
    "－": "-",
    "＋": "+",
    "×": "*",
    "✕": "*",
    "✖": "*",
    "·": "*",
    "⋅": "*",
    "÷": "/",
    "＝": "=",
    "≈": "=",
    "≡": "=",
    "→": "->",
    "⇒": "->",
    "➡": "->",
    "⟶": "->",
    "=>": "->",
    "➜": "->",
    "➔": "->",
    "-->": "->",
    "➕": "+",
    "➖": "-",
    "==": "=",
    "plus": "+",
    "minus": "-",
    "equals": "=",
    "equal": "=",
    "equalling": "=",
    "equaling": "=",
    "times": "*",
    "más": "+",
    "mas": "+",
    "menos": "-",
    "moins": "-",
    "égale": "=",
    "gleich": "=",
    "mais": "+",
    "\n": "|",
    "¢": "cents",
}
_TOKEN = re.compile(
    r"\d{1,15}(?:,\d{3})*(?:\.\d+)?(?:st|nd|rd|th)?(?![A-Za-z0-9])|[零一二两兩三四五六](?=[个個])|-->|->|=>|==|\n"
    r"|[^\W\d_]+(?:['’-][^\W\d_]+)*|[^\s\w]|\d+|\w"
)
_LATEX = re.compile(
    r"\\(?:text|mathrm|mathbf|textbf|operatorname)\s?\{([^{}\n]{0,60})\}|\\(times|cdot|div|rightarrow|to"
    r"|Rightarrow|implies|quad|left|right|,|;|!| )|\\[\[\]()]"
)
_TAG = re.compile(r"</?[A-Za-z|][^<>\n=]{0,30}>")
_TABLE_ROW = re.compile(r"^[ \t]*\|[^\n]{1,400}\|[ \t]*$", re.MULTILINE)
_LATEX_SIGNS = {"times": "*", "cdot": "*", "div": "/", "rightarrow": "→", "to": "→", "Rightarrow": "→", "implies": "→"}
_LIST_NUMBER = re.compile(r"^([ \t>#*_-]{0,8})(\d{1,2})([.)]|\s?[️⃣]+)(?=[ \t*_]+\S)", re.MULTILINE)
_STEP = re.compile(r"\b(?:step|steps|part|stage|#)\s?(\d{1,2})\b", re.IGNORECASE)


@dataclass(frozen=True)
class Figures:
    """A text in plain form."""

    tokens: tuple[str, ...]
    places: tuple[Span, ...]
    """Where each token stands in the text."""

    @cached_property
    def plain(self) -> str:
        """The tokens joined by single spaces, with one at each end."""
        return " " + " ".join(self.tokens) + " "

    @cached_property
    def _starts(self) -> list[int]:
        starts, at = [], 1
        for token in self.tokens:
            starts.append(at)
            at += len(token) + 1
        return starts

    def token_at(self, place: int) -> int:
        """Which token covers the character `place` of `plain`."""
        return max(0, bisect.bisect_right(self._starts, place) - 1)

    def span(self, first: int, last: int) -> Span:
        """The stretch of the text from token `first` to token `last`, both included."""
        return (self.places[first][0], self.places[last][1])


def read_figures(text: str) -> Figures:
    """Bring `text` into plain form; list and step numbers, emphasis and LaTeX dress are left out."""
    text = _undress(text)
    tokens: list[str] = []
    places: list[Span] = []
    matches = list(_TOKEN.finditer(text))
    for index, match in enumerate(matches):
        token = match[0].lower().replace("’", "'")
        token = _CJK.get(token, _SAME.get(token, NUMBER_WORDS.get(token, token)))
        if (
            token == "x"
            and tokens
            and tokens[-1].isdigit()
            and index + 1 < len(matches)
            and matches[index + 1][0].isdigit()
        ):
            token = "*"
        if token == "no" and any(later[0].lower() in ("left", "remaining") for later in matches[index + 2 : index + 3]):
            token = "0"  # "no apples left"
        if token[0].isdigit():
            token = token.replace(",", "")
        tokens.append(token)
        places.append(match.span())
        if token == ")" and len(tokens) > 3 and tokens[-4] == tokens[-2] and tokens[-3] == "(":
            del tokens[-3:], places[-3:]  # "four (4)"
    return Figures(tuple(tokens), tuple(places))


def _undress(text: str) -> str:
    """Blank out, without moving anything, what dresses figures up."""

    def latex(match: re.Match[str]) -> str:
        inner = match[1] if match[1] is not None else _LATEX_SIGNS.get(match[2] or "", "")
        return inner.rjust(len(match[0])) if len(inner) < len(match[0]) else " " * len(match[0])

    text = re.sub(r"\bnow that\b", "since   ", text, flags=re.IGNORECASE)  # one conjunction, two words
    text = text.replace("\ufe0f", " ")  # the emoji form of an arrow or a sign
    text = _TAG.sub(lambda match: "\n" + " " * (len(match[0]) - 1), text)
    text = _LATEX.sub(latex, text)
    text = re.sub(r"\$\$|\*\*|__|~~|`", lambda match: " " * len(match[0]), text)
    text = re.sub(
        r"\$([^$\n]{1,80}[=+][^$\n]{0,80}|\d{1,3}|\s?\\boxed\{[^{}]{0,20}\})\$", lambda match: f" {match[1]} ", text
    )
    text = re.sub(r"^[ \t]*[*•–+-][ \t]", lambda match: " " * len(match[0]), text, flags=re.MULTILINE)
    text = re.sub(r"(?<![\d\s)])\*|\*(?![\d\s(])", " ", text)
    text = _STEP.sub(lambda match: match[0][: match.start(1) - match.start()] + " " * len(match[1]), text)
    text = _TABLE_ROW.sub(_cells, text)
    return _without_list_numbers(text).replace("\u20e3", " ")  # the frame of an emoji digit


def _cells(row: re.Match[str]) -> str:
    """A table row as a line of "label : value", of the same length; a rule between rows becomes blank."""
    if not re.search(r"[^\W_]", row[0]):
        return " " * len(row[0])
    inner = row[0].strip()[1:-1].replace("|", ":")
    return row[0].replace(row[0].strip(), f" {inner} ")


def _without_list_numbers(text: str) -> str:
    expected = 1
    pieces, last = [], 0
    for match in _LIST_NUMBER.finditer(text):
        if int(match[2]) == expected or int(match[2]) == 1:
            expected = int(match[2]) + 1
            pieces += [text[last : match.start(2)], " " * (match.end() - match.start(2))]
            last = match.end()
    return "".join(pieces) + text[last:]
