"""Where sentences begin and end, and which lines are headings, greetings or sign-offs and so are none.

A stretch that ends in `.`, `!` or `?` is a sentence; the end of a line ends one that has no mark. Marks inside
abbreviations and numbers end nothing, nor do marks inside quotes, brackets or dashes when the sentence goes on
after them in lower case.
"""

import re
from typing import NamedTuple

from ollama_bench.quality.lexicon import CUT_WORD, ENDINGS, JOINS, LAST_WORDS, MAY_END, PRONOUNS
from ollama_bench.quality.scores import Span


class Sentence(NamedTuple):
    """One sentence; `marked` tells whether it ends in a mark, `cut` whether it breaks off."""

    text: str
    span: Span
    marked: bool
    cut: bool


_MARK = re.compile(r"[.!?。！？।]{1,20}|…|⁉|‼")
_TAG = re.compile(r"\[/?(?:INST|SYS|EOS|BOS|PAD|SEP|CLS)\]|<\|?[A-Za-z/|][^<>\n]{0,30}>")
_CLOSERS = re.compile(r"[\"'”’»)\]*_`~]{0,8}")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\[\"'])(?:e\.?g|i\.?e|etc|vs|mr|mrs|ms|dr|st|no|approx|incl|a\.m|p\.m|u\.s|u\.k|cf|v|ver"
    r"|(?:[a-z]\.){1,4}[a-z])\.$",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_DECORATION = re.compile(r"^[\s>]*(?:#{1,6}\s+|[-*•–+]\s+|\d{1,3}[.)]\s+)?[*_`\"'“]*")
_GREETING = re.compile(
    r"(?:hi|hello|hey|hiya|howdy|dear|greetings|good (?:morning|day|afternoon|evening|news)|great news|hooray"
    r"|yay|woohoo|welcome)\b",
    re.IGNORECASE,
)
_SIGN_OFF = re.compile(
    r"(?:(?:[-–—~]\s*)?(?:the|your|our) (?:[\w'’&/-]+ ){0,3}(?:team|crew|devs?|developers|folks)\b"
    r"|(?:many |kind |best |warm(?:est)? |with )?(?:thanks|regards|wishes|gratitude|love)\b|thank you|cheers"
    r"|best|sincerely"
    r"|warmly|cordially|yours|enjoy|happy [\w-]+ing|stay (?:safe|secure|tuned)|take care|see you|[-–—~]\s*\w)",
    re.IGNORECASE,
)
_FINITE = re.compile(
    r"\b(?:is|are|was|were|be|been|has|have|had|do|does|did|will|can|could|should|would|may|we|we['’]ve|you"
    r"|you['’]ll|it|i"
    r"|it['’]s|no longer|fixed|resolved|squashed|addressed|corrected|thank|thanks|enjoy|let|please)\b",
    re.IGNORECASE,
)
_TOKEN_LINE = re.compile(
    r"[<\[|/]*(?:(?:im|start|end|eot|eos|bos|of|turn|s|inst|unk|pad|id|header|user|model|assistant|system|human"
    r"|bot)[_|\s:>\]/<]*){1,6}",
    re.IGNORECASE,
)
_ORNAMENT = re.compile(r"[^\w\s.,;:!?'’\"“”()\[\]{}=+\-–—−×*/%&|<>$^\\…→。！？।]+")
_SUBORDINATE_START = re.compile(
    r"[\s*_-]*(?:after|when|if|once|since|because|while|before|although|by)\b", re.IGNORECASE
)
"""Words of the list above that do end sentences ("log in", "read on"): cut only where nothing else ends there."""


def split_sentences(text: str) -> tuple[Sentence, ...]:
    """The sentences of `text` in order, headings, greetings, sign-offs and token lines left out."""
    text = _TAG.sub(lambda match: " " * len(match[0]), text)
    found: list[Sentence] = []
    lines = [match for match in re.finditer(r"[^\n\r\u2028]+", text) if _WORD.search(match[0])]
    for number, line in enumerate(lines):
        if _is_no_sentence(line[0], first=number == 0, last=number == len(lines) - 1, only=len(lines) == 1):
            continue
        final = number == len(lines) - 1
        before = text[max(0, line.start() - 4000) : line.start()] if final else ""
        found += _split_line(line[0], line.start(), before, final=final)
    return tuple(found)


def _split_line(line: str, start: int, before: str, *, final: bool) -> list[Sentence]:
    found: list[Sentence] = []
    begin = 0
    for mark in _MARK.finditer(line):
        end = _CLOSERS.match(line, mark.end()).end()  # type: ignore[union-attr]
        if mark.start() < begin or not _ends_sentence(line, mark, end):
            continue
        if _WORD.search(line, begin, mark.start()):
            found.append(Sentence(line[begin:end].strip(), (start + begin, start + end), True, False))
        begin = end
    rest = line[begin:]
    if _WORD.search(rest):
        found.append(
            Sentence(
                rest.strip(),
                (start + begin, start + len(line)),
                False,
                final and breaks_off(rest, before + line[:begin]),
            )
        )
    return found


def _ends_sentence(line: str, mark: re.Match[str], end: int) -> bool:
    after = line[end : end + 40]
    if mark[0] == "." and (_ABBREVIATION.search(line[max(0, mark.start() - 14) : mark.end()]) and _goes_on(after)):
        return False
    if _is_list_number(line, mark):
        return False
    if not after.strip():
        return True
    if end > mark.end() and re.match(r"\s*[,;:—–-]?\s*[a-z]", after):
        return False  # "the "Try again!" page": a mark inside quotes or brackets
    if re.match(r"\s*[,;]|\s*[—–]\s*[a-z]|\s+-\s+[a-z]|[)\]\"”’]", after):
        return False
    if mark[0] in ("...", "…", "..") and re.match(r"\s*[a-z]", after):
        return False
    if mark[0][0] in "。！？।":
        return True
    if after[0].isspace():
        return True
    if mark[0] == "." and end == mark.end():  # no space follows: a number, a domain, or a forgotten space
        return bool(re.match(r"[A-Z][a-z]", after) and re.search(r"[a-z]{2}$", line[: mark.start()][-2:])) or not (
            after[0].isalnum() or after[0] in "_-/\\."
        )
    return True


def _is_list_number(line: str, mark: re.Match[str]) -> bool:
    return mark[0] == "." and bool(re.fullmatch(r"[\s>*_#]*\d{1,3}", line[: mark.start()][-12:])) and mark.start() < 12


def _goes_on(after: str) -> bool:
    return bool(re.match(r"\s*[a-z0-9,;)]", after)) or (bool(after.strip()) and not re.match(r"\s+[A-Z]", after))


def _is_no_sentence(line: str, *, first: bool, last: bool, only: bool) -> bool:
    """Whether a line of its own is a heading, a greeting, a sign-off, a rule, a fence or leaked tokens."""
    bare = _DECORATION.sub("", line, count=1).strip().rstrip("*_`\"'” ")
    if (
        line.strip().startswith("```")
        or _TOKEN_LINE.fullmatch(line.strip())
        or re.fullmatch(r"<[^<>]{1,30}>", line.strip())
    ):
        return True
    words = _WORD.findall(bare)
    if only:
        return False
    if not last and re.match(r"\s*#{1,6}\s|\W*(?:subject|title|headline|heading)\W{0,3}:", line, re.IGNORECASE):
        return True
    if _GREETING.match(bare) and len(words) <= 4 and not _inner_mark(bare):
        return not last
    if len(words) <= 5 and _SIGN_OFF.match(bare) and not first and not _inner_mark(bare):
        return not re.match(r"(?:thank you|thanks) for\b", bare, re.IGNORECASE)
    return not last and _is_heading(line, bare, words, first=first)


def _inner_mark(bare: str) -> bool:
    return bool(re.search(r"[.!?]\s+\w", bare))


def _is_heading(line: str, bare: str, words: list[str], *, first: bool) -> bool:
    if len(words) > 12:
        return False
    if bare.endswith(":") and not _inner_mark(bare):
        return True
    bold = bool(re.fullmatch(r"\s*(?:\*\*|__)[^*_]{1,120}(?:\*\*|__)\s*", line))
    if bold and first:
        return True
    capitals = sum(word[0].isupper() for word in words)
    if bare[-1:] in ".!?":
        titled = all(word[0].isupper() for word in words if len(word) > 3)
        return first and bare[-1] == "!" and len(words) <= 7 and (titled or not _FINITE.search(bare))
    return first and len(words) <= 10 and (capitals * 3 >= len(words) * 2 or not _FINITE.search(bare))


def breaks_off(text: str, before: str = "") -> bool:
    """Whether the last sentence of an answer, `text`, was cut; `before` is what stands before it.

    A sentence without a mark may end all the same ("Thanks for your patience"), so what tells is its last word:
    one that cannot end a sentence, the beginning of another word of the answer, or, in prose of which the other
    sentences have marks, one that such sentences seldom end in.
    """
    bare = _ORNAMENT.sub("", text[-600:]).rstrip().rstrip("*_`").rstrip()
    if not bare or re.search(r"[.!?。！？।…]['\"”’)\]*_]{0,6}$", bare):
        return False
    if bare[-1] in ",;:=+−×-–—([{&/|\\<":
        return True
    if _unclosed(bare):
        return True
    words = [word.lower().replace("’", "'") for word in _WORD.findall(bare)]
    if not words:
        return False
    last = words[-1]
    if last in CUT_WORD:
        return last not in MAY_END or (len(words) > 1 and last in PRONOUNS and words[-2] in JOINS)
    if not bare[-1].isalpha() or re.search(r"[=→]\s*[^=→]{0,25}$", bare):
        return False
    known = {word.lower() for word in _WORD.findall(before[-4000:])} | set(words[:-1])
    if last not in known and any(_is_stub(last, word) for word in known):
        return True
    if _SUBORDINATE_START.match(bare) and "," not in bare and len(words) <= 12:
        return True
    in_prose = len(words) >= 12 or bool(re.search(r"[.!?]['\"”’)]{0,3}\s", before[-400:] + " "))
    return in_prose and len(words) >= 4 and last not in LAST_WORDS and not (len(words) <= 3 and _SIGN_OFF.match(bare))


def _is_stub(word: str, whole: str) -> bool:
    rest = whole[len(word) :]
    return len(word) >= 2 and len(rest) >= 2 and whole.startswith(word) and rest not in ENDINGS


def _unclosed(text: str) -> bool:
    return text.count("(") > text.count(")") or text.count("“") > text.count("”") or text.count("[") > text.count("]")
