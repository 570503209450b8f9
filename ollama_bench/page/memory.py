"""What the server's processes used, over time and at most."""

from collections.abc import Iterator, Sequence

from ollama_bench.page.charts import PHASE_COLOURS
from ollama_bench.page.charts.over_time import MOST_POINTS, PANEL_PX, columns_of, over_time, panels_of, points_as_one
from ollama_bench.render.lines import figure, megabytes, vram
from ollama_bench.scorecard import RunResult
from ollama_bench.trial import TIMED_PHASES, Phase, Trial
from ollama_bench.usage import mean_cpu_percent, window_s
from orchestrator.page import NOT_THERE, Part, chart, details, table, tag


def memory(result: RunResult, _level: int) -> Part:
    """The chart over time, and the processes one by one."""
    used = result.resources
    reason = tag("p", f"Memory and CPU of the server: {used.reason}.") if used.reason else None
    return [reason, _over_time(result), _processes(result)]


def _over_time(result: RunResult) -> Part:
    timeline = result.resources.timeline
    panels = panels_of(columns_of(timeline))
    if not panels:
        return tag("p", "Nothing was sampled: there is no chart over time.")
    trials = _timed(result)
    height = 40 + len(panels) * (PANEL_PX + 42)
    asked = result.quality is not None
    spec = over_time(timeline, trials, quality=asked)
    legend = _legend([*dict.fromkeys(trial.phase for trial in trials), *(["quality"] if asked else [])])
    others = any(name == "other" for _, _, lines in panels for name, _, _ in lines)
    caption = " ".join(_caption(result, others=others))
    return chart("Memory and CPU over time", caption, spec, _by_phase(result), legend=legend, height=height)


def _caption(result: RunResult, *, others: bool) -> Iterator[str]:
    """What the chart shows, sentence by sentence; `others` when the CPU of other processes is in it."""
    yield f"Sampled every {result.resources.interval_s:g} s, from before the cold load to the end."
    yield "Blocks and shades are the requests, by phase."
    if result.quality is not None:
        yield "All after the last timed one is shaded as quality."
    if others and result.server.local:
        yield "The dotted line is the CPU of all other processes."
    elif others:
        yield "The dotted line is the CPU of the machine that asked, without this tool; the server is on another."
    many = points_as_one(result.resources.timeline)
    if many > 1:
        yield (
            f"Each point stands for {many} samples (more than {MOST_POINTS} are not drawn): their highest memory, and "
            "their mean CPU."
        )


def _timed(result: RunResult) -> list[Trial]:
    """All requests of the run whose times the document keeps: those of the timed phases."""
    return [trial for phase in TIMED_PHASES if phase in result.phases for trial in result.phases[phase].trials]


def _legend(phases: Sequence[str]) -> Part:
    items = [tag("li", tag("span", class_=f"swatch series-{PHASE_COLOURS[phase]}"), phase) for phase in phases]
    return tag("ul", items, class_="legend", aria_label="Phases")


def _by_phase(result: RunResult) -> Part:
    rows = []
    for phase in TIMED_PHASES:
        trials = [trial for trial in _timed(result) if trial.phase == phase]
        windows = [window for trial in trials if (window := window_s(trial))]
        if windows:
            rows.append(_phase_row(result, phase, trials, windows))
    head = ["phase", "requests", "from s", "to s", "highest RSS, MB", "CPU of the server, %", "CPU of others, %"]
    return table(head, rows, label="Memory and CPU by phase", numbers=range(1, 7))


def _phase_row(result: RunResult, phase: Phase, trials: list[Trial], windows: list[tuple[float, float]]) -> list[Part]:
    start_s, end_s = min(start for start, _ in windows), max(end for _, end in windows)
    timeline = result.resources.timeline
    seen = [point.rss_bytes for point in timeline if point.rss_bytes is not None and start_s <= point.t_s <= end_s]
    cpu, others = mean_cpu_percent(timeline, trials), mean_cpu_percent(timeline, trials, "other_cpu_percent")
    return [
        phase,
        str(len(trials)),
        f"{start_s:.1f}",
        f"{end_s:.1f}",
        megabytes(max(seen)) if seen else NOT_THERE,
        figure(cpu, 0) if cpu is not None else NOT_THERE,
        figure(max(0.0, others), 0) if others is not None else NOT_THERE,
    ]


def _processes(result: RunResult) -> Part:
    used = result.resources
    gpu = tag("p", f"VRAM peak: {vram(used)}.") if used.vram_source else None
    if not used.processes:
        return gpu
    rows = [
        [f"{process.name} ({process.pid})", megabytes(process.peak_rss_bytes), megabytes(process.vm_hwm_bytes)]
        for process in used.processes
    ]
    head = ["process", "highest RSS sampled, MB", "the kernel's own mark, MB"]
    shown = table(head, rows, label="Processes of the server", numbers=(1, 2))
    return [gpu, details(f"Processes of the server: {len(rows)}", shown)]
