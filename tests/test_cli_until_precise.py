"""`run --until-precise`: as many samples as the medians need, said when they do not get there."""

import pytest

from ollama_bench.terminal import TerminalProgress
from tests.conftest import Cli
from tests.examples import SECOND_NS, example_plan, example_trial
from tests.scripted_server import ScriptedServer


def test_phases_go_on_until_their_medians_are_precise(cli: Cli, server: ScriptedServer) -> None:
    done = cli("run", "tiny:1b", "--host", server.url, "--no-quality", "--until-precise", "60%")
    assert done.code == 0
    document = done.document
    assert document["plan"]["until_precise"] == 0.6
    counts = {phase: len(result["trials"]) for phase, result in document["phases"].items()}
    assert (counts["cold"], counts["long"]) == (1, 1)
    for phase in ("warm", "real"):
        assert 7 <= counts[phase] <= 200
    condition = next(c for c in document["validity"]["conditions"] if c["code"] == "not_precise")
    assert condition["passed"] is (max(counts.values()) < 200)
    assert "warm: until ± 60 %, at most 200 requests\n" in done.err
    assert "Measurement: " in done.out


def test_it_is_told_how_far_it_is_from_its_goal(capsys: pytest.CaptureFixture[str]) -> None:
    plan = example_plan(until_precise=0.01)
    progress = TerminalProgress()
    progress.started(plan)
    progress.measured(example_trial("cold"))
    for index in range(12):
        progress.measured(example_trial("warm", index=index, end_ns=(10 + index % 2) * SECOND_NS))
    assert capsys.readouterr().err.splitlines() == [
        "cold: 1 request",
        "warm: until ± 1 %, at most 200 requests",
        "warm: 10 done, now ± 10.0 %",
    ]


def test_without_it_the_profile_decides(cli: Cli, server: ScriptedServer) -> None:
    done = cli("run", "tiny:1b", "--host", server.url, "--no-quality")
    assert done.document["plan"]["until_precise"] is None
    assert "not_precise" not in [c["code"] for c in done.document["validity"]["conditions"]]


@pytest.mark.parametrize("value", ["5", "0%", "100%", "nan", "five", "-5%", "1e999%"])
def test_what_is_no_percentage_is_refused(cli: Cli, server: ScriptedServer, value: str) -> None:
    done = cli("run", "tiny:1b", "--host", server.url, "--until-precise", value)
    assert done.code == 2
    assert "is not a percentage" in done.err
    assert "such as 5% or 0.05." in " ".join(done.err.split())
    assert server.requests == []


def test_a_share_is_taken_too(cli: Cli, server: ScriptedServer) -> None:
    done = cli("run", "tiny:1b", "--host", server.url, "--no-quality", "--until-precise", "0.6")
    assert done.document["plan"]["until_precise"] == 0.6
