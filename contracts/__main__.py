"""`python -m contracts`: look at the contracts, their clauses, and how they account for their documents."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import click
import yaml

from contracts.behaviours import explained
from contracts.contract import Contract, load_contracts
from contracts.coverage import Coverage, measure_coverage, read_document
from contracts.errors import Commands, ContractError
from contracts.export import Laid, exported
from contracts.findings import findings_of
from contracts.readers.commands import COMMANDS
from contracts.text import as_line, use_plain_console


@click.group(cls=Commands)
def main() -> None:
    """Look at the contracts: what the documentation pages promise, clause by clause."""
    use_plain_console()


@main.command("list")
@click.argument("names", nargs=-1, metavar="[NAME|FILE[#OPERATION]]...")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
@click.option("--ids", "ids_only", is_flag=True, help="Print the ids and nothing else.")
@click.option("--support", is_flag=True, help="Print which operations are supported, and what of the others is not.")
def list_clauses(names: tuple[str, ...], as_json: bool, ids_only: bool, support: bool) -> None:
    """Print every clause: id, level, kind, lines and our sentence.

    Each NAME is a contract of the catalogue, an OpenAPI file, or one operation of it.
    """
    contracts = load_contracts(names)
    if ids_only:
        click.echo("\n".join(as_line(clause) for contract in contracts for clause in contract.clauses))
        return
    if as_json:
        rows = [{**one.row, "needs": one.needs} for contract in contracts for one in contract.clauses.values()]
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    counts = Counter[str]()
    for contract in contracts:
        stated = sum(clause.level == "stated" for clause in contract.clauses.values())
        supported, missing = _support(contract)
        counts[supported] += 1
        told = f", {supported} supported" if contract.file else ""
        click.echo(as_line(f"{contract.name}: {len(contract.clauses)} clauses, {stated} stated{told}"))
        for says in missing:
            click.echo(as_line(f"  not supported: {says}"))
        if not support:
            _print_clauses(contract)
    if any(contract.file for contract in contracts):
        of = ", ".join(f"{counts[kind]:,} {kind}" for kind in ("fully", "partly", "not"))
        click.echo(f"{len(contracts):,} operations: {of} supported")


@main.command()
@click.argument("name", metavar="NAME|FILE#OPERATION")
@click.option("--format", "form", type=click.Choice(["json", "yaml"]), default="json", show_default=True)
@click.option(
    "--target", metavar="FILE", type=click.Path(path_type=Path),
    help="Lay in this target's address, path parameters and fields, so that it takes what keeps the export.",
)  # fmt: skip
def export(name: str, form: str, target: Path | None) -> None:
    """Print one contract as OpenAPI 3.1, for any tool that reads OpenAPI."""
    contracts = load_contracts((name,))
    if len(contracts) > 1:
        there = ", ".join(one.name.partition(".")[2] for one in contracts[:5])
        raise ContractError(
            f"{name} has {len(contracts)} operations; give one of them, as in {name}#OPERATION: {there}, …"
        )
    contract = contracts[0]
    openapi = exported(contract, _laid(contract, target) if target else None)
    if form == "yaml":
        click.echo(yaml.safe_dump(openapi, sort_keys=False, allow_unicode=True, width=110), nl=False)
    else:
        click.echo(json.dumps(openapi, indent=2, ensure_ascii=False))


@main.command()
@click.option("--documents", type=click.Path(path_type=Path), required=True, help="The folder of saved pages.")
@click.option("--check", is_flag=True, help="Exit with 1 when a line is unaccounted for.")
@click.argument("names", nargs=-1, metavar="[NAME]...")
def coverage(documents: Path, check: bool, names: tuple[str, ...]) -> None:
    """Account for every line of the documents: cited, silent (with the kind), or unaccounted for."""
    accounts = [measure_coverage(c, read_document(c, documents)) for c in load_contracts(names)]
    for account in accounts:
        _print_account(account)
    failing = [account.contract for account in accounts if not account.holds]
    if check and failing:
        click.echo(f"not every line is accounted for: {', '.join(failing)}", err=True)
        raise SystemExit(1)


@main.command()
@click.argument("names", nargs=-1, metavar="[NAME|FILE[#OPERATION]]...")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
def findings(names: tuple[str, ...], as_json: bool) -> None:
    """Print what is wrong with, or missing from, the pages themselves."""
    contracts = load_contracts(names)
    if as_json:
        rows = [{"contract": c.name, **finding} for c in contracts for finding in findings_of(c)]
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for contract in contracts:
        found = findings_of(contract)
        click.echo(f"{contract.name}: {len(found)} findings about the page")
        for finding in found:
            lines = f"line{'s' * (not finding['lines'].isdecimal())} {finding['lines']}"
            click.echo(f"  {lines}: {finding['kind']}: {finding['sentence']}")


@main.command()
def behaviours() -> None:
    """Explain the kinds of behaviour, and the parameters that a contract gives them."""
    click.echo("\n".join(explained()))


def _print_clauses(contract: Contract) -> None:
    width = max(map(len, contract.clauses), default=0)
    for clause in contract.clauses.values():
        head = f"  {clause.id:{width}}  {clause.level:7}  {clause.kind:14}"
        click.echo(as_line(f"{head}  {clause.lines!s:18}  {clause.sentence}"))


def _support(contract: Contract) -> tuple[str, list[str]]:
    """How far a contract is supported: `fully`, `partly` or `not`, and what is not, each with its lines."""
    from strategies.edges import left_out
    from strategies.errors import StrategyError

    missing = [f"{gap.lines.phrase}: {gap.says}" for gap in contract.gaps]
    whole = any(gap.whole for gap in contract.gaps)
    if contract.file and not whole:
        try:
            missing += left_out(contract)
        except StrategyError as error:
            missing, whole = [*missing, error.message], True
    return "not" if whole else "partly" if missing else "fully", missing


def _laid(contract: Contract, target: Path) -> Laid:
    """What a target file lays into an export. A command line puts together what is further along the way."""
    from endpoints.targets import load_target
    from strategies.tenant import request_schema

    endpoint = load_target(target).endpoint(contract.name)
    body = request_schema(contract, endpoint.tenant)["properties"].get("body", {})
    return Laid(endpoint.base_url, endpoint.path, body)


def _print_account(account: Coverage) -> None:
    kinds = ", ".join(f"{len(numbers)} {kind}" for kind, numbers in sorted(account.silent.items()) if numbers)
    silent = sum(map(len, account.silent.values()))
    click.echo(
        f"{account.contract}: {account.total} lines, {len(account.cited)} cited, "
        f"{silent} state nothing ({kinds}), {len(account.unaccounted)} unaccounted for"
    )
    for label, numbers in (("unaccounted for", account.unaccounted), ("accounted twice", account.contradictory)):
        if numbers:
            click.echo(f"  {label}: {', '.join(map(str, sorted(numbers)))}")


for _command in COMMANDS:
    main.add_command(_command)

if __name__ == "__main__":
    main(prog_name="python -m contracts")
