"""One answer -> three scores: the rules that hold for every prompt, then the prompt's own checks."""

from functools import cache

from ollama_bench.quality.answer import MAX_READ_CHARS, Answer, Finding, read_answer
from ollama_bench.quality.fluency import echo_in, refusal_in
from ollama_bench.quality.prompt import Check, Checks, Prompt
from ollama_bench.quality.scores import DIMENSIONS, AnswerScore, Dimension, Evidence, not_assessed
from ollama_bench.quality.verifiers import FLUENCY, VERIFIERS
from orchestrator.errors import ConfigurationError


def score_answer(prompt_id: str, answer: str, *, done_reason: str | None = None) -> AnswerScore:
    """Score `answer` to one of the built-in quality prompts: apples, release_note or json.

    `done_reason` is the server's ("stop", "length"); without one the rubric applies as it stands.
    Raises ConfigurationError for any other prompt.
    """
    prompts = _built_in()
    if prompt_id not in prompts:
        raise ConfigurationError(f"no quality prompt is called {prompt_id!r}; there are {', '.join(prompts)}")
    return score(prompts[prompt_id], answer, done_reason=done_reason)


def score(prompt: Prompt, answer: str, *, done_reason: str | None = None) -> AnswerScore:
    """Score `answer` to a quality prompt of any pack; a prompt without checks is not assessed. Pure."""
    read = read_answer(prompt.prompt, answer)
    if read.thinking_unclosed and done_reason == "length":
        return not_assessed("the answer was cut off while the model was still thinking")
    if prompt.checks is None:
        return not_assessed(f"the prompt {prompt.id} has no checks")
    evidence: list[Evidence] = []
    refusal, echo = refusal_in(read), echo_in(read)
    for dimension in DIMENSIONS:
        evidence += _judge(prompt.checks, read, dimension, refusal, echo)
    failed = {item.dimension for item in evidence if not item.passed}
    return AnswerScore(
        follow=int("follow" not in failed),
        coherent=int("coherent" not in failed),
        no_hallucination=int("no_hallucination" not in failed),
        evidence=tuple(evidence),
    )


def _judge(
    checks_by_dimension: Checks, answer: Answer, dimension: Dimension, refusal: Finding, echo: Finding
) -> list[Evidence]:
    found: list[tuple[str, Finding]] = []
    if answer.unread_chars:
        total = MAX_READ_CHARS + answer.unread_chars
        found.append(("read", Finding(True, f"read {MAX_READ_CHARS} of {total} characters", "all of it")))
    checks: tuple[Check, ...] = getattr(checks_by_dimension, dimension)
    if not answer.text:
        found.append(("empty", Finding(False, "an empty answer", "an answer")))
    elif not echo.passed:
        found.append(("echo", echo))
    elif not refusal.passed:
        found += _refused(refusal, checks, answer, dimension)
    else:
        found += [(check.verifier, VERIFIERS[check.verifier](answer, **check.parameters)) for check in checks]
    return [_evidence(rule, dimension, finding, answer) for rule, finding in found]


def _refused(
    refusal: Finding, checks: tuple[Check, ...], answer: Answer, dimension: Dimension
) -> list[tuple[str, Finding]]:
    """A refusal fails follow alone; of the other checks only those of the language itself apply to it."""
    if dimension == "follow":
        return [("refusal", refusal)]
    fluent = [
        (check.verifier, VERIFIERS[check.verifier](answer, **check.parameters))
        for check in checks
        if check.verifier in FLUENCY
    ]
    return [("refusal", refusal._replace(passed=True)), *fluent]


def _evidence(rule: str, dimension: Dimension, finding: Finding, answer: Answer) -> Evidence:
    span = finding.span and (finding.span[0] + answer.offset, finding.span[1] + answer.offset)
    return Evidence(
        rule=rule,
        dimension=dimension,
        passed=finding.passed,
        observed=finding.observed.encode("utf-8", "replace").decode("utf-8"),  # a lone surrogate cannot be saved
        expected=finding.expected,
        span=span,
    )


@cache
def _built_in() -> dict[str, Prompt]:
    from ollama_bench.pack import load_pack  # reads YAML: only where the shipped pack is asked for
    from ollama_bench.resources import shipped

    return {prompt.id: prompt for prompt in load_pack(shipped("prompts")).quality}
