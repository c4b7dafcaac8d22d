"""What guards wrote down and sealed, opened in the office: the one place that holds the form key while the hub runs.

`hub.incoming.ingest` opens each form as it comes. Rule: a form that cannot be opened never holds up the record that
carries it; it is kept as it came, with why, so that it can still be opened when the right key is put back.
"""

from dataclasses import dataclass

from gate.forms import Form, FormUnreadable, decode_form
from gate.names import Slug
from gate.sealing import SealBroken, open_sealed

NO_KEY = "this hub has no form key; put DATA/keys/form.key back from a backup"


@dataclass(frozen=True, slots=True)
class OpenedForm:
    """form: None where it could not be opened; why, in a sentence that tells nothing of its content."""

    sealed: bytes
    form: Form | None
    why: str = ""


@dataclass(frozen=True)
class Opener:
    """compound: for which forms were sealed. secret: 32 bytes; b"" where the hub has no such key."""

    compound: Slug
    secret: bytes

    def __call__(self, sealed: bytes) -> OpenedForm:
        if not self.secret:
            return OpenedForm(sealed, None, NO_KEY)
        try:
            return OpenedForm(sealed, decode_form(open_sealed(sealed, self.compound, self.secret)))
        except SealBroken as broken:
            return OpenedForm(sealed, None, str(broken))
        except FormUnreadable:
            return OpenedForm(sealed, None, "this form is of a version that this hub does not know")

    def __repr__(self) -> str:
        return f"Opener({self.compound})"
