"""Real clients against the mock: what they create they read, list and delete, as they would at the vendor's."""

from __future__ import annotations

import json
import sys
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from endpoints.embedded import EmbeddedMock
from endpoints.mock.zendesk import EMAIL, TOKEN
from tests.installed import from_npm, from_pypi, ran

CLIENTS = Path(__file__).parent / "clients"
KINTONE = {"X-Cybozu-API-Token": "kintone-full"}
DIRECTORY = "/api/latest/company/custom-directories/6fb267b4-8231-50bf-bdbd-0a149d5127d6/records"


@pytest.fixture
def mock() -> Iterator[EmbeddedMock]:
    with EmbeddedMock() as served:
        yield served


@pytest.fixture(scope="module")
def shared() -> Iterator[EmbeddedMock]:
    """A mock for the tests that it refuses everything to."""
    with EmbeddedMock() as served:
        yield served


def told(command: list[str]) -> dict[str, Any]:
    done = ran(command)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_kintones_own_client(mock: EmbeddedMock, pytestconfig: pytest.Config) -> None:
    folder = from_npm(pytestconfig, "@kintone/rest-api-client@6.2.1")
    url = f"http://localhost:{urlsplit(mock.base_url).port}"  # it takes no other name without TLS
    seen = told(["node", str(CLIENTS / "kintone.mjs"), str(folder), url, "kintone-no-add,kintone-no-edit"])
    assert seen["read"]["Number"] == {"type": "NUMBER", "value": "0"}
    assert {field["type"] for field in seen["read"].values()} >= {"__ID__", "__REVISION__", "CREATOR", "DROP_DOWN"}
    assert seen["newest_first"] == ["single", "delta", 'gam"ma', "beta", "alpha"]
    assert seen["compared"] == ["beta", 'gam"ma']
    assert seen["like"] == ['gam"ma', "beta"]
    assert seen["grouped"] == ["beta"]
    assert seen["not_in"] == ["alpha", 'gam"ma']
    assert seen["too_long_for_a_url"] == ["alpha"]
    assert seen["page"] == ["beta", 'gam"ma']
    counted = {"records": [{"Text": {"type": "SINGLE_LINE_TEXT", "value": "single"}}], "totalCount": "5"}
    assert (seen["counted"], seen["uncounted"]) == (counted, None)
    assert seen["all"] == ["alpha", 'gam"ma', "delta", "single"]
    assert seen["refused"] == ["400 GAIA_QU01", "400 GAIA_IQ11", "400 GAIA_IQ03", "400 GAIA_QU01", "400 GAIA_QU01"]
    assert (seen["left"], seen["gone"]) == ([], "404 GAIA_RE01")


def test_a_client_made_from_attios_description(mock: EmbeddedMock, pytestconfig: pytest.Config) -> None:
    folder = from_pypi(pytestconfig, "attio==0.26.1")
    seen = told([sys.executable, str(CLIENTS / "attio.py"), str(folder), mock.base_url, "attio-full"])
    assert seen == {
        "select": ["select", "Select option 1", False],
        "conflict": "400",
        "all": ["alpha", "beta", "gamma"],
        "equal": ["beta"],
        "contains": ["gamma"],
        "either": ["alpha", "gamma"],
        "not": ["gamma"],
        "page": ["beta"],
        "refused": "400",
        "nowhere": "400",
        "left": [],
        "gone": "404",
    }


def test_kintone_deletes_by_a_body_too(mock: EmbeddedMock) -> None:
    url = f"{mock.base_url}/k/v1/records.json"
    ids = requests.post(url, json={"app": 1, "records": [{}, {}, {}]}, headers=KINTONE, timeout=5).json()["ids"]
    assert requests.delete(url, json={"app": 1, "ids": ids[:1]}, headers=KINTONE, timeout=5).status_code == 200
    stale = {"app": 1, "ids": ids[1:2], "revisions": [7]}
    assert requests.delete(url, json=stale, headers=KINTONE, timeout=5).status_code == 409
    assert requests.delete(f"{url}?app=1&ids[0]={ids[1]}", headers=KINTONE, timeout=5).status_code == 200
    for wrong in (
        {"app": 1},
        {"app": 1, "ids": ids[:1]},
        {"app": 1, "ids": ["9" * 5000]},
        {"app": 1, "ids": ids[2:], "a": 1},
    ):
        assert requests.delete(url, json=wrong, headers=KINTONE, timeout=5).status_code in {400, 404}
    found = requests.get(url, json={"app": 1, "totalCount": True}, headers=KINTONE, timeout=5).json()
    assert ([record["$id"]["value"] for record in found["records"]], found["totalCount"]) == (ids[2:], "1")


@pytest.mark.parametrize("tokens", ["kintone-full,nobody", "nobody,kintone-full", "", ","])
def test_each_of_kintones_tokens_must_be_known(shared: EmbeddedMock, tokens: str) -> None:
    headers = {"X-Cybozu-API-Token": tokens}
    answer = requests.get(f"{shared.base_url}/k/v1/records.json?app=1", headers=headers, timeout=5)
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "query",
    [
        "(" * 5000, "limit 1 limit 2", "offset 1 limit 1", "Number > ", 'Number > "many"', "Text = alpha", "order by",
        "limit -1", "order by Categories", "Text is empty", "Text in ()", "Created_by in (LOGINUSER())", "Text",
        'Text = "a" and', 'not Text = "a"', "limit " + "9" * 5000, '"', "Created_datetime = 1", "order by Text up",
    ],
)  # fmt: skip
def test_a_query_of_kintones_that_the_mock_does_not_know(shared: EmbeddedMock, query: str) -> None:
    asked = {"app": "1", "query": query}
    answer = requests.get(f"{shared.base_url}/k/v1/records.json", params=asked, headers=KINTONE, timeout=5)
    assert answer.status_code == 400, query
    assert answer.json()["code"].startswith("GAIA_")


def test_kintone_puts_what_is_empty_first(mock: EmbeddedMock) -> None:
    url = f"{mock.base_url}/k/v1/records.json"
    records = [{"Number": {"value": value}} for value in ("10", "", "9", "nan")]
    requests.post(url, json={"app": 1, "records": records}, headers=KINTONE, timeout=5)

    def numbers(query: str) -> list[str]:
        answer = requests.get(url, params={"app": "1", "query": query}, headers=KINTONE, timeout=5)
        return [record["Number"]["value"] for record in answer.json()["records"]]

    assert numbers("order by Number asc")[2:] == ["9", "10"]
    assert numbers("order by Number")[:2] == ["10", "9"]
    assert numbers('Number < 10 and Created_datetime > "2020-01-01T00:00:00Z"') == ["9"]
    assert numbers("Number != 9 and $id >= 0 or Number = 9 order by $id asc") == ["10", "", "9", "nan"]


def test_zendesk_takes_basic_authentication_beside_bearer(mock: EmbeddedMock) -> None:
    url, name = f"{mock.base_url}/api/v2/custom_objects/car/records", f"{EMAIL}/token"
    made = requests.post(url, json={"custom_object_record": {"name": "a"}}, auth=(name, TOKEN), timeout=5)
    assert made.status_code == 201
    read = requests.get(
        made.json()["custom_object_record"]["url"], headers={"Authorization": f"Bearer {TOKEN}"}, timeout=5
    )
    assert read.json() == made.json()
    for user, password in ((EMAIL, TOKEN), (name, "other"), ("other@example.com/token", TOKEN)):
        assert requests.get(url, auth=(user, password), timeout=5).status_code == 401
    odd = {"Authorization": f"Basic {b64encode(b'no colon').decode()}"}
    assert requests.get(url, headers=odd, timeout=5).status_code == 401


def test_zendesk_lists_in_pages(mock: EmbeddedMock) -> None:
    headers, url = {"Authorization": f"Bearer {TOKEN}"}, f"{mock.base_url}/api/v2/custom_objects/car/records"
    records = [{"name": name, "external_id": f"e-{name}"} for name in "abcde"]
    made = [
        requests.post(url, json={"custom_object_record": one}, headers=headers, timeout=5).json() for one in records
    ]
    seen: list[str] = []
    page = f"{url}?page[size]=2"
    while page:
        answer = requests.get(page, headers=headers, timeout=5).json()
        seen += [record["name"] for record in answer["custom_object_records"]]
        assert answer["meta"]["has_more"] == bool(answer["links"]["next"])
        page = answer["links"]["next"]
    assert seen == list("abcde")
    wanted = ",".join(one["custom_object_record"]["id"] for one in made[1:3])

    def names(**asked: str) -> list[str]:
        answer = requests.get(url, params={f"filter[{n}]": v for n, v in asked.items()}, headers=headers, timeout=5)
        return [record["name"] for record in answer.json()["custom_object_records"]]

    assert (names(ids=wanted), names(external_ids="e-e"), names(ids="")) == (["b", "c"], ["e"], [])
    for odd in ("page[size]=0", "page[size]=x", "page[after]=x", "sort=name", "filter[name]=a"):
        assert requests.get(f"{url}?{odd}", headers=headers, timeout=5).status_code == 400, odd


def test_kaiten_lists_spaces_and_records(mock: EmbeddedMock) -> None:
    headers = {"Authorization": "Bearer kaiten-full"}
    spaces, records = f"{mock.base_url}/api/latest/spaces", mock.base_url + DIRECTORY
    made = requests.post(spaces, json={"title": "one"}, headers=headers, timeout=5).json()
    assert requests.get(spaces, headers=headers, timeout=5).json() == [made]
    for text in ("Alice", "Bob", "Alina"):
        values = {"c1d2e3f4-1111-4aaa-8bbb-ccccdddd0001": {"value_text": text}}
        requests.post(records, json={"values": values}, headers=headers, timeout=5)

    def shown(query: str) -> list[str]:
        return [one["display_value"] for one in requests.get(records + query, headers=headers, timeout=5).json()]

    assert shown("") == ["Alice", "Bob", "Alina"]
    assert (shown("?query=ALI"), shown("?limit=1&offset=1")) == (["Alice", "Alina"], ["Bob"])
    assert requests.get(f"{records}?profile=none", headers=headers, timeout=5).json()[0].keys() == {"id"}
    for odd in (f"{spaces}?archived=true", f"{records}?filters={{}}", f"{records}?limit=101", f"{records}?profile=all"):
        assert requests.get(odd, headers=headers, timeout=5).status_code == 400, odd


@pytest.mark.parametrize(
    "body",
    [
        {"filter": []}, {"filter": {"$xor": []}}, {"filter": {"score": {"$gt": "a"}}}, {"filter": {"$and": {}}},
        {"filter": {"notes": {"$eq": []}}}, {"sorts": [{"attribute": "notes"}]}, {"limit": 501}, {"offset": -1},
        {"sorts": [{"attribute": [], "direction": "asc"}]}, {"filter_view_id": "a"}, {"limit": True},
        {"sorts": {"a": 1}},
    ],
    ids=str,
)  # fmt: skip
def test_a_filter_of_attios_that_the_mock_does_not_know(shared: EmbeddedMock, body: Any) -> None:
    headers = {"Authorization": "Bearer attio-full"}
    answer = requests.post(f"{shared.base_url}/v2/objects/people/records/query", json=body, headers=headers, timeout=5)
    assert (answer.status_code, answer.json()["type"]) == (400, "invalid_request_error")
