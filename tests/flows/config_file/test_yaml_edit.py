"""A person's YAML, edited: comments and order stay, and what comes out is what was meant."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import BadSettings
from flows.config_file.yaml_edit import drop, put

SITE = """\
# our site
site: home   # the house
cameras:
  # at the road
  gate: {node: pi1, source: "rtsp://u:{GATE}@gate/s"}  # new in May
  yard:
    source: 'scene:'  # drawn
    record:
      segment: 5s

# who sees what
detect: {objects: [person]}
"""


def test_a_value_is_replaced_where_it_stands() -> None:
    found = put(SITE, ("cameras", "yard", "source"), "rtsp://{YARD}@yard/s")
    assert found == SITE.replace("'scene:'", '"rtsp://{YARD}@yard/s"')
    found = put(SITE, ("cameras", "gate", "node"), "pi2")
    assert found == SITE.replace("pi1", "pi2")


def test_a_key_is_added_in_the_style_around_it() -> None:
    found = put(SITE, ("cameras", "gate", "retain", "days"), 7)
    assert found == SITE.replace('/s"}', '/s", retain: {days: 7}}')
    found = put(SITE, ("cameras", "yard", "record", "memory"), "1GB")
    assert found == SITE.replace("segment: 5s\n", "segment: 5s\n      memory: 1GB\n")


def test_an_entry_is_added_behind_the_last_and_removed_alone() -> None:
    found = put(SITE, ("cameras", "barn"), {"source": "scene:", "retain": {"days": 7}})
    added = '  barn:\n    source: "scene:"\n    retain: {days: 7}\n'
    assert found == SITE.replace("segment: 5s\n", "segment: 5s\n" + added)
    assert drop(found, ("cameras", "barn")) == SITE
    assert drop(SITE, ("cameras", "gate")) == SITE.replace(SITE.splitlines()[4] + "\n", "")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", 'cameras:\n  gate: {source: "scene:"}\n'),
        ("# nothing yet", '# nothing yet\ncameras:\n  gate: {source: "scene:"}\n'),
        ("site: a", 'site: a\ncameras:\n  gate: {source: "scene:"}'),
        ("cameras:  # none\nsite: a\n", 'cameras:  # none\n  gate: {source: "scene:"}\nsite: a\n'),
        ("cameras: {}\n", 'cameras: {gate: {source: "scene:"}}\n'),
        ("cameras: ~\n", 'cameras: {gate: {source: "scene:"}}\n'),
        ('{"cameras": {"a": {}}}', '{"cameras": {"a": {}, "gate": {"source": "scene:"}}}'),
        ("cameras:\r\n  a: {}\r\n", 'cameras:\r\n  a: {}\r\n  gate: {source: "scene:"}\r\n'),
    ],
)
def test_the_first_camera(before: str, after: str) -> None:
    assert put(before, ("cameras", "gate"), {"source": "scene:"}) == after


@pytest.mark.parametrize(
    "text",
    [
        "cameras:\n  a: &a {source: x}\n  b: *a\n",
        "base: &b {source: x}\ncameras:\n  a:\n    <<: *b\n    node: n\n  b: *b\n",
        "cameras: [a, b]\n",
        "cameras:\n  b: {source: |\n    x}\n",
        "- 1\n",
    ],
)
def test_what_is_too_unusual_is_refused(text: str) -> None:
    with pytest.raises(BadSettings, match=r"not changed|no YAML|no mapping"):
        put(text, ("cameras", "b", "source"), "y")


NAMES = st.text("abcxyz-019", min_size=1, max_size=6).map(lambda t: "c" + t)
VALUES = st.one_of(
    st.integers(), st.booleans(), st.text(max_size=12), st.lists(st.text("ab :#{}", max_size=5))
)
DOCUMENTS = st.dictionaries(
    NAMES, st.dictionaries(NAMES, st.dictionaries(NAMES, VALUES, max_size=3), max_size=3)
)


@given(DOCUMENTS, st.sampled_from([True, False, None]), NAMES, NAMES, NAMES, VALUES)
def test_what_was_put_is_read_back_and_nothing_else_moved(
    document: dict[str, dict[str, dict[str, object]]],
    flow: bool | None,
    one: str,
    two: str,
    three: str,
    value: object,
) -> None:
    text = yaml.safe_dump(document, default_flow_style=flow, sort_keys=False, allow_unicode=True)
    try:
        found = put(text, (one, two, three), value)
    except BadSettings:
        assert isinstance(document[one][two][three], list)  # a block that would be replaced
        return
    document.setdefault(one, {}).setdefault(two, {})[three] = value
    assert yaml.safe_load(found) == document


@given(DOCUMENTS.filter(bool), st.sampled_from([True, False, None]), st.data())
def test_what_was_dropped_is_gone_and_nothing_else_moved(
    document: dict[str, dict[str, dict[str, object]]], flow: bool | None, data: st.DataObject
) -> None:
    text = yaml.safe_dump(document, default_flow_style=flow, sort_keys=False, allow_unicode=True)
    one = data.draw(st.sampled_from(sorted(document)))
    deeper = bool(document[one]) and data.draw(st.booleans())
    path = [one, min(document[one])] if deeper else [one]
    found = yaml.safe_load(drop(text, path)) or {}
    if deeper:
        del document[one][path[1]]
    else:
        del document[one]
    assert bare(found) == bare(document)


def bare(document: Mapping[str, object]) -> dict[str, object]:
    """Without sections that are empty."""
    return {key: value for key, value in document.items() if value}
