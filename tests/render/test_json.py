"""The document itself."""

import json

from ollama_bench.render.json import render_json
from ollama_bench.scorecard import RunResult
from tests.examples import the_example_of_the_design


def test_it_is_one_object_that_reads_back_as_the_same_result() -> None:
    result = the_example_of_the_design()
    document = json.loads(render_json(result))

    assert RunResult.model_validate(document) == result
    assert document["schema_version"] == 1
    assert document["started_at"] == "2026-11-23T17:03:12Z"
    assert document["verdict"]["decision"] == "keep small"
