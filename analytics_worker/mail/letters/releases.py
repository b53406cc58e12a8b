"""Letters and notices about results: released to a unit, corrected, made public. They hold links, never figures."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from analytics_worker.mail.letters import Telling
from shared.database.addressees import Addressee, addressees, told_units
from shared.database.post import notify, write_mail
from shared.i18n import gettext as _
from shared.i18n import ngettext, speaking
from shared.model.accounts import PRINCIPAL
from shared.model.cycles import Cycle
from shared.model.releases import Publication, Release
from shared.questionnaire.definition import in_language

RELEASED, CORRECTED, PUBLISHED = "results_released", "results_corrected", "results_published"


@dataclass(frozen=True, slots=True)
class _News:
    """What is told: which kind of news, about which cycle, as which occasion, where to read it."""

    kind: str
    occasion: str
    title: Mapping[str, str]
    link: str
    reason: str = ""


def tell_release(session: Session, payload: Mapping[str, Any], telling: Telling) -> None:
    """Tell the units of a release, their area heads and owners that results are there, or why they were corrected."""
    release = session.get_one(Release, int(payload["release_id"]))
    cycle = session.get_one(Cycle, release.cycle_id)
    kind = CORRECTED if _corrects(session, release) else RELEASED
    reason = release.reason if kind == CORRECTED else ""
    news = _News(kind, f"release/{release.id}", cycle.title, f"/results/{cycle.key}", reason)
    _tell(session, news, cycle, release.windows, telling)


def tell_publication(session: Session, payload: Mapping[str, Any], telling: Telling) -> None:
    """Tell the same people that the results are public."""
    publication = session.get_one(Publication, int(payload["publication_id"]))
    cycle = session.get_one(Cycle, publication.cycle_id)
    news = _News(PUBLISHED, f"publication/{publication.id}", cycle.title, "/public/")
    _tell(session, news, cycle, publication.windows, telling)


def _corrects(session: Session, release: Release) -> bool:
    """Whether units have had an earlier release of one of its windows."""
    earlier = session.scalars(
        select(Release).where(
            Release.cycle_id == release.cycle_id, Release.number < release.number, Release.withdrawn_at.is_(None)
        )
    )
    return any(set(one.windows) & set(release.windows) for one in earlier)


def _tell(session: Session, news: _News, cycle: Cycle, windows: list[str], telling: Telling) -> None:
    for one in addressees(session, told_units(session, cycle.id, windows), part=telling.part):
        with speaking(one.language):
            write_mail(
                session,
                occasion=f"{news.occasion}/{_place(one)}/{_short(one.email)}",
                recipient=one.email,
                language=one.language,
                subject=_subject(news, one),
                body=_body(news, one, telling),
                at=telling.now,
            )
            if one.account_id is not None:
                _notify(session, news, one, telling)


def _notify(session: Session, news: _News, one: Addressee, telling: Telling) -> None:
    notify(
        session,
        account_id=one.account_id or 0,
        occasion=news.occasion,
        kind=news.kind,
        parameters={"cycle": in_language(news.title, one.language), "reason": news.reason},
        link=news.link,
        at=telling.now,
    )


def _subject(news: _News, one: Addressee) -> str:
    templates = {
        RELEASED: _("Results of %(cycle)s: %(whom)s"),
        CORRECTED: _("Corrected results of %(cycle)s: %(whom)s"),
        PUBLISHED: _("Public now: results of %(cycle)s"),
    }
    return templates[news.kind] % {"cycle": in_language(news.title, one.language), "whom": _whom(one)}


def _body(news: _News, one: Addressee, telling: Telling) -> str:
    parts = {
        "cycle": in_language(news.title, one.language),
        "whom": _whom(one),
        "link": telling.link(news.link),
        "reason": news.reason,
    }
    sentences = {
        RELEASED: _("The results of %(cycle)s for %(whom)s can be read in the portal from now on:"),
        CORRECTED: _("The results of %(cycle)s for %(whom)s have been corrected. The new ones are in the portal:"),
        PUBLISHED: _("The results of %(cycle)s are public from now on:"),
    }
    lines = [_("Hello,"), "", sentences[news.kind] % parts, parts["link"], ""]
    if news.kind == CORRECTED:
        lines += [_("What was wrong: %(reason)s") % parts, ""]
    lines += [_closing(news), ""]
    return "\n".join([*lines, _why(one), _("Pedagogcentrum")]) + "\n"


def _closing(news: _News) -> str:
    if news.kind == PUBLISHED:
        return _("Each unit's page says what is shown of it, what is not, and why.")
    return _("Sign in with your account. If you have none, ask Pedagogcentrum for one.")


def _why(one: Addressee) -> str:
    if one.role == PRINCIPAL:
        return _("You get this letter because you are noted as principal of %(whom)s.") % {"whom": _whom(one)}
    return _("You get this letter because these units are yours: as their area head or their owner's representative.")


def _whom(one: Addressee) -> str:
    """Return the unit's name, or how many units it is about."""
    number = len(one.units)
    if number == 1:
        return one.units[0].name
    return ngettext("%(number)d unit", "%(number)d units", number) % {"number": number}


def _place(one: Addressee) -> str:
    return f"unit/{one.units[0].id}" if one.role == PRINCIPAL else one.role


def _short(email: str) -> str:
    """Return a name for an address that fits an occasion, however long it is and however it is written."""
    return hashlib.sha256(email.casefold().encode()).hexdigest()[:16]
