"""Creates, reads, lists and deletes with the package `attio`, and prints what came of it as JSON.

Called as: python attio.py FOLDER URL TOKEN; the package is installed in FOLDER. It is generated from Attio's own
description, and checks every answer by that.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

folder, url, token = sys.argv[1:]
sys.path[0] = folder  # instead of the folder of this script, which bears the package's name

from attio import SDK  # type: ignore[import-not-found]  # noqa: E402 - found in the folder above
from attio.errors import ResponseValidationError, SDKError  # type: ignore[import-not-found]  # noqa: E402

PEOPLE = {"object": "people"}


def refusal(ask: Callable[[], Any]) -> str:
    try:
        ask()
    except ResponseValidationError as error:
        return f"not as described: {error}"
    except SDKError as error:
        return str(error.status_code)
    return "answered"


with SDK(oauth2=token, server_url=url) as sdk:
    create, read = sdk.records.post_v2_objects_object_records, sdk.records.get_v2_objects_object_records_record_id_
    query = sdk.records.post_v2_objects_object_records_query
    delete = sdk.records.delete_v2_objects_object_records_record_id_

    def listed(**asked: Any) -> list[str]:
        return [record.values["notes"][0].value for record in query(**PEOPLE, **asked).data]

    rows = [
        {
            "notes": [text],
            "stage": [f"Select option {number}"],
            "score": [number],
            "email_address": [f"{text}@a.example"],
        }
        for number, text in enumerate(("alpha", "beta", "gamma"), 1)
    ]
    ids = [create(**PEOPLE, data={"values": row}).data.id.record_id for row in rows]
    stage = read(**PEOPLE, record_id=ids[0]).data.values["stage"][0]
    told = {
        "select": [stage.attribute_type, stage.option.title, stage.option.is_archived],
        "conflict": refusal(lambda: create(**PEOPLE, data={"values": {"email_address": ["alpha@a.example"]}})),
        "all": listed(),
        "equal": listed(filter_={"stage": "Select option 2"}),
        "contains": listed(filter_={"notes": {"$contains": "AMM"}}),
        "either": listed(filter_={"$or": [{"score": {"$gte": 3}}, {"notes": {"$eq": "alpha"}}]}),
        "not": listed(filter_={"$not": {"record_id": {"$in": ids[:2]}}}),
        "page": listed(sorts=[{"direction": "desc", "attribute": "score"}], limit=1, offset=1),
        "refused": refusal(lambda: listed(filter_={"notes": {"$resembles": "a"}})),
        "nowhere": refusal(lambda: listed(filter_={"nowhere": "a"})),
    }
    for record in ids:
        delete(**PEOPLE, record_id=record)
    print(json.dumps({**told, "left": listed(), "gone": refusal(lambda: read(**PEOPLE, record_id=ids[0]))}))  # noqa: T201
