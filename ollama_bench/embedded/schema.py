"""A JSON Schema -> one from which the engine's grammar gives what Ollama's would. Pure.

The engine here (llguidance) keeps to JSON Schema, where an object may have properties that its schema does not list,
and a small model adds them without end. In Ollama's grammars (llama.cpp's own) an object has those listed and no other,
unless `additionalProperties` says so.
"""

from typing import Any

from ollama_bench.embedded.wire import ApiError, Json

ONE_LINE = {"whitespace_flexible": False, "key_separator": ": ", "item_separator": ", "}
"""An extension by llguidance: free white space has no bound in its grammars, and a small model that begins to indent
may never end."""
_OPENING = ("additionalProperties", "patternProperties", "unevaluatedProperties", "$ref")
_SCHEMA = ("items", "additionalProperties")
_SCHEMAS = ("anyOf", "oneOf", "prefixItems")
_NAMED_SCHEMAS = ("properties", "patternProperties", "$defs", "definitions")


def engine_schema(schema: Json) -> Json:
    """Return `schema` with its objects closed and its answer on one line. Raises ApiError 400 when it is too deep."""
    try:
        # Schemas that hold together see each other's properties as additional ones: they stay as they are.
        closed = schema if _holds_together(schema) else _closed(schema)
    except RecursionError:
        raise ApiError(400, "invalid JSON schema in format: exceeded max depth") from None
    return closed | {"x-guidance": ONE_LINE}


def _holds_together(schema: Json) -> bool:
    parts = (part for key, value in schema.items() for part in _parts(key, value) if isinstance(part, dict))
    return "allOf" in schema or any(_holds_together(part) for part in parts)


def _parts(key: str, value: Any) -> list[Any]:
    """Return the schemas under the keyword `key`; a property's name is none, whatever it looks like."""
    if key in _SCHEMA:
        return [value]
    if key in _SCHEMAS and isinstance(value, list):
        return value
    return list(value.values()) if key in _NAMED_SCHEMAS and isinstance(value, dict) else []


def _closed(schema: Json) -> Json:
    if "properties" in schema and ("anyOf" in schema or "oneOf" in schema):
        return schema
    result = dict(schema)
    for key, value in schema.items():
        if key in _SCHEMA and isinstance(value, dict):
            result[key] = _closed(value)
        elif key in _SCHEMAS and isinstance(value, list):
            result[key] = [_closed(part) if isinstance(part, dict) else part for part in value]
        elif key in _NAMED_SCHEMAS and isinstance(value, dict):
            result[key] = {name: _closed(part) if isinstance(part, dict) else part for name, part in value.items()}
    if isinstance(schema.get("properties"), dict) and not any(key in schema for key in _OPENING):
        result["additionalProperties"] = False
    return result
