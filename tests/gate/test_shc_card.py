"""SMART Health Cards: each faulty twin fails at its step, parts are joined, and nothing else is believed."""

import json
from base64 import urlsafe_b64decode
from datetime import timedelta
from hashlib import sha256
from itertools import permutations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gate.certificates import issuer_keys, thumbprint
from gate.clock import ClockState, Moment
from gate.credential import CodeReading, read
from gate.formats import smart_health_card
from gate.formats.chain import Holder, Kind
from gate.reason import Reason
from gate.trust import IssuerKey, Trust, index
from tests.gate import foreign_makers as make
from tests.gate.foreign_makers import CARD_KID, CLINIC, a_card, in_parts, shc, spki, trusting
from tests.gate.makers import COMPOUND, NOON

WITHDRAWN = sha256(f"{CARD_KID}/MKyCxh7p6uQ".encode()).digest()[:8].hex()
TRUST = trusting(spki(CLINIC), make.ONLY_VACCINATIONS, revoked=(WITHDRAWN,))


def shown(code: bytes, trust: Trust = TRUST) -> CodeReading:
    return read(code, trust, NOON)


def test_a_genuine_card_passes_every_step_and_says_whose_it_is() -> None:
    reading = shown(shc())
    assert [step.name for step in reading.steps] == [name for name, _ in smart_health_card.FORMAT.steps]
    credential = reading.credential
    assert credential is not None
    assert (credential.format, credential.kind) == ("SHC", Kind.FOREIGN)
    assert (credential.person, credential.compound) == (None, None)
    assert (credential.issued_at, credential.expires_at) == (make.ISSUED, None)
    assert credential.holder == Holder("John B. Anyperson", "1951-01-20")
    assert credential.claims == {"type": "immunization", "issuer": make.ISSUER}


def test_the_key_id_is_the_thumbprint_of_rfc_7638() -> None:
    """By the example key of the SMART Health Cards Framework's own specification."""
    x, y = "11XvRWy1I2S0EyJlyf_bWfw_TQ5CJJNLw78bHXNxcgw", "eZXwxvO1hvCY0KucrPfKo7yAyMT6Ajc3N7OkAB6VYy8"
    coordinates = (urlsafe_b64decode(each + "=") for each in (x, y))
    assert thumbprint(*coordinates) == "3Kfdg-XwP-7gXyywtUfUADwBumDOPKMQx-iELL11W9s"


def test_the_parts_of_a_card_make_it_whole_in_any_order_and_shown_twice() -> None:
    parts = in_parts(shc(), 3)
    for order in permutations(parts):
        assert shown(b"\n".join(order)).accepted
    assert shown(b"\n".join((*parts, parts[0]))).accepted
    assert shown(in_parts(shc(), 1)[0]).accepted
    assert all(smart_health_card.is_part(part) for part in parts)
    assert not smart_health_card.is_part(shc())


def test_what_was_seen_of_a_card_is_read_as_one_code_and_other_codes_as_themselves() -> None:
    first, second = in_parts(shc(), 2)
    *others, card = smart_health_card.joined([first, b"other", shc(), second, first])
    assert others == [b"other", shc()]
    assert shown(card).accepted
    assert smart_health_card.joined([b"other"]) == [b"other"]


def test_missing_parts_are_asked_for_by_number() -> None:
    first, _, third = in_parts(shc(), 3)
    (step,) = shown(first + b"\n" + third).steps
    assert (step.reason, step.note) == (Reason.PARTS_MISSING, "part 2 of 3 was not shown")


def test_a_card_with_an_end_is_believed_until_then() -> None:
    ends = NOON.utc + timedelta(hours=1)
    code = shc(a_card(exp=ends.timestamp()))
    assert shown(code).accepted
    assert read(code, TRUST, Moment(ends, ClockState.SYNCED)).reasons == (Reason.EXPIRED,)


def test_a_key_that_is_filed_under_an_issuer_speaks_for_no_other() -> None:
    def filed(name: str) -> Trust:
        return index(COMPOUND, (), (), [IssuerKey(spki(CLINIC), CARD_KID, name=name)])

    assert shown(shc(), filed(make.ISSUER + "/")).accepted
    assert shown(shc(), filed("https://another.example")).reasons == (Reason.WRONG_USE,)


def test_each_key_with_the_id_is_tried() -> None:
    crowd = [IssuerKey(spki(key), CARD_KID) for key in (make.STRANGER, make.rsa_key(2048), CLINIC)]
    assert shown(shc(), index(COMPOUND, (), (), crowd)).accepted
    assert shown(shc(), index(COMPOUND, (), (), crowd[:2])).reasons == (Reason.FORGED,)


def test_a_bare_key_is_not_tried_for_a_card_that_names_another() -> None:
    """A card's key id follows from its key, so a card that names another key was not signed by this one."""
    trust = index(COMPOUND, (), (), [key for key in issuer_keys(spki(CLINIC)) if key.key_id != CARD_KID])
    assert shown(shc(), trust).reasons == (Reason.KEY_UNKNOWN,)


TAILS = st.binary(max_size=400)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["iss", "vc", "entry", "name"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=300)
@given(
    TAILS.map(lambda tail: b"shc:/" + tail)
    | st.text("0123456789/ \n", max_size=300).map(lambda tail: b"shc:/" + tail.encode())
    | st.text("abcXYZ019-_.", max_size=300).map(lambda jws: b"shc:/" + make.as_digits(jws.encode()))
    | JSON.map(lambda header: shc(header=json.dumps(header).encode(), body=b"x", sign=lambda _: b"x"))
)
def test_nothing_behind_the_prefix_makes_the_reader_raise_or_believe(code: bytes) -> None:
    reading = shown(code)
    assert not reading.accepted
    assert len(reading.reasons) == 1


@settings(max_examples=300)
@given(JSON)
def test_whatever_a_trusted_clinic_signs_the_reader_does_not_raise(told: Any) -> None:
    """Its key may be stolen, or its owner careless; what it signed is data all the same."""
    bundle = {
        "type": ["https://smarthealth.cards#health-card"],
        "credentialSubject": {"fhirVersion": "4", "fhirBundle": told},
    }
    cards = (told, a_card(iss=told, nbf=told, exp=told), a_card(vc=told), a_card(vc=bundle), a_card(told))
    assert all(isinstance(shown(shc(card)), CodeReading) for card in cards)
