"""`python -m contracts`: look at the contracts, their clauses, and how they account for their documents."""

from __future__ import annotations

import json
from pathlib import Path

import click
import yaml

from contracts.behaviours import explained
from contracts.contract import Contract, load_contract, load_contracts
from contracts.coverage import Coverage, measure_coverage, read_document
from contracts.export import Laid, exported
from contracts.model import Clause, Lines
from contracts.readers.commands import COMMANDS
from contracts.text import use_plain_console


@click.group()
def main() -> None:
    """Look at the contracts: what the documentation pages promise, clause by clause."""
    use_plain_console()


@main.command("list")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
@click.option("--ids", "ids_only", is_flag=True, help="Print the ids and nothing else.")
def list_clauses(names: tuple[str, ...], as_json: bool, ids_only: bool) -> None:
    """Print every clause: id, level, kind, lines and our sentence."""
    contracts = load_contracts(names)
    if ids_only:
        click.echo("\n".join(clause for contract in contracts for clause in contract.clauses))
        return
    if as_json:
        rows = [_row(clause) for contract in contracts for clause in contract.clauses.values()]
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for contract in contracts:
        stated = sum(clause.level == "stated" for clause in contract.clauses.values())
        click.echo(f"{contract.name}: {len(contract.clauses)} clauses, {stated} stated")
        width = max(len(clause.id) for clause in contract.clauses.values())
        for clause in contract.clauses.values():
            head = f"  {clause.id:{width}}  {clause.level:7}  {clause.kind:14}"
            click.echo(f"{head}  {clause.lines!s:18}  {clause.sentence}")


@main.command()
@click.argument("name")
@click.option("--format", "form", type=click.Choice(["json", "yaml"]), default="json", show_default=True)
@click.option(
    "--target", metavar="FILE", type=click.Path(path_type=Path),
    help="Lay in this target's address, path parameters and fields, so that it takes what keeps the export.",
)  # fmt: skip
def export(name: str, form: str, target: Path | None) -> None:
    """Print one contract as OpenAPI 3.1, for any tool that reads OpenAPI."""
    contract = load_contract(name)
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
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
def findings(names: tuple[str, ...], as_json: bool) -> None:
    """Print what is wrong with, or missing from, the pages themselves."""
    contracts = load_contracts(names)
    if as_json:
        rows = [{"contract": c.name, **finding} for c in contracts for finding in _findings(c)]
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for contract in contracts:
        click.echo(f"{contract.name}: {len(_findings(contract))} findings about the page")
        for finding in _findings(contract):
            click.echo(f"  {Lines.parse(finding['lines']).phrase}: {finding['kind']}: {finding['sentence']}")


@main.command()
def behaviours() -> None:
    """Explain the kinds of behaviour, and the parameters that a contract gives them."""
    click.echo("\n".join(explained()))


def _laid(contract: Contract, target: Path) -> Laid:
    """What a target file lays into an export. A command line puts together what is further along the way."""
    from endpoints.targets import load_target
    from strategies.tenant import request_schema

    endpoint = load_target(target).endpoint(contract.name)
    body = request_schema(contract, endpoint.tenant)["properties"]["body"]
    return Laid(endpoint.base_url, endpoint.path, body)


def _row(clause: Clause) -> dict[str, str]:
    return {
        "id": clause.id,
        "level": clause.level,
        "kind": clause.kind,
        "lines": str(clause.lines),
        "sentence": clause.sentence,
        "needs": clause.needs,
    }


def _findings(contract: Contract) -> list[dict[str, str]]:
    return [{**finding, "lines": str(finding["lines"])} for finding in contract.openapi["x-findings"]]


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
