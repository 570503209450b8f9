"""A word problem about one kind of thing: what an answer says was had, gained, lost, and is left.

Each number of the text is read for its part in the story (`Mention`); from these come the totals that the answer
puts forward and the corrections it makes. Knows nothing of what is right: `counting.py` compares with that.
"""

import bisect
import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import NamedTuple

from ollama_bench.quality.arithmetic import Equation, find_equations
from ollama_bench.quality.figures import Figures, read_figures
from ollama_bench.quality.scores import Span

_GAIN = r"(?:buy|buys|bought|buying|purchas(?:e|es|ed|ing)|compras?|compré|compraste|achet\w+|kauf\w+|gekauft)"
_LOSS = r"(?:eat|eats|ate|eating|eaten|consum(?:e|es|ed|ing)|munch(?:ed|es)?|comes|comiste|comer|comido|mang\w+|iss?t|essen|gegessen)"
_WEAK_GAIN = r"(?:add|adds|added|adding|pick(?:ed|ing)? up|acquir(?:e|ed|ing)|plus)"
_WEAK_LOSS = r"(?:subtract(?:s|ed|ing)?|take(?:s)? away|taking away|took away|remov(?:e|es|ed|ing)|deduct(?:s|ed|ing)?|minus|los(?:e|es|ing)|lost)"
_BETWEEN = r"(?: (?:the|another|an|additional|extra|more|just|only|up|of|your|exactly|about|some|other|those|by|away|further))*"
_UNIT = r"(?: (?:whole|full|more|of (?:them|those|these|the|your)|additional|extra|new|fresh|red|green|{unit}s?|manzanas?|pommes?|äpfel|apfel|maçãs?|of))*"
_BE = r"(?: (?:is|are|was|were|will be|would be|should be|that|which|still|you|i|we|have|has|now|then|just|been|get|got|gets|being|be|they|do|'ll|had))*"
_LEFT = r"(?:left|remain|remains|remaining|remained|leftover|uneaten|quedan|restent|restante|übrig|restam)"
_TO_VALUE = (
    r"(?: (?:you|you'll|us|me|we|i|a|total|totals|of|with|behind|exactly|just|only|is|are|was|be|will|would|should|now|then|:|=|->|that|have|has|"
    r"{unit}s?|over|in|the|end|after|number|equals|count|at|it|still|therefore|so|there|comes|to|got|back|final|\*|\(|\"|'|up|manzanas?|pommes?|your))*"
)
_TOTAL_VERB = (
    r"(?:have|has|having|had|got|get|gets|getting|make|makes|making|give|gives|giving|total|totals|totaling|totalling|totaled|become|becomes|"
    r"is|are|be|=|->|now|reach|reaches|reaching|with|to|at|that's|it's|there's|you're|result|results|sum|so|tienes|tiene|avez|hast|bringing|brings|bring|"
    r"leads|yields|equal|equals|there|down|up|still|then|therefore|thus|hence|own|hold|possess)"
)
_SUBORDINATE = frozenset("after once when since because as by from if before having for given".split())
_CORRECTION = re.compile(
    r"\b(?:wait|oops|whoops|correction|scratch that|i mean|i meant|my (?:mistake|bad|apologies)|(?:i|let me) (?:made|make) (?:a|an) (?:mistake|error)"
    r"|made an? (?:mistake|error)|let me (?:re\w+|correct|fix|redo|try (?:again|that again)|check|double)|hold on|strike that|or rather|no, (?:it|that|actually|sorry|wait)|actually|sorry"
    r"|hmm|on second thought|apologies)\b|(?<=[.,;…!—–-] )no\b[,.:—–-]|\b(?:corrected|correct) (?:answer|total|count)\b",
    re.IGNORECASE,
)


_CLAUSE_ENDS = frozenset(". ! ? | ; , then and".split())


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
    put = [mention for mention in mentions if mention.kind in ("left", "answer") or mention in claims]
    correction = _last_correction(text, figures, put, claims, equations)
    kept = [claim for claim in claims if correction is None or claim.token >= correction]
    corrected = correction is not None and bool(kept)
    if not kept:
        kept, correction = claims, None
    return Story(figures, tuple(mentions), tuple(equations), tuple(events), correction, tuple(kept), corrected)


def _find_events(figures: Figures, equations: list[Equation]) -> list[tuple[int, str]]:
    events = []
    pattern = re.compile(rf"(?<= )(?:({_GAIN}|{_WEAK_GAIN})|({_LOSS}|{_WEAK_LOSS}))(?= )")
    for match in pattern.finditer(figures.plain):
        events.append((figures.token_at(match.start()), "gain" if match[1] else "loss"))
    for equation in equations:
        if "+" in equation.signs:
            events.append((equation.first, "gain"))
        if "-" in equation.signs:
            events.append((equation.first, "loss"))
    return events


def _classify(
    figures: Figures, equations: list[Equation], unit: str, start: int, events: list[tuple[int, str]]
) -> list[Mention]:
    patterns = _patterns(unit)
    inside = {index for equation in equations for index in range(equation.first, equation.last + 1)}
    mentions: list[Mention] = []
    for equation in equations:
        if equation.result is not None:
            mentions.append(Mention("sum", equation.result, equation.last, equation.span))
    for index, token in enumerate(figures.tokens):
        if index in inside or not token.replace(".", "", 1).isdigit() or not token[0].isdigit() or len(token) > 12:
            continue
        left = " " + " ".join(figures.tokens[max(0, index - 14) : index]) + " "
        right = " " + " ".join(figures.tokens[index + 1 : index + 10]) + " "
        kind, strong = _kind_of(left, right, patterns)
        if re.search(r" \d+ [+*/-] $", left) or re.match(r" [+*/-] \d", right):
            kind = "net"  # part of a sum that comes to nothing
        if kind == "had?":
            earlier = [event for event in events if event[0] < index and event[0] not in inside]
            kind = _had_or_total(Fraction(token), figures, index, start, bool(earlier), any(event[0] > index for event in events))
        mentions.append(Mention(kind, Fraction(token), index, figures.places[index], strong))
    return sorted(mentions, key=lambda mention: mention.token)


def _had_or_total(value: Fraction, figures: Figures, index: int, start: int, earlier: bool, later: bool) -> str:
    """`you have N`: what there was at first, or a total? At first, where the story only begins after it."""
    if value == start and later:
        return "had"
    if earlier:
        return "total"
    if value == start:
        return "had"
    rest = " " + " ".join(figures.tokens[index + 1 : index + 16]) + " "
    goes_on = re.match(rf"[^.!?|;:]*?(?:,|and|then) (?:then )?(?:you |i |we )?(?:{_GAIN}) \d", rest)
    return "had" if goes_on and not re.match(r"[^.!?|;:]*?(?:after|since|because|as|left)\b", rest) else "total"


@cache
def _patterns(unit: str) -> dict[str, re.Pattern[str]]:
    unit = re.escape(unit)
    units, to_value = _UNIT.format(unit=unit), _TO_VALUE.format(unit=unit)
    follows = rf"^{units}{_BE}"
    return {
        "loss<": re.compile(rf" {_LOSS}{_BETWEEN} $"),
        "loss>": re.compile(rf"^(?: (?:that|which|was|is|were|are|has|have|been|gets?|got|{unit}s?|of (?:them|those)|you|i|we|just|being))* {_LOSS}(?!{_BETWEEN} \d) "),
        "gain<": re.compile(rf" {_GAIN}{_BETWEEN} $"),
        "gain>": re.compile(rf"^(?: (?:that|which|were|are|was|is|have|been|more|new|additional|{unit}s?|of them|you|i|we|just|being|newly))* (?:{_GAIN})(?!{_BETWEEN} \d) "),
        "units": re.compile(units),
        "other_thing": re.compile(r"^ (?:\w+ )?(?:oranges?|bananas?|pears?|grapes?|cherr\w+|peach\w*|mango\w*|lemons?|plums?|\w*berr(?:y|ies)|pens?|pencils?|books?|cand\w+|cookies?|eggs?|marbles?|balls?|dollars?|cents?|toys?|cars?|cats?|dogs?|friends?|people|kids?|children)\b"),
        "not_but": re.compile(r" not \d+(?: \w+)?,? but(?: rather)? $"),
        "or": re.compile(rf"^{units} or \d+ "),
        "or<": re.compile(r" \d+(?: \w+)? or $"),
        "label_had": re.compile(rf" (?:had|have|start\w*|initial\w*|begin\w*|original\w*|given)(?: (?:amount|number|of|{unit}s?|with|count|total|quantity|you))* :(?: [+-])? $"),
        "label_gain": re.compile(rf" (?:bought|buy|buying|purchas\w+|added|add|gain\w*)(?: (?:amount|number|of|{unit}s?|more))* :(?: [+-])? $"),
        "label_loss": re.compile(rf" (?:eaten|ate|eat|eating|consumed|removed|loss|lost|subtract\w*)(?: (?:amount|number|of|{unit}s?))* :(?: [+-])? $"),
        "negated": re.compile(r"(?:n't| not| never| no longer| cannot| instead of| rather than| unlike)(?: (?:have|has|be|equal|get|make|still|just|only|a|total|of|the|leave|you|with|and|,))* $"),
        "net": re.compile(r" net(?: \w+){0,3} $| (?:gain|increase|change|difference)(?: of| is| :)* $"),
        "net>": re.compile(rf"^{units} ?(?:more|fewer|less) than | net | (?:becomes?|turns? into|goes to|changes to) "),
        "weak_loss<": re.compile(rf" {_WEAK_LOSS}{_BETWEEN} $"),
        "weak_gain<": re.compile(rf" {_WEAK_GAIN}{_BETWEEN} $"),
        "from": re.compile(r" (?:from|of|than|before|out of)(?: (?:the|those|these|your|having|a|total))* $"),
        "had<": re.compile(
            r" (?:start|starts|started|starting|begin|begins|began|beginning|started off|started out)(?: \w+){0,2} with(?: (?:only|just|a|total|of|the|your))* $"
            r"| (?:start|starts|starting|begin) :? ?(?:at )?$| (?:initially|originally|initial|original|given)(?: (?:you|i|we|had|have|number|amount|count|of|apples|is|was|are|:|,|=|total|the|quantity))* $"
        ),
        "had>": re.compile(rf"^{units} ?(?:,? ?(?:initially|originally|at first|to start|to begin|at the (?:start|beginning)|in the beginning|already|that you (?:had|have|started)|you (?:had|started|began|already|originally|initially)|from the start))\b"),
        "left>": re.compile(rf"{follows} {_LEFT}\b"),
        "left<": re.compile(rf" {_LEFT}{to_value} $| (?:leave|leaves|leaving|left){to_value} $| (?:quedan|quedarían|reste(?:nt|ront)?|restano|rimangono|restam|sobran|bleiben|bleibt|noch) $"),
        "answer<": re.compile(
            rf" (?:answer|solution|ans|boxed (?:\{{ )?|final (?:count|number|total|amount|result)|conclusion){to_value} $| boxed \{{ $| number of {unit}s{to_value} $"
        ),
        "had?": re.compile(r" (?:have|has|had|having|got|tienes|tiene|tenías|avez|hast|haben|habe|habt|tens|têm|tem|ho|hai|hebt)(?: (?:only|just|a|total|of|now|exactly|still|initially))* $"),
        "more": re.compile(r"^ (?:more|additional|extra|new|others?)\b"),
        "now": re.compile(r" (?:now|then|total|still|will|would|should|'ll|up|you'd|you'll)(?: \w+){0,3} $"),
        "total<": re.compile(rf" {_TOTAL_VERB}{to_value} $"),
        "total>": re.compile(rf"^{units} (?:in total|total|altogether|in all|now|in the end|at the end|after|once|in hand)\b"),
        "bare": re.compile(r"(?:^ *|[.!?;|:\"(] )(?:(?:so|just|only|exactly|still|ok|okay|sure|yes|well|it's|there are|that's|answer|:|,|\*|=|>|#|\"|\() )*$"),
        "bare>": re.compile(rf"^{units} (?:[.!?;|,:)\"-]|because|since|as|left|$| *$)|^ *$"),
        "unit": re.compile(rf"^(?: (?:red|green|whole|fresh|more|of the|new))* {unit}s?\b"),
    }  # fmt: skip


def _kind_of(left: str, right: str, patterns: dict[str, re.Pattern[str]]) -> tuple[str, bool]:
    """The part of one number, by the words before and after it in its own clause."""
    sentence = re.split(r" [.!?;|] ", left)[-1] if " " in left else left
    sentence = " " + sentence.strip() + " "
    clause = " " + re.split(r" [,] ", sentence)[-1].strip() + " "
    ahead = re.split(r" (?=[.!?;|,] )", right)[0].rstrip() + " "
    if patterns["other_thing"].search(right):
        return "alien", True
    if patterns["negated"].search(clause):
        return "net", True
    if patterns["not_but"].search(clause) or patterns["or"].search(right) or patterns["or<"].search(left):
        return "answer", True
    if re.match(rf"^{patterns['units'].pattern} -> ", right):
        return "net", True
    first = (
        ("loss<", clause, "loss"), ("gain<", clause, "gain"), ("net", clause, "net"), ("net>", ahead, "net"),
        ("had<", sentence, "had"), ("had>", ahead, "had"),
    )  # fmt: skip
    for name in ("label_had", "label_gain", "label_loss"):
        if patterns[name].search(clause):
            return name.removeprefix("label_"), name == "label_had"
    if patterns["had>"].search(ahead) and re.search(r" (?:after|once|when|now|before) ", ahead):
        return "net", True
    for name, where, kind in first:
        if patterns[name].search(where):
            return kind, True
    if not patterns["had?"].search(clause):
        for name, kind in (("loss>", "loss"), ("gain>", "gain")):
            if patterns[name].search(ahead):
                return kind, True
    if patterns["left>"].search(ahead) or patterns["left<"].search(sentence):
        return "left", True
    if patterns["answer<"].search(sentence):
        return "answer", True
    for name, kind in (("weak_loss<", "loss"), ("weak_gain<", "gain")):
        if patterns[name].search(clause):
            return kind, False
    if patterns["from"].search(clause):
        return "net", True
    if patterns["had?"].search(clause) and not patterns["now"].search(sentence) and not patterns["total>"].search(ahead):
        return "had?", True
    if patterns["more"].search(ahead):
        return "gain", False
    if patterns["total<"].search(clause) or patterns["total>"].search(ahead):
        return "total", True
    if patterns["bare"].search(left) and patterns["bare>"].search(right):
        return "bare", True
    return ("unit", True) if patterns["unit"].search(right) else ("other", True)


def _claims(
    figures: Figures, mentions: list[Mention], equations: list[Equation], events: list[tuple[int, str]]
) -> list[Mention]:
    totals = [mention for mention in mentions if mention.kind in TOTALS]
    by_end = {equation.last: equation for equation in equations}
    claims = []
    for total in totals:
        later = _next_events(figures, total.token, events)
        if total.kind == "answer" or (total.kind == "left" and not (later and _events_before(total, events))):
            claims.append(total)
        elif total.kind in ("total", "bare", "left") and _is_headline(figures, total, events, totals):
            claims.append(total)
        elif not later and _story_is_told(total, _told_by(figures, total.token, events), by_end):
            claims.append(total)
    if not claims and totals and not _next_events(figures, totals[-1].token, events):
        claims = [totals[-1]]
    return claims


def _events_before(total: Mention, events: list[tuple[int, str]]) -> bool:
    return any(token < total.token for token, _ in events)


def _next_events(figures: Figures, token: int, events: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Gains and losses told after a total and not as its reason ("after eating 1")."""
    found = []
    for at, kind in events:
        if at <= token or kind == "had":
            continue
        between = figures.tokens[token + 1 : at]
        if len(between) <= 12 and _SUBORDINATE.intersection(between) and not {".", "!", "?", "|", "then"}.intersection(between):
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


def _is_headline(figures: Figures, total: Mention, events: list[tuple[int, str]], totals: list[Mention]) -> bool:
    """A total that opens the answer, before anything of the story is told."""
    if any(token <= total.token for token, _ in events):
        return False
    rest = figures.tokens[total.token + 1 :]
    end = next((i for i, token in enumerate(rest) if token in (".", "!", "|", ";", ":")), len(rest))
    following = next((other.token for other in totals if other.token > total.token), None)
    end = end if following is None else min(end, following - total.token - 1)
    inner = [at for at, _ in events if total.token < at <= total.token + 1 + end]
    kinds = {kind for at, kind in events if at in inner}
    others = {kind for at, kind in events if at > total.token} - kinds
    if total.kind != "left" and following is not None and kinds == {"gain"} and "loss" in others:
        return False  # "5 when you buy 2. Then ..."
    return not inner or bool(_SUBORDINATE.intersection(rest[: inner[0] - total.token - 1]))


def _story_is_told(total: Mention, events: list[tuple[int, str]], by_end: dict[int, Equation]) -> bool:
    """Whether both a gain and a loss were told since the story last began, so that a total is the last one."""
    if total.token in by_end and {"+", "-"} <= by_end[total.token].signs:
        return True
    told: set[str] = set()
    for token, kind in events:
        if (kind == "had" and told & {"gain", "loss"}) or (kind == "gain" and "loss" in told and "gain" in told):
            told = set()
        told.add(kind)
    return {"gain", "loss"} <= told


def _last_correction(text: str, figures: Figures, put: list[Mention], claims: list[Mention], equations: list[Equation]) -> int | None:
    """The token of the last marker ("wait", "sorry") that takes back a total or a false step before it."""
    starts = [place[0] for place in figures.places]
    last = None
    for match in _CORRECTION.finditer(text):
        token = bisect.bisect_left(starts, match.start())
        before = {total.value for total in put if total.token < token}
        after = {claim.value for claim in claims if claim.token >= token}
        false_step = any(not equation.true and equation.last < token for equation in equations)
        if after and ((before and before != after) or false_step):
            last = token
        if match.start() > 4000:
            break
    return last
