"""How far the tool's own figures are from the truth, and what measuring costs: the longer `ollama-bench selftest`.

    python benchmarks/fidelity.py [--quick] [--json] [--report-only]

1. Timing: ttft_s, latency_s and token rates against a server that stamps what it sends (fidelity_timing.py).
2. The client's CPU per 1,000 streamed tokens, beside bare httpx and a raw socket (fidelity_cpu.py).
3. The sampler's peak RSS against a process that holds a known amount, and its cost (fidelity_sampler.py).

About two and a half minutes; Linux. Exits 1 when a target is missed. Wants a quiet machine: p95 is the first to suffer.
"""

import sys

from fidelity_cpu import check_client_cpu
from fidelity_sampler import check_peak_rss, check_sampler_cost
from fidelity_timing import check_timing
from report import finish, parse_options


def main() -> int:
    """Run the parts and print their table."""
    options = parse_options(__doc__)
    checks = [
        *check_timing(quick=options.quick),
        *check_client_cpu(quick=options.quick),
        *check_peak_rss(quick=options.quick),
        *check_sampler_cost(quick=options.quick),
    ]
    return finish(checks, options)


if __name__ == "__main__":
    sys.exit(main())
