"""Verifiers of a short note: its number of sentences, what it says, its tone, its form."""

import re

from ollama_bench.quality.answer import Answer, Finding, quote

_FIXED = re.compile(
    r"\b(?:fixe[ds]|fix(?:ing)?|hotfix(?:ed)?|bug-?fix(?:es)?|resolve[ds]?|resolving|resolution|squash(?:ed|es"
    r"|ing)?|correct(?:ed|s|ing)|patch(?:ed|es|ing)?|repair(?:ed|s|ing)?|solve[ds]?|solving"
    r"|address(?:ed|es|ing)?|remed(?:ied|ies|y)|rectif\w+|eliminat\w+|cleared up|iron(?:ed|ing) out|sort(?:ed"
    r"|ing) (?:out|it)|straighten\w* out|work(?:ed|ing) out|taken care of|took care of"
    r"|mend(?:ed|s|ing)?|cured?|healed|banish(?:ed)?|exterminat\w+|evict\w+|untangl\w+|smooth(?:ed|ing) out"
    r"|done away with|(?:kick|chas|show|sent?|send)\w* (?:\w+ ){1,3}(?:out|away|packing|to the curb|the door)"
    r"|is no more"
    r"|(?:made|make|set|put|putting|setting) (?:\w+ ){1,2}right|put (?:an end|a stop|right)|stamp(?:ed)? out"
    r"|swat(?:ted)?|zapp?ed|crush(?:ed)?|tackled|removed? (?:a|an"
    r"|the|that|this) (?:bug|issue|problem|glitch|error)|got(?:ten)? rid of|is (?:now )?(?:gone|history)"
    r"|are (?:now )?gone|back to normal|put to rest|work(?:s|ing) (?:again|properly|correctly|smoothly"
    r"|as (?:it should|expected|intended))|behav(?:es|ing) (?:again|properly|itself)|a thing of the past"
    r"|(?:no longer|won['’]t|not|never) (?:\w+ ){0,6}?(?:lock\w*|block\w*|throttl\w*|kick\w*|limit\w*"
    r"|incorrectly|mistakenly|wrongly)"
    r"|corregid\w+|corregimos|solucionad\w+|arreglad\w+|resuelto|corrigé\w*|résolu\w*|réparé\w*|behoben|gefixt"
    r"|repariert|corrigid\w+|resolvid\w+|corretto|risolto)\b|修复|解决|修正|修復|수정|해결|исправ\w+|устран\w+|opgelost"
    r"|verholpen|naprawi\w+",
    re.IGNORECASE,
)
_NOT_YET = re.compile(
    r"\b(?:will (?:be )?|(?:are|is|['’]re|am|['’]m) (?:currently |still |now "
    r"|actively )?(?:working(?: \w+)? (?:on|to)|trying to|planning to|looking into|going to)\b[^.!?]{0,40}?"
    r"|plan(?:ning)? to |hope to |yet to be |not (?:yet |been )+|needs? to be |to be |soon )(?:\w+ )?$",
    re.IGNORECASE,
)
_LOGIN = re.compile(
    r"\b(?:log(?:ging|ged|s)?[- ]?(?:in|on)s?|logins?|sign(?:ing|ed|s)?[- ]?(?:in|on)s?|authenticat\w+"
    r"|inicio de sesión|iniciar sesión|connexion|anmeld\w+|einlogg\w+|acesso|access[oi]|inloggen|logowani\w+|вход\w*"
    r"|авториза\w+)\b|登录|登陆|ログイン|로그인",
    re.IGNORECASE,
)
_LIMIT = re.compile(
    r"\b(?:rate[- ]?limit\w*|limit(?:s|er|ed|ing)?|throttl\w+|lock(?:ed|ing|s)?[- ]?(?:\w+ ){0,3}?outs?"
    r"|lockouts?|attempts?|tries|retries|block(?:ed|ing|s)?|cooldown|too many|límite\w*|limitaci[oó]n\w*"
    r"|limit(?:e|ation)\w*|intentos|begrenzung\w*|limitierung\w*|limitação|limitazion\w+|tentativ\w+|ogranicze\w+"
    r"|pogingen|ограничени\w+|попыт\w+)\b|制限|제한|限制|限流|速率",
    re.IGNORECASE,
)
_FRIENDLY = re.compile(
    r"\b(?:thank(?:s|ful| you)?|appreciate\w*|grateful|happy|happily|happier|glad(?:ly)?|pleased|pleasure"
    r"|excited|thrilled|delighted|enjoy\w*|great news|good news|exciting|hooray|hurray|yay|woohoo|cheers|sorry"
    r"|apologi\w+|oops|whoops|phew"
    r"|no worries|worr(?:y|ies|ied)(?:[- ]free)?|rest assured|don['’]t hesitate|welcome|we hear(?:d)? you"
    r"|let us know|feel free|reach out|we['’]d love|love|hope|patience|peace of mind|at ease|with ease|breeze"
    r"|hassle\w*|headache\w*|we['’]ve got (?:you|your)"
    r"|you['’]re all set|good to go|stress[- ]free|frustrat\w+|inconvenience|happy \w+ing|smooth sailing|hello"
    r"|hi|hey|dear|folks|friends?|keep (?:the )?feedback|stay safe|bear(?:ing)? with us|your (?:feedback"
    r"|support|understanding|trust)|awesome|fantastic|wonderful|fun|pesky|give it (?:a|another) (?:try|go|spin)"
    r"|jump (?:back|right) in|come (?:on )?back|confiden\w+|as (?:easy|smooth) as|proud|rejoice|easy[- ]peasy"
    r"|celebrate"
    r"|gracias|feli[cz]\w*|merci|heureux|ravis?|danke|freuen|obrigad\w+|grazie)\b|谢谢|感谢|高兴|ありがとう|感謝|申し訳|감사|спасибо"
    r"|благодар|bedankt|dziękuj"
    r"|[\U0001f300-\U0001faff\u2600-\u27bf]|:\)|;\)|:-\)",
    re.IGNORECASE,
)
_META = re.compile(
    r"(?:\bhere(?:['’]s| is| are| you go)\b[^.!?\n]{0,50}\b(?:note|notes|draft|version|example|message|sentence"
    r"|sentences|option|template|announcement|text|take|attempt|one)\b|\bhere(?:['’]s| is) (?:a|an|your|the|one"
    r"|my)\b[^.!?\n]{0,40}:"
    r"|hope (?:this|that|it) (?:helps|works|meets)|let me know if (?:you|this|it|i)|(?:feel free to|you can"
    r"|you may|please) (?:modify|edit|adjust|tweak|customi[sz]e|replace|use this|copy|adapt|change)\b|(?:this"
    r"|the) (?:release )?note (?:is|was|has|uses|keeps|should|can|aims|meets|contains|informs|follows|tells"
    r"|explains)"
    r"|\bi(?:['’]ve| have)? (?:wrote|written|drafted|kept|made (?:it|this)|tried to)|would you like me"
    r"|do you want me|as requested|you (?:asked for|requested)\b|(?:two|2)[- ]sentences?\b|word count"
    r"|i can (?:also |adjust|make|change)|(?:sure|certainly|of course|absolutely)[,!.:] (?:here|i)"
    r"|i['’]d be happy to"
    r"|\b(?:friendly|casual|formal) (?:tone|version|release note)|(?:(?<=[.!?] )|^)\W{0,3}(?:please )?note:"
    r"|\(note\b)",
    re.IGNORECASE | re.MULTILINE,
)
_PREAMBLE = re.compile(
    r"^\W*here (?:you (?:go|are)|it is|we go)\b|^\W*(?:sure(?: thing)?|certainly|of course|absolutely|okay|ok|got it"
    r"|no problem)[!.,:]",
    re.IGNORECASE,
)
_ALTERNATIVES = re.compile(
    r"\b(?:option|alternative|draft|variant|variation|choice|example)s? ?(?:#? ?\d|[abc]\b|one|two)"
    r"|\bversion ?#?(?:[12345]|[abc]|one|two)(?: ?\([^()\n]{1,30}\))? ?[*_]*:|^\W*(?:or|alternatively"
    r"|another (?:option|version)|alternative(?: version)?)\b ?[,:*]|\bor,? (?:if you prefer|for a"
    r"|alternatively|more)\b|\balternatively\b",
    re.IGNORECASE | re.MULTILINE,
)
_BULLET = re.compile(r"^[ \t>]*(?:[-*•‣◦▪●+]|\d{1,2}[.)])[ \t]+\S", re.MULTILINE)
_PLACEHOLDER = re.compile(
    r"\[(?!x\]|fix(?:ed)?\]|bug ?-?fix\]|release\]|new\]|security\]|login\]|auth\]|update\]"
    r"|improved\])[A-Za-z][^\[\]\n]{0,60}\](?!\()|\{\{?[A-Za-z_ ]{2,40}\}?\}|<(?!(?:br|p|b|i|s|eos|bos|pad|unk"
    r"|think|user|assistant|model|system)\b ?/?>|(?:end|start)_of|unused)[A-Za-z][A-Za-z _-]{1,40}>"
    r"|\b(?:your|our) (?:app|product|company|service|platform|team)(?: name)? name\b|\bX\.X(?:\.X)?\b|\b(?:XX+"
    r"|XYZ|YYYY|MM/DD|TBD|TODO)\b|_{3,}|\binsert \w+ here\b|\[\s*\]|%[a-z_]+%|\$\{[^}\n]{1,30}\}"
)


def sentences(answer: Answer, *, at_least: int, at_most: int) -> Finding:
    """The number of sentences; headings, greetings and sign-offs on lines of their own, and a cut one, are none."""
    found = [sentence for sentence in answer.sentences if not sentence.cut]
    expected = f"{at_least}" if at_least == at_most else f"{at_least} to {at_most}"
    extra = found[at_most].span if len(found) > at_most else None
    return Finding(at_least <= len(found) <= at_most, f"{len(found)} sentences", f"{expected} sentences", extra)


def words(answer: Answer, *, at_most: int, at_least: int = 0) -> Finding:
    """The number of words, split at white space."""
    count = len(answer.text.split())
    return Finding(at_least <= count <= at_most, f"{count} words", f"{at_least} to {at_most} words")


def bullets(answer: Answer, *, at_most: int, at_least: int = 0) -> Finding:
    """The number of lines that begin with a bullet or a list number."""
    found = [match.span() for match in _BULLET.finditer(answer.text)]
    span = found[at_most] if len(found) > at_most else None
    return Finding(at_least <= len(found) <= at_most, f"{len(found)} bullets", f"{at_least} to {at_most} bullets", span)


def says_fixed(answer: Answer) -> Finding:
    """A problem is said to be fixed; a promise to fix it, or an improvement, is not that."""
    for match in _FIXED.finditer(answer.text):
        if not _NOT_YET.search(answer.text[max(0, match.start() - 70) : match.start()]):
            return Finding(True, quote(match[0]), "says that something was fixed", match.span())
    return Finding(False, "no fix", "says that something was fixed")


def about_login_limits(answer: Answer) -> Finding:
    """Names logging in and a limit on it (or its effects: locked out, throttled)."""
    login, limit = _LOGIN.search(answer.text), _LIMIT.search(answer.text)
    observed = f"login: {login[0] if login else 'not named'}; limit: {limit[0] if limit else 'not named'}"
    return Finding(bool(login and limit), observed, "login and its rate limiting", limit.span() if limit else None)


def friendly(answer: Answer) -> Finding:
    """Thanks, reassures, invites, or shows good cheer."""
    match = _FRIENDLY.search(answer.text)
    if match is None and (mark := re.search(r"!", answer.text)):
        match = mark
    return Finding(
        bool(match),
        quote(match[0]) if match else "nothing friendly",
        "a friendly tone",
        match.span() if match else None,
    )


def no_talk_about_itself(answer: Answer) -> Finding:
    """The text itself, without talk about it, and without alternatives."""
    for pattern, what in ((_PREAMBLE, "preamble"), (_META, "talk about the text"), (_ALTERNATIVES, "alternatives")):
        match = pattern.search(answer.text)
        if match:
            return Finding(False, f"{what}: {quote(match[0])}", "only the text asked for", match.span())
    return Finding(True, "none", "only the text asked for")


def no_placeholder(answer: Answer) -> Finding:
    """No blank left to fill in, such as [Product] or <name>."""
    match = _PLACEHOLDER.search(answer.text)
    return Finding(
        match is None, quote(match[0]) if match else "none", "no unfilled placeholder", match.span() if match else None
    )


_OTHER_PLACE = re.compile(
    r"\b(?:bug|issue|problem|glitch|error|fault|defect)s? (?:in|with|on|affecting) (?:the|our|your|an?) "
    r"(?!(?:[a-z]+ )?(?:systems?|apps?|applications?|services?|software|products?|platforms?|(?:web)?site|code|release"
    r"|versions?|update|program|tool|limit\w*|log\w*)\b)[a-z]",
    re.IGNORECASE,
)
_OTHER_SUBJECT = re.compile(
    r"\b(?:uploa\w+|downloa\w+|search\w*|pay\w*|checkout|cart|crash\w*|display\w*|sync\w*|notif\w+|export\w*"
    r"|import\w*|images?|photos?|videos?|audio|sound"
    r"|pages?|reports?|e-?mails?|print\w*|menus?|buttons?|screens?|files?|folders?|maps?|charts?|tables?"
    r"|calendar|messag\w+|chat|profile|settings?|fonts?|layout"
    r"|dark mode|database|server|memory|cache|installer|updates?|battery|camera|keyboard|cursor|scroll\w*"
    r"|load\w*|sav(?:e|ing)|delet\w+|sort\w*|filter\w*)\b",
    re.IGNORECASE,
)


def fixes_nothing_else(answer: Answer) -> Finding:
    """What is said to be fixed is logging in or its limits, and not something that the prompt does not name."""
    expected = "no other fix"
    fixed = _FIXED.search(answer.text)
    if fixed is None or _LOGIN.search(answer.text) or _LIMIT.search(answer.text):
        return Finding(True, "none", expected)
    other = _OTHER_SUBJECT.search(answer.text, fixed.start()) or _OTHER_PLACE.search(answer.text, fixed.start())
    observed = f"another fix: {quote(answer.text[fixed.start() : fixed.start() + 80])}" if other else "none"
    return Finding(other is None, observed, expected, other.span() if other else None)
