import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from llm_service.core.tasks import Column
from llm_service.core.wire import safe


@pytest.mark.parametrize(
    ("value", "json_value"),
    [
        (float("nan"), None),
        (float("inf"), None),
        (1.5, 1.5),
        (Column.DONE, "done"),
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "2026-01-02T03:04:05.000Z"),
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=1))), "2026-01-02T02:04:05.000Z"),
        ({1: {"a"}}, {"1": ["a"]}),
        (b"x", "b'x'"),
        ("a\nb", "a\nb"),
        ("\ud800", "?"),
    ],
)
def test_nothing_json_cannot_hold_gets_through(value, json_value):
    assert safe(value) == json_value
    json.dumps(safe(value), allow_nan=False).encode("utf-8")
