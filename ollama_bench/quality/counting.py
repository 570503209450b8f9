"""Verifiers of a word problem's answer: its count, its explanation, its steps and its amounts."""

import re
from fractions import Fraction
from functools import lru_cache

from ollama_bench.quality.answer import Answer, Finding, quote
from ollama_bench.quality.arithmetic import find_sums
from ollama_bench.quality.lexicon import NO_NAME
from ollama_bench.quality.story import TOTALS, Mention, Story, read_story

_BEYOND = 4_000
"""Characters read for a story; far beyond the words that any such prompt allows."""

_WORDS = re.compile(r"[^\W_]+")
_PRICE = re.compile(
    r"[$€£]\s?\d|\b\d+\s?(?:cents?|dollars?|euros?|bucks|pounds)\b|\b(?:price|cost|costs|dollars?|cents)\b",
    re.IGNORECASE,
)
_OTHERS = (
    r"(?:friend|brother|sister|mom|mum|mother|dad|father|son|daughter|wife|husband|neighbou?r|dog|cat|bird"
    r"|squirrel|worm|kids?|child|children"
    r"|someone(?: else)?|somebody|he|she|they|teacher|boy|girl|roommate|uncle|aunt|grand\w+|sibling|partner"
    r"|colleague|people)"
)
_OTHER_ACTS = re.compile(
    rf"\b(?:{_OTHERS})\b(?: \w+){{0,2}} (?:eats?|ate|eaten|takes?|took|steals?|stole|gives?|gave|gets?|got"
    rf"|buys?|bought|brings?|brought)\b"
    rf"|\b(?:eaten|bought|given|taken|stolen) (?:by|from) (?:your |a |the |my |an? )?(?!you\b|me\b|the apples"
    rf"|them\b|those\b|your\b)(?:{_OTHERS}|[A-Z][a-z]+)\b"
    r"|\bg(?:ive|ives|ave|iving|iven) (?:\w+ ){0,2}?(?:away|to (?:a|an|your|my|the|his|her|[A-Z])\w*)|\b(?:sold"
    r"|sell|sells|selling|stole|stolen|threw|throw|thrown|throws|discard\w*"
    r"|found (?:\d|one|two|another|some|an?)|grew|dropped|rolled|vanish\w*|disappear\w*|went missing|bruised"
    r"|rotten|rotted|rots?|spoil\w*|went bad"
    r"|goes bad|fell|donat\w+|shared?|cooked|baked|pie|juice)\b",
    re.IGNORECASE,
)
_STRANGER_ACTS = re.compile(
    r"\b(?:an?|the|your|my|his|her|our|some|another) (?!(?:person|user|buyer|customer|student|individual|apples?"
    r"|one|rest|part|step|time|total|first|second|next|other|person who|number|amount|purchase|snack|question)\b)"
    r"[a-z]{3,15} (?:then |also |just )?(?:ate|eats|took|takes|stole|steals|grabbed|grabs|snatched|borrowed|bit"
    r"|swiped)\b"
    r"|\b(?:fed|feed|feeding|hand(?:ed)?|pass(?:ed)?|lent|lend|loan(?:ed)?|return(?:ed)?|trad(?:e|ed)|swap(?:ped)?"
    r"|sent|mail(?:ed)?) (?:\w+ ){1,3}(?:to|with|for|back)\b",
    re.IGNORECASE,
)
_NAME_ACTS = re.compile(
    r"\b([A-Z][a-z]{2,}) (?:then |also |just )?(?:ate|eats|gave|gives|took|takes|bought|buys|stole|had|has)\b"
)
_OFFER = re.compile(
    r"\W*(?:would you like|do you (?:want|need|have)|want me|need (?:more|any|further|me)|can i (?:help|assist"
    r"|do)|is there anything|anything else|any (?:other|more|further)?\s?questions"
    r"|shall i|should i|may i|could i|how (?:else )?(?:can|may) i (?:help|assist)|got it|(?:does|do) (?:that"
    r"|this|it) (?:make sense|help)|make sense|clear)",
    re.IGNORECASE,
)
_TO_READER = re.compile(
    r"\b(?:do you|did you|can you|could you|would you|are you|what do you|please|which|what kind|why do"
    r"|why did you|how about|what if|what would|tell me|your (?:answer|turn))\b",
    re.IGNORECASE,
)
_NEW_PROBLEM = re.compile(
    r"^\W*(?:question|problem|exercise|example|q|quiz|next|new|another|now you try|your turn|try this|challenge"
    r"|bonus)\b[^.\n]{0,25}[:：]\W|\b(?:now,? (?:try|solve|answer)|try (?:this|another|it yourself)|(?:next"
    r"|another|new|follow-up) (?:question|problem|exercise|puzzle)|here(?:['’]s| is) (?:another|a (?:new"
    r"|similar)))\b"
    r"|^\W*(?:if|suppose|imagine|let['’]s say|say) (?:you|i|we|he|she|[A-Z][a-z]+)\b[^?\n]{0,200}\bhow (?:many"
    r"|much)\b",
    re.IGNORECASE | re.MULTILINE,
)


@lru_cache(maxsize=8)
def _story(text: str, prompt: str, unit: str) -> Story:
    figure = re.search(r"\d+", prompt)
    return read_story(text[:_BEYOND], unit, int(figure[0]) if figure else 0)


def _story_of(answer: Answer, unit: str) -> Story:
    return _story(answer.text, answer.prompt, unit)


def one_count(answer: Answer, *, unit: str) -> Finding:
    """Exactly one count of `unit` is put forward as the answer; one that was taken back does not count."""
    claims = _story_of(answer, unit).claims
    values = sorted({claim.value for claim in claims})
    span = claims[-1].span if claims else None
    return Finding(
        len(values) == 1, f"counts put forward: {', '.join(map(str, values)) or 'none'}", f"one count of {unit}s", span
    )


def consistent_count(answer: Answer, *, unit: str) -> Finding:
    """No second total beside the first, and none taken back."""
    story = _story_of(answer, unit)
    values = sorted({claim.value for claim in story.claims})
    observed = f"counts put forward: {', '.join(map(str, values)) or 'none'}" + (
        ", after a correction" if story.corrected else ""
    )
    span = story.claims[-1].span if story.claims else None
    return Finding(len(values) <= 1 and not story.corrected, observed, "no contradiction and no correction", span)


def count_is(answer: Answer, *, unit: str, count: int) -> Finding:
    """The count put forward is `count`; without one this fails."""
    claims = _story_of(answer, unit).claims
    values = {claim.value for claim in claims}
    observed = f"the count is {', '.join(map(str, sorted(values))) or 'not given'}"
    return Finding(values == {Fraction(count)}, observed, f"{count} {unit}s", claims[-1].span if claims else None)


def explained(answer: Answer, *, unit: str) -> Finding:
    """At least one step stands beside the count: a sum, something gained or lost, or a total on the way."""
    text = _without_prompt(answer)
    story = read_story(text[:_BEYOND], unit, 0)
    final = {claim.value for claim in story.claims}
    steps = [
        m
        for m in story.mentions
        if m.kind in ("had", "gain", "loss", "net") or (m.kind in TOTALS and m.value not in final)
    ]
    told = bool(story.events or steps or story.equations) or find_sums(story.figures)
    told = told or bool(re.search(r" \d+ -> ", story.figures.plain))
    return Finding(
        told,
        f"{len(story.equations)} sums and {len(story.events)} events" if told else "no step",
        "at least one step of the reasoning",
    )


def _without_prompt(answer: Answer) -> str:
    """The text without the prompt, or sentences of it, repeated at its beginning."""
    told = " ".join(_WORDS.findall(answer.prompt.lower()))
    start = 0
    for sentence in answer.sentences:
        if " ".join(_WORDS.findall(sentence.text.lower())) not in told:
            break
        start = sentence.span[1]
    return answer.text[start:]


def no_new_question(answer: Answer, *, unit: str) -> Finding:
    """Nothing is asked back and no new problem is posed; the question itself repeated, and a closing offer, "
    "may stand."""
    expected = "no question back and no new problem"
    posed = _NEW_PROBLEM.search(answer.text)
    last = answer.sentences[-1] if answer.sentences else None
    if posed and not (last and posed.start() >= last.span[0] and _OFFER.match(last.text)):
        return Finding(False, f"a new problem: {quote(posed[0])}", expected, posed.span())
    sentences = answer.sentences
    given = set(re.findall(r"\d+", answer.prompt))
    counted = _story_of(answer, unit).claims
    for number, sentence in enumerate(sentences):
        if "?" not in sentence.text[-4:] and "？" not in sentence.text[-4:]:
            continue
        if _OFFER.match(sentence.text) and number == len(sentences) - 1:
            continue
        answered = any(claim.span[0] >= sentence.span[1] for claim in counted)
        own_figures = set(re.findall(r"\d+", sentence.text)) - given
        if answered and not own_figures and not _TO_READER.search(sentence.text):
            continue
        return Finding(False, f"asks: {quote(sentence.text)}", expected, sentence.span)
    return Finding(True, "none", expected)


def true_steps(answer: Answer, *, unit: str, start: int, gain: int, loss: int) -> Finding:
    """Every sum and every running total holds, and the amounts are `start`, `gain` and `loss`."""
    story = _story_of(answer, unit)
    expected = f"true steps from {start} had, {gain} gained, {loss} lost"
    amounts = {"had": start, "gain": gain, "loss": loss}
    values = {
        Fraction(value) for value in (start, gain, loss, start + gain, start - loss, start + gain - loss, gain - loss)
    }
    floor = story.correction or 0
    for equation in story.equations:
        others = not values >= set(equation.operands) or equation.takes(start, gain)
        if equation.first >= floor and not (equation.true and not others):
            what = "is of other amounts" if equation.true else "is false"
            return Finding(False, f"{quote(answer.text[slice(*equation.span)])} {what}", expected, equation.span)
    for mention in story.mentions:
        wanted = amounts.get(mention.kind)
        allowed = {Fraction(wanted)} if wanted is not None and mention.strong else values
        if (
            mention.kind in ("other", "sum", "denied")
            or (mention.token < floor and mention.kind in TOTALS)
            or mention.value in allowed
        ):
            continue
        return Finding(False, f"{mention.kind} {mention.value}", expected, mention.span)
    wrong = _wrong_running_total(story, start, gain, loss)
    if wrong:
        return Finding(False, f"{wrong.value} at that point of the story", expected, wrong.span)
    return Finding(True, f"{len(story.equations)} sums and {len(story.mentions)} amounts hold", expected)


def _wrong_running_total(story: Story, start: int, gain: int, loss: int) -> Mention | None:
    """The first total, told step by step, that is not what the steps so far come to."""
    told: set[str] = set()
    amounts = {"had", "gain", "loss"}
    steps = sorted(
        [
            *((m.token, 0, m.kind, None) for m in story.mentions if m.kind in amounts),
            *((m.token, 1, m.kind, m) for m in story.mentions if m.kind in ("total", "left")),
        ],
        key=lambda step: step[:2],
    )
    for index, (token, _, kind, mention) in enumerate(steps):
        if mention is None:
            if (kind == "had" and told & {"gain", "loss"}) or (kind == "gain" and {"gain", "loss"} <= told):
                told = set()
            told.add(kind)
            continue
        if not told & {"gain", "loss"} or (story.correction or 0) > token:
            continue
        now = start + gain * ("gain" in told) - loss * ("loss" in told)
        upcoming = next((step for step in steps[index + 1 :] if step[3] is None), None)
        sequential = upcoming is not None and upcoming[2] in ("gain", "loss") and not _joined(story, token, upcoming[0])
        if mention.value != now and sequential:
            return mention
    return None


def _joined(story: Story, token: int, event: int) -> bool:
    """Whether the next event belongs to the total's own clause ("5 apples after buying 2")."""
    between = story.figures.tokens[token + 1 : event]
    return not {".", "!", "?", ";", "|", "then", "next", ",", "finally"}.intersection(between)


def nothing_else_happened(answer: Answer) -> Finding:
    """No price, and nobody else who takes part in the story."""
    text = answer.text[:_BEYOND]
    expected = "only what the prompt tells"
    plain = re.sub(r"\$[^$\n]{0,80}[=+\\][^$\n]{0,80}\$|\$\s?\d{1,3}\s?\$", " ", text)
    for pattern in (_PRICE, _OTHER_ACTS, _STRANGER_ACTS):
        match = pattern.search(plain)
        if match:
            return Finding(False, quote(match[0]), expected, None if plain != text else match.span())
    for match in _NAME_ACTS.finditer(text):
        if match[1] not in NO_NAME:
            return Finding(False, quote(match[0]), expected, match.span())
    return Finding(True, "nothing else", expected)
