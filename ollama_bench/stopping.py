"""When a phase has had enough trials: its fixed number, or a median that is precise enough. Pure."""

from collections.abc import Sequence

from ollama_bench.metrics import trial_metrics
from ollama_bench.plan import PRECISE_METRICS, RunPlan
from ollama_bench.trial import Trial
from orchestrator.stats import precise_enough, relative_half_width


def phase_ended(plan: RunPlan, trials: Sequence[Trial]) -> bool:
    """Whether `trials`, all of one timed phase in their order, are all that it takes."""
    phase = trials[-1].phase
    if phase == "quality":
        return False
    least = plan.least_trials.get(phase)
    if len(trials) == plan.trials[phase] or plan.until_precise is None or least is None:
        return len(trials) == plan.trials[phase]
    good = sum(trial.ok for trial in trials)
    return good >= least and not imprecise(plan, trials)


def imprecise(plan: RunPlan, trials: Sequence[Trial]) -> dict[str, float | None]:
    """The figures of an adaptive phase whose medians are not yet as precise as planned, with their half-widths.

    Half-widths are shares of the median; None where there is no interval yet. A figure that no trial has is left out.
    """
    assert plan.until_precise is not None
    names = PRECISE_METRICS.get(trials[-1].phase, ()) if trials and trials[-1].phase != "quality" else ()
    figures = [trial_metrics(trial) for trial in trials if trial.ok]
    columns = {name: [value for figure in figures if (value := figure[name]) is not None] for name in names}
    return {
        name: _wider(values)
        for name, values in columns.items()
        if values and not precise_enough(values, plan.until_precise)
    }


def _wider(values: Sequence[float]) -> float | None:
    """The wider of the two half-widths that the rule looks at, with the newest value and without it."""
    widths = [relative_half_width(values), relative_half_width(values[:-1])]
    known = [width for width in widths if width is not None]
    return max(known) if len(known) == len(widths) else None
