"""Frames read in advance."""

from __future__ import annotations

import threading
import time

import pytest

from people3d.read_ahead import read_ahead


def test_all_items_in_order():
    assert list(read_ahead(iter(range(100)), 3)) == list(range(100))
    assert list(read_ahead(iter(()), 3)) == []


def test_items_are_made_meanwhile_but_not_too_many():
    made = []

    def source():
        for i in range(100):
            made.append(i)
            yield i

    before = set(threading.enumerate())  # another test's work may still be going on
    items = read_ahead(source(), 4)
    assert next(items) == 0
    time.sleep(0.3)
    assert 5 <= len(made) <= 6  # four wait, one is held, one was taken
    items.close()
    assert not any(thread.name == "read ahead" for thread in set(threading.enumerate()) - before)


def test_what_the_source_raises_comes_after_what_it_gave():
    def source():
        yield 1
        raise ValueError("damaged")

    items = read_ahead(source())
    assert next(items) == 1
    with pytest.raises(ValueError, match="damaged"):
        next(items)


def test_of_a_live_source_the_newest_are_kept():
    def source():
        for i in range(20):
            yield i
            time.sleep(0.01)

    got = []
    for item in read_ahead(source(), 1, newest=True):
        got.append(item)
        time.sleep(0.15)
    assert got == sorted(got)
    assert len(got) < 10
