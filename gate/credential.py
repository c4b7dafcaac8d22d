"""From the bytes of a code to a verified credential: the way in to gate.formats.

Station and help desk call `read`. A scanned text is data, whatever it says: what comes out is a CodeReading, never an
exception, and nothing of the text survives in it but a believed credential.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from gate.clock import Moment
from gate.formats import FORMATS, health_code
from gate.formats.chain import Credential, Step, run
from gate.reason import Reason
from gate.trust import Trust


@dataclass(frozen=True, slots=True)
class CodeReading:
    """What a code turned out to be.

    format: the family it belongs to; None for a code that is not one of ours. steps: the chain as far as it went.
    credential: set only where every step passed. read_at: by which clock it was judged; None where by none.
    """

    format: str | None
    steps: tuple[Step, ...]
    credential: Credential | None = None
    read_at: Moment | None = None

    @property
    def accepted(self) -> bool:
        return self.credential is not None

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why it is not believed; empty where it is."""
        if self.credential is not None:
            return ()
        return tuple(step.reason for step in self.steps if step.reason is not None)


def read(code: bytes, trust: Trust, now: Moment, health_prefixes: Sequence[str] = ()) -> CodeReading:
    """Recognise the family of a code and walk its chain of steps. Never raises for anything a code can contain.

    health_prefixes: how a health code begins, as the policy says; they take no code from another family.
    """
    for code_format in (*FORMATS, health_code.format_of(health_prefixes)):
        if code_format.recognise(code):
            steps, credential = run(code_format, code, trust, now)
            return CodeReading(code_format.name, steps, credential, now)
    return CodeReading(None, (Step("recognise", False, Reason.NOT_OURS, "not a code of any family known here"),))
