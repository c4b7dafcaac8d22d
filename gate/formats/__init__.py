"""The families of codes that a resident may show, one file each, chosen by what the code's text looks like.

A format is a name, a way to recognise its texts, and a chain of steps from text to credential. To add a family, write
its file and name it in FORMATS; nothing else knows how many there are.
"""

from gate.formats import community_pass
from gate.formats.chain import Format

FORMATS: tuple[Format, ...] = (community_pass.FORMAT,)
