"""The tables of targets: those of OpenAPI files, one for all operations, or made of an address and headers alone."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from contracts.clauses import NONE
from contracts.contract import Contract, open_contracts
from contracts.errors import UserError
from contracts.model import Kind
from contracts.schema import members_of
from contracts.things import LISTED
from strategies.tenant import steps_of

Table = dict[str, Any]
_SOME = ("path", "situations", "things", "tenant", "authentication")  # what of a file's table is about some operations
_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*:\s*(\S.*)")
YOURS = "…"  # stands for what only a person can fill in
_DEEPEST = 50  # tables within one another
_ORDINARY = "headers"  # the way to authenticate of a file that describes none


def beside(file: Path, key: str, name: str) -> Path:
    """The file of that name in a target file's own folder or below it; raises UserError for any other place."""
    folder, found = file.resolve().parent, file.parent / name
    if not found.resolve().is_relative_to(folder):
        raise UserError(f"{key}: {name} lies outside of the target file's folder; put it beside, or below it")
    return found


def with_files(table: Table, file: Path) -> tuple[Table, list[str]]:
    """The table of a target file with one of its own for each operation of the OpenAPI files that it names.

    What a file's table says holds for all of its operations; what stands under `contracts` goes before it. Also what
    is wrong with that, each with its key: a file that cannot be read, and what fits none of its operations.
    """
    files, own = table.pop("openapi", {}), table.get("contracts", {})
    found, mistakes = Table(), list[str]()
    for name, shared in files.items():
        try:
            whole = [c for c in open_contracts(beside(file, "openapi", name)) if not any(gap.whole for gap in c.gaps)]
        except UserError as error:
            mistakes.append(f"openapi.{name!r}: {error.message}")
            continue
        tables = {contract.name: _fitting(contract, shared) for contract in whole}
        if found.keys() & tables.keys():
            mistakes.append(
                f"openapi.{name!r}: another file has the same name, and so its contracts; rename one of them"
            )
        mistakes += [
            f"openapi.{name!r}.{key}.{member}: no operation of the file has this"
            for key in _SOME if key in shared
            for member in shared[key] if not any(member in one[key] for one in tables.values())
        ]  # fmt: skip
        found |= {contract.name: {**tables[contract.name], **own.get(contract.name, {})} for contract in whole}
    return {**table, "contracts": {**own, **found}}, mistakes


def _fitting(contract: Contract, table: Table) -> Table:
    """What a file's table says, as far as it is about one operation."""
    needs = {clause.needs for clause in contract.clauses.values()}
    places = {clause.place for clause in contract.clauses.values()}
    ways = {clause.keyword for clause in contract.clauses.values() if clause.kind is Kind.AUTHENTICATION}
    fits: dict[str, Callable[[str], bool]] = {
        "path": lambda name: f"{{{name}}}" in contract.path,
        "situations": needs.__contains__,
        "things": lambda name: f"{{{name}}}" in contract.path or tuple(name.split("/")) in places or name == LISTED,
        "tenant": lambda place: steps_of(contract, place) in places,
        "authentication": lambda name: not ways - {NONE} or name in ways,
    }
    kept = {key: {n: v for n, v in table[key].items() if fits[key](n)} for key in _SOME if key in table}
    return {**table, **kept}


def no_json(node: Any, place: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The places of what TOML can say and a request cannot (nan, inf, dates, times, endless nests), each with why."""
    if len(place) > _DEEPEST:
        yield ".".join(place[:3]), f"this nests deeper than {_DEEPEST} levels"
    elif isinstance(node, dict | list):
        for name, member in members_of(node):
            yield from no_json(member, (*place, str(name)))
    elif (isinstance(node, float) and not math.isfinite(node)) or not isinstance(node, str | int | float):
        yield ".".join(place), f"JSON has no {node}; write a number, or a text in quotes"


def left(node: Any, place: tuple[str, ...] = ()) -> Iterator[str]:
    """The places that a draft has left for a person to fill in."""
    for name, member in members_of(node):
        yield from left(member, (*place, str(name)))
    if node == YOURS:
        yield ".".join(place)


def url_mistake(url: str) -> str:
    """Why a text is no URL of a server, or nothing."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and parts.hostname and (parts.port or 1) and not parts.query
    except ValueError:
        return "this is no URL of a server, such as https://api.example.com"
    if not usable or parts.fragment or not url.isprintable() or " " in url:
        return "this is no URL of a server, such as https://api.example.com"
    return "credentials stand under authentication, not in the URL" if parts.username or parts.password else ""


def simple_table(base_url: str, headers: Iterable[str], contracts: Iterable[Contract]) -> Table:
    """A target's table out of an address and headers, such as `Authorization: Bearer ${TOKEN}`; raises UserError."""
    sent = sent_headers(base_url, headers)
    tables = {contract.name: _simple(contract, base_url, sent) for contract in contracts}
    return {"name": urlsplit(base_url).netloc or base_url, "contracts": tables}


def sent_headers(base_url: str, headers: Iterable[str]) -> dict[str, str]:
    """The headers of command line options by name; raises UserError for what is none, and for a wrong address."""
    mistake = url_mistake(base_url)
    if mistake:
        raise UserError(f"--base-url: {mistake}")
    sent: dict[str, str] = {}
    for header in headers:
        found = _HEADER.fullmatch(header.strip())
        if not found:
            raise UserError(
                f"--header {header[:60]!r} is no header; give it as in 'Authorization: Bearer ${{API_TOKEN}}'"
            )
        sent[found[1]] = found[2]
    return sent


def _simple(contract: Contract, base_url: str, headers: Mapping[str, str]) -> Table:
    ways = ["+".join(way) for way in contract.of.security(contract.openapi) if way]
    way = next((way for way in ways if f"{contract.name}/authentication/{way}" in contract.clauses), _ORDINARY)
    return {"base_url": base_url, **({"authentication": {way: {"headers": dict(headers)}}} if headers else {})}
