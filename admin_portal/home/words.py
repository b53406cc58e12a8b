"""The words of the year page: what each step and each next thing to do is called, and says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from admin_portal.home.actions import Action
from shared.i18n import gettext as _


@dataclass(frozen=True, slots=True)
class ActionWords:
    """A sentence about what is to be done, and the words on its button."""

    sentence: str
    button: str


def of_action(action: Action) -> ActionWords:
    """Return the words of ``action``, filled in with its facts."""
    known = {**_first_steps(), **_of_windows(), **_of_officer(), **_of_season(), **_of_units()}
    sentence, button = known.get(action.kind, (_("There is nothing for you to do now. We write when there is."), ""))
    return ActionWords(_filled(sentence, action.facts), button)


def step_title(key: str) -> str:
    """Return what a step of the year is called."""
    return {
        "configure": _("Questions and cycle"),
        "enrol": _("Units and headcounts"),
        "invite": _("Invitations"),
        "collect": _("Collection"),
        "count": _("Count and results"),
        "release": _("Release to the units"),
        "publish": _("Publication"),
        "dialogues": _("Quality dialogues"),
        "measures": _("Measures"),
    }[key]


def state_word(state: str) -> str:
    """Return the word of a step's state."""
    return {"done": _("Done"), "now": _("Now"), "waiting": _("Later"), "late": _("Late")}[state]


def state_badge(state: str) -> str:
    """Return the badge of a step's state."""
    return {"done": "calm", "now": "good", "waiting": "wait", "late": "late"}[state]


def _filled(sentence: str, facts: Mapping[str, str]) -> str:
    return sentence % facts if facts else sentence


def _first_steps() -> dict[str, tuple[str, str]]:
    return {
        "import_roster": (
            _("Begin with the units: import the register with units, groups and headcounts."),
            _("Import the register"),
        ),
        "import_batteries": (_("The units are in place. Import the questions next."), _("Import questions")),
        "create_cycle": (_("Units and questions are in place. Create the next cycle."), _("Create a cycle")),
    }


def _of_windows() -> dict[str, tuple[str, str]]:
    return {
        "accept_loss": (
            _("The count of window %(window)s waits for you: some ballots cannot be read."),
            _("Decide about the unreadable ballots"),
        ),
        "open_late": (_("Window %(window)s should have opened by itself and has not."), _("Open the window")),
        "close_late": (_("Window %(window)s should have closed by itself and has not."), _("Close the window")),
        "open_file_window": (
            _("Window %(window)s takes answers from files only. It opens when you open it."),
            _("Open the window"),
        ),
        "close_file_window": (
            _("Window %(window)s takes answers from files only. Close it when all of them are in."),
            _("Close the window"),
        ),
        "follow_count": (_("Window %(window)s is being counted. This takes minutes."), _("Follow the count")),
        "issue_codes": (_("Window %(window)s has no codes yet: nobody can be invited."), _("Issue the codes")),
    }


def _of_officer() -> dict[str, tuple[str, str]]:
    return {
        "stuck": (_("Work is stuck and waits for you (%(number)s)."), _("See what is stuck")),
        "release": (_("Results are ready. The units wait for them."), _("Release to the units")),
        "follow_rates": (_("Answers are coming in. See who needs a call."), _("See the response rates")),
        "check_cycle": (_("All is set. Look the cycle through before it opens."), _("See the cycle")),
        "failed_letters": (_("Letters could not be delivered (%(number)s)."), _("See the letters")),
        "publish": (_("The units have their results. Publish them for everyone when you are ready."), _("Publish")),
        "follow_releases": (_("The release waits for its time."), _("See the releases")),
        "create_round": (
            _("The units have their results. Offer them a quality dialogue."),
            _("Create a dialogue round"),
        ),
        "offer_dialogues": (_("The round of dialogues is a draft: no unit has been offered one."), _("See the round")),
        "remind_to_book": (
            _("The last day to book has passed, and %(number)s units have neither booked nor declined."),
            _("See who has not booked"),
        ),
        "follow_dialogues": (_("Quality dialogues are under way."), _("See the dialogues")),
        "follow_measures": (_("Measures are under way (%(number)s)."), _("See the measures")),
    }


def _of_season() -> dict[str, tuple[str, str]]:
    return {
        "write_minutes": (_("The dialogue with %(unit)s is over. Write its minutes."), _("Write the minutes")),
        "confirm_minutes": (_("The minutes of the dialogue about %(unit)s wait for you."), _("Confirm the minutes")),
        "late_measures": (_("Measures have passed their date (%(number)s)."), _("Follow up the measures")),
        "see_dialogues": (_("You have quality dialogues coming (%(number)s)."), _("See the dialogues")),
    }


def _of_units() -> dict[str, tuple[str, str]]:
    return {
        "book_dialogue": (_("%(unit)s is offered a quality dialogue."), _("Book the dialogue")),
        "prepare_dialogue": (_("The dialogue about %(unit)s is booked. Prepare it."), _("Prepare the dialogue")),
        "agree": (
            _("Units of yours have no agreement on publication (%(number)s). Without one nothing is published."),
            _("Decide about publication"),
        ),
        "see_results": (_("The results are here."), _("See the results")),
        "see_rates": (_("Answers are being collected."), _("See the response rate")),
        "see_board": (_("The results are published."), _("See the results for the board")),
        "read_audit": (_("What has been decided, by whom and when, stands in the audit log."), _("Read the audit log")),
    }
