"""Brokers and lines that hate us, in small: nothing is lost or doubled, and a gate that believes the broker loses."""

import asyncio
import random

import pytest

from tests.durability.hostile_broker import over_a_hostile_line, under_a_dying_broker
from tests.durability.hostile_line import DUPLICATE, PUBLISH, Hatred, HostileLine, packet_from


@pytest.mark.broker
def test_a_broker_that_dies_and_forgets_loses_nothing() -> None:
    """It queues ten messages, keeps none and is killed again and again, while a gate sends what waited and what is."""
    outcome = under_a_dying_broker(600, kill_seconds=1.0, gates=1)
    assert outcome.kills > 0
    assert outcome.caught_up
    assert (outcome.ours.written, outcome.ours.lost, outcome.ours.doubled, outcome.ours.corrupt) == (600, 0, 0, 0)


@pytest.mark.broker
def test_a_line_that_drops_and_repeats_packets_loses_nothing() -> None:
    """What believes the broker's acknowledgement under the same packets does lose."""
    hatred = Hatred(dropped=0.1, delayed=0.05, delay=0.2, repeated=0.3, cut_every=3.0)
    outcome = over_a_hostile_line(600, hatred, gates=1)
    assert outcome.caught_up
    assert (outcome.ours.written, outcome.ours.lost, outcome.ours.doubled, outcome.ours.corrupt) == (600, 0, 0, 0)
    assert outcome.damage.dropped > 0
    assert outcome.damage.repeated > 0


def test_a_message_that_is_lost_is_acknowledged_all_the_same() -> None:
    """Its sender is told that the broker has it: what a broker's word is worth."""
    with HostileLine(0, Hatred(dropped=1.0, cut_every=1000), random.Random(1)) as line:
        packet = bytes([PUBLISH << 4 | 0b10, 7, 0, 1]) + b"t" + bytes([0x12, 0x34, 0, 9])

        async def acknowledged() -> bytes:
            lines: list[asyncio.StreamWriter] = []
            heard = asyncio.Event()

            async def listen(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                lines.append(writer)
                heard.set()

            async with await asyncio.start_server(listen, "127.0.0.1", line.broker_port):
                reader, writer = await asyncio.open_connection("127.0.0.1", line.port)
                writer.write(packet)
                answer = await reader.readexactly(4)
                await heard.wait()
                for each in (writer, *lines):
                    each.transport.abort()
                await asyncio.sleep(0)
                return answer

        assert asyncio.run(acknowledged()) == bytes([0x40, 2, 0x12, 0x34])


LAST = bytes([0xE0, 0])


def _publish(number: int) -> bytes:
    return bytes([PUBLISH << 4 | 0b10, 7]) + number.to_bytes(7, "big")


async def _through(line: HostileLine, packets: list[bytes]) -> list[bytes]:
    """What comes out at the other end, where a server stands for the broker."""
    heard: list[bytes] = []
    ended = asyncio.Event()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not heard or heard[-1] != LAST:
            heard.append(await packet_from(reader.readexactly))
        writer.transport.abort()
        ended.set()

    async with await asyncio.start_server(listen, "127.0.0.1", line.broker_port):
        _, writer = await asyncio.open_connection("127.0.0.1", line.port)
        writer.write(b"".join([*packets, LAST]))
        await ended.wait()
        writer.transport.abort()
        await asyncio.sleep(0)
    return heard


def test_the_hostile_line_keeps_the_order_and_marks_what_it_repeats() -> None:
    """Else the campaign would prove that the gates survive something that no line does."""
    hatred = Hatred(dropped=0.0, delayed=0.5, delay=0.05, repeated=0.5, repeats=3, cut_every=1000)
    sent = [_publish(number) for number in range(40)]
    with HostileLine(0, hatred, random.Random(1)) as line:
        heard = asyncio.run(_through(line, sent))[:-1]
        assert list(dict.fromkeys(bytes([each[0] & ~DUPLICATE]) + each[1:] for each in heard)) == sent
        assert len(heard) == len(sent) + 3 * line.damage.repeated > len(sent)
        assert sum(bool(each[0] & DUPLICATE) for each in heard) == 3 * line.damage.repeated


def test_a_packet_may_be_as_long_as_mqtt_lets_it() -> None:
    """The length is written in up to four bytes of seven bits."""

    async def read(packet: bytes) -> bytes:
        reader = asyncio.StreamReader(limit=2**20)
        reader.feed_data(packet + b"rest")
        return await packet_from(reader.readexactly)

    for head, length in ((b"\x00", 0), (b"\x7f", 127), (b"\x80\x01", 128), (b"\x80\x80\x01", 16_384)):
        packet = b"\x30" + head + bytes(length)
        assert asyncio.run(read(packet)) == packet
