"""An OpenAPI file as one graph: its lines kept, its references followed, 3.0 said in the words of 3.1.

A reference is replaced by what it names, the very same object wherever it is named; so the graph of a recursive schema
has circles, and whoever walks it remembers where it has been.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from json.decoder import scanstring  # type: ignore[attr-defined]  # of the standard library, and in no stub
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import yaml
from referencing import Registry, Resource
from referencing.exceptions import NoSuchResource, Unresolvable
from referencing.jsonschema import DRAFT202012

from contracts.dialect import ANNOTATIONS, DATA, modernise, schemas_below
from contracts.errors import ContractError
from contracts.model import Json, Node

MOST = 64 * 2**20  # bytes of a file; GitHub's description has 13 million
NAMES = {  # keys below which stand names that anybody gave, and not words of OpenAPI
    "properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "schemas", "parameters", "responses",
    "headers", "callbacks", "links", "securitySchemes", "requestBodies", "pathItems", "paths", "content", "encoding",
}  # fmt: skip
_TOKEN = re.compile(r"\s*(?:([{}\[\],:])|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null)|(\"))", re.ASCII)
_WORDS = {"true": True, "false": False, "null": None}


def read_openapi(file: Path) -> Node:
    """The file, whole; raises ContractError, with file, line and cure, for what is no OpenAPI 3 description."""
    files = _Files(file)
    root = files.root
    version = str(root.get("openapi", ""))
    if not version.startswith(("3.0", "3.1")):
        found = f"OpenAPI {version}" if version else f"Swagger {root['swagger']}" if "swagger" in root else "none"
        raise ContractError(
            f"{file}: this is {found}, and must be OpenAPI 3.0 or 3.1; a converter such as swagger2openapi mends it"
        )
    if not isinstance(root.get("paths"), Node):
        raise ContractError(f"{file}: it has no `paths`, so it describes no operation")
    for schema in files.follow():
        modernise(schema)
    info = root["info"] if isinstance(root.get("info"), Node) else Node({}, {})
    root["info"] = info if isinstance(info.get("title"), str) else Node({**info, "title": file.stem}, info.lines)
    root["x-document"] = _page_of(root) or files.document
    root.setdefault("x-findings", [])
    root.setdefault("x-silent", {})
    return root


def _page_of(root: Node) -> Json:
    """The page whose lines `x-lines` are, where the file was derived from one (`contracts.readers`)."""
    page = root.get("x-document")
    if not isinstance(page, Node) or set(page) != {"file", "lines", "sha256"}:
        return None
    name, lines = page["file"], page["lines"]
    return page if isinstance(name, str) and Path(name).name == name and type(lines) is int and lines > 0 else None


class _Files:
    """A file, and those below its folder that it refers to."""

    def __init__(self, file: Path) -> None:
        self.file, self._folder = file, file.resolve().parent
        content = _content(file)
        self.root = parsed(file, content)
        lines = content.count(b"\n") + (not content.endswith(b"\n"))
        self.document = {"file": file.name, "lines": lines, "sha256": hashlib.sha256(content).hexdigest()}
        self._base = file.resolve().as_uri()
        self._line = 0  # of the reference that is being followed
        own: Resource[Json] = DRAFT202012.create_resource(self.root)
        registry: Registry[Json] = Registry(retrieve=self._retrieve)  # type: ignore[call-arg]  # its own documented way
        self._registry = registry.with_resource(self._base, own)
        self._found: dict[tuple[str, str], tuple[Json, Any]] = {}

    def follow(self) -> Iterator[Node]:
        """Put what each reference names in its place; gives every schema on the way, once."""
        seen, schemas = {id(self.root)}, dict[int, Node]()
        waiting: list[tuple[Json, str, Any]] = [(self.root, "", self._registry.resolver(self._base))]
        while waiting:
            node, key, resolver = waiting.pop()
            named = key in NAMES
            for step, child in list(node.items() if isinstance(node, Node) else enumerate(node)):
                if not isinstance(child, Node | list) or (not named and (step in DATA or str(step)[:2] == "x-")):
                    continue
                inner, found = (child, resolver) if isinstance(child, list) else self._named(child, resolver)
                node[step] = inner
                if isinstance(inner, Node) and (key in {"schemas", "$defs"} or (step == "schema" and not named)):
                    schemas[id(inner)] = inner
                if id(inner) not in seen:
                    seen.add(id(inner))
                    own = step if isinstance(inner, Node) and isinstance(step, str) and not named else ""
                    waiting.append((inner, own, found))
        known = set[int]()
        for schema in schemas.values():
            yield from schemas_below(schema, known)

    def _named(self, node: Node, resolver: Any) -> tuple[Json, Any]:
        """What a node with a reference stands for, and how the references in it are followed."""
        ways, sibling = set[int](), node
        while isinstance(node, Node) and isinstance(node.get("$ref"), str):
            if id(node) in ways:
                raise ContractError(f"{self.file}, line {self._line}: $ref {node['$ref']!r} leads back to itself")
            ways.add(id(node))
            node, resolver = self._lookup(node, resolver)
        if isinstance(node, Node) and not isinstance(node.get("$ref", ""), str | bool | Mapping):
            says = f"$ref {node['$ref']!r} is no text; give what it names, or take it out"
            raise ContractError(f"{self.file}, line {node.lines['$ref'][0]}: {says}")
        kept = {name: value for name, value in sibling.items() if name not in {"$ref", *ANNOTATIONS}}
        if node is sibling or not kept or not str(self.root["openapi"]).startswith("3.1"):
            return node, resolver
        return Node({**kept, "allOf": [node]}, sibling.lines), resolver

    def _lookup(self, node: Node, resolver: Any) -> tuple[Json, Any]:
        ref, self._line = node["$ref"], node.lines["$ref"][0] or self._line
        key = (resolver._base_uri, ref)  # noqa: SLF001 - what tells one resolver from another
        if key not in self._found:
            try:
                found = resolver.lookup(ref)
            except (Unresolvable, ValueError, TypeError) as error:
                inner: BaseException | None = error
                while inner is not None and not isinstance(inner, ContractError):
                    inner = inner.__cause__
                raise inner or ContractError(
                    f"{self.file}, line {self._line}: $ref {ref!r} names nothing; give what it names, or take it out"
                ) from None
            if isinstance(found.contents, Node) and not found.contents.name:
                found.contents.name = unquote(ref.rpartition("/")[2])
            self._found[key] = found.contents, found.resolver
        return self._found[key]

    def _retrieve(self, uri: str) -> Resource[Json]:
        parts = urlsplit(uri)
        path = Path(unquote(parts.path))
        where = f"{self.file}, line {self._line}: $ref to {uri}"
        if parts.scheme != "file" or not path.resolve().is_relative_to(self._folder):
            raise ContractError(
                f"{where} leads out of the file's folder, and is not followed; save a copy below {self._folder.name}/"
            )
        if not path.is_file():
            raise NoSuchResource(uri)
        return DRAFT202012.create_resource(parsed(path, _content(path), self._line))


# Reading JSON and YAML with their lines.


def _content(file: Path) -> bytes:
    try:
        if file.stat().st_size > MOST:
            raise ContractError(f"{file} has more than {MOST // 2**20} MiB, too many for a description; split it")
        return file.read_bytes()
    except OSError as error:
        raise ContractError(f"{file} cannot be read ({error.strerror}); give the path of an OpenAPI file") from None


def parsed(file: Path, content: bytes, line: int = 0) -> Node:
    """What a file says; with `line`, all of it is said to stand there: where another file refers to this one."""
    try:
        text = content.decode("utf-8-sig")
        root = _json(text, line) if text.lstrip()[:1] == "{" else _yaml(text, line)
    except yaml.MarkedYAMLError as error:
        at = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ContractError(f"{file}, line {at}: this is not YAML: {error.problem}; mend it, and try again") from None
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        said = "it nests too deeply" if isinstance(error, RecursionError) else str(error).partition("\n")[0]
        raise ContractError(f"{file}: this can be read neither as JSON nor as YAML: {said}") from None
    if not isinstance(root, Node):
        raise ContractError(f"{file}: this is no OpenAPI file: at its root stands no mapping")
    return root


def _json(text: str, line: int) -> Json:
    """JSON, with a Node for each object."""
    return _Scanner(text, line).value(*_Scanner.sign(text, 0))


class _Scanner:
    """Reads JSON as Python's own does, and remembers lines."""

    def __init__(self, text: str, line: int) -> None:
        self._text, self._only, self._at, self._line = text, line, 0, 1

    @staticmethod
    def sign(text: str, at: int) -> tuple[str, int]:
        found = _TOKEN.match(text, at)
        if not found:
            raise ValueError(f"line {text.count(chr(10), 0, at) + 1}: unexpected {text[at : at + 20].strip()!r}")
        return found[found.lastindex or 0], found.end()

    def line(self, at: int) -> int:
        self._line += self._text.count("\n", self._at, at)
        self._at = at
        return self._only or self._line

    def value(self, sign: str, at: int) -> Json:
        value, self.end = self._value(sign, at)
        return value

    def _value(self, sign: str, at: int) -> tuple[Json, int]:
        if sign == "{":
            return self._object(at)
        if sign == "[":
            return self._array(at)
        if sign == '"':
            return scanstring(self._text, at, True)  # type: ignore[no-any-return]
        if sign in _WORDS:
            return _WORDS[sign], at
        if sign in {"}", "]", ",", ":"}:
            raise ValueError(f"line {self.line(at)}: unexpected {sign!r}")
        return json.loads(sign), at

    def _object(self, at: int) -> tuple[Node, int]:
        node = Node({}, {})
        sign, at = self.sign(self._text, at)
        while sign != "}":
            if sign != '"':
                raise ValueError(f"line {self.line(at)}: a name in quotes is missing")
            first = self.line(at)
            key, at = scanstring(self._text, at, True)
            colon, at = self.sign(self._text, at)
            if colon != ":":
                raise ValueError(f"line {self.line(at)}: a colon is missing")
            if key in node:
                raise ValueError(f"line {first}: {key[:60]!r} stands a second time")
            node[key], at = self._value(*self.sign(self._text, at))
            node.lines[key] = first, self.line(at)
            sign, at = self._next(at, "}")
        return node, at

    def _array(self, at: int) -> tuple[list[Json], int]:
        members: list[Json] = []
        sign, at = self.sign(self._text, at)
        while sign != "]":
            member, at = self._value(sign, at)
            members.append(member)
            sign, at = self._next(at, "]")
        return members, at

    def _next(self, at: int, end: str) -> tuple[str, int]:
        """The sign behind a comma, or the end."""
        sign, at = self.sign(self._text, at)
        if sign == ",":
            return self.sign(self._text, at)
        if sign != end:
            raise ValueError(f"line {self.line(at)}: a comma is missing")
        return sign, at


def _yaml(text: str, line: int) -> Json:
    loader = _Loader(text)
    loader.only = line
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # which of both is the machine's
    """YAML 1.2's core schema, in which `no` is a word and a date a text, with a Node for each mapping."""

    only = 0
    yaml_implicit_resolvers: dict[str, list[tuple[str, Any]]] = {}  # noqa: RUF012 - PyYAML's own way

    def construct_node(self, node: yaml.MappingNode) -> Iterator[Node]:
        made = Node({}, {})
        yield made
        seen = set[str]()
        for key_node, _ in node.value:  # before anything is merged in, which they may say otherwise
            if key_node.value in seen:
                raise ValueError(f"line {key_node.start_mark.line + 1}: {key_node.value[:60]!r} stands a second time")
            seen |= {key_node.value} if isinstance(key_node.value, str) else set()
        self.flatten_mapping(node)
        for key_node, value_node in node.value:
            key = self.construct_object(key_node, deep=True)
            key = key_node.value if not isinstance(key, str) else key
            made[key] = self.construct_object(value_node, deep=True)
            end = value_node.end_mark
            last = max(key_node.start_mark.line + 1, end.line + (end.column > 0))
            made.lines[key] = (self.only, self.only) if self.only else (key_node.start_mark.line + 1, last)


_Loader.add_constructor("tag:yaml.org,2002:map", _Loader.construct_node)
_Loader.add_constructor("tag:yaml.org,2002:int", lambda _, node: int(node.value))
for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+", list("-+0123456789")),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", list("-+.0123456789")),
    ("merge", r"<<", ["<"]),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), _first)
