"""The town's settings files, as an office would write them: hub.toml, station.toml, the policy.

`town` writes them into its fresh folder. Rule: every port is a free one on loopback; nothing of the machine is touched.
"""

from pathlib import Path

COMPOUND = "willow-court"
HOUSEHOLDS_SAID = "835 户 households, 1,502 人 people"
CONTROLLED, SEALED = 5, 9  # buildings; in the east half and in the west half
POLICY = f"""\
title = "冬季出入管理（第一版）"
office_telephone = "0000-1234"

[gates.east]
open = true

[gates.west]
open = true

[zones]
{CONTROLLED} = "controlled"
{SEALED} = "sealed"
"""
# The town of `make demo` has what an office sets besides: who may come when, how often people go out, what the desk
# needs. Nobody is asked what for: residents who come by themselves have no words.
DEMO_POLICY = f"""\
exit_quota = {{ times = 3, days = 1, per = "person" }}
plate_prefix = "豫A"
shelf_slots = ["1", "2", "3", "4", "5", "6"]
{POLICY}
[callers.courier]
hours = [{{ opens = "06:00", closes = "23:00" }}]

[callers.vehicle]
directions = ["in", "out"]

[retest]
rest_minutes = 1
sites = ["forehead", "wrist"]
"""
# The same rules for a run that does not wait: nobody looks at a green lamp, what is missing stays missing, and the same
# few people come again and again.
BRISK_POLICY = "green_seconds = 1.0\nvisit_seconds = 4.0\nsame_way_hours = 0\n" + POLICY
# And for one in which pictures are taken: a green stays until it was.
SCREENS_POLICY = "green_seconds = 30.0\n" + POLICY
# What no two lanes of the town differ in: every part is a double, and what can be wired is.
_OF_EVERY_LANE = """
[thermometer]
backend = "rehearsal"

[panel]
backend = "rehearsal"
third_button_pin = 7
barrier_sensor_pin = 8
fire_notice_pin = 18
tamper_pin = 15

[voice]
backend = "rehearsal"

[kiosk]
host = "127.0.0.1"
port = 0

[clock]
synchronised_by = "rehearsal"
image_built_at = 2021-12-30T00:00:00Z

[journal]
reserve_megabytes = 1
"""


def hub(data: Path, broker_port: int, resident_port: int) -> str:
    return f"""\
compound = "{COMPOUND}"
name = "柳荫小区"
data = "{data}"

[broker]
host = "127.0.0.1"
port = {broker_port}
tls_ca = ""

[office]
host = "127.0.0.1"
port = 0

[resident]
serve = true
host = "127.0.0.1"
port = {resident_port}
address = "http://localhost:{resident_port}"
"""


def station(
    name: str, gate: str, data: Path, identity: Path, broker_port: int, pictures: Path | None, frames_per_second: int
) -> str:
    rehearsal = f'\n[rehearsal]\npictures = "{pictures}"\n' if pictures else ""
    return f"""\
compound = "{COMPOUND}"
station = "{name}"
gate = "{gate}"
lane = "1"
direction = "both"
data = "{data}"
identity = "{identity}"

[broker]
host = "127.0.0.1"
port = {broker_port}
tls_ca = ""

[camera]
backend = "rehearsal"
source = ""
frames_per_second = {frames_per_second}
{_OF_EVERY_LANE}{rehearsal}"""
