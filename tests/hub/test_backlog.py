"""Messages that wait for the writer: bounded batches of either line, bounded memory, and nobody in the way."""

from threading import Event, Thread

from hub.incoming.backlog import BACKLOG_RECORDS, COMPRESSED_BYTES, LIVE_RECORDS, Backlog, Message
from hub.registry import Registry
from hub.registry.writer import Rank


class SlowWriter:
    """Takes the jobs of a backlog when it is told to, the first ranks first."""

    def __init__(self) -> None:
        self.jobs: list = []

    def post(self, job, rank: Rank) -> None:
        self.jobs.append((rank, job))
        self.jobs.sort(key=lambda each: each[0])

    def step(self) -> None:
        self.jobs.pop(0)[1](None)

    def work(self) -> None:
        while self.jobs:
            self.step()


def live(records: int) -> Message:
    return Message("topic", b'"hash"' * records)


def waited(records: int) -> Message:
    return Message("topic", b"z" * COMPRESSED_BYTES * records, live=False)


def test_what_waits_becomes_one_batch():
    writer, batches = SlowWriter(), []
    backlog = Backlog(writer.post, lambda registry, messages: batches.append(messages))
    for number in range(5):
        backlog.put(Message("topic", b"%d" % number))
    writer.work()
    assert [len(batch) for batch in batches] == [5]


def test_a_long_line_lets_an_office_command_in_between():
    """After each bounded batch the writer's queue decides anew."""
    for message, most in ((live(100), LIVE_RECORDS // 100), (waited(100), BACKLOG_RECORDS // 100)):
        writer, batches = SlowWriter(), []
        backlog = Backlog(writer.post, lambda registry, messages, batches=batches: batches.append(len(messages)))
        for _ in range(most + 5):
            backlog.put(message)
        writer.step()
        assert batches == [most]
        assert len(writer.jobs) == 1
        writer.work()
        assert batches == [most, 5]


def test_a_live_message_is_taken_before_what_had_waited_at_a_gate():
    """Whichever came first; they are never in one batch."""
    writer, batches = SlowWriter(), []
    backlog = Backlog(writer.post, lambda registry, messages: batches.append([each.live for each in messages]))
    for _ in range(3):
        backlog.put(waited(BACKLOG_RECORDS))
    writer.step()
    backlog.put(live(1))
    writer.work()
    assert batches == [[False], [True], [False], [False]]


def test_a_full_line_leaves_the_message_to_be_sent_again():
    writer = SlowWriter()
    backlog = Backlog(writer.post, lambda registry, messages: None, most_bytes=10, hold_seconds=0)
    assert backlog.put(Message("topic", b"x" * 8))
    assert not backlog.put(Message("topic", b"x" * 8))
    assert backlog.dropped == 1
    writer.work()
    assert backlog.put(Message("topic", b"x" * 8))


def test_what_waited_never_takes_the_room_of_what_is_live():
    """However much of it comes, and without holding back the link, which hears the live ones too."""
    writer = SlowWriter()
    backlog = Backlog(writer.post, lambda registry, messages: None, most_bytes=10, hold_seconds=3600)
    assert backlog.put(Message("topic", b"x" * 8, live=False))
    assert not backlog.put(Message("topic", b"x" * 8, live=False))
    assert backlog.put(Message("topic", b"x" * 8))


def test_a_message_larger_than_the_line_still_passes_alone():
    writer = SlowWriter()
    backlog = Backlog(writer.post, lambda registry, messages: None, most_bytes=10, hold_seconds=0)
    assert backlog.put(Message("topic", b"x" * 100))


def test_the_link_waits_for_room_for_a_live_message():
    writer, done = SlowWriter(), Event()
    backlog = Backlog(writer.post, lambda registry, messages: None, most_bytes=10, hold_seconds=60)
    backlog.put(Message("topic", b"x" * 8))
    link = Thread(target=lambda: (backlog.put(Message("topic", b"x" * 8)), done.set()), daemon=True)
    link.start()
    writer.work()
    assert done.wait(30)
    link.join()


def test_a_batch_that_fails_does_not_stop_the_next():
    writer, batches = SlowWriter(), []

    def take(registry: Registry, messages: list[Message]) -> None:
        batches.append(messages)
        raise ValueError("broken")

    backlog = Backlog(writer.post, take)
    backlog.put(Message("topic", b"1"))
    writer.work()
    backlog.put(Message("topic", b"2"))
    writer.work()
    assert len(batches) == 2
