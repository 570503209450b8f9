"""Invented specifics: versions, dates, counts, durations, platforms, ids, links, and names of people and things."""

import re
from collections.abc import Iterator
from typing import Literal

from ollama_bench.quality.answer import Answer, Finding, quote
from ollama_bench.quality.scores import Span

Kind = Literal["number", "date", "link", "id", "platform", "name", "feature"]

_COUNTED = (
    r"(?:attempts?|tries|try|times?|users?|customers?|people|seconds?|minutes?|mins?|hours?|days?|weeks?|months?|years?|per ?cent|accounts?|requests?|logins?|failed|failures?|retries|steps?|factors?|devices?|teams?)"
)
_NUMBER_WORD = r"(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty|ninety|hundreds?|thousands?|millions?|dozens?|half|double|triple|one hundred)"
_PATTERNS: dict[str, re.Pattern[str]] = {
    "number": re.compile(
        rf"(?<![\w])[#v]?\d[\d.,:]*(?:%|\w+)?|\b{_NUMBER_WORD}(?:[- ](?:of )?(?:[a-z]+ ){{0,2}}?{_COUNTED})|\b(?:hundreds|thousands|millions|dozens|hundred|thousand|million|dozen)\b|\b(?:one|an?|a single|a few|several) (?:minute|hour|day|week|month|year|second)s?\b(?! time)|\b(?:fifty|ninety|twenty|hundred) (?:per ?cent)\b",
        re.IGNORECASE,
    ),
    "date": re.compile(
        r"\b(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|january|february|april|june|july|august|september|october|november|december|yesterday|tomorrow|tonight|last (?:week|month|year|night)|this (?:morning|week|month|afternoon|evening)|next (?:week|month)|q[1-4])\b|\bFY ?\d\d|\b(?:May|March) \d",
        re.IGNORECASE,
    ),
    "link": re.compile(r"\bhttps?://\S{0,80}|\bwww\.\S{1,80}|\b[\w.+-]{1,60}@[\w-]{1,60}\.\w{2,10}|\b[\w-]{2,40}\.(?:com|org|net|io|dev|app|gov|edu|co)\b|\]\([^()\s]{1,80}\)", re.IGNORECASE),
    "id": re.compile(r"\bCVE\b|\b(?:[A-Z]{2,10})-\d{1,8}\b|#\d+|\b(?:ticket|issue|bug|case|PR) (?:no\.? ?|number ?|id:? ?)?#?\d+|\b(?:error|status) code\b|\bHTTP \d+", re.IGNORECASE),
    "platform": re.compile(
        r"\b(?:iOS|iPhone|iPad|Android|Windows|macOS|Mac|Linux|Ubuntu|Chrome|Firefox|Safari|Edge browser|web (?:app|client|portal|version)|(?:mobile|desktop) (?:app|apps|client|clients|users|devices|platforms?|version|versions)|Play Store|App Store)\b"
    ),
}  # fmt: skip
_ALSO = re.compile(
    r"\b(?:also|as well as|along with|in addition|additionally|plus|besides|and (?:other|several|many|various|some|general|overall|more))\b[^.!?\n]{0,60}?\b(?:features?|improve\w+|enhanc\w+|updat\w+|add(?:ed|ing|s)|fix(?:es|ed)|optimi[sz]\w+|introduc\w+|bug|performance|design|redesign\w*|dashboard|interface|crash\w*|support for)\b"
    r"|\b(?:introduc(?:ed|es|ing)|add(?:ed|s|ing)|launch(?:ed|ing)?|roll(?:ed|ing)? out|includ(?:es|ed|ing)|comes with|now (?:supports?|offers?|features?)) (?:a |an |the |some |our |several |many |two )?(?:brand[- ])?(?:new|support|dark|better|improved|enhanced|additional|extra|feature|option|button|setting|ability)\b"
    r"|\b(?:dark mode|two[- ]factor|2fa|multi[- ]factor|mfa|captcha|password (?:reset|recovery|manager|strength)|biometric\w*|face id|fingerprint|single sign[- ]on|sso|dashboard|search (?:bar|function)|notifications?|payment\w*|checkout|profile (?:page|picture)|remember me|ui|user interface|new (?:feature|features|design|look|layout|interface|login (?:page|screen|flow)|option|settings?)|performance (?:improvements?|enhancements?|boosts?)|(?:other|minor|various) (?:bugs?|fixes|improvements|bug fixes|tweaks|enhancements|changes)|memory leak|crash(?:es|ing)?|file upload\w*)\b",
    re.IGNORECASE,
)
_BRANDS = re.compile(
    r"\b(?:acme|google|microsoft|amazon|aws|azure|apple inc|facebook|meta|twitter|github|gitlab|slack|netflix|spotify|salesforce|oracle|ibm|sap|cisco|intel|nvidia|adobe|zoom|dropbox|stripe|paypal|shopify|uber|airbnb|tesla|okta|auth0|cloudflare|redis|nginx|docker|kubernetes|k8s|jenkins|jira|confluence|terraform|ansible|postgres\w*|mysql|mongodb|kafka|elasticsearch|rabbitmq|django|react|angular|node\.?js|wordpress|linux|windows|android|ios|openai|chatgpt|gpt|gemini|claude|llama|contoso|globex|initech|umbrella corp|firebase|heroku|datadog|splunk|snowflake|databricks|twilio|hubspot|zendesk|workday|servicenow|vmware|dell|samsung|sony|huawei|solarwinds|log4j|oauth ?\d*|gmail|outlook|whatsapp|instagram|youtube|linkedin|tiktok|bitcoin|ethereum|unity|unreal|playstation|xbox|nintendo|coca-cola|toyota|boeing|nasa)\b"
)
_FIRST_NAMES = frozenset(
    "john jane james robert michael william david richard joseph thomas charles daniel matthew anthony mark donald steven paul andrew joshua kevin brian george edward "
    "jason jeff ryan jacob gary nick nicholas eric jonathan stephen larry justin scott brandon benjamin samuel frank alexander alex jack dennis jerry tyler aaron jose henry adam "
    "mary patricia jennifer linda elizabeth barbara susan jessica sarah sara karen lisa nancy betty sandra margaret ashley kimberly emily donna michelle carol amanda melissa "
    "laura anna emma olivia sophia ava mia alice bob charlie dave eve mike tom tim sam ben kate maria ali ahmed mohammed priya raj wei chen li anita carlos juan luis pedro "
    "smith doe johnson brown jones miller davis garcia wilson anderson lee max leo lucy peter steve chris rachel rebecca megan hannah julia sophie".split()
)
_CODE_NAMES = frozenset(
    "phoenix apollo atlas titan orion nova zeus hermes athena mercury gemini aurora falcon eagle horizon odyssey pegasus neptune jupiter saturn vega "
    "helios artemis poseidon hydra kraken griffin everest olympus genesis zenith nimbus catalyst quantum nebula galaxy stellar eclipse".split()
)
_COMPANY = re.compile(r"\b[A-Z][\w&-]+(?: [A-Z][\w&-]+){0,3},? (?:Inc|Corp|Corporation|LLC|Ltd|GmbH|Co|PLC|Technologies|Labs|Solutions Inc|Holdings)\b\.?|\b[A-Z][a-z]+Corp\b|\b[A-Z]\w+ (?:University|Bank|Hospital)\b")
_PROJECT = re.compile(r"\b(?:Project|Operation|Codename|Initiative) (?!(?:Plan|Management|Manager|Risk|Risks|Title|Status|Overview|Report|Delay|Delays|Scope|Timeline|Launch|Team|Update|Assessment|Proposal|Summary|Name|Charter|Review|Kickoff|Development|Delivery|Platform|Migration|Failure|Budget|Cost|Costs|Schedule|Register|Analysis|Tracker|Planning|Data|Cancellation|Dependencies|Deadlines?|Resources?|Stakeholders?|Complexity|Security|Execution|Rollout|Deployment|Implementation|Details|Documentation|Goals?|Objectives?|Requirements?|Governance|Closure|Initiation|Quality|Success|Issues?|Funding|Tasks?|Board|Owner|Setup|Design|Roadmap|Evaluation|Tracking|And|For|On|In|Of|With)\b)[A-Z][\w-]*")
_CAMEL = re.compile(r"\b(?!JavaScript|TypeScript|DevOps|DevSecOps|LaTeX|eCommerce|IoT|SaaS|PaaS|IaaS|WiFi|JSON|APIs|PhD|URLs|IDs|VPNs|SLAs|KPIs|IPs|VMs|PRs|CIs|UIs|OKRs|iOS|macOS)[A-Za-z]?[a-z]+[A-Z][a-z]\w*\b|\b[A-Z][a-z]+[A-Z]{2,}\b")
_GENERIC = frozenset(
    "i i'm i've i'll i'd we login logins log rate limiting limit limits limiter limited release note notes bug bugs fix fixes fixed update updates team teams the a an our your you security "
    "support engineering product development dev devs devops platform api apis ui url http https json gdpr hipaa pci soc iso ccpa sox dss owasp faq sign sign-in sign-on in on up out issue issues improvement "
    "improvements account accounts user users customer customers service access authentication auth system app hi hello hey dear thanks thank best regards cheers happy good great news hotfix "
    "patch version english internet ip ddos sla it hr qa ceo cto cfo kpi roi ok okay yes no and or of to for with from by at as is was has have been now that this it's ai ml llm sso mfa vpn aws tls ssl xss csrf sql db cpu gpu ram "
    "throttling lockout lockouts error errors enjoy please welcome resolved solved squashed smoother faster safer experience changelog summary announcement what's new rollout web us eu uk monday".split()
)


def no_specifics(answer: Answer, *, kinds: list[Kind]) -> Finding:
    """None of `kinds` is in the text, unless the prompt has it."""
    expected = "no invented " + ", ".join(kinds)
    for observed, span in find_specifics(answer.text, answer.prompt, kinds, answer):
        return Finding(False, observed, expected, span)
    return Finding(True, "none", expected)


def find_specifics(text: str, prompt: str, kinds: list[Kind], answer: Answer | None = None) -> Iterator[tuple[str, Span]]:
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
    marker = text[begin : match.start()].strip(" >*#-_\t") == "" and re.match(r"[.)]\s", text[match.end() - 1 : match.end() + 1] if match[0][-1:] in ".)" else text[match.end() : match.end() + 2])
    label = re.search(r"(?i)\b(?:option|alternative|example|draft|choice|sentence)s? ?#? ?$", text[max(0, match.start() - 14) : match.start()])
    label = label or (re.search(r"(?i)\bversion $", text[max(0, match.start() - 9) : match.start()]) and re.match(r"\d:? ?[*:(\n]", text[match.start() : match.start() + 4]))
    label = label or re.match(r"[- ]sentences?\b", text[match.end() : match.end() + 12])
    idiom = label or match[0].lower() in ("24/7", "2fa", "b2b", "b2c", "e2e", "k8s", "i18n", "l10n", "a11y") or re.match(r"\d+️?⃣", match[0])
    return bool(marker) or bool(idiom)


def _names(text: str, prompt: str, answer: Answer | None) -> Iterator[tuple[str, Span]]:
    """Names of people, companies, products and projects."""
    known = prompt.lower()
    for pattern in (_COMPANY, _PROJECT, _CAMEL):
        for match in pattern.finditer(text):
            if match[0].lower() not in known:
                yield f"name: {quote(match[0])}", match.span()
    for match in _BRANDS.finditer(text.lower()):
        if match[0] not in known and text[match.start()].isupper() or match[0] in ("aws", "github"):
            yield f"name: {text[match.start() : match.end()]}", match.span()
    for match in re.finditer(r"\b[A-Z][a-z]+\b", text):
        if match[0].lower() in _FIRST_NAMES and match[0] not in ("Max", "Mark", "Will", "Eve", "Sam", "Chen", "Li", "Lee", "Brown", "Frank", "Scott") and match[0].lower() not in known:
            yield f"name: {match[0]}", match.span()
    if answer is not None:
        yield from _capitalised(answer, known)


def _capitalised(answer: Answer, known: str) -> Iterator[tuple[str, Span]]:
    """Capitalised words inside a sentence, which are names where they are no everyday word of such notes."""
    for sentence in answer.sentences:
        start = sentence.span[0]
        text = _BRACKETED.sub(lambda match: " " * len(match[0]), answer.text[start : sentence.span[1]])
        for match in re.finditer(r"(?<=[a-z,;] )[*_]{0,3}([A-Z][\w'’-]*)(?: (?:[A-Z][\w'’-]*))*", text):
            words = [word.lower().replace("’", "'").removesuffix("'s") for word in re.findall(r"[\w'’-]+", match[0])]
            strange = [word for word in words if word not in _GENERIC and word not in known and not set(word.split("-")) <= _GENERIC]
            if strange:
                yield f"name: {quote(match[0])}", (start + match.start(), start + match.end())


_BRACKETED = re.compile(r"\[[^\[\]\n]{0,60}\]|<[^<>\n]{0,60}>|\{[^{}\n]{0,60}\}")
CODE_NAMES = _CODE_NAMES
