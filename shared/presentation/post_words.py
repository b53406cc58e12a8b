"""The words for what becomes of letters and of background work: states, mail servers' answers, jobs."""

from __future__ import annotations

from shared.i18n import gettext as _

_GIVEN_UP = "given up: "


def mail_state(code: str) -> str:
    """Return how far a letter has come."""
    words = {"queued": _("Waiting to be sent"), "sent": _("Sent"), "failed": _("Not sent")}
    return words.get(code, code)


def mail_error(reason: str) -> str:
    """Return in a sentence why a letter was not sent: ``reason`` is a word and the server's status code."""
    if reason.startswith(_GIVEN_UP):
        return _("Given up after three days. %(reason)s") % {"reason": mail_error(reason.removeprefix(_GIVEN_UP))}
    for word, sentence in _errors().items():
        if reason == word or reason.startswith(f"{word} "):
            status = reason.removeprefix(word).strip()
            return f"{sentence} ({status})" if status else sentence
    return reason


def _errors() -> dict[str, str]:
    return {
        "address": _("This is no address that mail can be sent to. Mend it where it was entered."),
        "rejected": _("The mail server refuses this recipient or letter for good. Check the address."),
        "busy": _("The mail server cannot take this letter now. It is tried again."),
        "server away": _("The mail server was away a moment ago. It is tried again."),
        "unreachable": _("The mail server cannot be reached. Check SIKTE_SMTP_URL and that the server runs."),
        "silent": _("The mail server did not answer in time."),
        "broken off": _("The mail server broke off the connection."),
        "TLS": _("The mail server offers no connection that can be trusted. Check its certificate and name."),
        "unsupported": _(
            "The mail server does not offer what is asked of it (TLS or signing in). Check SIKTE_SMTP_URL."
        ),
        "sign-in": _("The mail server does not accept our user name and password. Check SIKTE_SMTP_URL."),
        "sender": _("The mail server does not accept our sender's address. Check SIKTE_MAIL_FROM."),
        "answer": _("The mail server does not let us in."),
    }


def delivery_state(code: str) -> str:
    """Return how far a piece of background work has come."""
    words = {
        "waiting": _("Waiting"),
        "running": _("Being done"),
        "done": _("Done"),
        "quarantined": _("Stopped after three tries"),
    }
    return words.get(code, code)


def consumer(code: str) -> str:
    """Return what a piece of background work does."""
    words = {
        "make_window_key": _("Open a collection window"),
        "count_ballots": _("Count ballots"),
        "finish_window": _("Finish a window's count"),
        "compute_results": _("Compute results"),
        "tell_recipients": _("Write letters and notices"),
        "make_public_site": _("Make the public site"),
        "send_mail": _("Send a letter"),
    }
    return words.get(code, code)


def payload_name(code: str) -> str:
    """Return what a part of an event's payload names; one without a word here keeps its own, without "_id"."""
    words = {
        "mail_id": _("letter"),
        "window_id": _("window"),
        "cycle_id": _("cycle"),
        "release_id": _("release"),
        "publication_id": _("publication"),
        "dialogue_id": _("dialogue"),
        "measure_id": _("measure"),
    }
    return words.get(code, code.removesuffix("_id"))
