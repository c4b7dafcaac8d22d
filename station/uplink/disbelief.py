"""What came in the hub's name and is not believed: a fault on the screen and in the status until a good one comes.

The uplink tells of every signed document that it heard. Rule: what is in force stays in force; and nobody forges or
sets back an order to a gate without its guard and the office reading of it.
"""

from collections.abc import Callable

from station.inbox import Faulty

PART = "documents"
"""As which part the screen and the status name it."""

_NAMES = {
    "policy": ("规定", "rules"),
    "trust": ("信任名单", "trust list"),
    "staff": ("保安名单", "list of guards"),
    "notices": ("公告", "announcements"),
    "manifest": ("目录", "contents"),
    "roster": ("居民名单", "list of residents"),
    "receipt": ("回执", "receipt"),
}


class Disbelief:
    """topics: of documents, each of which carries one alone. For the uplink's thread."""

    def __init__(self, post: Callable[[Faulty], None]) -> None:
        self._post = post
        self._refused: dict[str, None] = {}
        self._told = ""

    def refused(self, topic: str) -> None:
        self._refused[topic] = None
        self._tell()

    def believed(self, topic: str) -> None:
        self._refused.pop(topic, None)
        self._tell()

    def _tell(self) -> None:
        sentence = _sentence(self._refused)
        if sentence != self._told:
            self._told = sentence
            self._post(Faulty(PART, sentence))


def _sentence(topics: dict[str, None]) -> str:
    # gate/1/COMPOUND/hub/KIND, and what a kind has of its own.
    names = dict.fromkeys(_NAMES[topic.split("/")[4]] for topic in topics)
    if not names:
        return ""
    zh, en = "、".join(zh for zh, _ in names), ", ".join(en for _, en in names)
    return (
        f"收到的社区文件不可信（{zh}），照原有的办：请打电话告诉社区"
        f" / Not believed as the office's ({en}); what was here stays in force: tell the office by telephone"
    )
