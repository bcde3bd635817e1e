"""The table `alarms` of llm-service.toml: what may stand in it, and one sentence for what may not."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from pathlib import Path

import pytest

from llm_service.core.loss.thresholds import DEFAULTS, KINDS, RANGES, Thresholds, as_table, read_alarms
from llm_service.errors import SettingsError
from llm_service.settings import Given, resolve


def read(text: str) -> Thresholds:
    return read_alarms(tomllib.loads(text).get("alarms"))


def test_what_is_not_written_is_the_default():
    assert read("[alarms]") == DEFAULTS
    found = read('[alarms]\nspike_times = 9\nplateau_window = 200.0\noff = ["nan", "stalled"]')
    assert found == dataclasses.replace(DEFAULTS, spike_times=9.0, plateau_window=200, off=("nan", "stalled"))


def test_thresholds_as_a_table_are_read_as_they_were():
    table = {**as_table(DEFAULTS), "off": list(DEFAULTS.off)}
    assert read_alarms(table) == DEFAULTS


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("alarms = 3", "write it as one table, headed [alarms]"),
        ("[[alarms]]\nspike_times = 3", "write it as one table, headed [alarms]"),
        ("[alarms]\nspike_time = 3", "'spike_time' is no threshold; did you mean spike_times; allowed: off, nan_clear"),
        ("[alarms]\nspike_times = 'x'", "spike_times: 'x' is not allowed; allowed: a number from 2 to 1000"),
        ("[alarms]\nspike_times = nan", "spike_times: nan is not allowed"),
        ("[alarms]\nspike_times = true", "spike_times: True is not allowed"),
        ("[alarms]\nnan_clear = 2.5", "nan_clear: 2.5 is not allowed; allowed: a whole number from 1 to 10000"),
        ("[alarms]\nthroughput_share = 1", "throughput_share: 1 is not allowed; allowed: a number from 0.01 to 0.99"),
        ("[alarms]\noff = 'nan'", "off: 'nan' is not allowed; allowed: a list of nan, spike, plateau"),
        ("[alarms]\noff = ['loud']", "off: ['loud'] is not allowed"),
    ],
)
def test_what_cannot_be_used_is_one_sentence(text: str, said: str):
    with pytest.raises(ValueError) as caught:
        read(text)
    assert str(caught.value).startswith(said)


def test_the_settings_say_where_it_was_written():
    with pytest.raises(SettingsError, match=r"^alarms: spike_times: 1 is not allowed; .* \(from my.toml:3\)$"):
        resolve([{"alarms": Given({"spike_times": 1}, "my.toml:3")}])
    assert resolve([{"alarms": Given({"spike_times": 7}, "my.toml:3")}]).settings.alarms.spike_times == 7.0


def test_the_document_has_every_threshold_with_its_default_and_range():
    text = (Path(__file__).resolve().parents[2] / "docs/alarms.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \|", text, re.M)
    assert [name for name, _, _ in rows] == list(as_table(DEFAULTS))
    for name, default, allowed in rows[1:]:
        least, most = (float(each.strip().replace(",", "").replace("10⁹", "1e9")) for each in allowed.split(" to "))
        assert (float(default), (least, most)) == (getattr(DEFAULTS, name), RANGES[name])
    assert re.findall(r"^### .*\(`(\w+)`\)$", text, re.M) == ["nan", "spike", "divergence", "plateau", *KINDS[-2:]]
