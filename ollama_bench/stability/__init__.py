"""What may be wrong with a measurement, as data: a code, what was seen, and what to do about it. Pure.

Each rule is one function and one line in `RULES`. A rule says that its condition holds (None), that it does not (a
`Found`), or that it could not be looked at (`Unknown`). Rules that are notes explain a figure; they do not make it
doubtful.
"""

from collections.abc import Container

from ollama_bench.stability.machine import (
    cpu_quota,
    governor,
    memory,
    other_load,
    power_cap,
    sampled,
    spilled,
    steal,
    swap,
    throttled,
)
from ollama_bench.stability.own_cost import late, own_cost
from ollama_bench.stability.requests import (
    cached,
    clocks,
    cut_answers,
    failed,
    incomplete,
    not_warm,
    others_loaded,
    queued,
)
from ollama_bench.stability.rule import (
    Evidence,
    Found,
    Rule,
    StabilityWarning,
    Unknown,
    Validity,
    ValidityCondition,
)
from ollama_bench.stability.samples import asked_for_precision, drift, not_precise, too_few

__all__ = ["BY_LIMITS", "RULES", "Evidence", "StabilityWarning", "Validity", "assess"]

RULES = (
    Rule("incomplete", "the run is whole", incomplete),
    Rule("failed_requests", "no request failed", failed),
    Rule("not_proved_warm", "the model was loaded before every warm request", not_warm),
    Rule("other_models_loaded", "the server held no other model", others_loaded),
    Rule("clocks_disagree", "client and server clocks agree within 5 % in every phase", clocks),
    Rule("prefix_cached", "no prompt met the cache that should not", cached),
    Rule("queued", "no request waited for others", queued),
    Rule("too_few_samples", "enough samples to tell on which side of the limits the medians are", too_few),
    Rule("not_precise", "the medians are as precise as asked", not_precise, applies=asked_for_precision),
    Rule("drift", "no drift from the first third to the last", drift),
    Rule("swap_used", "nothing was swapped", swap),
    Rule("other_load", "other processes used at most 20 % of a core", other_load),
    Rule("cpu_stolen", "the host kept back at most 5 % of a core", steal),
    Rule("throttled", "nothing was throttled by heat", throttled),
    Rule("sampling_gap", "the server was sampled while requests were under way", sampled),
    Rule("memory_disagrees", "sampled memory is the kernel's own mark within 5 %", memory),
    Rule("tool_cost", "measuring took at most 5 % of a core", own_cost),
    Rule("late_events", "at most 5 % of events came more than 5 ms late", late),
    Rule("governor", "", governor, is_note=True),
    Rule("cpu_quota", "", cpu_quota, is_note=True),
    Rule("gpu_power_cap", "", power_cap, is_note=True),
    Rule("model_spilled", "", spilled, is_note=True),
    Rule("answers_cut", "", cut_answers, is_note=True),
)

BY_LIMITS = frozenset({"too_few_samples"})
"""The codes of rules that look at the verdict's limits: another policy may change them."""


def assess(evidence: Evidence, codes: Container[str] | None = None) -> tuple[list[StabilityWarning], Validity]:
    """Every rule once, or those of `codes`: what was found, and whether the run is to be believed."""
    warnings: list[StabilityWarning] = []
    conditions: list[ValidityCondition] = []
    for rule in RULES:
        if not rule.applies(evidence.plan) or (codes is not None and rule.code not in codes):
            continue
        seen = rule.look(evidence)
        if isinstance(seen, Found):
            warnings.append(StabilityWarning(code=rule.code, message=seen.message, remedy=seen.remedy))
        if not rule.is_note:
            conditions.append(_condition(rule, seen))
    return warnings, Validity(valid=all(c.passed is not False for c in conditions), conditions=tuple(conditions))


def _condition(rule: Rule, seen: Found | Unknown | None) -> ValidityCondition:
    if isinstance(seen, Found):
        return ValidityCondition(code=rule.code, passed=False, text=seen.message)
    if isinstance(seen, Unknown):
        return ValidityCondition(code=rule.code, passed=None, text=f"{rule.holds}: not known ({seen.reason})")
    return ValidityCondition(code=rule.code, passed=True, text=rule.holds)
