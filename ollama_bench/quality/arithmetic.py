"""Equations in a text, and whether they hold: `3 + 2 - 1 = 4`, `3 apples plus two is 5`, `3 + 2 = 5 - 1 = 4`."""

import re
from fractions import Fraction
from typing import NamedTuple

from ollama_bench.quality.figures import Figures
from ollama_bench.quality.scores import Span


class Equation(NamedTuple):
    """One chain of equal terms, as it stands in the plain form."""

    sides: tuple[tuple[str, ...], ...]
    """Each side's numbers and signs."""
    first: int
    last: int
    """Its first and last token."""
    true: bool
    span: Span

    @property
    def operands(self) -> tuple[Fraction, ...]:
        """Every number on a side that is a sum."""
        return tuple(Fraction(token) for side in self.sides if len(side) > 1 for token in side if _is_number(token))

    @property
    def result(self) -> Fraction | None:
        """The value that the chain ends in."""
        plain = [side for side in self.sides if len(side) == 1]
        return Fraction(plain[-1][0]) if plain else evaluate(self.sides[-1])

    @property
    def signs(self) -> frozenset[str]:
        """The signs it calculates with."""
        return frozenset(token for side in self.sides for token in side if token in _SIGNS)


_SIGNS = frozenset("+-*/")
_EQUAL_WORDS = frozenset("= is makes make making gives give giving leaves leave leaving are totals -> becomes".split())
_BREAKS = frozenset(". ! ? ; : |".split())
_FILLER = 5
_NOT_FILLER = frozenset("so then and but after because since if when which now".split())


def find_equations(figures: Figures) -> list[Equation]:
    """Every equation of the text in order. Linear: each token is read once or twice."""
    found: list[Equation] = []
    index, size = 0, len(figures.tokens)
    previous: Fraction | None = None
    while index < size:
        token = figures.tokens[index]
        if not (_is_number(token) or token == "(" or (token in "+-" and index + 1 < size and _is_number(figures.tokens[index + 1]))):
            index += 1
            continue
        sides, last = _read_chain(figures, index)
        if token in "+-" and previous is None:
            before = [word for word in figures.tokens[max(0, index - 8) : index] if _is_number(word)]
            previous = Fraction(before[-1]) if before else None
        if len(sides) > 1 and any(len(side) > 1 for side in sides):
            equation = _judge(sides, index, last, figures, previous)
            found.append(equation)
            previous = equation.result
        index = max(last, index) + 1
    return found


def find_sums(figures: Figures) -> bool:
    """Whether the text shows a calculation at all, such as `3 + 2 - 1`."""
    return bool(re.search(r" \d+(?: [a-z]+){0,3} [+\-*/] (?:[a-z]+ ){0,2}\d+ ", figures.plain))


def _judge(sides: list[tuple[str, ...]], first: int, last: int, figures: Figures, previous: Fraction | None) -> Equation:
    if sides[0][0] in "+-" and previous is not None:  # ", - 1 = 4" goes on from the result before
        sides = [(str(previous), *sides[0]), *sides[1:]]
    return Equation(tuple(sides), first, last, _holds(sides), figures.span(first, last))


def _holds(sides: list[tuple[str, ...]]) -> bool:
    """Each side equals the next; in a run-on chain, the next may also go on from the running result."""
    running = evaluate(sides[0])
    for side in sides[1:]:
        value = evaluate(side)
        if running is None or value is None:
            return False
        if value != running and not (_is_number(side[0]) and Fraction(side[0]) == running):
            return False
        running = value
    return True


def _read_chain(figures: Figures, index: int) -> tuple[list[tuple[str, ...]], int]:
    """Read number (sign number)* (= ...)* from token `index`; units and words in between are passed over."""
    sides: list[tuple[str, ...]] = []
    side: list[str] = []
    last = index
    size = len(figures.tokens)
    while index < size:
        token = figures.tokens[index]
        wants_number = not side or side[-1] in _SIGNS or side[-1] == "("
        if token == "(" and wants_number:
            side.append(token)
        elif token == ")" and side and not wants_number and side.count("(") > side.count(")"):
            side.append(token)
            last = index
        elif token in _SIGNS and (not wants_number or not side):
            side.append(token)
        elif _is_number(token) and wants_number:
            side.append(token)
            last = index
        elif token in (",", "->") and not wants_number and not sides and _is_signed(figures.tokens, index + 1):
            pass  # "3, +2, -1 = 4"
        elif token == "->" and _is_signed(figures.tokens, index + 1):
            break
        elif token in _EQUAL_WORDS and not wants_number and (token == "=" or token == "->" or len(side) > 1 or sides):
            if token == "->" and len(side) == 1 and not sides:
                break
            sides.append(_closed(side))
            side = []
        else:
            index_after = _skip_filler(figures, index, wants_number=wants_number, in_sum=bool(sides) or len(side) > 1)
            if index_after is None:
                break
            index = index_after
            continue
        index += 1
    while side and (side[-1] in _SIGNS or side[-1] == "("):
        side.pop()
    if side and any(_is_number(token) for token in side):
        sides.append(_closed(side))
    return sides, last


def _skip_filler(figures: Figures, index: int, *, wants_number: bool, in_sum: bool) -> int | None:
    """The next token that goes on with the sum, past at most a few words or one bracketed remark."""
    tokens = figures.tokens
    for step in range(_FILLER):
        at = index + step
        if step and not wants_number and tokens[at : at + 1] == (",",) and _is_signed(tokens, at + 1):
            return at
        if at >= len(tokens) or tokens[at] in _BREAKS or tokens[at] in ("=", ",") or _is_number(tokens[at]) or tokens[at] in _NOT_FILLER:
            return None if step == 0 or at >= len(tokens) else _landing(tokens, at, wants_number)
        if tokens[at] == "(":
            close = next((end for end in range(at + 1, min(at + 9, len(tokens))) if tokens[end] == ")"), None)
            return None if close is None or wants_number else close + 1
        if tokens[at] in _SIGNS or (tokens[at] in _EQUAL_WORDS and in_sum):
            return at if step and not wants_number else None
    return None


def _is_signed(tokens: tuple[str, ...], at: int) -> bool:
    return at + 1 < len(tokens) and tokens[at] in "+-" and _is_number(tokens[at + 1])


def _landing(tokens: tuple[str, ...], at: int, wants_number: bool) -> int | None:
    if _is_number(tokens[at]):
        return at if wants_number else None
    return at if tokens[at] == "=" and not wants_number else None


def _closed(side: list[str]) -> tuple[str, ...]:
    missing = side.count("(") - side.count(")")
    return (*side, *([")"] * missing))


def evaluate(side: tuple[str, ...] | list[str]) -> Fraction | None:
    """The value of numbers and signs, `*` and `/` before `+` and `-`; None where there is none (division by zero)."""
    values: list[Fraction] = []
    signs: list[str] = []
    rank = {"+": 1, "-": 1, "*": 2, "/": 2, "(": 0}

    def apply() -> bool:
        if len(values) < 2:
            return False
        right, left, sign = values.pop(), values.pop(), signs.pop()
        if sign == "/" and right == 0:
            return False
        values.append({"+": left + right, "-": left - right, "*": left * right}.get(sign) if sign != "/" else left / right)  # type: ignore[arg-type]
        return True

    if len(side) > 200:
        return None
    before = "("
    for token in side:
        if _is_number(token):
            values.append(Fraction(token))
        elif token == "(":
            signs.append(token)
        elif token == ")":
            while signs and signs[-1] != "(":
                if not apply():
                    return None
            if signs:
                signs.pop()
        else:
            if before in _SIGNS or before == "(":
                values.append(Fraction(0))
            while signs and rank[signs[-1]] >= rank[token]:
                if not apply():
                    return None
            signs.append(token)
        before = token
    while signs:
        if signs[-1] == "(":
            signs.pop()
        elif not apply():
            return None
    return values[0] if len(values) == 1 else None


def _is_number(token: str) -> bool:
    return token[:1].isdigit() and token.replace(".", "", 1).isdigit() and len(token) <= 18
