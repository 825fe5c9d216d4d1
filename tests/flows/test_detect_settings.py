"""`detect:` as people write it: what is looked for, where, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from edge.errors import BadSettings
from flows.settings import DetectSettings, parse
from flows.stages.analyse import config_digest

DRIVE = [[0, 0.5], [1, 0.5], [1, 1], [0, 1]]


def detect(**told: Any) -> DetectSettings:
    return parse({"detect": told}).detect


def test_people_and_vehicles_are_looked_for_unless_told_otherwise() -> None:
    traffic = ["bicycle", "bus", "car", "motorcycle", "person", "truck"]
    assert sorted(detect().wanted) == traffic
    assert set(detect().wanted.values()) == {0.5}


def test_objects_are_a_list_or_say_how_sure_and_where() -> None:
    assert detect(objects=["person", "dog"], confidence=0.4).wanted == {"person": 0.4, "dog": 0.4}
    told = {"person": None, "dog": 0.7, "car": {"confidence": 0.6, "zones": ["drive"]}}
    found = detect(objects=told, zones={"drive": DRIVE})
    assert found.wanted == {"person": 0.5, "dog": 0.7, "car": 0.6}
    assert found.least == 0.5
    assert found.places.only == {"car": ("drive",)}
    assert detect(objects=[]).wanted == {}


def test_labels_are_spelled_as_coco_spells_them() -> None:
    assert list(detect(objects=["motorbike"]).wanted) == ["motorcycle"]


def test_a_camera_keeps_of_the_site_s_what_it_does_not_say_itself() -> None:
    site = {"objects": {"person": 0.6}, "confidence": 0.4, "motion": {"merge": "5s"}}
    own = {"objects": {"car": None}, "motion": {"min_length": "1s"}}
    document = {"detect": site, "cameras": {"gate": {"source": "scene:", "detect": own}}}
    settings = parse(document)
    found = settings.detect_for("gate")
    assert found.wanted == {"car": 0.4}
    assert (found.motion.merge, found.motion.min_length) == (5_000, 1_000)
    assert settings.detect_for("elsewhere").wanted == {"person": 0.6}


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"zone": {}}, r"unknown key 'zone' in detect"),
        ({"motion": {"sensitivty": 2}}, r"detect\.motion: unknown key .* mean 'sensitivity'"),
        ({"objects": {"car": {"zone": []}}}, r"detect\.objects\.car: unknown .* mean 'zones'"),
        ({"objects": "person"}, r"detect\.objects: .* a list of names"),
        ({"objects": [["person"]]}, r"detect\.objects: .* a list of names"),
        (
            {"objects": {"car": 1.5}},
            r"detect\.objects\.car\.confidence: .* less than or equal to 1",
        ),
        ({"objects": {"car": True}}, r"detect\.objects\.car: "),
        ({"zones": {"drive": [[0, 0], [1, 1]]}}, r"detect\.zones\.drive: .* 3 points, not 2"),
        ({"zones": {"drive": [[0, 0], [0.5, 0.5], [1, 1]]}}, r"zones\.drive: .* enclose nothing"),
        ({"zones": {"drive": [[0, 0], [320, 0], [1, 1]]}}, r"zones\.drive: .* 320"),
        ({"zones": {"drive": [[0, 0], [float("nan"), 0], [1, 1]]}}, r"zones\.drive: .* nan"),
        ({"zones": {"drive": [[0, 0], [1], [1, 1]]}}, r"zones\.drive: not a point: \[1\]"),
        ({"zones": {"drive": "all"}}, r"zones\.drive: a polygon is a list of points"),
        ({"masks": [DRIVE, [[0, 0]]]}, r"detect\.masks\.1: .* 3 points"),
        ({"motion": {"sensitivity": 0}}, r"detect\.motion\.sensitivity: .* 0\.1"),
        (
            {"zones": {"drive": DRIVE}, "objects": {"car": {"zones": ["drve"]}}},
            r"objects\.car names 'drve', which is no zone\. Did you mean 'drive'\?",
        ),
        ({"objects": {"car": {"zones": ["drive"]}}}, r"'drive', which is no zone\. Draw it"),
    ],
)
def test_what_cannot_be_meant_is_refused(told: dict[str, Any], said: str) -> None:
    with pytest.raises(BadSettings, match=said):
        detect(**told)


def test_a_camera_s_zone_is_named_with_its_camera() -> None:
    own = {"zones": {"drive": [[0, 0], [1, 1]]}}
    document = {"cameras": {"gate": {"source": "scene:", "detect": own}}}
    with pytest.raises(BadSettings, match=r"cameras\.gate\.detect\.zones\.drive: .* 3 points"):
        parse(document)


def test_only_what_shapes_a_result_makes_it_another() -> None:
    plain = config_digest(detect())
    for same in ({"zones": {"drive": DRIVE}}, {"motion": {"merge": 9}}, {"shadow": ["yolox"]}):
        assert config_digest(detect(**same)) == plain
    others = (
        {"objects": ["person"]},
        {"confidence": 0.4},
        {"masks": [DRIVE]},
        {"motion": {"sensitivity": 2}},
        {"motion": {"min_area": 0.01}},
        {"objects": {"person": 0.5, "car": 0.6}},
    )
    assert len({plain, *(config_digest(detect(**told)) for told in others)}) == len(others) + 1
    # As it was spelled before there was more to say: what was analysed then stays analysed.
    assert config_digest(detect(objects={"person": 0.5})) == (
        "a35c329dfa21ea80cd2b8c01aa0774e19b1211c7db0029833071bc3c97641c5a"
    )
