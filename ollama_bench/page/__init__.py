"""Result documents as one HTML page; pure, but for the page's own style. NOT aware of files or of the drawing library.

`report_page` puts the sections together, one file each; `charts/` has what is drawn.
"""

from collections.abc import Sequence

from ollama_bench.page.names import Named, name_runs
from ollama_bench.page.overview import overview
from ollama_bench.page.run_section import made_by, run_section, run_sections
from ollama_bench.render.lines import hardware
from ollama_bench.scorecard import RunResult
from orchestrator.page import Part, join, page, tag


def report_page(results: Sequence[RunResult], library: str) -> str:
    """The page of one run, or of several beside each other; `library` is the script that draws the charts."""
    runs = name_runs(results)
    body = _one(runs[0]) if len(runs) == 1 else _several(runs)
    title = f"{runs[0].label}: {runs[0].result.verdict.decision}" if len(runs) == 1 else _count(runs)
    return page(f"{title} – ollama-bench", *body, library=library)


def _one(run: Named) -> Sequence[Part]:
    head = tag("header", tag("h1", tag("bdi", run.name)), tag("p", made_by(run.result)), _contents(run))
    return head, run_sections(run, level=2)


def _several(runs: Sequence[Named]) -> Sequence[Part]:
    head = tag("header", tag("h1", _count(runs)), tag("p", _made(runs)))
    return head, overview(runs), [run_section(run) for run in runs]


def _count(runs: Sequence[Named]) -> str:
    models = len({run.result.model.name for run in runs})
    return f"{models} models" if models == len(runs) else f"{len(runs)} runs"


def _made(runs: Sequence[Named]) -> str:
    """On what, and when."""
    machines = {hardware(run.result) for run in runs}
    dates = list(dict.fromkeys(f"{at:%d %B %Y}" for at in sorted(run.result.started_at for run in runs)))
    on = machines.pop() if len(machines) == 1 else f"{len(machines)} machines"
    return f"{on} · {dates[0]}" + (f" to {dates[-1]}" if len(dates) > 1 else "")


def _contents(run: Named) -> Part:
    parts = ("verdict", "measurement", "speed", "memory", "quality", "circumstances")
    links = [tag("li", tag("a", part.capitalize(), href=f"#{run.anchor}-{part}")) for part in parts]
    return join(tag("nav", tag("ul", links), aria_label="On this page"))
