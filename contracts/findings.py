"""What is wrong with a document itself: what a person noted of a page, and what can be seen of an OpenAPI file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from contracts.contract import Contract
from contracts.dialect import schemas_below
from contracts.model import Lines, Node, lines_in
from contracts.operations import PARAMETER
from contracts.patterns import JUDGE

_BOUNDS = (
    ("minLength", "maxLength"),
    ("minItems", "maxItems"),
    ("minimum", "maximum"),
    ("minProperties", "maxProperties"),
)
Finding = Mapping[str, str]


def findings_of(contract: Contract) -> list[Finding]:
    """Each with its `kind`, its `lines` and a `sentence`."""
    noted: list[Finding] = [{**finding, "lines": str(finding["lines"])} for finding in contract.openapi["x-findings"]]
    if contract.file is None:
        return noted
    seen = [_row(*found) for found in (*_of_operation(contract), *_of_schemas(contract))]
    gaps = [_row("not supported", gap.lines, gap.says) for gap in contract.gaps]
    return [*noted, *(row for n, row in enumerate(seen) if row not in seen[:n]), *gaps]


def _row(kind: str, lines: Lines, sentence: str) -> Finding:
    return {"kind": kind, "lines": str(lines), "sentence": sentence}


def _of_operation(contract: Contract) -> Iterator[tuple[str, Lines, str]]:
    facts = contract.operation
    if "operationId" not in facts:
        yield "missing name", lines_in(facts, "here"), "The operation has no operationId, so a name was made for it."
    described = {one["name"] for one in facts.get("parameters", ()) if one.get("in") == "path"}
    for name in PARAMETER.findall(contract.path):
        if name not in described:
            yield (
                "missing parameter",
                lines_in(facts, "here"),
                f"The path has {{{name}}}, which no parameter describes.",
            )
    schemes = contract.openapi.get("components", {}).get("securitySchemes", {})
    for scheme in {name for way in contract.of.security(contract.openapi) for name in way}:
        if scheme not in schemes:
            yield "missing scheme", lines_in(facts, "security"), f"No security scheme `{scheme}` is described."
    if not any(status.startswith("2") for status in contract.statuses()):
        yield "missing response", lines_in(facts, "responses"), "No answer of success is described."


def _of_schemas(contract: Contract) -> Iterator[tuple[str, Lines, str]]:
    known, roots = set[int](), [contract.body_schema]
    for response in contract.operation.get("responses", {}).values():
        roots += [content.get("schema") for content in response.get("content", {}).values() if content]
    for root in roots:
        for schema in schemas_below(root, known) if isinstance(root, Node) else ():
            yield from _of_schema(schema)


def _of_schema(schema: Node) -> Iterator[tuple[str, Lines, str]]:
    named = schema.get("properties", {})
    if named and not schema.keys() & {"allOf", "anyOf", "oneOf", "patternProperties"}:
        for name in schema.get("required", ()):
            if name not in named:
                sentence = f"`{name}` is required, and nothing says what it is."
                yield "missing attribute", lines_in(schema, "required"), sentence
    for low, high in _BOUNDS:
        if schema.get(low, 0) > schema.get(high, schema.get(low, 0)):
            yield "contradiction", lines_in(schema, low), f"{low} is greater than {high}, so no value keeps both."
    for keyword in ("default", "examples"):
        values = schema.get(keyword, ()) if keyword == "examples" else [schema[keyword]] if keyword in schema else ()
        if any(not JUDGE(schema).is_valid(value) for value in values):
            yield (
                "example breaks its schema",
                lines_in(schema, keyword),
                f"What stands under {keyword} breaks its own schema.",
            )
