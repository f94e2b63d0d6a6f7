"""One verdict document out of several, such as those of a run's shards: their rows are put together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from contracts.contract import load_contracts
from contracts.errors import UserError
from reports.files import Row
from reports.verdicts import Section, Verdicts, read_verdicts


def merge_verdicts(files: Sequence[Path], expected: Sequence[str] = ()) -> Row:
    """One document out of those of several runs of one profile: shards of a run, or runs on several targets.

    Of the `expected` contracts, or OpenAPI files, those that no file has are told, and all their clauses unexercised.
    Raises UserError for files that cannot be merged.
    """
    wanted = load_contracts(tuple(expected)) if expected else ()  # first, for a journal names those of a file
    documents = _each_run_once(files)
    if len(documents) == 1 and not wanted:
        return next(iter(documents.values()))
    profiles = {document["run"]["profile"]: file for file, document in documents.items()}
    if len(profiles) > 1:
        (one, first), (other, second), *_ = profiles.items()
        raise UserError(f"{first} is of profile {one} and {second} of {other}; merge runs of one profile")
    parts = list(documents.values())
    started = [datetime.fromisoformat(document["run"]["started"]).astimezone(UTC) for document in parts]
    ended = [s + timedelta(seconds=d["run"]["seconds"]) for s, d in zip(started, parts, strict=True)]
    runs = [document["run"] for document in parts]
    merged = Verdicts(runs[0]["profile"], any(run["strict"] for run in runs), min(started), max(ended))
    merged.ids = frozenset(identifier for run in runs for identifier in run.get("ids", []))
    merged.interrupted = any(run["interrupted"] for run in runs)
    for document, run in zip(parts, runs, strict=True):
        merged.counts.update(requests=run["requests"], created=run["created"], left=run.get("left", 0))
        merged.notes += [note for note in run["notes"] if note not in merged.notes]
        for contract in document["contracts"]:
            key = (contract["name"], contract["target"])
            merged.sections.setdefault(key, Section.read(contract)).take(contract)
    for target in sorted({target for _, target in merged.sections}):
        missing = [contract for contract in wanted if (contract.name, target) not in merged.sections]
        merged.sections |= {(contract.name, target): Section.of(contract, target) for contract in missing}
        if missing:
            names = ", ".join(contract.name for contract in missing)
            said = f"no verdicts on {target} of {names}: no file has them, as when their shard was killed; run it again"
            merged.notes.insert(0, said)
    whole = merged.document()
    drifts = [document["drift"] for document in parts if "drift" in document]
    if drifts:
        whole["drift"] = {
            name: [row for drift in drifts for row in drift[name]] for name in ("entries", "too_few", "notes")
        }
        whole["drift"]["baseline"] = "; ".join(sorted({drift["baseline"] for drift in drifts}))
    return whole


def _each_run_once(files: Sequence[Path]) -> dict[Path, Row]:
    """The documents of files, without those whose runs another one holds too; raises UserError for a part of one."""
    documents: dict[Path, Row] = {}
    for file in sorted(dict.fromkeys(files), key=files.index):
        document = read_verdicts(file)
        ids = set(document["run"].get("ids", []))
        for other, earlier in list(documents.items()):
            known = set(earlier["run"].get("ids", []))
            if ids and ids <= known:
                break
            if known and known < ids:
                del documents[other]
            elif ids & known:
                raise UserError(f"{other} and {file} hold a run in common, and others besides; merge each run once")
        else:
            documents[file] = document
    return documents
