import json

import pytest

from ollama_bench.embedded.schema import ONE_LINE, engine_schema
from ollama_bench.embedded.wire import ApiError, Json

INNER = {"type": "object", "properties": {"b": {"type": "integer"}}}
CLOSED = INNER | {"additionalProperties": False}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (INNER, CLOSED),
        ({"type": "object"}, {"type": "object"}),
        (INNER | {"additionalProperties": True}, INNER | {"additionalProperties": True}),
        (INNER | {"additionalProperties": INNER}, INNER | {"additionalProperties": CLOSED}),
        (INNER | {"patternProperties": {"^x": INNER}}, INNER | {"patternProperties": {"^x": CLOSED}}),
        ({"properties": {"a": INNER}}, {"properties": {"a": CLOSED}, "additionalProperties": False}),
        ({"properties": {"properties": INNER}}, {"properties": {"properties": CLOSED}, "additionalProperties": False}),
        ({"type": "array", "items": INNER}, {"type": "array", "items": CLOSED}),
        ({"prefixItems": [INNER, True]}, {"prefixItems": [CLOSED, True]}),
        ({"anyOf": [INNER, {"type": "null"}]}, {"anyOf": [CLOSED, {"type": "null"}]}),
        ({"$ref": "#/$defs/a", "$defs": {"a": INNER}}, {"$ref": "#/$defs/a", "$defs": {"a": CLOSED}}),
        ({"allOf": [INNER, {"properties": {"c": {}}}]}, {"allOf": [INNER, {"properties": {"c": {}}}]}),
        (INNER | {"anyOf": [INNER]}, INNER | {"anyOf": [INNER]}),
        ({"const": INNER}, {"const": INNER}),
        ({"enum": ["allOf"], "items": INNER}, {"enum": ["allOf"], "items": CLOSED}),
        *(
            ({"properties": {name: INNER}}, {"properties": {name: CLOSED}, "additionalProperties": False})
            for name in ("allOf", "anyOf", "oneOf", "$ref", "additionalProperties", "const", "items")
        ),
        ({"items": {"allOf": [INNER]}, "$defs": {"a": INNER}}, {"items": {"allOf": [INNER]}, "$defs": {"a": INNER}}),
        ({"properties": 5, "items": 7, "anyOf": {}}, {"properties": 5, "items": 7, "anyOf": {}}),
    ],
)
def test_objects_are_closed_as_in_the_grammars_of_ollama(schema: Json, expected: Json) -> None:
    before = json.dumps(schema)
    assert engine_schema(schema) == expected | {"x-guidance": ONE_LINE}
    assert json.dumps(schema) == before


def test_a_schema_that_is_too_deep_is_a_400() -> None:
    schema: Json = {}
    for _ in range(5000):
        schema = {"items": schema}
    with pytest.raises(ApiError, match="max depth") as caught:
        engine_schema(schema)
    assert caught.value.status == 400
