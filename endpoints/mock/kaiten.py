"""Kaiten as its two pages describe it: creating spaces and records; and, outside them, reading, listing, deleting."""

from __future__ import annotations

from itertools import count
from typing import Any
from uuid import UUID, uuid5

from endpoints.mock.wire import Answer, Call, RefusedError, is_number, now, read_object

TOKEN, TOKEN_FORBIDDEN, TOKEN_BASIC = "kaiten-full", "kaiten-guest", "kaiten-basic"
COMPANY = 118
NAMESPACE = UUID("9f2d7a52-0c1c-4c55-9d9e-6f6f9f3e1c01")
PARENT = str(uuid5(NAMESPACE, "parent"))
ROLE = str(uuid5(NAMESPACE, "role"))
DEFAULT_ROLE = str(uuid5(NAMESPACE, "default role"))
CALENDAR = str(uuid5(NAMESPACE, "calendar"))
USER = str(uuid5(NAMESPACE, "user"))
DIRECTORY = str(uuid5(NAMESPACE, "directory"))
UNKNOWN_DIRECTORY = str(uuid5(NAMESPACE, "no such directory"))
TEXT_FIELD, EMAIL_FIELD = "c1d2e3f4-1111-4aaa-8bbb-ccccdddd0001", "c1d2e3f4-1111-4aaa-8bbb-ccccdddd0002"
NUMBER_FIELD, TAGS_FIELD = str(uuid5(NAMESPACE, "number")), str(uuid5(NAMESPACE, "tags"))
FIELDS = {TEXT_FIELD: "text", EMAIL_FIELD: "text", NUMBER_FIELD: "number", TAGS_FIELD: "multi-select"}
NAMES, TYPES = ("Name", "Email", "Number", "Tags"), ("string", "string", "number", "string")  # of FIELDS, as described
PROFILES = ("none", "summary", "details", "full")
MOST_LISTED = 100


class Kaiten:
    """One company with its spaces and one custom directory."""

    def __init__(self) -> None:
        self.spaces: dict[int, dict[str, Any]] = {}
        self.records: dict[str, dict[str, Any]] = {}
        self._parents = {PARENT}
        self._numbers = count(1)

    def create_space(self, call: Call) -> Answer:
        """POST /api/latest/spaces."""
        token = self._authenticate(call)
        if token == TOKEN_FORBIDDEN:
            raise RefusedError(Answer(403))
        if token == TOKEN_BASIC:
            raise RefusedError(_message(402, "Feature is not supported by tariff"))
        body = read_object(call, _invalid)
        self._check_space(body)
        space = self._new_space(body)
        self.spaces[space["id"]] = space
        self._parents.add(space["uid"])
        return Answer(200, space)

    def create_record(self, call: Call) -> Answer:
        """POST /api/latest/company/custom-directories/{directory_id}/records."""
        self._authenticate(call)
        self._check_directory(call)
        profile = call.query.get("response_profile", "full")
        if profile not in PROFILES:
            raise _invalid("response_profile must be one of none, summary, details, full")
        body = read_object(call, _invalid)
        record = self._new_record(self._checked_values(body))
        self.records[record["id"]] = record
        return Answer(200, _profiled(record, profile))

    def read_space(self, call: Call) -> Answer:
        """GET /api/latest/spaces/{id}."""
        self._authenticate(call)
        return Answer(200, self._known(self.spaces, _space_key(call)))

    def delete_space(self, call: Call) -> Answer:
        """DELETE /api/latest/spaces/{id}."""
        self._authenticate(call)
        space = self.spaces.pop(self._known(self.spaces, _space_key(call))["id"])
        self._parents.discard(space["uid"])
        return Answer(200, {})

    def list_spaces(self, call: Call) -> Answer:
        """GET /api/latest/spaces."""
        self._authenticate(call)
        _check_query(call, set())
        return Answer(200, list(self.spaces.values()))

    def list_records(self, call: Call) -> Answer:
        """GET /api/latest/company/custom-directories/{directory_id}/records, by display value if wanted."""
        self._authenticate(call)
        self._check_directory(call)
        _check_query(call, {"limit", "offset", "query", "profile"})
        limit, offset = call.query.get("limit", str(MOST_LISTED)), call.query.get("offset", "0")
        if limit not in map(str, range(1, MOST_LISTED + 1)) or not (offset.isdecimal() and len(offset) < 10):
            raise _invalid("limit must be a number from 1 to 100, and offset a number")
        profile = call.query.get("profile", "full")
        if profile not in PROFILES:
            raise _invalid("profile must be one of none, summary, details, full")
        wanted = call.query.get("query", "").casefold()
        found = [r for r in self.records.values() if wanted in (r["display_value"] or "").casefold()]
        return Answer(200, [_profiled(record, profile) for record in found[int(offset) :][: int(limit)]])

    def describe_fields(self, call: Call) -> Answer:
        """GET /api/latest/company/custom-directories/{directory_id}/fields."""
        self._authenticate(call)
        self._check_directory(call)
        _check_query(call, set())
        described = []
        for number, (field, kind) in enumerate(FIELDS.items()):
            shown = {"id": field, "custom_directory_id": DIRECTORY, "name": NAMES[number], "type": TYPES[number]}
            several = {"multi_select": kind == "multi-select"}
            described.append({**shown, "required": False, "condition": "active", "settings": several})
        return Answer(200, described)

    def read_record(self, call: Call) -> Answer:
        """GET /api/latest/company/custom-directories/{directory_id}/records/{id}."""
        self._authenticate(call)
        return Answer(200, self._known(self.records, call.path["id"]))

    def delete_record(self, call: Call) -> Answer:
        """DELETE /api/latest/company/custom-directories/{directory_id}/records/{id}."""
        self._authenticate(call)
        del self.records[self._known(self.records, call.path["id"])["id"]]
        return Answer(200, {})

    def _authenticate(self, call: Call) -> str:
        scheme, _, token = call.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or token not in {TOKEN, TOKEN_FORBIDDEN, TOKEN_BASIC}:
            raise RefusedError(Answer(401, text="Invalid token"))
        return token

    def _check_directory(self, call: Call) -> None:
        if call.path["directory_id"] != DIRECTORY:
            raise RefusedError(_message(404, "Not found"))

    def _known(self, things: dict[Any, dict[str, Any]], key: Any) -> dict[str, Any]:
        if key not in things:
            raise RefusedError(_message(404, "Not found"))
        return things[key]

    def _check_space(self, body: dict[str, Any]) -> None:
        if "title" not in body:
            raise _invalid("title is required")
        title = body["title"]
        if not (isinstance(title, str) or is_number(title)):
            raise _invalid("title must be a string or a number")
        if isinstance(title, str) and not 1 <= len(title) <= 256:
            raise _invalid("title must have 1 to 256 characters")
        external = body.get("external_id")
        if not (external is None or isinstance(external, str) or is_number(external)):
            raise _invalid("external_id must be a number, a string or null")
        if "sort_order" in body and not (is_number(body["sort_order"]) and body["sort_order"] > 0):
            raise _invalid("sort_order must be a number greater than 0")
        for name, known in (
            ("parent_entity_uid", self._parents),
            ("for_everyone_access_role_id", {ROLE, DEFAULT_ROLE}),
            ("work_calendar_id", {CALENDAR}),
        ):
            if name in body and not (isinstance(body[name], str) and body[name] in known):
                raise _invalid(f"{name} must be the id of something that exists")

    def _new_space(self, body: dict[str, Any]) -> dict[str, Any]:
        number = next(self._numbers)
        uid = str(uuid5(NAMESPACE, f"space {number}"))
        external = body.get("external_id")
        return {
            "id": number,
            "uid": uid,
            "title": str(body["title"]),
            "updated": now(),
            "created": now(),
            "archived": False,
            "access": "for_everyone",
            "for_everyone_access_role_id": body.get("for_everyone_access_role_id", DEFAULT_ROLE),
            "entity_type": "space",
            "path": f"{uid}.{number}",
            "sort_order": body.get("sort_order", number),
            "parent_entity_uid": body.get("parent_entity_uid"),
            "company_id": COMPANY,
            "allowed_card_type_ids": None,
            "hidden_card_type_uids": None,
            "external_id": None if external is None else str(external),
            "settings": {},
            "users": [{"id": 1, "uid": USER}],
        }

    def _checked_values(self, body: dict[str, Any]) -> dict[str, Any]:
        values = body.get("values")
        if not isinstance(values, dict):
            raise _invalid("values must be an object")
        for field, value in values.items():
            if field not in FIELDS:
                raise _invalid(f"{field} is not a field of this directory")
            members = value if isinstance(value, list) else [value]
            if isinstance(value, list) != (FIELDS[field] == "multi-select"):
                raise _invalid("a single value must be an object, and a multi-select value an array of objects")
            for member in members:
                self._check_member(FIELDS[field], member)
        return values

    def _check_member(self, kind: str, member: Any) -> None:
        if not isinstance(member, dict):
            raise _invalid("a value must be an object")
        if kind == "number":
            known, fits = "value_number", is_number(member.get("value_number", 0))
        else:
            known, fits = "value_text", isinstance(member.get("value_text", ""), str)
        if set(member) - {known} or not fits:
            raise _invalid(f"a value of this field holds {known} and nothing else")

    def _new_record(self, values: dict[str, Any]) -> dict[str, Any]:
        text = values.get(TEXT_FIELD, {}).get("value_text")
        return {
            "id": str(uuid5(NAMESPACE, f"record {next(self._numbers)}")),
            "custom_directory_id": DIRECTORY,
            "display_value": text,
            "condition": "active",
            "author_uid": USER,
            "updater_uid": USER,
            "created": now(),
            "updated": now(),
            "author": {"uid": USER, "full_name": "A. User"},
            "updater": {"uid": USER, "full_name": "A. User"},
            "values": [
                {"field_id": field, **member}
                for field, value in values.items()
                for member in (value if isinstance(value, list) else [value])
            ],
        }


def _profiled(record: dict[str, Any], profile: str) -> dict[str, Any]:
    shown = {
        "none": {"id"},
        "summary": {"id", "display_value", "condition"},
        "details": set(record) - {"author", "updater"},
        "full": set(record),
    }
    return {name: value for name, value in record.items() if name in shown[profile]}


def _check_query(call: Call, known: set[str]) -> None:
    """Refuse what the mock does not know, rather than answer something else."""
    if set(call.query) - known:
        raise _invalid(f"the mock does not know {', '.join(sorted(set(call.query) - known))}")


def _space_key(call: Call) -> int:
    text = call.path["id"]
    return int(text) if text.isdecimal() else 0


def _invalid(message: str) -> RefusedError:
    return RefusedError(_message(400, message))


def _message(status: int, message: str) -> Answer:
    return Answer(status, {"message": message})
