"""Invented specifics: versions, dates, counts, durations, platforms, ids, links, and names of people and things."""

import re
from collections.abc import Iterator
from typing import Literal

from ollama_bench.quality.answer import Answer, Finding, quote
from ollama_bench.quality.fluency import count_languages
from ollama_bench.quality.lexicon import FIRST_NAMES, GENERIC, NOBODY
from ollama_bench.quality.scores import Span

Kind = Literal["number", "date", "link", "id", "platform", "name", "feature"]

_COUNTED = (
    r"(?:attempts?|tries|try|times?|users?|customers?|people|seconds?|minutes?|mins?|hours?|days?|weeks?"
    r"|months?|years?|per ?cent|accounts?|requests?|logins?|failed|failures?|retries|steps?|devices?"
    r"|teams?)"
)
_NUMBER_WORD = (
    r"(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty"
    r"|ninety|hundreds?|thousands?|millions?|dozens?|half|double|triple|one hundred)"
)
_PATTERNS: dict[str, re.Pattern[str]] = {
    "number": re.compile(
        rf"(?<![\w])[#v]?\d[\d.,:]*(?:%|\w+)?|\b{_NUMBER_WORD}(?:[- ](?:of )?(?:[a-z]+ ){{0,2}}?{_COUNTED})"
        rf"|\b(?:hundreds|thousands|millions|dozens|hundred|thousand|million|dozen)\b|\b(?:by|in|cut) half\b"
        rf"|\b(?:halv|doubl|tripl)(?:ed|ing)\b|\b(?:one|an?|a single"
        rf"|a few|several) (?:minute|hour|day|week|month|year|second)s?\b(?! time)|\b(?:fifty|ninety|twenty"
        rf"|hundred) (?:per ?cent)\b",
        re.IGNORECASE,
    ),
    "date": re.compile(
        r"\b(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|january|february|april|june|july|august"
        r"|september|october|november|december|yesterday|tomorrow|tonight|last (?:week|month|year|night)"
        r"|this (?:morning|week|month|afternoon|evening)|next (?:week|month)|q[1-4])\b|\bFY ?\d\d|\b(?:May"
        r"|March) \d",
        re.IGNORECASE,
    ),
    "link": re.compile(
        r"\bhttps?://\S{0,80}|\bwww\.\S{1,80}|\b[\w.+-]{1,60}@[\w-]{1,60}\.\w{2,10}|\b[\w-]{2,40}\.(?:com|org"
        r"|net|io|dev|app|gov|edu|co)\b|\]\([^()\s]{1,80}\)",
        re.IGNORECASE,
    ),
    "id": re.compile(
        r"\bCVE\b|\b(?:[A-Z]{2,10})-\d{1,8}\b|#\d+|\b(?:ticket|issue|bug|case|PR) (?:no\.? ?|number ?"
        r"|id:? ?)?#?\d+|\b(?:error|status) code\b|\bHTTP \d+",
        re.IGNORECASE,
    ),
    "platform": re.compile(
        r"\b(?:iOS|iPhone|iPad|Android|Windows|macOS|Mac|Linux|Ubuntu|Chrome|Firefox|Safari|Edge browser"
        r"|web (?:app|client|portal|version)|(?:mobile|desktop) (?:app|apps|client|clients|users|devices"
        r"|platforms?|version|versions)|Play Store|App Store)\b"
    ),
}
_ALSO = re.compile(
    r"\b(?:also|as well as|along with|in addition|additionally|plus|besides|and (?:other|several|many|various"
    r"|some|general|overall|more))\b[^.!?\n]{0,60}?\b(?:features?|improve\w+|enhanc\w+|updat\w+|add(?:ed|ing|s)"
    r"|fix(?:es|ed)|optimi[sz]\w+|introduc\w+|bug|performance|design|redesign\w*|dashboard|interface|crash\w*"
    r"|support for)\b"
    r"|\b(?:introduc(?:ed|es|ing)|add(?:ed|s|ing)|launch(?:ed|ing)?|roll(?:ed|ing)? out|includ(?:es|ed|ing)"
    r"|comes with|now (?:supports?|offers?|features?)) (?:a |an |the |some |our |several |many "
    r"|two )?(?:brand[- ])?(?:new|support|dark|better|improved|enhanced|additional|extra|feature|option|button"
    r"|setting|ability)\b"
    r"|\b(?:redesign|revamp|overhaul)(?:ed|ing|s)?\b|\b(?:and|also|plus)\b[^.!?\n]{0,20}\b(?:improved"
    r"|optimi[sz]ed|refreshed|enhanced|updated)\b"
    r"(?![^.!?\n]{0,30}\b(?:log|sign|secur|experience|reliab|process|it\b|things))"
    r"|\b(?:dark mode|two[- ]factor|2fa|multi[- ]factor|mfa|captcha|password (?:reset|recovery|manager"
    r"|strength)|biometric\w*|face id|fingerprint|single sign[- ]on|sso|dashboard|search(?:ing|es)?"
    r"|(?:cloud )?storage|themes?|checkout|billing|analytics|widgets?|offline|integrations?"
    r"|(?<!login )(?<!sign-in )(?<!auth )endpoints?|videos?"
    r"|photos?|gallery|playlists?|calendars?|shopping cart|downloads?|exports?|sped up|twice as fast|load(?:s"
    r"|ing)? (?:faster|times?)|page loads?|faster (?:page )?load\w*|notifications?|payment\w*|checkout"
    r"|profile (?:page|picture)|remember me|ui|user interface|new (?:feature|features|design|look|layout"
    r"|interface|login (?:page|screen|flow)|option|settings?)|performance (?:improvements?|enhancements?"
    r"|boosts?)|(?:other|minor|various) (?:bugs?|fixes|improvements|bug fixes|tweaks|enhancements|changes)"
    r"|memory leak|crash(?:es|ing)?|file upload\w*)\b",
    re.IGNORECASE,
)
_BRANDS = re.compile(
    r"\b(?:acme|google|microsoft|amazon|aws|azure|apple inc|facebook|meta|twitter|github|gitlab|slack|netflix"
    r"|spotify|salesforce|oracle|ibm|sap|cisco|intel|nvidia|adobe|zoom|dropbox|stripe|paypal|shopify|uber"
    r"|airbnb|tesla|okta|auth0|cloudflare|redis|nginx|docker|kubernetes|k8s|jenkins|jira|confluence|terraform"
    r"|ansible|postgres\w*|mysql|mongodb|kafka|elasticsearch|rabbitmq|django|react|angular|node\.?js|wordpress"
    r"|linux|windows|android|ios|openai|chatgpt|gpt|gemini|claude|llama|contoso|globex|initech|umbrella corp"
    r"|firebase|heroku|datadog|splunk|snowflake|databricks|twilio|hubspot|zendesk|workday|servicenow|vmware"
    r"|dell|samsung|sony|huawei|solarwinds|log4j|oauth ?\d*|gmail|outlook|whatsapp|instagram|youtube|linkedin"
    r"|tiktok|bitcoin|ethereum|unity|unreal|playstation|xbox|nintendo|coca-cola|toyota|boeing|nasa)\b"
)
_COMPANY = re.compile(
    r"\b[A-Z][\w&-]+(?: [A-Z][\w&-]+){0,3},? (?:Inc|Corp|Corporation|LLC|Ltd|GmbH|Co|PLC|Technologies|Labs"
    r"|Solutions Inc|Holdings)\b\.?|\b[A-Z][a-z]+Corp\b|\b[A-Z]\w+ (?:University|Bank|Hospital)\b"
)
_PROJECT = re.compile(
    r"\b(?:Project|Operation|Codename|Initiative) (?!(?:Plan|Management|Manager|Risk|Risks|Title|Status"
    r"|Overview|Report|Delay|Delays|Scope|Timeline|Launch|Team|Update|Assessment|Proposal|Summary|Name|Charter"
    r"|Review|Kickoff|Development|Delivery|Platform|Migration|Failure|Budget|Cost|Costs|Schedule|Register"
    r"|Analysis|Tracker|Planning|Data|Cancellation|Dependencies|Deadlines?|Resources?|Stakeholders?|Complexity"
    r"|Security|Execution|Rollout|Deployment|Implementation|Details|Documentation|Goals?|Objectives?"
    r"|Requirements?|Governance|Closure|Initiation|Quality|Success|Issues?|Funding|Tasks?|Board|Owner|Setup"
    r"|Design|Roadmap|Evaluation|Tracking|And|For|On|In|Of|With)\b)[A-Z][\w-]*"
)
_CAMEL = re.compile(
    r"\b(?!JavaScript|TypeScript|DevOps|DevSecOps|LaTeX|eCommerce|IoT|SaaS|PaaS|IaaS|WiFi|JSON|APIs|PhD|URLs"
    r"|IDs|VPNs|SLAs|KPIs|IPs|VMs|PRs|CIs|UIs|OKRs|iOS|macOS)[A-Za-z]?[a-z]+[A-Z][a-z]\w*\b"
    r"|\b[A-Z][a-z]+[A-Z]{2,}\b"
)


def no_specifics(answer: Answer, *, kinds: list[Kind]) -> Finding:
    """None of `kinds` is in the text, unless the prompt has it."""
    expected = "no invented " + ", ".join(kinds)
    for observed, span in find_specifics(answer.text, answer.prompt, kinds, answer):
        return Finding(False, observed, expected, span)
    return Finding(True, "none", expected)


def find_specifics(
    text: str, prompt: str, kinds: list[Kind], answer: Answer | None = None
) -> Iterator[tuple[str, Span]]:
    """Each specific in `text` that `prompt` does not contain, with its kind and place."""
    for kind in kinds:
        if kind in _PATTERNS:
            for match in _PATTERNS[kind].finditer(text):
                if not _given(match[0], prompt) and not _harmless(text, match):
                    yield f"{kind}: {quote(match[0])}", match.span()
        elif kind == "feature":
            for match in _ALSO.finditer(text):
                yield f"feature: {quote(match[0])}", match.span()
        else:
            yield from _names(text, prompt, answer)


def _given(found: str, prompt: str) -> bool:
    return found.lower().strip("., :") in prompt.lower() and len(found) > 1


def _harmless(text: str, match: re.Match[str]) -> bool:
    """A list number at a line's start, or an idiom."""
    begin = text.rfind("\n", 0, match.start()) + 1
    marker = text[begin : match.start()].strip(" >*#-_\t") == "" and re.match(
        r"[.)]\s",
        text[match.end() - 1 : match.end() + 1] if match[0][-1:] in ".)" else text[match.end() : match.end() + 2],
    )
    label = re.search(
        r"(?i)\b(?:option|alternative|example|draft|choice|sentence)s? ?#? ?$",
        text[max(0, match.start() - 14) : match.start()],
    )
    label = label or (
        re.search(r"(?i)\bversion $", text[max(0, match.start() - 9) : match.start()])
        and re.match(r"\d:? ?[*:(\n]", text[match.start() : match.start() + 4])
    )
    label = label or re.search(r"(?i)\bthank(?:s| you) a $|\bin a $", text[max(0, match.start() - 12) : match.start()])
    label = label or re.match(r"[- ]sentences?\b", text[match.end() : match.end() + 12])
    idiom = (
        label
        or match[0].lower() in ("24/7", "2fa", "b2b", "b2c", "e2e", "k8s", "i18n", "l10n", "a11y")
        or re.match(r"\d+️?⃣", match[0])
    )
    return bool(marker) or bool(idiom)


def _names(text: str, prompt: str, answer: Answer | None) -> Iterator[tuple[str, Span]]:
    """Names of people, companies, products and projects."""
    known = prompt.lower()
    for pattern in (_COMPANY, _PROJECT, _CAMEL):
        for match in pattern.finditer(text):
            if match[0].lower() not in known:
                yield f"name: {quote(match[0])}", match.span()
    for match in _BRANDS.finditer(text.lower()):
        if (match[0] not in known and text[match.start()].isupper()) or match[0] in ("aws", "github"):
            yield f"name: {text[match.start() : match.end()]}", match.span()
    for match in re.finditer(r"\b[A-Z][a-z]+\b", text):
        if (
            match[0].lower() in FIRST_NAMES
            and match[0] not in ("Max", "Mark", "Will", "Eve", "Sam", "Chen", "Li", "Lee", "Brown", "Frank", "Scott")
            and match[0].lower() not in known
        ):
            yield f"name: {match[0]}", match.span()
    if answer is not None:
        yield from _capitalised(answer, known)


def _capitalised(answer: Answer, known: str) -> Iterator[tuple[str, Span]]:
    """Capitalised words inside a sentence, which are names where they are no everyday word of such notes."""
    for sentence in answer.sentences:
        opening = _ACTOR.match(sentence.text)
        if opening and opening[1].lower() not in GENERIC | NOBODY:
            yield f"name: {quote(opening[1])}", (sentence.span[0], sentence.span[0] + len(opening[1]))
        if len(count_languages(sentence.text)[1]) >= 2:
            continue
        start = sentence.span[0]
        text = _BRACKETED.sub(lambda match: " " * len(match[0]), answer.text[start : sentence.span[1]])
        for match in re.finditer(r"(?<=[a-z,;] )[*_]{0,3}([A-Z][\w'’-]*)(?: (?:[A-Z][\w'’-]*))*", text):
            words = [word.lower().replace("’", "'").removesuffix("'s") for word in re.findall(r"[\w'’-]+", match[0])]
            strange = [
                word
                for word in words
                if word not in GENERIC and word not in known and not set(word.split("-")) <= GENERIC
            ]
            if strange:
                yield f"name: {quote(match[0])}", (start + match.start(), start + match.end())


_ACTOR = re.compile(
    r"([A-Z][\w-]+)(?:['’]s (?:login|sign-in|rate|engineers?|engineering|team|latest|new)\b"
    r"| (?:team |engineers )?(?:has|have) (?:now |just |recently |finally )?(?:fixed|resolved|squashed|corrected"
    r"|patched"
    r"|addressed|released|repaired)\b)"
)
"""Who did it, or whose it is, at the start of a sentence."""
_BRACKETED = re.compile(
    r"\"(?=[^\"\n]{0,40}\s[^\"\n]{0,40}\s)[^\"\n]{0,80}\"|“(?=\S{1,40}\s+\S{1,40}\s)[^“”\n]{0,80}”"
    r"|\[[^\[\]\n]{0,60}\]|<[^<>\n]{0,60}>|\{[^{}\n]{0,60}\}"
)
