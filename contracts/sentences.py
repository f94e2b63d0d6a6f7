"""Our sentences: one template a keyword, filled from the schema; the vendors' sentences stay on their pages."""

import json

from contracts.model import ANY_MEMBER, Json, Node, Schema
from contracts.schema import types_in

_SHOWN = 24  # values of a list; countries have 249
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
    "date": "a day (RFC 3339)",
    "time": "a time of day (RFC 3339)",
    "email": "an address for email",
    "hostname": "a name of a host",
    "ipv4": "an IPv4 address",
    "ipv6": "an IPv6 address",
    "duration": "a duration (ISO 8601)",
    "regex": "a regular expression",
    "json-pointer": "a JSON Pointer",
}
_BOTH = {
    "enum": "{subject} is one of {value}.",
    "minLength": "{subject} is at least {value} {characters} long.",
    "maxLength": "{subject} is at most {value} {characters} long.",
    "minimum": "{subject} is at least {value}.",
    "exclusiveMinimum": "{subject} is greater than {value}.",
    "maximum": "{subject} is at most {value}.",
    "exclusiveMaximum": "{subject} is less than {value}.",
    "minItems": "{subject} has at least {value} members.",
    "maxItems": "{subject} has at most {value} members.",
    "format": "{subject} is {format}.",
    "const": "{subject} is {value}.",
    "pattern": "{subject} matches {value}.",
    "multipleOf": "{subject} is a multiple of {value}.",
    "uniqueItems": "{subject} has no member twice.",
    "items": "{subject} has no members but those that are described.",
    "contains": "{subject} has a member of the kind that the file describes.",
    "minProperties": "{subject} has at least {value} attributes.",
    "maxProperties": "{subject} has at most {value} attributes.",
    "additionalProperties": "{subject} has no attributes but those that are named.",
    "unevaluatedProperties": "{subject} has no attributes but those that are named.",
    "propertyNames": "The names of the attributes of {subject} are of the form that the file describes.",
    "patternProperties": "The attributes of {subject} are what the file says of their names.",
    "dependentRequired": "Attributes of {subject} that need others come with them.",
    "not": "{subject} is not what the file rules out.",
    "anyOf": "{subject} is at least one of {count} alternatives.",
    "oneOf": "{subject} is just one of {count} alternatives.",
    "if": "{subject} keeps what the file says under a condition.",
}

_REQUEST = {
    **_BOTH,
    "type": "{subject} is {types}.",
    "required": "{subject} must be sent.",
    "optional": "{subject} may be left out.",
}
_RESPONSE = {
    **_BOTH,
    "type": "{subject} is {types}.",
    "required": "{answer} has {path}.",
    "writeOnly": "{answer} does not show {path}, which is only written.",
}


def request_sentence(keyword: str, schema: Schema, place: tuple[str, ...]) -> str:
    """What a keyword of a request's schema says, as one sentence."""
    name = ".".join(place[1:]).replace(f".{ANY_MEMBER}", "[]")
    title = "" if isinstance(schema, Node) else schema.get("title")
    subject = title or (f"`{name}`" if name else "The body")
    return _filled(_REQUEST[keyword], keyword, schema, subject=subject)


def response_sentence(keyword: str, schema: Schema, place: tuple[str, ...], status: str) -> str:
    """What a keyword of a response's schema says, as one sentence."""
    answer = answer_phrase(status)
    path = f"`{'.'.join(place).replace(f'.{ANY_MEMBER}', '[]')}`"
    if place[:1] and place[0].startswith("header:"):
        path = f"the header {place[0].partition(':')[2]}"
    subject = f"{path} in {answer[0].lower()}{answer[1:]}" if place else answer
    return _filled(_RESPONSE[keyword], keyword, schema, subject=subject, answer=answer, path=path)


def answer_phrase(status: str) -> str:
    """What answers of a documented status are called."""
    return {"2XX": "An answer of success", "default": "Any other answer"}.get(status, f"A {status} answer")


def _filled(template: str, keyword: str, schema: Schema, **words: str) -> str:
    value = schema.get(keyword)
    words["subject"] = words["subject"][:1].upper() + words["subject"][1:]
    made = template.format(
        types=types_phrase(schema.get("type")),
        value=_listed(value) if "{value}" in template else "",  # alternatives can hold one another
        count=len(value) if isinstance(value, list) else 0,
        characters="character" if value == 1 else "characters",
        format=_FORMATS.get(str(schema.get("format")), f"of the format {schema.get('format')}"),
        **words,
    )
    return made.replace(" of The body", " of the body")


def types_phrase(types: Json) -> str:
    """`["string", "null"]` as `a string or null`."""
    return " or ".join(_TYPES.get(name, str(name)) for name in types_in(types))


def _listed(value: Json) -> str:
    if isinstance(value, list):
        return ", ".join(map(_shown, value[:_SHOWN])) + (
            f" and {len(value) - _SHOWN} more" if len(value) > _SHOWN else ""
        )
    return _shown(value)


def _shown(value: Json) -> str:
    return json.dumps(value) if value is None or isinstance(value, bool) else str(value)
