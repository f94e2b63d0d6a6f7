"""Zendesk as its page describes it: creating custom object records; and beside it reading, listing, deleting."""

from __future__ import annotations

import base64
from itertools import count
from typing import Any

from endpoints.mock.wire import Answer, Call, RefusedError, is_integer, now, read_object

TOKEN = "zendesk-full"  # noqa: S105 - of a mock
EMAIL = "clausewise@example.com"
BASIC = base64.b64encode(f"{EMAIL}/token:{TOKEN}".encode()).decode()
MOST_LISTED = 100
PLAIN_OBJECT, UNIQUE_OBJECT, NUMBERED_OBJECT = "car", "licence_plate", "invoice"
OBJECTS = (PLAIN_OBJECT, UNIQUE_OBJECT, NUMBERED_OBJECT)
USER, OTHER_USER = "35436", "35437"
STRINGS = (
    "created_by_user_id", "id", "external_id", "name", "url", "custom_object_key", "created_at", "updated_at",
    "updated_by_user_id",
)  # fmt: skip


class Zendesk:
    """One account with three custom objects: a plain one, one with unique names, one with numbered names."""

    def __init__(self) -> None:
        self.records: dict[str, dict[str, Any]] = {}
        self._taken: set[str] = set()
        self._numbers = count(1)

    def create(self, call: Call) -> Answer:
        """POST /api/v2/custom_objects/{custom_object_key}/records."""
        self._authenticate(call)
        key = self._object_key(call)
        record = self._checked_record(call, key)
        number = next(self._numbers)
        stored = {
            "id": f"01CLAUSEWISE{number:014}",
            "custom_object_key": key,
            "name": f"{key}-{number}" if key == NUMBERED_OBJECT else record.get("name"),
            "external_id": record.get("external_id"),
            "custom_object_fields": {"colour": None, "wheels": None, **record.get("custom_object_fields", {})},
            "created_by_user_id": record.get("created_by_user_id", USER),
            "updated_by_user_id": record.get("updated_by_user_id", USER),
            "created_at": now(digits=0).replace(".", ""),
            "updated_at": now(digits=0).replace(".", ""),
        }
        stored["url"] = f"{call.url}/{stored['id']}"
        self.records[str(stored["id"])] = stored
        if key == UNIQUE_OBJECT:
            self._taken.add(str(stored["name"]))
        return Answer(201, {"custom_object_record": stored})

    def read(self, call: Call) -> Answer:
        """GET /api/v2/custom_objects/{custom_object_key}/records/{id}."""
        self._authenticate(call)
        return Answer(200, {"custom_object_record": self._known(call)})

    def list_records(self, call: Call) -> Answer:
        """GET /api/v2/custom_objects/{custom_object_key}/records, in pages that follow a cursor, or filtered by ids."""
        self._authenticate(call)
        key = self._object_key(call)
        unknown = set(call.query) - {"page[size]", "page[after]", "filter[ids]", "filter[external_ids]"}
        if unknown:
            raise _unlisted(f"the mock does not know {', '.join(sorted(unknown))}")
        size, after = call.query.get("page[size]", str(MOST_LISTED)), call.query.get("page[after]", "")
        if size not in map(str, range(1, MOST_LISTED + 1)):
            raise _unlisted("page[size] must be a number from 1 to 100")
        if after and after not in self.records:
            raise _unlisted("page[after] must be the cursor of an answer")
        found = [r for r in self.records.values() if r["custom_object_key"] == key and r["id"] > after]
        for name in ("id", "external_id"):
            wanted = call.query.get(f"filter[{name}s]")
            found = [r for r in found if wanted is None or r[name] in wanted.split(",")]
        page, more = found[: int(size)], len(found) > int(size)
        cursor = page[-1]["id"] if page else None
        return Answer(
            200,
            {
                "custom_object_records": page,
                "meta": {"has_more": more, "after_cursor": cursor, "before_cursor": page[0]["id"] if page else None},
                "links": {"prev": None, "next": f"{call.url}?page[size]={size}&page[after]={cursor}" if more else None},
            },
        )

    def describe_fields(self, call: Call) -> Answer:
        """GET /api/v2/custom_objects/{custom_object_key}/fields, with the standard ones if wanted."""
        self._authenticate(call)
        key = self._object_key(call)
        if set(call.query) - {"include_standard_fields"}:
            raise _unlisted(f"the mock does not know {', '.join(set(call.query) - {'include_standard_fields'})}")
        own: list[dict[str, Any]] = [
            {"key": name, "type": kind, "title": name.title(), "active": True, "system": False, "properties": {}}
            for name, kind in (("colour", "text"), ("wheels", "integer"))
        ]
        naming = {"is_unique": key == UNIQUE_OBJECT, "autoincrement_enabled": key == NUMBERED_OBJECT}
        name = {"key": "standard::name", "type": "text", "title": "Name", "active": True, "properties": naming}
        wanted = call.query.get("include_standard_fields") == "true"
        return Answer(200, {"custom_object_fields": [name, *own] if wanted else own})

    def delete(self, call: Call) -> Answer:
        """DELETE /api/v2/custom_objects/{custom_object_key}/records/{id}."""
        self._authenticate(call)
        record = self.records.pop(self._known(call)["id"])
        self._taken.discard(str(record["name"]))
        return Answer(204)

    def _authenticate(self, call: Call) -> None:
        if call.headers.get("authorization") not in {f"Bearer {TOKEN}", f"Basic {BASIC}"}:
            raise RefusedError(Answer(401, {"error": "Couldn't authenticate you"}))

    def _object_key(self, call: Call) -> str:
        key: str = call.path["custom_object_key"]
        if key not in OBJECTS:
            raise RefusedError(Answer(404, {"error": "RecordNotFound"}))
        return key

    def _known(self, call: Call) -> dict[str, Any]:
        record = self.records.get(call.path["id"])
        if record is None or record["custom_object_key"] != call.path["custom_object_key"]:
            raise RefusedError(Answer(404, {"error": "RecordNotFound"}))
        return record

    def _checked_record(self, call: Call, key: str) -> dict[str, Any]:
        body = read_object(call, _invalid)
        if "custom_object_record" not in body:
            return {}
        record = body["custom_object_record"]
        if not isinstance(record, dict):
            raise _invalid("custom_object_record must be an object")
        for name in STRINGS:
            if name in record and not isinstance(record[name], str):
                raise _invalid(f"{name} must be a string")
        for name in ("created_by_user_id", "updated_by_user_id"):
            if record.get(name, USER) not in {USER, OTHER_USER}:
                raise _invalid(f"{name} must be the id of a user")
        self._check_fields(record.get("custom_object_fields", {}))
        self._check_name(record, key)
        return record

    def _check_fields(self, fields: Any) -> None:
        if not isinstance(fields, dict) or set(fields) - {"colour", "wheels"}:
            raise _invalid("custom_object_fields must be an object of known fields")
        if "colour" in fields and not isinstance(fields["colour"], str):
            raise _invalid("colour must be a string")
        if "wheels" in fields and not is_integer(fields["wheels"]):
            raise _invalid("wheels must be an integer")

    def _check_name(self, record: dict[str, Any], key: str) -> None:
        if key == NUMBERED_OBJECT:
            if "name" in record:
                raise _invalid("name is generated automatically")
            return
        if "name" not in record:
            raise _invalid("name is required")
        if key == UNIQUE_OBJECT and record["name"] in self._taken:
            raise _invalid("name must be unique")


def _unlisted(message: str) -> RefusedError:
    return RefusedError(Answer(400, {"error": "InvalidValue", "description": message}))


def _invalid(message: str) -> RefusedError:
    return RefusedError(Answer(422, {"error": "RecordInvalid", "description": message}))
