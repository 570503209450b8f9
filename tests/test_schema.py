"""The published schema: what is written fits it, what is not a document does not, and older documents still load."""

import json
from pathlib import Path
from typing import Any

import pytest

from ollama_bench.render import FORMATS
from ollama_bench.scorecard import load
from tests.conftest import Cli, document_validator
from tests.examples import example_plan, example_result, example_trials
from tests.scripted_server import ScriptedServer

FIRST = Path(__file__).parent / "data" / "documents" / "first-of-version-1.json"
"""As the first version of this tool wrote it, without what has been added since."""


def test_the_command_prints_one_json_schema(cli: Cli) -> None:
    done = cli("schema")
    assert (done.code, done.err) == (0, "")
    schema = json.loads(done.out)
    assert schema["$schema"].endswith("2020-12/schema")
    assert {"validity", "conditions", "cost", "energy"} <= set(schema["properties"])


def test_a_run_writes_what_the_schema_says(cli: Cli, server: ScriptedServer) -> None:
    done = cli("run", "tiny:1b", "--host", server.url, "--json")
    assert done.code == 0
    document_validator().validate(json.loads(done.out))
    assert document_validator().is_valid(done.document)


@pytest.mark.parametrize("path", [("validity", "valid"), ("plan",), ("phases", "warm", "trials", 0, "started_ns")])
def test_a_document_that_lacks_or_mistakes_a_part_does_not_fit(path: tuple[str | int, ...]) -> None:
    plan = example_plan()
    document: Any = json.loads(example_result(example_trials(plan), plan).to_json())
    assert document_validator().is_valid(document)
    *parents, last = path
    place = document
    for key in parents:
        place = place[key]
    place[last] = ["wrong"]
    assert not document_validator().is_valid(document)
    del place[last]
    assert not document_validator().is_valid(document)


def test_a_document_of_the_first_version_still_loads_and_prints() -> None:
    document = json.loads(FIRST.read_text(encoding="utf-8"))
    assert "validity" not in document
    assert "client_cpu_ns" not in document["phases"]["warm"]["trials"][0]
    result = load(FIRST)

    assert result.validity is None
    assert json.loads(result.to_json())["id"] == document["id"]
    for render in FORMATS.values():
        assert "Measurement:" not in render(result)
    assert document_validator().is_valid(document)
    assert document_validator().is_valid(json.loads(result.to_json()))
