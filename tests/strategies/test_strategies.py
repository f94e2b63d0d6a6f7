"""Conforming requests validate and breaking ones violate exactly their clause; the jsonschema package is the judge."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from contracts.contract import Contract, load_contracts
from contracts.keywords import redundant_keywords
from contracts.model import Clause, Kind, Side
from endpoints.mock.app import ENVIRONMENT
from endpoints.targets import load_target
from endpoints.telling import leaves
from strategies import Request, Tenant, breaking_variants, conforming_requests, edge_requests
from tests.helpers import the_first

CONTRACTS = {contract.name: contract for contract in load_contracts()}
BREAKABLE = [
    clause
    for contract in CONTRACTS.values()
    for clause in contract.clauses.values()
    if clause.kind is Kind.REQUEST and Side.REFUSES in clause.sides
]
BY_NAME = pytest.mark.parametrize("contract", CONTRACTS.values(), ids=list(CONTRACTS))
TENANTS = pytest.mark.parametrize("tenanted", [False, True], ids=["contract alone", "the mock's fields"])
THOROUGH = settings(max_examples=300, deadline=None, derandomize=True, database=None)


def tenant_of(contract: Contract, tenanted: bool) -> Tenant | None:
    environment = {**ENVIRONMENT, "CLAUSEWISE_MOCK": "http://127.0.0.1:9"}
    return load_target().endpoint(contract.name, environment).tenant if tenanted else None


def violated(contract: Contract, request: Request) -> set[str]:
    """The ids of the clauses that jsonschema says a request breaks: errors by their place in the contract's schema."""
    found = set()
    for error in Draft202012Validator(contract.body_schema).iter_errors(request.body):
        place: tuple[str, ...] = ("body",)
        steps = list(error.absolute_schema_path)[:-1]
        while steps:
            step = steps.pop(0)
            place = (*place, str(steps.pop(0))) if step == "properties" else (*place, "*")
        keyword = str(error.validator)
        if keyword in redundant_keywords(error.schema):
            keyword = f"exclusive{keyword.capitalize()}"
        if keyword == "required":  # one error a missing attribute; the message is the only one to name it
            place = (*place, error.message.split("'")[1])
        found.add(contract.at(place)[keyword].id)
    for parameter in contract.parameters:
        part, name = parameter["in"], parameter["name"]
        if name in request.parts[part] and not Draft202012Validator(parameter["schema"]).is_valid(
            request.parts[part][name]
        ):
            found.add(contract.at((part, name))["enum"].id)
    if request.headers.get("Content-Type", contract.media_type) != contract.media_type:
        found.add(contract.at(("header", "Content-Type"))["content-type"].id)
    return found


@BY_NAME
@TENANTS
def test_conforming_requests_validate(contract: Contract, tenanted: bool) -> None:
    tenant = tenant_of(contract, tenanted)

    @THOROUGH
    @given(conforming_requests(contract, tenant=tenant))
    def check(request: Request) -> None:
        assert violated(contract, request) == set()
        request.content.decode("utf-8")

    check()


def test_a_person_finds_what_a_random_request_makes() -> None:
    """Whichever of its texts vary: one has room for the word."""
    name = "zendesk-create-record"
    tenant = tenant_of(CONTRACTS[name], tenanted=True)

    @THOROUGH
    @given(conforming_requests(CONTRACTS[name], tenant=tenant))
    def check(request: Request) -> None:
        texts = [text for text in leaves(request.body) if isinstance(text, str)]
        assert not texts or any("Clausewise" in text for text in texts), texts  # `{}` conforms too

    check()


@BY_NAME
@TENANTS
def test_edges_validate_and_meet_every_clause(contract: Contract, tenanted: bool) -> None:
    tenant = tenant_of(contract, tenanted)
    edges = edge_requests(contract, tenant=tenant)
    assert all(violated(contract, edge.value) == set() for edge in edges)
    met = {mark.clause for edge in edges for mark in edge.marks}
    kept = {
        clause.id
        for clause in contract.clauses.values()
        if clause.kind is Kind.REQUEST and clause.keyword not in {"required", "content-type", "example"}
    }
    assert kept <= met


@pytest.mark.parametrize("clause", BREAKABLE, ids=[clause.id for clause in BREAKABLE])
@TENANTS
def test_breaking_requests_violate_their_clause_alone(clause: Clause, tenanted: bool) -> None:
    contract = CONTRACTS[clause.contract]
    bases: list[Request] = [edge.value for edge in edge_requests(contract, tenant=tenant_of(contract, tenanted))]

    for twin, broken in breaking_variants(contract, clause, bases=bases):
        assert violated(contract, twin) == set()

        @settings(THOROUGH, max_examples=30)
        @given(broken)
        def check(request: Request) -> None:
            assert violated(contract, request) == {clause.id} == {request.breaks}

        check()


@pytest.mark.parametrize("contract", the_first(CONTRACTS.values()), ids=list(CONTRACTS))
def test_the_whole_range_is_drawn(contract: Contract) -> None:
    """What a reader would miss first: bounds exactly met, every alternative, null, and text beyond the BMP."""
    seen: list[Request] = []

    @settings(THOROUGH, max_examples=2000)
    @given(conforming_requests(contract))
    def collect(request: Request) -> None:
        seen.append(request)

    collect()
    strings = [text for request in seen for text in strings_in(request.body)]
    assert any(ord(character) > 0xFFFF for text in strings for character in text)
    for clause in contract.clauses.values():
        if clause.keyword == "maxItems":
            assert {1, 100} <= {len(request.body["records"]) for request in seen}
        if clause.keyword == "maxLength":
            assert {1, 256} <= {len(text) for text in strings}
        if clause.keyword == "optional" and clause.place[0] == "body" and len(clause.place) == 2:
            assert {True, False} == {clause.place[1] in request.body for request in seen}


@given(st.data())
@settings(max_examples=50, deadline=None)
def test_a_breaking_request_differs_from_its_twin_in_one_place(data: st.DataObject) -> None:
    clause = data.draw(st.sampled_from(BREAKABLE))
    contract = CONTRACTS[clause.contract]
    bases: list[Request] = [edge.value for edge in edge_requests(contract)]
    twin, broken = data.draw(st.sampled_from(breaking_variants(contract, clause, bases=bases)))
    request = data.draw(broken)
    assert len(list(differences(twin.parts, request.parts))) == 1


def strings_in(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    members = [*value, *value.values()] if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return [text for member in members for text in strings_in(member)]


def differences(one: Any, other: Any) -> list[Any]:
    """Places at which two JSON values differ; a list of another length counts as one difference."""
    if isinstance(one, Mapping) and isinstance(other, Mapping) and one and other:
        changed = [key for key in {**one, **other} if key not in one or key not in other]
        return changed + [d for key in one if key in other for d in differences(one[key], other[key])]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [d for a, b in zip(one, other, strict=True) for d in differences(a, b)]
    same = type(one) is type(other) and one == other
    return [] if same else [one]


@BY_NAME
def test_texts_carry_a_word_by_which_a_person_finds_what_is_left(contract: Contract) -> None:
    found = 0
    for edge in edge_requests(contract, tenant=tenant_of(contract, True)):
        texts = [text for text in leaves(edge.value.body) if isinstance(text, str)]
        assert all("Clausewise" in text for text in texts if len(text) > 60 or "\u202e" in text)
        found += any("Clausewise" in text for text in texts)
    assert found >= 2
