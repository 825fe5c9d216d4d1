import random

import cv2
import numpy as np
from numpy.typing import NDArray

from flows.vision.detector import Box
from flows.vision.motion import EVERYWHERE, Change, Differ, Eye, changed, compare
from tests.vision.drawn import walker, yard


def grey(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    small = cv2.resize(picture, (320, 180), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.uint8)


def changes(*pictures: NDArray[np.uint8]) -> list[Change]:
    differ = Differ()
    return [differ.step(n * 200, grey(picture)) for n, picture in enumerate(pictures)]


def test_a_person_standing_when_a_segment_starts_is_no_motion() -> None:
    assert not any(c.boxes for c in changes(*(walker(yard(n), 0.5, 0.4) for n in range(6))))


def test_a_walker_is_motion_where_he_is() -> None:
    last = changes(*(walker(yard(n), 0.3 + n * 0.02, n) for n in range(5)))[-1]
    assert last.share(Box(0.3, 0.45, 0.15, 0.45)) > 0.3
    assert last.share(Box(0.7, 0.45, 0.15, 0.45)) == 0


def test_sensor_noise_is_no_motion_however_strong() -> None:
    for noise in (1.0, 8.0, 25.0):
        assert not any(c.boxes for c in changes(*(yard(n, noise) for n in range(8))))


def test_a_light_switched_on_is_no_motion() -> None:
    dark = [(yard(n) * 0.45).astype(np.uint8) for n in range(3)]
    lit = [yard(n) for n in range(3, 6)]
    assert not any(c.boxes for c in changes(*dark, *lit))


def test_a_walker_in_changing_light_is_seen_all_the_same() -> None:
    lit = [(yard(n) * (0.7 + 0.05 * n)).astype(np.uint8) for n in range(5)]
    last = changes(*(walker(p, 0.3 + n * 0.03, n) for n, p in enumerate(lit)))[-1]
    assert last.share(Box(0.3, 0.45, 0.2, 0.45)) > 0.2
    assert last.score < 0.3


def test_those_who_come_before_a_wall_and_a_floor_of_two_shades_are_seen() -> None:
    # With them half of the picture is darker than the floor, without them less: no light changed.
    for tone in range(40, 62, 2):
        floor = yard(1)
        floor[: 360 * tone // 100] = (60, 60, 60)
        crowd = yard(2)
        crowd[: 360 * tone // 100] = (60, 60, 60)
        for x in (0.2, 0.4, 0.6, 0.8):
            walker(crowd, x, 1.0, ground=0.98)
        assert changes(floor, floor, crowd)[-1].score > 0.05


def test_a_camera_that_shakes_sees_no_motion_but_still_the_walker() -> None:
    def shaken(n: int, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        dx, dy = ((0, 0), (1, -1), (-1, 1), (1, 1), (-1, 0))[n % 5]
        return np.roll(picture, (dy, dx), (0, 1))

    def wall(n: int) -> NDArray[np.uint8]:
        picture = yard(n)
        for left in range(40, 640, 80):
            picture[:120, left : left + 16] = 40
        return picture

    assert not any(c.boxes for c in changes(*(shaken(n, wall(n)) for n in range(10))))
    walk = (shaken(n, walker(wall(n), 0.3 + n * 0.02, n)) for n in range(6))
    last = changes(*walk)[-1]
    assert last.share(Box(0.3, 0.45, 0.2, 0.45)) > 0.2
    assert last.share(Box(0.7, 0.1, 0.2, 0.8)) == 0


def test_what_a_hand_holds_does_not_move_by_itself() -> None:
    coarse = np.random.default_rng(1).integers(20, 200, (20, 4, 3), np.uint8)
    sleeve = cv2.resize(coarse, (60, 300), interpolation=cv2.INTER_NEAREST)

    def held(n: int) -> NDArray[np.uint8]:
        picture, low = yard(n), 210 + 12 * n
        picture[:low, 290:350] = sleeve[300 - low :]
        return picture

    *_, last = changes(*(held(n) for n in range(6)))
    bottle = Box(290 / 640, 180 / 360, 60 / 640, 90 / 360)  # the end of it
    assert last.share(bottle) > 0.1
    assert last.by_itself(bottle.grown(0.01)) == 0
    *_, last = changes(*(walker(yard(n), 0.3 + n * 0.02, n) for n in range(6)))
    man = Box(0.35, 0.45, 0.12, 0.45)
    assert last.by_itself(man) == last.share(man) > 0.1


def test_one_who_walks_before_others_further_back_moves_by_himself() -> None:
    def crowd(n: int) -> NDArray[np.uint8]:
        back = walker(yard(n), 0.39 + n * 0.02, n, tall=150, ground=0.75)
        return walker(back, 0.3 + n * 0.02, n, tall=140, ground=0.95)

    *_, last = changes(*(crowd(n) for n in range(6)))
    nearer = Box(0.36, 0.56, 0.1, 0.39)
    assert len(last.boxes) == 1
    assert last.by_itself(nearer) == last.share(nearer) > 0.1


def test_a_drawn_clock_is_too_small_to_be_motion() -> None:
    def clock(n: int) -> NDArray[np.uint8]:
        picture = yard(n)
        text = f"2026-11-01 10:00:{n:02d}"
        cv2.putText(picture, text, (10, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255), 1)
        return picture

    assert not any(c.boxes for c in changes(*(clock(n) for n in range(12))))


def test_pictures_that_change_size_start_anew() -> None:
    differ = Differ()
    differ.step(0, grey(yard()))
    assert not differ.step(200, np.zeros((90, 160), np.uint8)).boxes


def test_who_stands_in_a_mask_or_beside_the_region_is_not_seen() -> None:
    right = ((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0))
    here, there = Box(0.1, 0.2, 0.1, 0.5), Box(0.6, 0.2, 0.1, 0.5)
    assert [Eye(masks=(right,)).sees(box) for box in (here, there)] == [True, False]
    assert [Eye(zones=(right,)).sees(box) for box in (here, there)] == [False, True]
    assert [Eye(Box(0.0, 0.0, 0.3, 1.0)).sees(box) for box in (here, there)] == [True, False]


def test_what_moves_in_a_part_of_the_picture_is_told_as_if_all_of_it_were_looked_at() -> None:
    draw = random.Random(5)
    for _ in range(200):
        before, now = (np.full((90, 160), 100, np.uint8) for _ in range(2))
        for _ in range(draw.randint(1, 5)):
            x, y = draw.randint(-5, 159), draw.randint(-5, 89)
            cv2.rectangle(now, (x, y), (x + draw.randint(2, 30), y + draw.randint(2, 30)), 200, -1)
        opened = cv2.morphologyEx(changed(before, now), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
        whole = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
        least = 0.002 * whole.size
        _, labels, stats, _ = cv2.connectedComponentsWithStats(whole)
        kept = [n for n, one in enumerate(stats) if n and one[cv2.CC_STAT_AREA] >= least]
        told = compare(400, 0, before, now, EVERYWHERE)
        if told.boxes or not kept:
            assert len(told.boxes) == len(kept)
            assert np.array_equal(told.mask > 0, np.isin(labels, kept))
