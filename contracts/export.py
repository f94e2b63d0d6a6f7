"""A contract as other tools read it: plain OpenAPI 3.1 that linters, generators and fuzzers take as it is.

What stands in the catalogue is for us; what leaves it differs in this:

- what OpenAPI wants and the page doesn't give is said to be so: servers, responses by default, of success and of 4XX;
- what the page leaves open (`x-open`) is no constraint, nor is our own format of timestamps;
- of two bounds the tighter stays, arrays have `items`, and text has the media type of text;
- scopes stand beside the schemes that OpenAPI lets have them, else under `x-scopes`.

Everything else that begins with `x-` stays, above all `x-lines` and `x-level`: no tool minds it, and it says what
stands on the page and what is our reading. With a tenant's body, with path parameters and an address laid in, requests
that keep the export are taken by that target; so then what is left open stays as the strategies have it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from contracts.contract import Contract
from contracts.keywords import redundant_keywords
from contracts.model import Json, Schema
from contracts.operations import PARAMETER
from contracts.patterns import JUDGE
from contracts.schema import types_in

OWN_FORMATS = ("timestamp",)  # of ours: no other tool knows it
SILENT = "The page documents no such response."


@dataclass(frozen=True)
class Laid:
    """What a target lays into an export: its address, its path parameters, and the body with the fields it has."""

    server: str
    path: Mapping[str, str] = field(default_factory=dict)
    body: Schema = field(default_factory=dict)


def exported(contract: Contract, laid: Laid | None = None) -> dict[str, Any]:
    """The contract as OpenAPI 3.1 in plain JSON values, for one target if it is given.

    Of an OpenAPI file, that is its operation and what this refers to.
    """
    if contract.file is not None:
        return _of_file(contract, laid)
    openapi: dict[str, Any] = json.loads(json.dumps(contract.openapi))  # without YAML's anchors
    tag = str(openapi["info"]["title"]).partition(",")[0]
    source = f"{contract.document['file']}, the saved page of {tag}"
    openapi["info"] |= {
        "description": f"Read from {source}; x-lines name its lines, and x-level: implied what it doesn't say.",
        "contact": {"name": "Clausewise"},
        "license": {"name": "MIT", "identifier": "MIT"},
    }
    openapi["tags"] = [{"name": tag, "description": f"What the page of {tag} describes."}]
    if laid:
        openapi["servers"] = [{"url": laid.server}]
        openapi["paths"] = {
            path: item for path, item in openapi["paths"].items() if set(PARAMETER.findall(path)) <= set(laid.path)
        }
    else:
        openapi.setdefault("servers", [{"url": "/", "description": "The page names no server."}])
    schemes = openapi.get("components", {}).get("securitySchemes", {})
    for item in openapi["paths"].values():
        operation = item[contract.method.lower()]
        operation |= {"tags": [tag], "description": f"{_sentence(operation['summary'])} Lines {operation['x-lines']}."}
        _secure(operation, schemes)
        _answer(operation["responses"])
        for parameters in (item.get("parameters", []), operation.get("parameters", [])):
            _place(parameters, laid.path if laid else {})
        if laid:
            _lay(operation["requestBody"]["content"][contract.media_type], laid.body)
    _mend(openapi["paths"], keep_open=laid is not None)
    return openapi


def _of_file(contract: Contract, laid: Laid | None) -> dict[str, Any]:
    schemas: dict[str, Json] = {}
    operation = portable(contract.operation, schemas)
    _place(operation["parameters"], laid.path if laid else {})
    if laid and laid.body:
        operation["requestBody"]["content"][contract.media_type]["schema"] = portable(laid.body, schemas)
    servers = [{"url": laid.server}] if laid else contract.openapi.get("servers", [{"url": "/"}])
    schemes = contract.openapi.get("components", {}).get("securitySchemes", {})
    return {
        "openapi": "3.1.0",
        "info": portable(contract.openapi.get("info", {}), schemas),
        "servers": portable(servers, schemas),
        "security": portable(contract.openapi.get("security", []), schemas),
        "paths": {contract.path: {contract.method.lower(): operation}},
        "components": {"schemas": schemas, "securitySchemes": portable(schemes, schemas)},
    }


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


def _secure(operation: dict[str, Any], schemes: Mapping[str, Any]) -> None:
    """A page that names no way to authenticate doesn't say that there is none: that is `{}`, not `[]`."""
    operation.setdefault("security", [{}])
    for way in operation["security"]:
        for name, scopes in way.items():
            if scopes and schemes[name]["type"] not in {"oauth2", "openIdConnect"}:
                operation["x-scopes"], way[name] = scopes, []


def _answer(responses: dict[str, Any]) -> None:
    """Responses of every kind, and text as text."""
    for success in ("2", "4"):
        if not any(status.startswith(success) for status in responses):
            responses[f"{success}XX"] = {"description": SILENT}
    responses.setdefault("default", {"description": SILENT})
    for response in responses.values():
        content = response.get("content", {})
        if content.get("*/*", {}).get("schema", {}).get("type") == "string":
            content["text/plain"] = content.pop("*/*")


def _place(parameters: list[dict[str, Any]], values: Mapping[str, str]) -> None:
    """Path parameters with the target's values; OpenAPI has no header parameter Content-Type (4.8.12.2)."""
    parameters[:] = [one for one in parameters if (one["in"], one["name"].lower()) != ("header", "content-type")]
    for parameter in parameters:
        if parameter["in"] == "path" and parameter["name"] in values:
            parameter["schema"] = {"type": "string", "enum": [values[parameter["name"]]]}


def _lay(content: dict[str, Any], body: Schema) -> None:
    """The target's body, and of the page's examples those that the target takes."""
    content["schema"] = json.loads(json.dumps(body))
    examples = content.pop("examples", {})
    taken = JUDGE(content["schema"])
    kept = {name: example for name, example in examples.items() if taken.is_valid(example["value"])}
    content |= {"examples": kept} if kept else {}


def _mend(value: Json, *, keep_open: bool) -> None:
    """Mend every schema in a value."""
    if isinstance(value, list):
        for member in value:
            _mend(member, keep_open=keep_open)
    if not isinstance(value, dict):
        return
    for name, member in value.items():
        if name == "schema":
            _mend_schema(member, keep_open=keep_open)
        elif name != "value":  # of an example
            _mend(member, keep_open=keep_open)


def _mend_schema(schema: dict[str, Any], *, keep_open: bool) -> None:
    left_out = redundant_keywords(schema)
    left_out |= set() if keep_open else set(schema.get("x-open", ()))
    left_out |= {"format"} if schema.get("format") in OWN_FORMATS else set()
    for keyword in left_out & set(schema):
        del schema[keyword]
    if "array" in types_in(schema.get("type")):
        schema.setdefault("items", {})
    members = [schema[name] for name in ("items", "additionalProperties") if isinstance(schema.get(name), dict)]
    for child in [*schema.get("properties", {}).values(), *members]:
        _mend_schema(child, keep_open=keep_open)


def portable(schema: Json, named: dict[str, Json], above: tuple[int, ...] = ()) -> Json:
    """A schema in plain JSON values; what stands within itself is put among the `named` components."""
    if isinstance(schema, list):
        return [portable(member, named, above) for member in schema]
    if not isinstance(schema, Mapping):
        return schema
    name = f"{getattr(schema, 'name', '') or 'schema'}-{id(schema)}"
    if id(schema) in above:
        named.setdefault(name, None)
        return {"$ref": f"#/components/schemas/{name}"}
    made = {key: portable(value, named, (*above, id(schema))) for key, value in schema.items()}
    if name in named:
        named[name] = made
        return {"$ref": f"#/components/schemas/{name}"}
    return made
