"""What the guard reads when the broker says no: every reason of MQTT 5 (section 2.4), by the name that paho gives it.

`telling` asks. Rule: no refusal is silent. Reasons that somebody must act on have a sentence of their own; every other
one is shown under its own name, so that it can be told on the telephone.
"""

REFUSED_LOGIN = "消息服务器不认本站密码，请联系社区 / The broker does not accept this station's name and password"
REFUSED_RIGHT = "消息服务器不许本站发送，请联系社区 / The broker does not let this station send or listen"
SHAKY = "连接反复中断，是否另有机器在用本站身份？ / The link keeps breaking; does another machine use this identity?"
TAKEN_OVER = "另一台机器用本站身份登录，请联系社区 / Another machine has signed in with this station's identity"
UNTRUSTED = "消息服务器的证书不可信，请联系社区 / The broker's certificate is not to be trusted"
TOO_LARGE = "消息服务器不收本站的记录，请联系社区 / The broker takes no message as large as one record"
BUSY = "消息服务器太忙，本站稍后再试 / The broker is too busy; this station tries again"
QUOTA = "消息服务器的空间已满，请联系社区 / The broker has no room left for this station; tell the office"
BANNED = "消息服务器封禁了本站，请联系社区 / The broker has banned this station; tell the office"
ELSEWHERE = "消息服务器已搬走，请联系社区 / The broker has moved; this station needs its new address"
BROKEN = "与社区的连接出错，正在重试 / The link to the hub is out of order and tries again"
ENDED = "无法连接社区，请重启本站 / The link to the hub could not begin; restart this station"

# How brokers say 'too large'. Mosquitto 2.0 answers a payload over its message_size_limit with a code that MQTT 5 does
# not allow there, which paho takes for a protocol error.
TOO_LARGE_REASONS = ("Packet too large", "Implementation specific error", "Protocol error")

_SENTENCES = {
    "Bad user name or password": REFUSED_LOGIN,
    "Bad authentication method": REFUSED_LOGIN,
    "Client identifier not valid": REFUSED_LOGIN,
    "Not authorized": REFUSED_RIGHT,
    "Session taken over": TAKEN_OVER,
    "Server unavailable": BUSY,
    "Server busy": BUSY,
    "Connection rate exceeded": BUSY,
    "Message rate too high": BUSY,
    "Receive maximum exceeded": BUSY,
    "Quota exceeded": QUOTA,
    "Banned": BANNED,
    "Administrative action": BANNED,
    "Use another server": ELSEWHERE,
    "Server moved": ELSEWHERE,
    "Packet too large": TOO_LARGE,
}
# A connection ends so in the ordinary course of things: the broker restarts, the line was cut (paho's own words).
_ORDINARY = frozenset(
    {"Normal disconnection", "Server shutting down", "Keep alive timeout", "Maximum connect time", "Unspecified error"}
)


def connect_refused(reason: str) -> str:
    """The sentence for a connection that the broker refused; there 'Not authorized' speaks of who we are."""
    return REFUSED_LOGIN if reason == "Not authorized" else _SENTENCES.get(reason, _other(reason))


def refused(reason: str) -> str:
    """The sentence for a publish or a subscription that the broker refused."""
    return _SENTENCES.get(reason, _other(reason))


def disconnected(reason: str) -> str:
    """The sentence for a connection that the broker ended; "" where there is nothing to do but to come back."""
    if reason in _ORDINARY or reason in TOO_LARGE_REASONS:
        return ""
    return _SENTENCES.get(reason, _other(reason))


def _other(reason: str) -> str:
    return f"消息服务器拒绝本站（{reason}），请联系社区 / The broker refuses this station ({reason}); tell the office"
