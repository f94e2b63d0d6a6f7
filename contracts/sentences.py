"""Our sentences: one template a keyword, filled from the schema; the vendors' sentences stay on their pages."""

from contracts.model import ANY_MEMBER, Json, Schema

_TYPES = {
    "string": "a string",
    "number": "a number",
    "integer": "an integer",
    "boolean": "true or false",
    "object": "an object",
    "array": "an array",
    "null": "null",
}
_FORMATS = {
    "uuid": "a UUID",
    "date-time": "a timestamp (RFC 3339)",
    "timestamp": "a timestamp (ISO 8601)",
    "uri": "a URL",
}

_REQUEST = {
    "type": "{subject} is {types}.",
    "required": "{subject} must be sent.",
    "optional": "{subject} may be left out.",
    "enum": "{subject} is one of {value}.",
    "minLength": "{subject} is at least {value} {characters} long.",
    "maxLength": "{subject} is at most {value} {characters} long.",
    "minimum": "{subject} is at least {value}.",
    "exclusiveMinimum": "{subject} is greater than {value}.",
    "maximum": "{subject} is at most {value}.",
    "exclusiveMaximum": "{subject} is less than {value}.",
    "minItems": "{subject} has at least {value} members.",
    "maxItems": "{subject} has at most {value} members.",
}
_RESPONSE = {
    "type": "{subject} is {types}.",
    "required": "{answer} has {path}.",
    "enum": "{subject} is one of {value}.",
    "format": "{subject} is {format}.",
}


def request_sentence(keyword: str, schema: Schema, place: tuple[str, ...]) -> str:
    """What a keyword of a request's schema says, as one sentence."""
    value = schema.get(keyword)
    return _REQUEST[keyword].format(
        subject=schema.get("title") or f"`{'.'.join(place[1:])}`",
        types=types_phrase(schema.get("type")),
        value=_listed(value),
        characters="character" if value == 1 else "characters",
    )


def response_sentence(keyword: str, schema: Schema, place: tuple[str, ...], status: str) -> str:
    """What a keyword of a response's schema says, as one sentence."""
    answer = "An answer of success" if status == "2XX" else f"A {status} answer"
    path = f"`{'.'.join(place).replace(f'.{ANY_MEMBER}', '[]')}`"
    return _RESPONSE[keyword].format(
        subject=f"{path} in {answer[0].lower()}{answer[1:]}" if place else answer,
        answer=answer,
        path=path,
        types=types_phrase(schema.get("type")),
        value=_listed(schema.get(keyword)),
        format=_FORMATS.get(str(schema.get("format")), str(schema.get("format"))),
    )


def types_phrase(types: Json) -> str:
    """`["string", "null"]` as `a string or null`."""
    names = [types] if isinstance(types, str) else list(types or ())
    return " or ".join(_TYPES[name] for name in names)


def _listed(value: Json) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
