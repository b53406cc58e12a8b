"""The rows of agreements.csv: an independent owner's word on publication, for all its units or for one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from admin_portal.cells import Cells
from shared.i18n import gettext as _

AGREEMENT_COLUMNS = (("provider_code", "publish"), ("valid_from", "valid_to", "reference", "unit_code"))


@dataclass(frozen=True, slots=True)
class AgreementRow:
    """A row of agreements.csv; an empty ``unit_code`` means all the owner's units, an empty date no limit."""

    number: int
    provider_code: str
    unit_code: str
    publish: bool
    valid_from: date | None
    valid_to: date | None
    reference: str


def read_agreements(cells: Cells) -> AgreementRow:
    """Return one row, noting the faults of its cells."""
    valid_from, valid_to = cells.day("valid_from"), cells.day("valid_to")
    if valid_from and valid_to and valid_to < valid_from:
        cells.fault("valid_to", _("The agreement ends before it begins."), _("Correct one of the dates."))
    return AgreementRow(
        number=cells.row.number,
        provider_code=cells.code("provider_code"),
        unit_code=cells.code("unit_code", required=False),
        publish=cells.boolean("publish", required=True),
        valid_from=valid_from,
        valid_to=valid_to,
        reference=cells.name("reference"),
    )
