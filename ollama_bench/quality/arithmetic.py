"""Equations in a text, and whether they hold: `3 + 2 - 1 = 4`, `3 apples plus two is 5`, `3 + 2 = 5 - 1 = 4`."""

import operator
import re
from collections.abc import Sequence
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
        return tuple(Fraction(token) for side in self.sides if len(side) > 1 for token in side if is_number(token))

    @property
    def result(self) -> Fraction | None:
        """The value that the chain ends in."""
        plain = [side for side in self.sides if len(side) == 1]
        return Fraction(plain[-1][0]) if plain else evaluate(self.sides[-1])

    def takes(self, minuend: int, subtrahend: int) -> bool:
        """Whether a side begins with just this subtraction."""
        return any(side[:3] == (str(minuend), "-", str(subtrahend)) for side in self.sides)

    @property
    def signs(self) -> frozenset[str]:
        """The signs it calculates with."""
        return frozenset(token for side in self.sides for token in side if token in _SIGNS)


_NUMBER = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,9})?")
_OPERATIONS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
_RANK = {"(": 0, "+": 1, "-": 1, "*": 2, "/": 2}
_LONGEST_SIDE = 200
_SIGNS = frozenset("+-*/")
_EQUAL_WORDS = frozenset(
    [
        "=",
        "is",
        "makes",
        "make",
        "making",
        "gives",
        "give",
        "giving",
        "leaves",
        "leave",
        "leaving",
        "are",
        "totals",
        "->",
        "becomes",
    ]
)
_LEAVE = frozenset(("leave", "leaves", "leaving"))
_BREAKS = frozenset(".!?;:|")
_LONGEST_REMARK = 5
"""Most words between a number and the sign that goes on with the sum."""
_NOT_IN_REMARK = frozenset(("so", "then", "and", "but", "after", "because", "since", "if", "when", "which", "now"))
_BEFORE_NUMBER = frozenset(
    ("the", "another", "a", "an", "your", "my", "those", "these", "additional", "extra", "new", "more", "just", "only")
)


def find_equations(figures: Figures) -> list[Equation]:
    """Every equation of the text in order. Linear: each token is read once or twice."""
    found: list[Equation] = []
    index, size = 0, len(figures.tokens)
    previous: Fraction | None = None
    while index < size:
        token = figures.tokens[index]
        if not (
            is_number(token)
            or token == "("
            or (token in "+-" and index + 1 < size and is_number(figures.tokens[index + 1]))
        ):
            index += 1
            continue
        sides, last = _read_chain(figures, index)
        if token in "+-" and previous is None:
            before = [word for word in figures.tokens[max(0, index - 8) : index] if is_number(word)]
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


def _judge(
    sides: list[tuple[str, ...]], first: int, last: int, figures: Figures, previous: Fraction | None
) -> Equation:
    if sides[0][0] in "+-" and previous is not None:  # ", - 1 = 4" goes on from the result before
        going_on = [(str(previous), *sides[0]), *sides[1:]]
        sides = sides if _holds(sides) and not _holds(going_on) else going_on  # "+2 - 1 = +1" stands alone
    return Equation(tuple(sides), first, last, _holds(sides), figures.span(first, last))


def _holds(sides: list[tuple[str, ...]]) -> bool:
    """Each side equals the next; in a run-on chain, the next may also go on from the running result."""
    running = evaluate(sides[0])
    for side in sides[1:]:
        value = evaluate(side)
        if running is None or value is None:
            return False
        if value != running and not (is_number(side[0]) and Fraction(side[0]) == running):
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
        elif is_number(token) and wants_number:
            side.append(token)
            last = index
        elif token in (",", "->") and not wants_number and not sides and _is_signed(figures.tokens, index + 1):
            pass  # "3, +2, -1 = 4"
        elif token == "->" and _is_signed(figures.tokens, index + 1):
            break
        elif token in _LEAVE and "-" not in side and not sides:
            break  # "(3 + 2) leaves 4": something else was taken away
        elif token in _EQUAL_WORDS and not wants_number and (token == "=" or token == "->" or len(side) > 1 or sides):
            if token == "->" and not _SIGNS.intersection(side) and not sides:
                break
            sides.append(_closed(side))
            side = []
        else:
            index_after = _skip_remark(
                figures, index, wants_number=wants_number, after_sign=bool(side), in_sum=bool(sides) or len(side) > 1
            )
            if index_after is None:
                break
            index = index_after
            continue
        index += 1
    while side and (side[-1] in _SIGNS or side[-1] == "("):
        side.pop()
    if side and any(is_number(token) for token in side):
        sides.append(_closed(side))
    return sides, last


def _skip_remark(figures: Figures, index: int, *, wants_number: bool, after_sign: bool, in_sum: bool) -> int | None:
    """The next token that goes on with the sum, past at most a few words or one bracketed remark."""
    tokens = figures.tokens
    for step in range(_LONGEST_REMARK):
        at = index + step
        if step and not wants_number and tokens[at : at + 1] == (",",) and _is_signed(tokens, at + 1):
            return at
        if (
            at >= len(tokens)
            or tokens[at] in _BREAKS
            or tokens[at] in ("=", ",")
            or is_number(tokens[at])
            or tokens[at] in _NOT_IN_REMARK
        ):
            return None if step == 0 or at >= len(tokens) else _landing(tokens, at, wants_number)
        if wants_number and after_sign and tokens[at] not in _BEFORE_NUMBER:
            return None
        if tokens[at] == "(":
            close = next((end for end in range(at + 1, min(at + 9, len(tokens))) if tokens[end] == ")"), None)
            return None if close is None or wants_number else close + 1
        if tokens[at] in _SIGNS or (tokens[at] in _EQUAL_WORDS and in_sum):
            return at if step and not wants_number else None
    return None


def _is_signed(tokens: tuple[str, ...], at: int) -> bool:
    return at + 1 < len(tokens) and tokens[at] in "+-" and is_number(tokens[at + 1])


def _landing(tokens: tuple[str, ...], at: int, wants_number: bool) -> int | None:
    if is_number(tokens[at]):
        return at if wants_number else None
    return at if tokens[at] == "=" and not wants_number else None


def _closed(side: list[str]) -> tuple[str, ...]:
    missing = side.count("(") - side.count(")")
    return (*side, *([")"] * missing))


def evaluate(side: Sequence[str]) -> Fraction | None:
    """The value of numbers and signs, `*` and `/` before `+` and `-`; None where there is none (division by zero)."""
    values: list[Fraction] = []
    signs: list[str] = []
    before = "("
    try:
        for token in side[:_LONGEST_SIDE]:
            if is_number(token):
                values.append(Fraction(token))
            elif token == ")":
                _apply(values, signs, 1)
                signs.pop()
            else:
                if token != "(" and (before in _SIGNS or before == "("):
                    values.append(Fraction(0))  # a sign before the first number
                if token != "(":
                    _apply(values, signs, _RANK[token])
                signs.append(token)
            before = token
        _apply(values, signs, 0)
    except (IndexError, ZeroDivisionError):
        return None
    return values[0] if len(values) == 1 and len(side) <= _LONGEST_SIDE else None


def _apply(values: list[Fraction], signs: list[str], rank: int) -> None:
    """Calculate, from the last sign back, what binds at least as strongly as `rank`; rank 0 passes brackets."""
    while signs and (_RANK[signs[-1]] >= rank if rank else True):
        sign = signs.pop()
        if sign != "(":
            right, left = values.pop(), values.pop()
            values.append(_OPERATIONS[sign](left, right))


def is_number(token: str) -> bool:
    """Whether a token is a plain number of a length that is worth calculating with."""
    return _NUMBER.fullmatch(token) is not None
