"""A word problem about one kind of thing: what an answer says was had, gained, lost, and is left.

Each number of the text is read for its part in the story (`Mention`); from these come the totals that the answer
puts forward and the corrections it makes. Knows nothing of what is right: `counting.py` compares with that.
"""

import bisect
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from ollama_bench.quality.arithmetic import Equation, find_equations, is_number
from ollama_bench.quality.figures import Figures, read_figures
from ollama_bench.quality.parts import GAIN_OR_LOSS, part_of
from ollama_bench.quality.scores import Span

_SUBORDINATE = frozenset(
    ["after", "once", "when", "since", "because", "as", "by", "from", "if", "before", "having", "for", "given"]
)
_CORRECTION = re.compile(
    r"\b(?:wait|oops|whoops|correction|scratch that|i mean|i meant|my (?:mistake|bad|apologies)|(?:i"
    r"|let me) (?:made|make) (?:a|an) (?:mistake|error)"
    r"|made an? (?:mistake|error)|let me (?:re\w+|correct|fix|redo|try (?:again|that again)|check|double)"
    r"|hold on|strike that|or rather|no, (?:it|that|actually|sorry|wait)|actually|sorry"
    r"|hmm|on second thought|apologies)\b|(?<=[.,;…!—–-] )no\b[,.:—–-]|\b(?:corrected|correct) (?:answer|total"
    r"|count)\b",
    re.IGNORECASE,
)


_TEMPORAL = frozenset(["after", "once", "when", "by", "before", "having", "from", "if"])
_BARE_SUM = re.compile(r"(?<= )\d{1,9}(?: [a-z]{1,15}){0,2} ([+-]) (?=\d)")
_CLAUSE_ENDS = frozenset([".", "!", "?", "|", ";", ",", "then", "and"])


class Mention(NamedTuple):
    """One number in its part: had, gain, loss (amounts); left, answer, total, bare, sum (totals); net, other."""

    kind: str
    value: Fraction
    token: int
    span: Span
    strong: bool = True
    """For an amount: said with the story's own verb, so that another number there is another story."""


TOTALS = frozenset({"left", "answer", "total", "bare", "sum"})


@dataclass(frozen=True)
class Story:
    """All that was read of one answer."""

    figures: Figures
    mentions: tuple[Mention, ...]
    equations: tuple[Equation, ...]
    events: tuple[tuple[int, str], ...]
    """Where (token) something was had, gained or lost, with a number or without."""
    correction: int | None
    """The token at which the last explicit correction begins."""
    claims: tuple[Mention, ...]
    """The totals that are put forward as the answer; corrected ones are left out."""
    corrected: bool
    """Whether a total or a step was taken back."""


def read_story(text: str, unit: str, start: int) -> Story:
    """Read `text` as a story about `unit`, of which the prompt says that there were `start` at first."""
    figures = read_figures(text)
    equations = find_equations(figures)
    events = _find_events(figures, equations)
    mentions = _classify(figures, equations, unit, start, events)
    events = sorted({*events, *((m.token, m.kind) for m in mentions if m.kind in ("had", "gain", "loss"))})
    claims = _claims(figures, mentions, equations, events)
    claimed = {claim.token for claim in claims}
    put = [mention for mention in mentions if mention.kind in ("left", "answer") or mention.token in claimed]
    totals = [mention for mention in mentions if mention.kind in TOTALS]
    correction = _last_correction(text, figures, put, totals, equations)
    kept = [claim for claim in claims if correction is None or claim.token >= correction]
    if correction is not None and not kept:
        kept = [total for total in mentions if total.kind in TOTALS and total.token >= correction][-1:]
    corrected = correction is not None and bool(kept)
    if not kept:
        kept, correction = claims, None
    return Story(figures, tuple(mentions), tuple(equations), tuple(events), correction, tuple(kept), corrected)


def _find_events(figures: Figures, equations: list[Equation]) -> list[tuple[int, str]]:
    events = []
    for match in GAIN_OR_LOSS.finditer(figures.plain):
        events.append((figures.token_at(match.start()), "gain" if match[1] else "loss"))
    for match in _BARE_SUM.finditer(figures.plain):
        events.append((figures.token_at(match.start()), "gain" if match[1] == "+" else "loss"))
    for equation in equations:
        if _explains(figures, equation):
            continue
        if "+" in equation.signs:
            events.append((equation.first, "gain"))
        if "-" in equation.signs:
            events.append((equation.first, "loss"))
    return events


def _classify(
    figures: Figures, equations: list[Equation], unit: str, start: int, events: list[tuple[int, str]]
) -> list[Mention]:
    inside = {index for equation in equations for index in range(equation.first, equation.last + 1)}
    outside = sorted(at for at, _ in events if at not in inside)
    latest = max((at for at, _ in events), default=-1)
    mentions = [
        Mention(_sum_kind(figures, equation, start), equation.result, equation.last, equation.span)
        for equation in equations
        if equation.result is not None
    ]
    for index, token in enumerate(figures.tokens):
        if index in inside or not is_number(token):
            continue
        kind, strong = part_of(figures, index, unit)
        if kind == "have":
            earlier, later = bool(outside) and outside[0] < index, latest > index
            kind = _had_or_total(figures, index, start, earlier, later)
        mentions.append(Mention(kind, Fraction(token), index, figures.places[index], strong))
    return sorted(mentions, key=lambda mention: mention.token)


def _sum_kind(figures: Figures, equation: Equation, start: int) -> str:
    """A sum is a total, but one of changes alone ("+2 - 1 = +1") is a net change."""
    changes_alone = equation.sides[0][0] in "+-" and Fraction(start) not in equation.operands
    after = figures.tokens[equation.last + 1 : equation.last + 4]
    on_the_way = "before" in after and not {".", "!", ";", "|"} & set(after)
    return "net" if changes_alone or on_the_way or _explains(figures, equation) else "sum"


def _explains(figures: Figures, equation: Equation) -> bool:
    """Whether a sum only says where a number came from: "4, where 5 = 3 + 2"."""
    before = figures.tokens[equation.first - 1] if equation.first else ""
    return before in ("where", "since", "because", "as") and len(equation.sides[0]) == 1 < len(equation.sides[-1])


def _had_or_total(figures: Figures, index: int, start: int, earlier: bool, later: bool) -> str:
    """`you have N`: what there was at first, or a total? At first, where the story only begins after it."""
    is_start = Fraction(figures.tokens[index]) == start
    if is_start and (later or not earlier):
        return "had"
    if earlier:
        return "total"
    rest = " " + " ".join(figures.tokens[index + 1 : index + 16]) + " "
    gain = GAIN_OR_LOSS.search(rest)
    goes_on = gain is not None and bool(gain[1]) and bool(re.match(r" \d", rest[gain.end() :]))
    before = rest[: gain.start()] if gain else rest
    joined = bool(re.search(r" (?:,|and|then) (?:then |you |i |we )*$", before))
    return (
        "had"
        if goes_on and joined and not re.search(r"[.!?|;:]| (?:after|since|because|as|left) ", before)
        else "total"
    )


def _claims(
    figures: Figures, mentions: list[Mention], equations: list[Equation], events: list[tuple[int, str]]
) -> list[Mention]:
    totals = [mention for mention in mentions if mention.kind in TOTALS]
    by_end = {equation.last: equation for equation in equations}
    claims = []
    for total in totals:
        later = _next_events(figures, total.token, events)
        if (
            total.kind == "answer"
            or (total.kind == "left" and not (later and _events_before(total, events)))
            or (total.kind in ("total", "bare", "left") and _is_headline(figures, total, events, mentions))
            or (
                not later
                and not _is_sum_alone(total, totals, by_end)
                and _story_is_told(total, _told_by(figures, total.token, events), by_end)
            )
        ):
            claims.append(total)
    ends = [equation for equation in equations if any(total.token == equation.last for total in totals)]
    if not claims and ends and "-" in ends[-1].signs:
        claims = [total for total in totals if total.token == ends[-1].last]
    if not claims and totals and not _goes_on(figures, totals[-1].token, events):
        claims = [totals[-1]]
    return claims


def _is_sum_alone(total: Mention, totals: list[Mention], by_end: dict[int, Equation]) -> bool:
    """A sum that only adds, and not to a total before it, with another total after it: no end of the story."""
    equation = by_end.get(total.token)
    if equation is None or equation.signs != {"+"} or total is totals[-1]:
        return False
    return not {other.value for other in totals if other.token < equation.first} & set(equation.operands)


def _goes_on(figures: Figures, token: int, events: list[tuple[int, str]]) -> bool:
    """Whether the story goes on after the last total in another clause ("then eat 1", not "with the 1 you eat")."""
    ends = _CLAUSE_ENDS | {"but"}
    return any(ends & set(figures.tokens[token + 1 : at]) for at, _ in _next_events(figures, token, events))


def _events_before(total: Mention, events: list[tuple[int, str]]) -> bool:
    return any(token < total.token for token, _ in events)


def _next_events(figures: Figures, token: int, events: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Gains and losses told after a total and not as its reason ("after eating 1")."""
    found = []
    for at, kind in events:
        if at <= token or kind == "had":
            continue
        between = figures.tokens[token + 1 : at]
        if (
            len(between) <= 12
            and _SUBORDINATE.intersection(between)
            and not {".", "!", "?", "|", "then"}.intersection(between)
        ):
            continue
        found.append((at, kind))
    return found


def _told_by(figures: Figures, token: int, events: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """The events up to a total, with those of its own clause ("4 when you eat 1")."""
    told = []
    for at, kind in events:
        between = set(figures.tokens[token + 1 : at]) if at > token else set()
        joined = at <= token + 7 and bool(_SUBORDINATE & between) and not _CLAUSE_ENDS & between
        if at <= token or joined:
            told.append((at, kind))
    return told


def _is_headline(figures: Figures, total: Mention, events: list[tuple[int, str]], mentions: list[Mention]) -> bool:
    """A total that opens the answer, before anything of the story is told."""
    totals = [mention for mention in mentions if mention.kind in TOTALS]
    if any(token <= total.token for token, _ in events) or _is_on_the_way(figures, total, events, mentions):
        return False
    rest = figures.tokens[total.token + 1 :]
    end = next((i for i, token in enumerate(rest) if token in (".", "!", "|", ";", ":")), len(rest))
    if rest[:end].count("(") and {"you", "i", "we"} & set(rest[rest.index("(") + 1 : rest.index("(") + 2]):
        end = rest.index("(")  # "4 apples (you gained 2)"
    following = next((other.token for other in totals if other.token > total.token), None)
    end = end if following is None else min(end, following - total.token - 1)
    inner = [(at - total.token - 1, kind) for at, kind in events if total.token < at <= total.token + 1 + end]
    if not inner:
        return True
    reason = rest[: inner[0][0]]
    if total.kind != "left" and following is not None and _TEMPORAL.intersection(reason):
        comma = next((i for i, token in enumerate(rest[:end]) if token == "," and i > inner[0][0]), end)
        told = {kind for at, kind in inner if at <= comma}
        if told == {"gain"} and any(kind == "loss" and at - total.token - 1 > comma for at, kind in events):
            return False  # "5 when you buy 2, but then you eat 1"
    return bool(_SUBORDINATE.intersection(reason))


def _is_on_the_way(figures: Figures, total: Mention, events: list[tuple[int, str]], mentions: list[Mention]) -> bool:
    """A total with another number before it, from which the story goes on: "three and two are five. You ate one"."""
    others = [other for other in mentions if other.token < total.token and other.value != total.value]
    if not any(other.kind != "other" for other in others):
        return False
    after = {kind for token, kind in events if token > total.token}
    earlier = any(other.kind in TOTALS for other in others)
    if _next_events(figures, total.token, events) or (earlier and {"gain", "loss"} <= after):
        return True
    following = next((o.token for o in mentions if o.token > total.token and o.kind in TOTALS), total.token)
    return following > total.token and not {".", "!", "?", "|"} & set(figures.tokens[total.token : following])


def _story_is_told(total: Mention, events: list[tuple[int, str]], by_end: dict[int, Equation]) -> bool:
    """Whether both a gain and a loss were told since the story last began, so that a total is the last one."""
    if total.token in by_end and {"+", "-"} <= by_end[total.token].signs:
        return True
    equation = by_end.get(total.token)
    if equation and not _goes_on_from(equation, by_end):
        return False
    told: set[str] = set()
    for _, kind in events:
        if (kind == "had" and told & {"gain", "loss"}) or (kind == "gain" and "loss" in told and "gain" in told):
            told = set()
        told.add(kind)
    return {"gain", "loss"} <= told


def _goes_on_from(equation: Equation, by_end: dict[int, Equation]) -> bool:
    """Whether a sum goes on from the sums before it, if any, as `5 - 1 = 4` does from `3 + 2 = 5`."""
    earlier = {other.result for other in by_end.values() if other.first < equation.first}
    return not earlier or bool(earlier & set(equation.operands))


def _last_correction(
    text: str, figures: Figures, put: list[Mention], totals: list[Mention], equations: list[Equation]
) -> int | None:
    """The token of the last marker ("wait", "sorry") that takes back a total or a false step before it."""
    starts = [place[0] for place in figures.places]
    last = None
    for match in _CORRECTION.finditer(text):
        token = bisect.bisect_left(starts, match.start())
        before = {total.value for total in put if total.token < token}
        after = {total.value for total in put if total.token >= token}
        if not after and not re.match(
            r"(?:actually|sorry|hmm|apologies),? (?!no\b)", text[match.start() : match.end() + 5], re.IGNORECASE
        ):
            after = {total.value for total in totals if total.token >= token}
        false_step = any(not equation.true and equation.last < token for equation in equations)
        if after and ((before and before != after) or false_step):
            last = token
        if match.start() > 4000:
            break
    return last
