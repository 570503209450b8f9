"""The result document: what a run leaves behind, and how it is written and read again.

Format history (`schema_version`):
    1  the first; since then with `conditions`, `cost`, `energy` and `validity`, which older files lack
"""

import contextlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationError
from pydantic_core import from_json

from ollama_bench import __version__
from ollama_bench.errors import OutputError
from ollama_bench.metrics import Summary
from ollama_bench.observed import Conditions, Cost, Energy, Resources
from ollama_bench.plan import RunPlan
from ollama_bench.quality.scores import Evidence
from ollama_bench.stability import StabilityWarning, Validity
from ollama_bench.trial import TimedPhase, Trial
from ollama_bench.values import Frozen, Int64
from ollama_bench.verdict import Verdict
from orchestrator.clean import clean_json
from orchestrator.errors import ConfigurationError
from orchestrator.files import slug, write_atomically

SCHEMA_VERSION = 1
MAX_DOCUMENT_BYTES = 256 * 1024 * 1024


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError as error:
        raise ValueError("in UTC it is beyond the calendar") from error


Moment = Annotated[datetime, AfterValidator(_in_utc)]
"""In UTC, whatever a file says it in; a time without a zone is taken for UTC."""


class Tool(Frozen):
    """What made the document."""

    name: str = "ollama-bench"
    version: str = __version__


class Server(Frozen):
    """The model server that was measured."""

    url: str
    kind: Literal["ollama", "embedded"]
    version: str
    local: bool
    """Whether it runs on this machine; a remote server's processes cannot be sampled."""


class Model(Frozen):
    """Which model exactly; None where the server does not say."""

    name: str
    digest: str | None = None
    family: str | None = None
    parameter_count: Int64 | None = None
    quantization: str | None = None
    size_bytes: Int64 | None = None
    context_length: Int64 | None = None
    """The longest context that it was trained for."""
    chat_template: bool = True
    """False for a base model: it continues text and was not taught to answer."""
    thinking: bool = False
    """Whether it can think before it answers; it is told not to unless the plan says `think`."""


class Gpu(Frozen):
    """One GPU."""

    name: str
    memory_bytes: Int64 | None = None
    free_bytes: Int64 | None = None
    """Of that, as the run began."""
    driver: str | None = None


class Hardware(Frozen):
    """The machine that the tool ran on; `label` is its one-line name on a scorecard."""

    label: str
    cpu: str | None
    cores_physical: Int64 | None
    cores_logical: Int64 | None
    ram_bytes: Int64
    gpus: tuple[Gpu, ...]
    os: str


class PhaseResult(Frozen):
    """One timed phase."""

    trials: tuple[Trial, ...]
    summary: dict[str, Summary]


class Scores(Frozen):
    """0, 1, or None where it was not assessed."""

    follow: Int64 | None
    coherent: Int64 | None
    no_hallucination: Int64 | None


class QualityAnswer(Frozen):
    """One answer to a quality prompt, scored."""

    seed: Int64
    temperature: float
    answer: str
    done_reason: str | None = None
    scores: Scores
    evidence: tuple[Evidence, ...] = ()
    reason: str | None = None
    """Why it was not assessed."""


class PassRate(Frozen):
    """How often the further answers passed, all three scores being 1."""

    n: Int64
    passed: Int64
    rate: float
    ci95: tuple[float, float]
    """Wilson's interval."""


class QualityPrompt(QualityAnswer):
    """The first answer to a prompt, at temperature 0: it alone feeds the totals and the verdict."""

    id: str
    prompt: str
    samples: tuple[QualityAnswer, ...] = ()
    """Answers with other seeds, at temperature 0.8."""
    pass_rate: PassRate | None = None


class Quality(Frozen):
    """The quality prompts in their order."""

    prompts: tuple[QualityPrompt, ...]
    totals: Scores
    """Prompts that scored 1, by dimension."""


class RunResult(Frozen):
    """One run of one model."""

    schema_version: Literal[1] = 1
    id: str
    complete: bool
    """False when the run ended early; what it holds is what was measured until then."""
    started_at: Moment
    finished_at: Moment
    tool: Tool = Tool()
    server: Server
    model: Model
    hardware: Hardware
    environment: dict[str, str | Int64 | float | bool | None] = Field(default_factory=dict)
    """The machine as the gate compares machines."""
    plan: RunPlan
    phases: dict[TimedPhase, PhaseResult]
    resources: Resources
    quality: Quality | None
    """None when it was not asked for, or not reached."""
    verdict: Verdict
    conditions: Conditions | None = None
    cost: Cost | None = None
    energy: Energy | None = None
    validity: Validity | None = None
    """These four are None in documents of before they were kept."""
    warnings: tuple[StabilityWarning, ...]

    def to_json(self) -> str:
        """The document as text."""
        return clean_json(self.model_dump_json(indent=1)) + "\n"


def schema_text() -> str:
    """The JSON Schema of the document, as text; older documents of this version fit it too."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema"} | RunResult.model_json_schema()
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def load(path: Path) -> RunResult:
    """Read a saved document. Raises ConfigurationError for a file that is none."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_DOCUMENT_BYTES + 1)
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.strerror or error}") from error
    if len(data) > MAX_DOCUMENT_BYTES:
        raise ConfigurationError(f"{path}: larger than {MAX_DOCUMENT_BYTES} bytes: not a result of `ollama-bench run`")
    try:
        document = from_json(data, allow_inf_nan=False)  # refuses what could not be written again, as `json` does not
    except ValueError as error:
        raise ConfigurationError(f"{path}: not JSON: {error}") from error
    version = document.get("schema_version") if isinstance(document, dict) else None
    if not isinstance(version, int):
        raise ConfigurationError(f"{path}: not a result of `ollama-bench run` (no schema_version)")
    if version > SCHEMA_VERSION:
        raise ConfigurationError(f"{path}: format {version} is newer than this tool reads: update ollama-bench")
    try:
        return RunResult.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(f"{path}: {where}: {first['msg']}") from error


class Store:
    """The two files of one run, `<slug>-<UTC>.json` and `.md`: a name of its own, replaced whole at each save."""

    def __init__(self, directory: Path, model: str, started_at: datetime) -> None:
        self.path = _reserve(directory, f"{slug(model)}-{started_at.astimezone(UTC):%Y%m%dT%H%M%SZ}")

    def save(self, result: RunResult, markdown: str) -> None:
        """Write both files. Raises OutputError; the last good save then stands."""
        try:
            write_atomically(self.path, result.to_json())
            write_atomically(self.path.with_suffix(".md"), markdown)
        except OSError as error:
            why = f"{self.path}: cannot be written: {error.strerror or error}"
            raise OutputError(f"{why}: make room, or choose another folder with --out") from error


@contextmanager
def open_store(directory: Path | None, model: str, started_at: datetime) -> Iterator[Store | None]:
    """The store of one run, its name taken at once; given back when nothing was saved. None without a folder.

    Raises OutputError.
    """
    if directory is None:
        yield None
        return
    store = Store(directory, model, started_at)
    try:
        yield store
    finally:
        with contextlib.suppress(OSError):
            if store.path.stat().st_size == 0:
                store.path.unlink()


def _reserve(directory: Path, stem: str) -> Path:
    """Create an empty file of a name that no other run has. Raises OutputError, before anything is measured."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for number in range(1, 1000):
            path = directory / (f"{stem}.json" if number == 1 else f"{stem}-{number}.json")
            with contextlib.suppress(FileExistsError):
                os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
                return path
    except OSError as error:
        raise OutputError(
            f"{directory}: results cannot be written there: {error.strerror or error}: choose another folder with --out"
        ) from error
    raise OutputError(f"{directory}: {stem} is taken a thousand times over")
