"""The bare pieces of work that a bench holds the product against: what no gate could be faster than.

`campaigns` calls it, on the same machine, in the same run. It may look into the station's modules, one at a time; it
starts nothing of them.
"""

import random
import sqlite3
from base64 import b64decode
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from time import perf_counter

import cv2
import numpy as np
import zxingcpp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gate.clock import ClockState, Moment
from gate.credential import read
from gate.trust import Trust, TrustedKey, Usage, index
from station.codes import Cascade, zxing
from tests.rehearsal import settings
from tests.rehearsal.backdrop import Frame
from tests.rehearsal.pictures import blank, render, scene
from tests.rehearsal.scenario import Visit
from tests.rehearsal.town import Town

QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
STILL_NOISE = 8  # fields of noise over one view, in turn: a lane in which nothing moves


def bare_decisions_ms(town: Town, planned: Sequence[Visit], rng: random.Random) -> list[float]:
    """Decode, verify and commit with FULL, for the same people's passes in the same kind of picture; each in ms."""
    trust, took = _trust(town), []
    with closing(sqlite3.connect(town.folder / "bare.sqlite", isolation_level=None)) as journal:
        for pragma in ("journal_mode = WAL", "synchronous = FULL"):
            journal.execute(f"PRAGMA {pragma}")
        journal.execute("CREATE TABLE record (sequence INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT")
        for visit in planned:
            own = town.passes[visit.resident.identity_number]
            frame = render(own.text, scene(visit.case.kind, "paper", rng), rng)
            moment = Moment(datetime.now(UTC), ClockState.SYNCED)
            began = perf_counter()
            codes = zxingcpp.read_barcodes(_grey(frame), formats=QR)
            if not codes:
                continue  # a pose that this decoder cannot read; the gate would see the next one
            reading = read(codes[0].bytes, trust, moment)
            assert reading.accepted, reading.steps
            journal.execute("INSERT INTO record (body) VALUES (?)", (codes[0].bytes,))
            took.append((perf_counter() - began) * 1000)
    return took


def empty_lane_ms(count: int, rng: random.Random) -> tuple[list[float], list[float]]:
    """What each of `count` frames of an empty lane costs in ms: the cascade, and its first decoder alone."""
    view = blank(rng, view=0)
    frames = [_noisier(view, seed) for seed in range(STILL_NOISE)]
    cascade, took, first = Cascade(), [], []
    for number in range(count):
        frame = frames[number % STILL_NOISE]
        began = perf_counter()
        cascade.look(frame)
        between = perf_counter()
        zxing(frame)
        first.append((perf_counter() - between) * 1000)
        took.append((between - began) * 1000)
    return took, first


def _noisier(view: Frame, seed: int) -> Frame:
    """The same view with a sensor's noise of its own."""
    noise = np.random.default_rng(seed).normal(0, 2, view.shape)
    return np.clip(view + noise, 0, 255).astype(np.uint8)


def _trust(town: Town) -> Trust:
    secret = b64decode((town.data / "keys" / "pass.key").read_bytes())
    public = Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()
    now = datetime.now(UTC)
    day = timedelta(days=1)
    key = TrustedKey(public, settings.COMPOUND, frozenset({Usage.PASS}), now - day, now + day)
    return index(settings.COMPOUND, [key])


def _grey(frame: Frame) -> Frame:
    return cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY).astype(frame.dtype, copy=False)
