"""What a gate lacks of the hub's set it asks for again: the broker first, then the hub, and never in a hurry."""

from pathlib import Path

import pytest

from gate import topics
from gate.document import DocumentKind
from gate.wire import MOST_LACKING
from station.inbox import Faulty, SnapshotCame
from station.roster import MANIFEST, POLICY, Part
from station.uplink.asking_again import AskingAgain
from station.uplink.broker_link import Arrived, LinkEvent
from tests.broker import Broker
from tests.station.linked_station import Station
from tests.station.played_hub import COMPOUND, Office, PlayedHub, topic_of, until

BUCKET_0, BUCKET_1 = Part(DocumentKind.ROSTER, 0), Part(DocumentKind.ROSTER, 1)


def asking() -> AskingAgain:
    return AskingAgain(lambda: 1.0, first=5.0, longest=40.0, answer=1.0)


def test_what_is_missing_for_a_while_is_asked_for_less_and_less_often() -> None:
    """After 5 s, then 10, 20, 40 s and never more than that later."""
    again = asking()
    asked = [now for now in range(200) if again.look([BUCKET_0], float(now))]
    assert asked == [5, 15, 35, 75, 115, 155, 195]


def test_a_set_that_is_under_way_is_left_in_peace() -> None:
    """Its parts are missing one after another, none of them for long."""
    again = asking()
    for now in range(100):
        assert again.look([Part(DocumentKind.ROSTER, now % 64)], float(now)) == ()


def test_only_what_was_missing_all_the_while_is_asked_for() -> None:
    """A bucket that began to be missing later waits for the next question."""
    again = asking()
    again.look([BUCKET_0], 0.0)
    again.look([BUCKET_0, BUCKET_1], 4.0)
    assert again.look([BUCKET_0, BUCKET_1], 5.0) == (BUCKET_0,)
    assert again.look([BUCKET_0, BUCKET_1], 15.0) == (BUCKET_0, BUCKET_1)


def test_the_hub_is_told_only_of_what_the_broker_was_asked_for_in_vain() -> None:
    """Neither before the question nor before its answer could be here, and no longer than it is missing."""
    again = asking()
    again.look([BUCKET_0, POLICY], 0.0)
    again.look([BUCKET_0, POLICY], 5.0)
    again.look([BUCKET_0, POLICY], 5.9)
    assert again.in_vain == ()
    again.look([BUCKET_0], 6.0)
    assert again.in_vain == ("roster/00",)
    again.look([], 6.1)
    assert again.in_vain == ()


def test_of_a_whole_set_the_status_names_a_few() -> None:
    """A status stays short; the others are named when these are there."""
    again = asking()
    everything = [Part(DocumentKind.ROSTER, bucket) for bucket in range(64)]
    for now in (0.0, 5.0, 6.0):
        again.look(everything, now)
    assert len(again.in_vain) == MOST_LACKING


class Lossy:
    """The station's ear, which does not hear some topics the first time."""

    def __init__(self, station: Station, *topics_lost: str) -> None:
        self.lost: list[str] = []
        self._still = set(topics_lost)
        self._report = station.uplink._broker._report
        station.uplink._broker._report = self.hear

    def hear(self, event: LinkEvent) -> None:
        if isinstance(event, Arrived) and event.topic in self._still:
            self._still.remove(event.topic)
            self.lost.append(event.topic)
            return
        self._report(event)


@pytest.mark.broker
@pytest.mark.parametrize("part", [BUCKET_0, POLICY, MANIFEST], ids=str)
def test_what_was_lost_on_the_way_is_asked_for_and_comes(tmp_path: Path, broker: Broker, part: Part) -> None:
    """The broker has it and hands it out once more; nothing is in force before, and what follows comes once."""
    with PlayedHub(broker, Office()) as hub:
        hub.publish_set(hub.office.whole_set())
        hub.say(up=True)
        station = Station(tmp_path, broker)
        ear = Lossy(station, topic_of(part))
        with station:
            until(lambda: any(isinstance(post, SnapshotCame) for post in station.posts))
            assert ear.lost == [topic_of(part)]
            heard: list[Arrived] = []
            report = station.uplink._broker._report
            station.uplink._broker._report = lambda event: (heard.append(event), report(event))
            hub.publish_set(hub.office.whole_set(title="第二版"))
            until(lambda: sum(isinstance(post, SnapshotCame) for post in station.posts) == 2)
            came = [event.payload for event in heard if isinstance(event, Arrived) and event.topic == topic_of(part)]
            assert came.count(came[-1]) == 1


@pytest.mark.broker
def test_what_the_broker_does_not_have_is_told_to_the_hub(tmp_path: Path, broker: Broker) -> None:
    """By the status, until the hub has put it back."""
    documents = Office().whole_set()
    with PlayedHub(broker, Office()) as hub, Station(tmp_path, broker) as station:
        hub.publish_set({part: payload for part, payload in documents.items() if part != BUCKET_0})
        hub.say(up=True)
        until(lambda: hub.statuses and hub.statuses[-1].lacks == ("roster/00",))
        assert not any(isinstance(post, SnapshotCame) for post in station.posts)
        hub.publish(topic_of(BUCKET_0), documents[BUCKET_0])
        until(lambda: any(isinstance(post, SnapshotCame) for post in station.posts))
        until(lambda: hub.statuses[-1].lacks == ())


@pytest.mark.broker
def test_a_bucket_that_is_not_the_manifests_is_not_believed_and_told_of(tmp_path: Path, broker: Broker) -> None:
    """Genuine, but of another set: the old rules stay in force; whom it takes away is gone at once, as ever."""
    office = Office()
    documents = office.whole_set()
    with PlayedHub(broker, office) as hub, Station(tmp_path, broker) as station:
        hub.publish_set(documents)
        hub.say(up=True)
        until(lambda: any(isinstance(post, SnapshotCame) for post in station.posts))
        of_another_set = office.bucket(0, [])
        hub.publish_set(office.whole_set(title="第二版") | {BUCKET_0: of_another_set})
        until(lambda: hub.statuses[-1].lacks == ("roster/00",))
        rules = [post.snapshot.rules for post in station.posts if isinstance(post, SnapshotCame)]
        assert {each.policy.title for each in rules if each is not None} == {"第一版"}


@pytest.mark.broker
def test_a_bucket_newer_than_any_manifest_says_that_a_manifest_is_lacking(tmp_path: Path, broker: Broker) -> None:
    """The hub publishes a set's manifest last: where it never came, the gate notices by what came before it."""
    office = Office()
    with PlayedHub(broker, office) as hub, Station(tmp_path, broker) as station:
        hub.publish_set(office.whole_set())
        hub.say(up=True)
        until(lambda: any(isinstance(post, SnapshotCame) for post in station.posts))
        hub.publish(topic_of(BUCKET_0), office.bucket(0, []))
        until(lambda: hub.statuses[-1].lacks == ("manifest",))


@pytest.mark.broker
def test_a_cleared_topic_is_no_forgery(tmp_path: Path, broker: Broker) -> None:
    """Somebody emptied a topic: what was here stays in force and no fault is shown, for the hub puts it back."""
    with PlayedHub(broker, Office()) as hub, Station(tmp_path, broker) as station:
        hub.publish_set(hub.office.whole_set())
        hub.say(up=True)
        until(lambda: any(isinstance(post, SnapshotCame) for post in station.posts))
        hub.publish(topics.POLICY.of(COMPOUND), b"")
        hub.publish_set(hub.office.whole_set(title="第二版"))
        until(lambda: sum(isinstance(post, SnapshotCame) for post in station.posts) > 1)
        assert not any(isinstance(post, Faulty) and post.part == "documents" for post in station.posts)
