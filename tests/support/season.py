"""A season of quality dialogues for tests: a town of units put straight into the database, a round, its times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from admin_portal.dialogues.booking import Request
from admin_portal.dialogues.rounds import RoundPlan, create_round
from admin_portal.dialogues.slots import SlotPlan, add_slots
from shared.clock import Clock
from shared.database.engine import Database
from shared.model.accounts import Account, Assignment
from shared.model.cycles import CollectionWindow, Cycle, FrameGroup, Questionnaire, SealGroup
from shared.model.dialogues import Dialogue, DialogueRound, DialogueSlot
from shared.model.organisation import District, Municipality, Provider, Unit, UnitGroup

ACTOR = "user:1"
CYCLE = "skola-2026"
TITLE = "Kvalitetsdialoger våren 2027"
ROUND = "kvalitetsdialoger-varen-2027"
FIRST = datetime(2027, 1, 12, 8, 0, tzinfo=UTC)
"""Nine o'clock on a Tuesday in January in Sweden."""
HOUR = timedelta(hours=1)


class Season:
    """A municipality with units in districts, a counted cycle, and officers; tests add rounds, times and dialogues."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database, self.clock = database, clock
        with database.begin() as session:
            town = Municipality(code="0001", name="Sundby")
            session.add(town)
            session.flush()
            self._town_id = town.id
            own = Provider(municipality_id=town.id, code="K", name="Sundby kommun")
            other = Provider(municipality_id=town.id, code="I", name="En ägare")
            cycle = Cycle(
                key=CYCLE, title={"sv": "Skolan 2026"}, state="released", segments=[], policy={}, created_at=clock.now()
            )
            session.add_all([own, other, cycle])
            session.flush()
            self._providers = {"municipal": own.id, "independent": other.id}
            self._questionnaire_id, self._window_id = self._questionnaire(session, cycle)

    def _questionnaire(self, session, cycle: Cycle) -> tuple[int, int]:
        now = self.clock.now()
        window = CollectionWindow(
            cycle_id=cycle.id, key="w", opens_at=now, closes_at=now + HOUR, grace_minutes=0, state="planned"
        )
        session.add(window)
        session.flush()
        asked = Questionnaire(
            cycle_id=cycle.id, window_id=window.id, key="elev", respondent="pupil", code_model="import"
        )
        session.add(asked)
        session.flush()
        return asked.id, window.id

    def unit(self, code: str, district: str = "", *, independent: bool = False, email: str = "") -> int:
        """Add a unit that took part in the cycle; its principal is reached at ``email``. Return its id."""
        regi = "independent" if independent else "municipal"
        with self.database.begin() as session:
            unit = Unit(
                code=code,
                name=f"Skola {code}",
                unit_type="grundskola",
                regi=regi,
                provider_id=self._providers[regi],
                district_id=self._district(session, district) if district else None,
                principal_email=email,
            )
            session.add(unit)
            session.flush()
            group = UnitGroup(unit_id=unit.id, code="5A", name="5A", respondent="pupil", headcount=20)
            sealed = SealGroup(
                window_id=self._window_id, questionnaire_id=self._questionnaire_id, unit_id=unit.id, invited=20
            )
            session.add_all([group, sealed])
            session.flush()
            session.add(
                FrameGroup(
                    questionnaire_id=self._questionnaire_id,
                    group_id=group.id,
                    unit_id=unit.id,
                    year="5",
                    headcount=20,
                    seal_group_id=sealed.id,
                )
            )
            return unit.id

    def _district(self, session, name: str) -> int:
        district = session.scalar(select(District).where(District.name == name))
        if district is None:
            district = District(municipality_id=self._town_id, name=name)
            session.add(district)
            session.flush()
        return district.id

    def account(self, email: str, *roles: tuple[str, str]) -> int:
        """Add an account with roles such as ``("officer", "")`` or ``("area_head", "Norr")``; return its id."""
        with self.database.begin() as session:
            account = Account(email=email, name=email.partition("@")[0], language="en", created_at=self.clock.now())
            session.add(account)
            session.flush()
            for role, place in roles:
                over: dict[str, int] = {}
                if role in {"principal", "leadership"}:
                    over["unit_id"] = session.scalars(select(Unit.id).where(Unit.code == place)).one()
                elif role == "area_head":
                    over["district_id"] = self._district(session, place)
                session.add(Assignment(account_id=account.id, role=role, **over))
            return account.id

    def officer(self, email: str = "officer@example.se") -> int:
        """Add an officer."""
        return self.account(email, ("officer", ""))

    def round(self, title: str = TITLE, book_by: datetime | None = None) -> str:
        """Add a round, to be booked until the end of the year, and return its key."""
        plan = RoundPlan(title=title, book_by=book_by or datetime(2026, 12, 31, 22, 59, tzinfo=UTC))
        return create_round(self.database, self.clock, plan=plan, cycle_key=CYCLE, actor=ACTOR)

    def slots(self, round_key: str, official: int, number: int, *, first: datetime = FIRST) -> list[int]:
        """Add ``number`` hours in a row with one official and return the ids of the round's slots from ``first`` on."""
        starts = [first + index * HOUR for index in range(number)]
        plans = [
            SlotPlan(starts_at=start, ends_at=start + HOUR, officials=(official,), place="Rum 3") for start in starts
        ]
        add_slots(self.database, self.clock, round_key=round_key, plans=plans, actor=ACTOR)
        with self.database.read() as session:
            wanted = (
                select(DialogueSlot.id)
                .join(DialogueRound, DialogueRound.id == DialogueSlot.round_id)
                .where(DialogueRound.key == round_key, DialogueSlot.starts_at.in_(starts))
                .order_by(DialogueSlot.starts_at, DialogueSlot.id.desc())
            )
            return list(session.scalars(wanted))

    def dialogue(self, unit_code: str) -> Dialogue:
        """Return the dialogue of a unit, of its only round, as it is now."""
        with self.database.read() as session:
            wanted = select(Dialogue).join(Unit, Unit.id == Dialogue.unit_id).where(Unit.code == unit_code)
            return session.scalars(wanted).one()


def ask(unit_code: str, round_key: str = ROUND, *, officer: bool = False, actor: str = ACTOR) -> Request:
    """Return a request about a unit's dialogue, by its principal or an officer."""
    return Request(round_key=round_key, unit_code=unit_code, actor=actor, officer=officer)
