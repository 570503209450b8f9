"""Each quality prompt with its answers: what a rule saw stands out in the text, with the rule's number."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise

from ollama_bench.quality.scores import DIMENSIONS, Dimension, Evidence
from ollama_bench.scorecard import QualityAnswer, QualityPrompt, RunResult
from orchestrator.page import Check, Part, checks, details, join, tag

MOST_CHARS = 10_000
"""Of an answer: the rules read no more either."""

LONG_CHARS, LONG_LINES = 1_500, 12
"""An answer of more than this scrolls by itself."""

SCORES = {1: ("good", "✓", "1"), 0: ("bad", "✗", "0")}
UNKNOWN = ("unknown", "?", "not assessed")
"""Of a score: its look, its sign, and what is said."""


def quality(result: RunResult, level: int) -> Part:
    """A card a prompt."""
    if result.quality is None:
        asked = "were not reached" if result.plan.quality_prompts else "were not asked for"
        return tag("p", f"The quality prompts {asked}.")
    said = (
        "The first answer, at temperature 0, is the one that counts. A number in it is that of a rule which saw this."
    )
    cards = [_card(prompt, level) for prompt in result.quality.prompts]
    return [tag("p", said, class_="quiet"), tag("div", cards, class_="answers")]


def _card(prompt: QualityPrompt, level: int) -> Part:
    further = f"Further answers, at temperature 0.8: {len(prompt.samples)}"
    return tag(
        "div",
        tag(f"h{level + 1}", prompt.id),
        tag("blockquote", prompt.prompt, dir="auto"),
        _answer(prompt),
        _pass_rate(prompt),
        details(further, [_sample(sample) for sample in prompt.samples]) if prompt.samples else None,
        class_="card",
    )


def _sample(sample: QualityAnswer) -> Part:
    return [tag("p", tag("strong", f"Seed {sample.seed}")), _answer(sample)]


def _pass_rate(prompt: QualityPrompt) -> Part:
    if prompt.pass_rate is None:
        return None
    low, high = prompt.pass_rate.ci95
    passed = f"{prompt.pass_rate.passed} of {prompt.pass_rate.n} further answers passed"
    return tag("p", f"{passed} (95 % interval {low:.0%} to {high:.0%}).")


def _answer(answer: QualityAnswer) -> Part:
    """The text with its marks, then the rules of each dimension."""
    if answer.reason:
        return tag("p", f"Not assessed: {answer.reason}")
    shown = answer.answer[:MOST_CHARS]
    left_out = len(answer.answer) - len(shown)
    is_long = len(shown) > LONG_CHARS or shown.count("\n") > LONG_LINES
    text = tag("div", marked(shown, answer.evidence), class_="answer", dir="auto", role="group", aria_label="Answer",
               tabindex=0 if is_long else None)  # fmt: skip
    return [
        text if shown else tag("p", "The answer is empty."),
        tag("p", f"… and {left_out} characters more.", class_="quiet") if left_out else None,
        tag("p", "Cut at its limit of tokens.", class_="quiet") if answer.done_reason == "length" else None,
        tag("div", [_dimension(answer, name) for name in DIMENSIONS], class_="dimensions"),
    ]


def _dimension(answer: QualityAnswer, name: Dimension) -> Part:
    """The score, with the rules that led to it: those that failed first."""
    look, sign, said = SCORES.get(getattr(answer.scores, name), UNKNOWN)
    title = f" {name.replace('_', ' ')}: {said}"
    heading = tag("p", tag("span", sign, aria_hidden="true"), title, class_=f"score {look}")
    rules = [(number, found) for number, found in enumerate(answer.evidence, 1) if found.dimension == name]
    rules.sort(key=lambda rule: rule[1].passed)
    return tag("div", heading, checks(Check(found.passed, _rule(number, found)) for number, found in rules))


def _rule(number: int, found: Evidence) -> Part:
    """What it saw; and what it expected, where that is something else."""
    place = tag("sup", str(number)) if found.span else None
    expected = None if found.passed else f"; expected {found.expected}"
    return join(tag("strong", found.rule.replace("_", " ")), place, f": {found.observed}", expected)


def marked(text: str, evidence: Sequence[Evidence]) -> Part:
    """`text` cut at the ends of every span: each piece that a rule saw is marked, and ends with the rule's number."""
    begun: defaultdict[int, list[bool]] = defaultdict(list)
    ended: defaultdict[int, list[tuple[int, bool]]] = defaultdict(list)
    for number, found in enumerate(evidence, 1):
        if found.span and 0 <= found.span[0] < found.span[1] <= len(text):
            begun[found.span[0]].append(found.passed)
            ended[found.span[1]].append((number, found.passed))
    parts: list[Part] = []
    under: Counter[bool] = Counter()  # rules that saw the piece, by whether they passed
    for start, stop in pairwise(sorted({0, len(text), *begun, *ended})):
        under.update(begun[start])
        under.subtract(passed for _, passed in ended[start])
        numbers = ", ".join(str(number) for number, _ in ended[stop])
        parts.append(_piece(text[start:stop], numbers, under))
    return parts


def _piece(text: str, numbers: str, under: Counter[bool]) -> Part:
    if not under.total():
        return text
    return tag("mark", text, tag("sup", numbers) if numbers else None, class_="bad" if under[False] else "good")
