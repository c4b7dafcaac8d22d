"""The families of codes that a resident may show, one file each, chosen by what the code's text looks like.

A format is a name, a way to recognise its texts, and a chain of steps from text to credential. To add a family, write
its file and name it in FORMATS; nothing else knows how many there are.
"""

from gate.formats import community_pass, eu_certificate, gate_pass, phone_pass, smart_health_card
from gate.formats.chain import Format

FORMATS: tuple[Format, ...] = (
    phone_pass.FORMAT,
    community_pass.FORMAT,
    gate_pass.FORMAT,
    eu_certificate.FORMAT,
    smart_health_card.FORMAT,
)
