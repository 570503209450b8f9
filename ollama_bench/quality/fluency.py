"""Verifiers of any answer's language: English, no loop, no leaked tokens, no cut, no echo, no refusal."""

import re
from collections.abc import Sequence
from itertools import pairwise

from ollama_bench.quality.answer import Answer, Finding, quote
from ollama_bench.quality.lexicon import ENGLISH, FOREIGN, LOAN, SHARED
from ollama_bench.quality.sentences import breaks_off

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_TOKEN = re.compile(r"[^\W_]+|[+\-*/=×−–]")
_ACCENTED = re.compile(r"[ß-öø-ÿąćęłńśźżğışœ]")
_LEAK = re.compile(
    r"<\|[^<>|\n]{0,40}\|>|<\|[\w]{1,30}>?|\|[\w]{1,30}\|>|</?(?:start_of_turn|end_of_turn|eos|bos|pad|unk|s"
    r"|think|thinking|thought|tool_call"
    r"|im_start|im_end|sep|cls|mask|unused\d+|0x[0-9A-Fa-f]{2}|assistant|user|system|model|response|answer"
    r"|human|bot)>"
    r"|\[/?(?:INST|SYS|SEP|CLS|PAD|UNK|MASK|EOS|BOS|ASSISTANT|USER|SYSTEM)\]|<</?SYS>>|\b(?:im_start|im_end"
    r"|eot_id|end_of_turn|start_of_turn|endoftext)\b"
    r"|<(?:start|end)_of_\w{1,20}>?|\ufffd|[▁Ġ](?=\w)|\{\{ ?(?:\.|system|user\b|prompt|messages|bos_token|role"
    r"|content)[^{}\n]{0,40}\}\}|\{%[^{}\n]{0,40}%\}|</?(?:br|p|div|span|body|html)\s*/?>"
    r"|^[ \t]*#{2,4}[ \t]*(?:Instruction|Response|Input|Output|Assistant|User|Human|System|Question|Answer"
    r"|Prompt)s?[ \t]*:"
    r"|^[ \t]*(?:\*\*)?(?:Task|Prompt|Instruction|Input|Q|Human|User|Assistant|AI|Bot|System|ASSISTANT|USER"
    r"|SYSTEM|HUMAN|Model|Chatbot|ChatGPT)(?:\*\*)?[ \t]*:"
    r"|(?<=[.!?\d\"}] )(?:Human|User|Assistant|USER|ASSISTANT|System):"
    r"|^[ \t]*(?:user|assistant|model|system|human|bot)[ \t]*:?[ \t]*$|^(?:assistant|user|model"
    r"|system)(?=[A-Z{]|\s*\n|: )"
    r"|(?<=[.!?\d}])(?:assistant|user|model|system)\b",
    re.MULTILINE,
)
_DECLINES = (
    r"(?:can ?not|can['’]?t|could not|couldn['’]t|won['’]t|will not|unable to|not able to|not comfortable"
    r"|not allowed to"
    r"|not permitted to|not programmed to|must|have to|do not|don['’]t|would rather not|['’]d rather not"
    r"|not going to)"
)
_TASK = (
    r"(?:help|assist|fulfil+|provide|comply|answer|complete|generate|create|write|determine|process|respond"
    r"|support|produce"
    r"|do (?:that|this|so|it)|give you|solve|engage|continue|discuss|perform|calculate|decline|refuse|access"
    r"|know|understand"
    r"|have (?:the ability|access|enough|any|apples|information|personal)|offer|accept)"
)
_REFUSAL = re.compile(
    rf"\bI(?: am|['’]m| really| simply| just| also){{0,2}} ?{_DECLINES} (?!wait\b)(?:[\w'’-]+ ){{0,3}}?{_TASK}\b"
    rf"|\bwe (?:are |['’]re )?{_DECLINES} (?:help|assist|fulfil+|comply|complete"
    rf"|answer) (?:you )?(?:with )?(?:that|this|your|such)"
    r"|\b(?:sorry|apologi[sz]e),? (?:but )?(?:I|that['’]s) (?:can ?not|can['’]t|not something I can|won['’]t)\b"
    r"|\bas an? (?:AI|artificial|(?:large )?language model)\b[^.!?\n]{0,60}\b(?:can ?not|can['’]t|unable|do not"
    r"|don['’]t)\b"
    r"|^\W*(?:sorry|unfortunately|apologies)?[^\w]*(?:unable|not able) to (?:help|assist|comply|fulfil+|answer"
    r"|complete|provide|process)\b"
    r"|\b(?:that|this)(?: is|['’]s) (?:not )?(?:something|a request) (?:that )?I (?:can ?not|can['’]t|can)\b"
    r"|\bI (?:decline|refuse) to\b|no puedo (?:ayudar|hacer|cumplir|responder)"
    r"|je ne peux pas (?:vous )?(?:aider|répondre)"
    r"|ich kann (?:dir |ihnen |dabei |das ){0,3}(?:leider )?nicht|não posso (?:ajudar|fazer|responder)|我(?:不能"
    r"|无法)|無法|抱歉[，,]?我",
    re.IGNORECASE,
)


_IMPOSSIBLE = re.compile(
    r"\b(?:the|a|an|my|your|our|their) (?:and|or|but|is|are|was|were|be|of|to|in|on|at|from|with|the|an|how|if"
    r"|because|you|we|they|have|has|had|am|than|then)\b(?![-'’])"
    r"|\b(?:of|from|at|into|by|with|for) (?:and|or|but|is|are|was|were|because|so|if|than|has|have|had|of"
    r"|with)\b(?![-'’])"
    r"|\b(?:and|or|but) (?:and|or|but|of|than)\b|\b(?:is|are|was|were) (?:is|are|was|were|be|has|have|had|do|does)\b"
    r"|\b(?:how|which|what|who) (?:the \w+ \w+ was|of|and|or)\b|\bhow \d+\b|\b(?:less more|more less|many (?:eat|buy"
    r"|is|the"
    r"|of))\b|\b(?!(?:that|had|very|really|many|much|far|long|now|there|bye|knock) )([a-z]{3,}) \1\b"
    r"|\b(?:the|an|our|your|of the|and)[.!?](?=\s|$)|\b(?:to|will|can|could|would|should) (?:the|a|an|of|is|was"
    r"|were|are|and|has|had)\b(?= \w)(?<!to the)(?<!to a)(?<!to an)",
    re.IGNORECASE,
)
_UNREADABLE = re.compile(r"\b(?=[a-z]*[bcdfghjklmnpqrstvwxz]{6})[a-z]{6,40}\b|\b[b-df-hj-np-tv-xz]{5,40}\b(?<!https)")


def refusal_in(answer: Answer) -> Finding:
    """Whether the answer declines the task (passed: it does not)."""
    expected = "an answer, not a refusal"
    match = _REFUSAL.search(answer.text[:400])
    if match is None or len(answer.text.split()) > 80 or _carries_content(answer, match):
        return Finding(True, "no refusal", expected)
    return Finding(False, f"a refusal: {quote(match[0])}", expected, match.span())


def _carries_content(answer: Answer, match: re.Match[str]) -> bool:
    """A refusal brings no record, no new figure, and stands at the beginning."""
    given = set(re.findall(r"\d+", answer.prompt))
    figures = set(re.findall(r"\d+", answer.text)) - given
    named = re.search(r"\b(?:four|five|six)\b", answer.text, re.IGNORECASE)
    early = sum(sentence.span[1] <= match.start() for sentence in answer.sentences) <= 1
    return "{" in answer.text or bool(figures) or bool(named) or not early


def echo_in(answer: Answer) -> Finding:
    """Whether the answer is only the prompt again, in whole, in part or garbled (passed: it is not)."""
    expected = "more than the prompt again"
    if not answer.text or answer.text[0] in "{[`":
        return Finding(True, "no echo", expected)
    prompt = _echo_words(answer.prompt)
    words = _echo_words(re.sub(re.escape(answer.prompt), " ", answer.text, flags=re.IGNORECASE))
    if words and words == prompt[: len(words)] and len(words) >= 2:
        words = []
    known, kept = _overlap(words, prompt)
    if len(words) >= 10 and len(set(words) & set(prompt)) >= 0.6 * len(
        set(prompt)
    ):  # long enough for an echo with other figures
        known, kept = _overlap(_one_figure(words), _one_figure(prompt))
    figures = any(word.isdigit() for word in words)
    figure = bool(words) and words[-1].isdigit() and words[-1] not in prompt  # an answer after the echo
    figure = figure or bool(answer.sentences and _CONCLUDES.match(answer.sentences[-1].text))
    echoed = not words or (not figure and len(words) >= 3 and known >= 0.85 and kept >= (0.6 if figures else 0.5))
    return Finding(not echoed, f"{known:.0%} of its words and {kept:.0%} of its word pairs are the prompt's", expected)


_CONCLUDES = re.compile(r"(?:so|therefore|thus|hence|(?:the )?answer)\b[^?]*\d[^?]*$", re.IGNORECASE)


def _overlap(words: list[str], prompt: list[str]) -> tuple[float, float]:
    """The shares of `words`, and of their neighbouring pairs, that are the prompt's."""
    if not words:
        return 1.0, 1.0
    pairs, told, vocabulary = set(pairwise(prompt)), list(pairwise(words)), set(prompt)
    kept = sum(pair in pairs for pair in told) / len(told) if told else 0.0
    return sum(word in vocabulary for word in words) / len(words), kept


def _echo_words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.lower())


def _one_figure(words: list[str]) -> list[str]:
    return ["#" if word.isdigit() else word for word in words]


def english(answer: Answer) -> Finding:
    """The words are English: no other script, and no more than a stray foreign word."""
    expected = "English"
    other = re.search(r"[^\W\d_\u0000-\u024f\u1e00-\u1eff\u2070-\u218f]", answer.text)
    if other:
        return Finding(False, f"a letter of another script: {other[0]}", expected, other.span())
    for text in [answer.text, *(sentence.text for sentence in answer.sentences)]:
        own, foreign = count_languages(text)
        strange = len(set(foreign)) >= 2 and (len(foreign) >= 4 or len(foreign) > own)
        if strange or (foreign and own == 0 and " " in text):
            return Finding(False, f"foreign words: {quote(', '.join(foreign[:6]))}", expected)
    return Finding(True, "English, or too short to tell", expected)


def count_languages(text: str) -> tuple[int, list[str]]:
    """The number of plain English words, and the words that are of another language for certain."""
    words = [match[0].lower() for match in _WORD.finditer(text)]
    foreign = [
        word
        for word in words
        if (word in FOREIGN and word not in SHARED) or (_ACCENTED.search(word) and word not in LOAN)
    ]
    return sum(word in ENGLISH for word in words), foreign


def no_leaked_tokens(answer: Answer) -> Finding:
    """No chat-template token, role word or markup of a training text."""
    match = _LEAK.search(answer.text)
    if match is None:
        return Finding(True, "none", "no template or role token")
    return Finding(False, quote(match[0]) or "a replacement character", "no template or role token", match.span())


def grammatical(answer: Answer, *, at_most: int = 1) -> Finding:
    """At most `at_most` pairs of neighbouring words that no English sentence has ("the is", "of and"): not a "
    "word salad."""
    bad = list(_IMPOSSIBLE.finditer(answer.text))
    garbled = _UNREADABLE.search(answer.text)
    if garbled:
        return Finding(False, f"no word: {quote(garbled[0])}", "real words", garbled.span())
    observed = f"{len(bad)} impossible pairs" + (f": {', '.join(quote(match[0]) for match in bad[:4])}" if bad else "")
    return Finding(len(bad) <= at_most, observed, f"at most {at_most}", bad[-1].span() if bad else None)


def no_loop(answer: Answer, *, repeats: int = 3) -> Finding:
    """No stretch of words comes `repeats` times in a row, and no sentence comes `repeats` times at all."""
    expected = f"nothing repeated {repeats} times or more"
    run = re.search(r"([^\s\-=_*#.~|])\1{11,}|(\S{2,12}?)\2{6,}", answer.text)
    if run:
        return Finding(
            False, f"repeats {quote(run[1] or run[2], 20)}", expected, (run.start(), run.start() + min(80, len(run[0])))
        )
    tokens = [match[0].lower() for match in _TOKEN.finditer(answer.text)]
    period = _repeated(tokens, repeats)
    if period:
        return Finding(False, f"repeats {quote(' '.join(period))}", expected)
    period = _repeated([re.sub(r"\d+", "#", token) for token in tokens], repeats + 2)
    if len(period) > 1 and any(token.isalpha() for token in period):
        return Finding(False, f"repeats, but for the figures: {quote(' '.join(period))}", expected)
    counts: dict[str, int] = {}
    for sentence in answer.sentences:
        key = " ".join(match[0].lower() for match in _TOKEN.finditer(sentence.text))
        counts[key] = counts.get(key, 0) + (len(key.split()) >= 3)
    worst = max(counts, key=lambda key: counts[key], default="")
    if counts.get(worst, 0) >= repeats:
        return Finding(False, f"says {counts[worst]} times: {quote(worst)}", expected)
    return Finding(True, "no repetition", expected)


def _repeated(tokens: Sequence[str], repeats: int, longest: int = 40) -> Sequence[str]:
    """The first stretch of up to `longest` words that comes `repeats` times in a row (a single word: twice as "
    "often)."""
    for period in range(1, min(longest, len(tokens) // 2) + 1):
        needed = period * (repeats - 1) if period > 2 else (repeats + 2) * period
        run = 0
        for index in range(period, len(tokens)):
            run = run + 1 if tokens[index] == tokens[index - period] else 0
            if run >= needed:
                if any(len(token) > 1 for token in tokens[index - period + 1 : index + 1]):
                    return tokens[index - period + 1 : index + 1]
                run = 0
    return ()


def complete(answer: Answer) -> Finding:
    """The answer does not break off in the middle of a sentence."""
    expected = "an end to the last sentence"
    if answer.text.count("```") % 2:
        return Finding(False, "a code fence that never closes", expected)
    line = answer.text.rfind("\n") + 1
    last = max([match.end() for match in re.finditer(r"[.!?][\"'”’)*]*\s", answer.text[line:])], default=0) + line
    if breaks_off(answer.text[last:], answer.prompt + "\n" + answer.text[:last]):
        return Finding(False, f"ends in {quote(answer.text[last:][-40:])}", expected, (last, len(answer.text)))
    return Finding(True, "ends", expected)
