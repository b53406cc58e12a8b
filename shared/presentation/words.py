"""The words people read for the codes that programs use: one word per idea, on every page and in every letter."""

from __future__ import annotations

from shared.i18n import gettext as _


def unit_type(code: str) -> str:
    """Return what a kind of unit is called."""
    words = {
        "forskola": _("Preschool"),
        "forskoleklass": _("Preschool class"),
        "grundskola": _("Compulsory school"),
        "anpassad_grundskola": _("Adapted compulsory school"),
        "fritidshem": _("After-school centre"),
        "pedagogisk_omsorg": _("Pedagogical care"),
    }
    return words.get(code, code)


def regi(code: str) -> str:
    """Return how a unit is run."""
    return {"municipal": _("Municipal"), "independent": _("Independent")}.get(code, code)


def respondents(code: str) -> str:
    """Return who answers, in the plural."""
    words = {
        "child": _("Children"),
        "pupil": _("Pupils"),
        "guardian": _("Guardians"),
        "staff": _("Staff"),
        "principal": _("Principals"),
    }
    return words.get(code, code)


def asked(code: str, title: str) -> str:
    """Return who answered and about what: "Rektorer: Rektors bild"; a title that begins with the word stands alone."""
    who = respondents(code)
    return title if title.casefold().startswith(who.casefold()) else f"{who}: {title}"


def role(code: str) -> str:
    """Return what a role of the portal is called."""
    words = {
        "officer": _("Officer, Pedagogcentrum"),
        "area_head": _("Area head"),
        "principal": _("Principal"),
        "leadership": _("Leadership group member"),
        "owner": _("Owner representative"),
        "board_reader": _("Board reader"),
        "auditor": _("Auditor"),
    }
    return words.get(code, code)


def level(code: str) -> str:
    """Return what a level of the organisation is called."""
    words = {
        "unit": _("Unit"),
        "provider": _("Provider"),
        "district": _("District"),
        "municipality": _("Municipality"),
    }
    return words.get(code, code)


def cycle_state(code: str) -> str:
    """Return how far a cycle has come."""
    words = {
        "draft": _("Draft"),
        "scheduled": _("Scheduled"),
        "collecting": _("Collecting"),
        "ready": _("Results ready"),
        "released": _("Released to units"),
        "published": _("Published"),
        "archived": _("Archived"),
    }
    return words.get(code, code)


def window_state(code: str) -> str:
    """Return how far a collection window has come."""
    words = {
        "planned": _("Planned"),
        "opening": _("Opening"),
        "open": _("Open"),
        "closed": _("Closed, being counted"),
        "counted": _("Counted"),
    }
    return words.get(code, code)


def code_model(code: str) -> str:
    """Return how invitations are given out."""
    words = {
        "slips": _("Slips for the class"),
        "personal": _("Personal codes"),
        "per_child": _("One code per child"),
        "per_unit": _("One shared code per unit"),
        "import": _("Answers from a file"),
    }
    return words.get(code, code)


def dialogue_state(code: str) -> str:
    """Return how far a quality dialogue has come."""
    words = {
        "offered": _("Offered"),
        "booked": _("Booked"),
        "held": _("Held"),
        "confirmed": _("Minutes confirmed"),
        "concluded": _("Concluded"),
        "declined": _("Declined"),
    }
    return words.get(code, code)


def measure_state(code: str) -> str:
    """Return how far a measure has come."""
    words = {"planned": _("Planned"), "ongoing": _("Ongoing"), "done": _("Done"), "dropped": _("Dropped")}
    return words.get(code, code)


def protection(code: str) -> str:
    """Return what guards the figures of a release, as every page with figures states it."""
    words = {"thresholds_and_siblings": _("Protected by thresholds and siblings only, not audited.")}
    return words.get(code, code)
