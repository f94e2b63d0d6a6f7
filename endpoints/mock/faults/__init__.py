"""Named faults of the mock: each breaks exactly one clause of one contract and nothing else.

A fault names its clause by id only, so that the mock goes on knowing nothing of the contracts.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain

from endpoints.mock.faults import attio, kaiten_record, kaiten_space, kintone, zendesk
from endpoints.mock.faults.building import Fault

_MODULES = (attio, kaiten_record, kaiten_space, kintone, zendesk)

FAULTS: Mapping[str, Fault] = {
    fault.id: fault for fault in chain.from_iterable(module.faults() for module in _MODULES)
}  # by id

CHANGES = (  # what the story of three nights tells: an attribute renamed, another status, a longer title taken
    "kaiten-create-space/200/access/required:renamed",
    "kaiten-create-space/status/400:422",
    "kaiten-create-space/request/title/maxLength:257-taken",
)
