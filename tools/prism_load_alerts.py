"""`python tools/prism_load_alerts.py`: `ollama-bench load alerts` under the name that the load test documents."""

from ollama_bench.load.console import alerts
from orchestrator.process import main

if __name__ == "__main__":
    main(alerts)
