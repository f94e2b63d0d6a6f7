"""The tables of targets: those of OpenAPI files, one for all operations, or made of an address and headers alone."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from contracts.contract import Contract, open_contracts
from contracts.errors import UserError

Table = dict[str, Any]
_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*:\s*(\S.*)")
_DEEPEST = 50  # tables within one another
_ORDINARY = "headers"  # the way to authenticate of a file that describes none


def beside(file: Path, key: str, name: str) -> Path:
    """The file of that name in a target file's own folder or below it; raises UserError for any other place."""
    folder, found = file.resolve().parent, file.parent / name
    if not found.resolve().is_relative_to(folder):
        raise UserError(f"{file}: {key}: {name} lies outside of the target file's folder; put it beside, or below it")
    return found


def with_files(table: Table, file: Path) -> Table:
    """The table of a target file with one of its own for each operation of the OpenAPI files that it names.

    What a file's table says holds for all of its operations; what stands under `contracts` goes before it.
    """
    files, own = table.pop("openapi", {}), table.get("contracts", {})
    found: Table = {}
    for name, shared in files.items():
        for contract in open_contracts(beside(file, "openapi", name)):
            if not any(gap.whole for gap in contract.gaps):
                found[contract.name] = _fitting(contract, {**shared, **own.get(contract.name, {})})
    return {**table, "contracts": {**own, **found}}


def _fitting(contract: Contract, table: Table) -> Table:
    """What a file's table says, as far as it is about one operation."""
    path = {name: value for name, value in table.get("path", {}).items() if f"{{{name}}}" in contract.path}
    needs = {clause.needs for clause in contract.clauses.values()}
    situations = {name: facts for name, facts in table.get("situations", {}).items() if name in needs}
    places = {clause.place for clause in contract.clauses.values()}
    things = {
        name: facts
        for name, facts in table.get("things", {}).items()
        if f"{{{name}}}" in contract.path or tuple(name.split("/")) in places
    }
    tenant = {place: one for place, one in table.get("tenant", {}).items() if ("body", *place.split("/")) in places}
    return {**table, "path": path, "situations": situations, "things": things, "tenant": tenant}


def no_json(node: Any, place: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The places of what TOML can say and a request cannot (nan, inf, dates, times, endless nests), each with why."""
    if len(place) > _DEEPEST:
        yield ".".join(place[:3]), f"this nests deeper than {_DEEPEST} levels"
    elif isinstance(node, dict | list):
        for name, member in node.items() if isinstance(node, dict) else enumerate(node):
            yield from no_json(member, (*place, str(name)))
    elif (isinstance(node, float) and not math.isfinite(node)) or not isinstance(node, str | int | float):
        yield ".".join(place), f"JSON has no {node}; write a number, or a text in quotes"


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
    tables = {contract.name: _simple(contract, base_url, sent) for contract in contracts}
    return {"name": urlsplit(base_url).netloc or base_url, "contracts": tables}


def _simple(contract: Contract, base_url: str, headers: Mapping[str, str]) -> Table:
    ways = ["+".join(way) for way in contract.of.security(contract.openapi) if way]
    way = next((way for way in ways if f"{contract.name}/authentication/{way}" in contract.clauses), _ORDINARY)
    return {"base_url": base_url, **({"authentication": {way: {"headers": dict(headers)}}} if headers else {})}
