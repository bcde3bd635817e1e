"""Which servers may be watched, and what is said of those that may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from llm_service.cli.layers import from_file
from llm_service.errors import SettingsError
from llm_service.settings import Given, resolve
from llm_service.upstreams import Upstream, read_upstream


@pytest.mark.parametrize(
    ("value", "upstream"),
    [
        ("http://10.0.0.69:9010", Upstream("10.0.0.69-9010", "http://10.0.0.69:9010")),
        ("https://spark.lab/base/", Upstream("spark.lab", "https://spark.lab/base")),
        ("http://[::1]:9010", Upstream("1-9010", "http://[::1]:9010")),
        ({"url": "http://spark", "name": "bob", "token": "t"}, Upstream("bob", "http://spark", "t")),
    ],
)
def test_a_server_is_named_by_its_url_or_by_a_table(value: object, upstream: Upstream) -> None:
    assert read_upstream(value) == upstream


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("", "url is missing"),
        (7, "is not a table"),
        ({}, "url is missing"),
        ({"url": "http://h", "tokn": "x"}, "tokn is not known"),
        ({"url": "http://h", "name": "a b"}, "name is up to 40"),
        ({"url": "http://h", "name": "a:b"}, "name is up to 40"),
        ({"url": "http://h", "token": "a\nb"}, "token is a text of one line"),
        ("ftp://h", "must begin with http"),
        ("file:///etc/passwd", "must begin with http"),
        ("http://", "must begin with http"),
        ("http://user:secret@h", "must not hold a user"),
        ("http://h:99999", "no number from 1 to 65535"),
        ("http://h/?next=x", "must not have a query"),
        ("http://169.254.169.254/latest", "link-local or metadata"),
        ("http://[::ffff:169.254.169.254]", "link-local or metadata"),
        ("http://[fe80::1]", "link-local or metadata"),
        ("http://[fd00:ec2::254]", "link-local or metadata"),
    ],
)
def test_what_may_not_be_asked_is_refused_in_words(value: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_upstream(value)


def test_a_token_is_in_no_message() -> None:
    assert "secret" not in repr(read_upstream({"url": "http://h", "token": "secret"}))
    with pytest.raises(SettingsError) as refused:
        resolve([{"bobspark": Given([{"url": "nowhere", "token": "secret"}], "the file")}])
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("other", ["bobspark", "skill_training"])
def test_two_servers_of_one_name_are_refused(other: str) -> None:
    one, two = {"name": "spark", "url": "http://a"}, {"name": "spark", "url": "http://b"}
    layer = {"bobspark": Given([one, two] if other == "bobspark" else [one], "the file")}
    if other != "bobspark":
        layer[other] = Given([two], "the file")
    with pytest.raises(
        SettingsError, match="two servers are named spark; leave one out, or give each a name of its own in the user"
    ):
        resolve([layer])


def test_a_project_that_was_cloned_names_no_servers(tmp_path: Path) -> None:
    path = tmp_path / "llm-service.toml"
    path.write_text('[[bobspark]]\nurl = "http://10.0.0.69:9010"\n')
    with pytest.raises(SettingsError, match="cannot be set by a project's file"):
        from_file(path, project=True)
    assert resolve([from_file(path, project=False)]).settings.bobspark[0].name == "10.0.0.69-9010"
