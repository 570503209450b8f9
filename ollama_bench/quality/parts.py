"""Which part a number plays in a word problem, by the words around it: an ordered table of patterns.

The first rule that matches wins. `<name>` in a pattern stands for a group of words of `_WORDS`; `<unit>` is the
thing that is counted. To teach it a new turn of phrase, extend a group or a rule.
"""

import re
from functools import cache
from typing import NamedTuple

from ollama_bench.quality.figures import Figures

_WORDS = {
    "gain": r"(?:buy|buys|bought|buying|purchas(?:e|es|ed|ing)|compras?|compré|compraste|achet\w+|kauf\w+|gekauft)",
    "loss": r"(?:eat|eats|ate|eating|eaten|consum(?:e|es|ed|ing)|munch(?:ed|es)?|comes|comiste|comer|comido|mang\w+"
    r"|iss?t|essen|gegessen|devour(?:s|ed|ing)?|gobbl(?:e|es|ed|ing)|snack(?:s|ed|ing)?(?: on)?|swallow(?:s|ed|ing)?"
    r"|finish(?:es|ed|ing)?|us(?:e|es|ed|ing) up)",
    "weak_gain": r"(?:found|finds?|finding|add|adds|added|adding|pick(?:ed|ing)? up|acquir(?:e|ed|ing)"
    r"|increas(?:e|es|ed|ing)|plus|gain(?:s|ed)|(?<=you )gain|receiv(?:e|es|ed|ing)|obtain(?:s|ed|ing)?|grab(?:s|bed"
    r"|bing)?"
    r"|collect(?:s|ed|ing)?|join(?:s|ed|ing)?|put)",
    "weak_loss": r"(?:subtract(?:s|ed|ing)?|take(?:s)? away|taking away|took away|remov(?:e|es|ed|ing)"
    r"|(?:tak(?:e|es|ing)|took) off|deduct(?:s|ed|ing)?|minus|decreas(?:e|es|ed|ing)|reduc(?:e|es|ed|ing)|los(?:e|es"
    r"|ing)|lost)",
    "between": r"(?: (?:the|another|an|additional|extra|more|just|only|up|of|your|exactly|about|some|other|those|by"
    r"|away|further))*",
    "which": r"(?:the|those|your|my|these|all)",
    "units": r"(?: (?:whole|full|more|of (?:them|those|these|the|your)|additional|extra|new|fresh|red|green|<unit>s?"
    r"|manzanas?|pommes?|äpfel|apfel|maçãs?|of))*",
    "be": r"(?: (?:is|are|was|were|will be|would be|should be|that|which|what|what's|still|you|i|we|have|has|now"
    r"|then|just|been"
    r"|get|got|gets|being|be|they|do|'ll|had))*",
    "left": r"(?:left|stays?|remain|remains|remaining|remained|leftover|uneaten|quedan|restent|restante|übrig|restam)",
    "to_value": r"(?: (?:you|you'll|us|me|we|i|a|total|totals|of|with|behind|exactly|just|only|is|are|was|be|will"
    r"|would|should|now|then|:|=|->|that|have|has|<unit>s?|over|in|the|end|after|number|equals|count|at|it|still"
    r"|therefore|so|there|comes|to|got|back|final|\*|\(|\"|'|up|manzanas?|pommes?|your))*",
    "total": r"(?:have|has|having|had|got|get|gets|getting|make|makes|made|making|give|gives|giving|total|totals"
    r"|totaling"
    r"|totalling|totaled|become|becomes|became|is|are|be|=|->|now|reach|reaches|reaching|with|to|at|that's|it's"
    r"|there's"
    r"|you're|result|results|sum|so|tienes|tiene|avez|hast|bringing|brings|bring|leads|yields|equal|equals|there"
    r"|down|up|still|then|therefore|thus|hence|own|hold|keeps?|possess)",
    "have": r"(?:have|has|had|having|got|tienes|tiene|tenías|avez|hast|haben|habe|habt|tens|têm|tem|ho|hai|hebt)",
    "passive": r"(?: (?:that|which|was|is|were|are|has|have|been|gets?|got|more|new|additional|<unit>s?"
    r"|of (?:them|those)|you|i|we|just|being|newly))*",
    "label": r"(?: (?:amount|number|of|<unit>s?|with|count|total|quantity|you|more))* :(?: [+-])?",
}

# Where a pattern looks: "left" and "right" are the words around the number, "sentence" and "clause" those before it
# in its sentence and since the last comma, "ahead" those after it up to the next mark.
_RULES: tuple[tuple[str, bool, dict[str, str], dict[str, str]], ...] = (
    # kind, strong, all of these match, none of these matches
    (
        "alien",
        True,
        {
            "right": r"^ (?:\w+ )?(?:oranges?|bananas?|pears?|grapes?|cherr\w+|peach\w*|mango\w*|lemons?|plums?"
            r"|\w*berr(?:y|ies)|pens?|pencils?|books?|cand\w+|cookies?|eggs?|marbles?|balls?|dollars?|cents?|toys?"
            r"|cars?|cats?|dogs?|friends?|people|kids?|children)\b"
        },
        {},
    ),
    ("net", True, {"left": r" \d+(?! left| remain)(?: [a-z']+){0,3} [+*/-] $"}, {}),  # part of a sum without "="
    ("net", True, {"right": r"^ (?!left|remain)(?:[a-z']+ (?!left|remain)){0,3}[+*/-] \d"}, {}),
    (
        "denied",
        True,
        {
            "clause": r"(?:n't| not| never| no longer| cannot| instead of| rather than| unlike)(?: (?:have|has|be"
            r"|equal"
            r"|get|make|still|just|only|a|total|of|the|leave|you|with|and|,))* $"
        },
        {},
    ),
    ("net", True, {"right": r"^<units> before "}, {}),  # "5 before eating"
    ("net", True, {"right": r"^ , \d+ (?![+*/-])"}, {"left": r" <total> $"}),  # counting: 1, 2, 3
    ("net", True, {"left": r" \d+ , $", "right": r"^<units> [;:.,]"}, {}),
    ("net", True, {"left": r" \d+<units> out of(?: <which>)* $| \d+ of(?: <which>)* $"}, {}),
    ("net", True, {"clause": r" add(?:s|ed|ing)? \d+<units> to(?: (?:the|your|my|those|these|our|original))* $"}, {}),
    ("answer", True, {"clause": r" not \d+(?: \w+)?,? but(?: rather)? $"}, {}),
    (
        "answer",
        True,
        {"right": r"^<units> (?:, )?or (?:maybe |perhaps |possibly |even )?\d+<units> (?!after|once|when|=)"},
        {},
    ),
    ("answer", True, {"right": r"^<units> [,;.] (?:otherwise|alternatively|else) "}, {}),
    ("total", True, {"left": r" -> \( [+-] \d+(?: [a-z]+)* \) $"}, {}),
    ("answer", True, {"left": r" \d+(?: \w+)? (?:, )?or $"}, {"left": r" [+*/-] \d+(?: \w+)? (?:, )?or $"}),
    (
        "answer",
        True,
        {
            "left": r" (?:or|otherwise|else|alternatively)(?: ,)?(?: (?:it's|maybe|perhaps|possibly|even|there|you|i"
            r"|we|are|is|would|be|have"
            r"|left|with"
            r"|only|just|'d))* $",
            "ahead": r"^<units> (?:if|when|left|otherwise|depending| *$)",
        },
        {},
    ),
    ("net", True, {"right": r"^<units> -> |^<units> ,? then \d"}, {}),
    ("answer", True, {"right": r"^<units> is (?:how many|the (?:number|answer|total|count|amount|result))\b"}, {}),
    (
        "had",
        True,
        {"clause": r" (?:had|have|start\w*|initial\w*|begin\w*|original\w*|given)<label> $"},
        {"ahead": r"^<units><be> <left>\b"},
    ),
    ("had", True, {"right": r"^<units> [.,;|] [+-] \d"}, {"left": r" [a-z]+ $"}),
    ("gain", False, {"clause": r" (?:bought|buy|buying|purchas\w+|added|add|gain\w*)<label> $"}, {}),
    ("loss", False, {"clause": r" (?:eaten|ate|eat|eating|consumed|removed|loss|lost|subtract\w*)<label> $"}, {}),
    (
        "net",
        True,
        {"clause": r" (?:of|to|with) <which>(?: \w+)? $"},
        {"ahead": r"^<units><be> <left>\b", "clause": r" <loss><between> $"},
    ),
    ("net", True, {"ahead": r"^<units> ?(?:that )?(?:you|we|i) (?:had|have)\b.* (?:after|once|when|now|before) "}, {}),
    ("loss", True, {"clause": r" <loss><between> $"}, {}),
    ("gain", True, {"clause": r" <gain><between> $"}, {}),
    ("net", True, {"clause": r" net(?: \w+){0,3} $| (?:gain|increase|change|difference)(?: of| is| :)* $"}, {}),
    (
        "net",
        True,
        {
            "ahead": r"^<units> ?(?:(?:more|fewer|less)<units> than|above|below) | net | (?:becomes?|turns? into"
            r"|goes to|changes to) "
        },
        {},
    ),
    (
        "had",
        True,
        {
            "sentence": r" (?:start|starts|started|starting|begin|begins|began|beginning)(?: \w+){0,2} with"
            r"(?: (?:only|just|a|total|of|the|your))* $| (?:start|starts|starting|begin) :? ?(?:at )?$"
            r"| (?:at first|in the beginning|at the (?:start|beginning)|to (?:begin"
            r"|start)(?: with)?),?(?: \w+){0,3} $"
            r"| (?:initially|originally|initial|original|given)(?: (?:you|i|we|had|have|number|amount|count|of"
            r"|<unit>s"
            r"|is|was|are|:|,|=|total|the|quantity))* $"
        },
        {},
    ),
    (
        "had",
        True,
        {
            "ahead": r"^<units> ?(?:,? ?(?:initially|originally|at first|to start|to begin|at the (?:start|beginning)"
            r"|in the beginning|already|that you started|you (?:started|began|already|originally"
            r"|initially)|from the start))\b"
        },
        {},
    ),
    ("had", False, {"ahead": r"^<units> ?(?:that )?(?:you|we|i) (?:had|have)\b"}, {}),
    ("loss", True, {"ahead": r"^<passive> <loss>(?!<between> \d) "}, {"clause": r" <have>(?: \w+)? $"}),
    ("gain", True, {"ahead": r"^<passive> <gain>(?!<between> \d) "}, {"clause": r" <have>(?: \w+)? $"}),
    ("left", True, {"ahead": r"^<units><be> <left>\b"}, {}),
    (
        "left",
        True,
        {
            "sentence": r" (?:<left>|leave|leaves|leaving)<to_value> $| (?:quedan|quedarían|reste(?:nt|ront)?|restano"
            r"|rimangono|restam|sobran|bleiben|bleibt|noch) $"
        },
        {},
    ),
    (
        "answer",
        True,
        {
            "sentence": r" (?:answer|solution|ans|result|(?:i'd|i would|i|we|i'll) (?:say|guess|think|count)"
            r"(?: it's| there are| you have)?|boxed (?:\{ )?|final (?:count|number|total|amount|result)|conclusion"
            r"|number of <unit>s)<to_value> $| boxed \{ $"
        },
        {},
    ),
    ("total", True, {"left": r" (?:=|is) \d+ (?:[,.;:…-] ){0,3}(?:no|wait|sorry|oops|actually) (?:, )?$"}, {}),
    (
        "answer",
        True,
        {
            "left": r" (?:no|sorry|wait|actually|oops|rather|correction|mean|meant)(?: [,:.-])*(?: (?:it's|it is"
            r"|that's"
            r"|make that|make it|you have))? $"
        },
        {},
    ),
    ("loss", False, {"clause": r" <weak_loss><between> $"}, {}),
    ("gain", False, {"clause": r" <weak_gain><between> $"}, {}),
    (
        "net",
        True,
        {"clause": r" (?:from|of|than|before|out of)(?: (?:the|those|these|your|having|a|total))* $"},
        {"clause": r" total of $"},
    ),
    (
        "gain",
        False,
        {
            "clause": r" (?:got|get|gets|getting)(?: another| an)? $",
            "ahead": r"^ (?:more|additional|extra|new|others?)\b",
        },
        {"clause": r" (?:have|has|had|had|'ve) got $"},
    ),
    (
        "have",
        True,
        {"clause": r" <have>(?: (?:only|just|a|total|of|now|exactly|still|initially))* $"},
        {
            "sentence": r" (?:now|then|total|still|will|would|should|'ll|up|you'd|you'll)(?: \w+){0,3} $",
            "ahead": r"^<units> (?:in total|total|altogether|in all|now|in the end|at the end|after|once|in hand)\b",
        },
    ),
    ("gain", False, {"ahead": r"^ (?:more|additional|extra|new|others?)\b"}, {}),
    ("total", True, {"clause": r" <total><to_value> $"}, {}),
    (
        "total",
        True,
        {"ahead": r"^<units> (?:in total|total|altogether|in all|now|in the end|at the end|after|once|in hand)\b"},
        {},
    ),
    (
        "bare",
        True,
        {
            "left": r"(?:^ *|[.!?;|:\"(] )(?:(?:so|just|only|exactly|still|ok|okay|sure|yes|well|it's|there are"
            r"|that's"
            r"|answer|:|,|\*|=|>|#|\"|\() )*$",
            "right": r"^<units> (?:[.!?;|,:)\"-]|it is|\( (?:you|i|we) (?!had|have|start|began|already)"
            r"|because|since|as|left|$| *$)|^ *$",
        },
        {},
    ),
    ("unit", True, {"right": r"^(?: (?:red|green|whole|fresh|more|of the|new))* <unit>s?\b"}, {}),
)

_AROUND_BEFORE, _AROUND_AFTER = 14, 9
"""How many words around a number are read."""

GAIN_OR_LOSS = re.compile(
    rf"(?<= )(?:({_WORDS['gain']}|{_WORDS['weak_gain']})|({_WORDS['loss']}|{_WORDS['weak_loss']}))(?= )"
)
"""A gain (group 1) or a loss (group 2) in the plain form, with a number or without."""


class Part(NamedTuple):
    """Of one number: had, gain, loss (amounts); left, answer, total, bare (totals); have (the story tells which
    of the two); net (a difference, or a total on the way); denied ("not 5"); alien (of another thing); unit; other."""

    kind: str
    strong: bool
    """For an amount: said with the story's own verb, so that another number there makes it another story."""


def part_of(figures: Figures, index: int, unit: str) -> Part:
    """The part that the number at token `index` plays in a story about `unit`."""
    left = " " + " ".join(figures.tokens[max(0, index - _AROUND_BEFORE) : index]) + " "
    right = " " + " ".join(figures.tokens[index + 1 : index + 1 + _AROUND_AFTER]) + " "
    sentence = " " + re.split(r" [.!?;|] ", left)[-1].strip() + " "
    where = {
        "left": left,
        "right": right,
        "sentence": sentence,
        "clause": " " + re.split(r" [,] ", sentence)[-1].strip() + " ",
        "ahead": re.split(r" (?=[.!?;|,] )", right)[0].rstrip() + " ",
    }
    for part, needed, barred in _compiled(unit):
        matches = all(pattern.search(where[place]) for place, pattern in needed)
        if matches and not any(pattern.search(where[place]) for place, pattern in barred):
            return part
    return Part("other", True)


_Patterns = tuple[tuple[str, re.Pattern[str]], ...]


@cache
def _compiled(unit: str) -> tuple[tuple[Part, _Patterns, _Patterns], ...]:
    def compiled(patterns: dict[str, str]) -> _Patterns:
        return tuple((place, re.compile(_spell_out(pattern, unit))) for place, pattern in patterns.items())

    return tuple((Part(kind, strong), compiled(needed), compiled(barred)) for kind, strong, needed, barred in _RULES)


def _spell_out(pattern: str, unit: str) -> str:
    for name, words in _WORDS.items():
        pattern = pattern.replace(f"<{name}>", words)
    return pattern.replace("<unit>", re.escape(unit))
