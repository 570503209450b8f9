"""What a run will do, settled before it starts: profile, prompts and options, validated."""

from typing import Annotated, Any

from pydantic import Field, RootModel

from ollama_bench import resources
from ollama_bench.pack import Pack
from ollama_bench.quality.prompt import Prompt
from ollama_bench.trial import TIMED_PHASES, Phase, TimedPhase
from ollama_bench.values import Config, Frozen, Int64
from orchestrator.config import load_yaml
from orchestrator.errors import ConfigurationError

DEFAULT_NUM_CTX = 4096
DEFAULT_SEED = 1
DEFAULT_FIRST_BYTE_TIMEOUT_S = 300.0
DEFAULT_GAP_TIMEOUT_S = 60.0
QUALITY_TEMPERATURE = 0.0
SAMPLE_TEMPERATURE = 0.8
"""Of the quality answers after the first: they ask how often a prompt is answered well, not how well."""

OVERRIDE_LIMITS = {
    "num_ctx": (1, 2**31 - 1),
    "num_predict": (1, 2**31 - 1),
    "seed": (0, 2**31 - 1),
    "temperature": (0, 10),
    "timeout_s": (0.001, 1e6),
    "until_precise": (0.001, 1),
}
"""No limit on num_predict (0 and below, to Ollama) never ends; sockets take no timeout above some centuries."""

LEAST_SAMPLES, MOST_SAMPLES = 5, 200
"""Of an adaptive phase: fewer give no interval, and more cost more than their interval is worth."""

PRECISE_METRICS: dict[TimedPhase, tuple[str, ...]] = {"warm": ("latency_s",), "real": ("latency_s", "gen_tok_s")}
"""The phases that --until-precise makes adaptive, with the figures that it looks at: those of the scorecard."""

Count = Annotated[int, Field(ge=1, le=10_000, strict=True)]


class Profile(Config):
    """How many trials each phase gets, and how many answers each quality prompt."""

    cold: Count
    warm: Count
    real: Count
    long: Count
    quality_seeds: Count


class Profiles(RootModel[dict[str, Profile]]):
    """config/profiles.yaml."""


class PlannedPrompt(Frozen):
    """A prompt as it will be sent (before any nonce), with the most tokens that it may generate."""

    id: str
    text: str
    num_predict: Int64


class RunPlan(Frozen):
    """Every option that shapes the run; it is kept in the document as `plan`."""

    model: str
    profile: str
    trials: dict[TimedPhase, Int64]
    """Requests of each phase; of an adaptive one (see `until_precise`) the most that it may take."""
    until_precise: float | None = None
    """Warm and real go on until the 95 % interval of their medians is this share of the median to either side."""
    least_trials: dict[TimedPhase, Int64] = Field(default_factory=dict)
    """Of adaptive phases, the least."""
    prompts: dict[TimedPhase, PlannedPrompt]
    quality_prompts: tuple[PlannedPrompt, ...]
    """Empty when quality is not asked for."""
    quality_seeds: tuple[Int64, ...]
    seed: Int64
    temperature: float
    """Of the timed phases. The first answer to a quality prompt is taken at 0, further ones at 0.8."""
    num_ctx: Int64
    think: bool
    pull: bool
    keep_alive: str = "10m"
    first_byte_timeout_s: float
    gap_timeout_s: float

    @property
    def load_options(self) -> dict[str, Any]:
        """The options that decide how a model is loaded: the same in every request, or the server reloads it."""
        return {"num_ctx": self.num_ctx}


class Step(Frozen):
    """One request to come."""

    phase: Phase
    index: int
    prompt: PlannedPrompt
    seed: int
    temperature: float


class Overrides(Frozen):
    """What the command line changes of a profile and a pack; None keeps theirs."""

    num_ctx: int | None = None
    num_predict: int | None = None
    seed: int | None = None
    temperature: float | None = None
    timeout_s: float | None = None
    think: bool = False
    pull: bool = True
    quality: bool = True
    until_precise: float | None = None
    min_warm: int = 1
    """More warm trials than the profile has, where a gate needs them."""


def load_profile(name: str) -> Profile:
    """The profile of that name in config/profiles.yaml. Raises ConfigurationError."""
    path = resources.find("config/profiles.yaml")
    profiles = load_yaml(path, Profiles).root
    if name not in profiles:
        raise ConfigurationError(f"no profile is called {name!r}: {path} has {', '.join(profiles)}")
    return profiles[name]


def make_plan(model: str, profile_name: str, profile: Profile, pack: Pack, overrides: Overrides) -> RunPlan:
    """Settle a run. Raises ConfigurationError for what cannot work."""
    _check(model, overrides)
    seed = DEFAULT_SEED if overrides.seed is None else overrides.seed
    num_ctx = overrides.num_ctx or DEFAULT_NUM_CTX

    def planned(prompt: Prompt) -> PlannedPrompt:
        num_predict = overrides.num_predict or prompt.options.num_predict
        if num_predict >= num_ctx:
            raise ConfigurationError(
                f"{prompt.id}: num_predict {num_predict} leaves no room for the prompt in num_ctx {num_ctx}: "
                "raise --num-ctx or lower --num-predict"
            )
        return PlannedPrompt(id=prompt.id, text=prompt.prompt, num_predict=num_predict)

    short = planned(pack.short)
    return RunPlan(
        model=model,
        profile=profile_name,
        trials=_trial_counts(profile, overrides),
        until_precise=overrides.until_precise,
        least_trials=_least_trials(overrides),
        prompts={"cold": short, "warm": short, "real": planned(pack.real), "long": planned(pack.long)},
        quality_prompts=tuple(planned(prompt) for prompt in pack.quality) if overrides.quality else (),
        quality_seeds=tuple(range(seed, seed + profile.quality_seeds)) if overrides.quality else (),
        seed=seed,
        temperature=0.0 if overrides.temperature is None else overrides.temperature,
        num_ctx=num_ctx,
        think=overrides.think,
        pull=overrides.pull,
        first_byte_timeout_s=overrides.timeout_s or DEFAULT_FIRST_BYTE_TIMEOUT_S,
        gap_timeout_s=overrides.timeout_s or DEFAULT_GAP_TIMEOUT_S,
    )


def _trial_counts(profile: Profile, overrides: Overrides) -> dict[TimedPhase, int]:
    least: dict[TimedPhase, int] = {"warm": overrides.min_warm}
    counts = {phase: max(getattr(profile, phase), least.get(phase, 1)) for phase in TIMED_PHASES}
    return counts if overrides.until_precise is None else counts | dict.fromkeys(PRECISE_METRICS, MOST_SAMPLES)


def _least_trials(overrides: Overrides) -> dict[TimedPhase, int]:
    if overrides.until_precise is None:
        return {}
    return {phase: max(LEAST_SAMPLES, overrides.min_warm if phase == "warm" else 1) for phase in PRECISE_METRICS}


def steps(plan: RunPlan) -> list[Step]:
    """The requests of a run, in order: cold, warm, real, long, then every quality prompt with every seed.

    Of an adaptive phase these are the most that there may be.
    """
    timed = [
        Step(
            phase=phase,
            index=index,
            prompt=plan.prompts[phase],
            seed=plan.seed,
            temperature=plan.temperature,
        )
        for phase in TIMED_PHASES
        for index in range(plan.trials[phase])
    ]
    quality = [
        Step(
            phase="quality",
            index=index,
            prompt=prompt,
            seed=seed,
            temperature=QUALITY_TEMPERATURE if index == 0 else SAMPLE_TEMPERATURE,
        )
        for prompt in plan.quality_prompts
        for index, seed in enumerate(plan.quality_seeds)
    ]
    return timed + quality


def request_body(plan: RunPlan, step: Step, nonce: str | None, *, can_think: bool) -> dict[str, Any]:
    """The JSON of POST /api/generate. `think` is sent only to models that know it: others answer 400."""
    body: dict[str, Any] = {
        "model": plan.model,
        "prompt": step.prompt.text if nonce is None else f"{nonce}\n{step.prompt.text}",
        "stream": True,
        "keep_alive": plan.keep_alive,
        "truncate": False,
        "options": {
            **plan.load_options,
            "num_predict": step.prompt.num_predict,
            "temperature": step.temperature,
            "seed": step.seed,
        },
    }
    if can_think:
        body["think"] = plan.think
    return body


def _check(model: str, overrides: Overrides) -> None:
    if not model.strip() or not model.isprintable() or len(model) > 1000:
        raise ConfigurationError(f"{model[:100]!r} is not a model name")
    for name, (least, most) in OVERRIDE_LIMITS.items():
        value = getattr(overrides, name)
        if value is not None and not least <= value <= most:  # so written, it refuses NaN too
            raise ConfigurationError(f"{name} {value} is not between {least:g} and {most:g}")
