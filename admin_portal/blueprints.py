"""All the portal's blueprints, in one place: what is not listed here has no address."""

from __future__ import annotations

from flask import Blueprint

from admin_portal.accounts.routes_leadership import blueprint as leadership
from admin_portal.accounts.routes_own import blueprint as own_account
from admin_portal.accounts.routes_register import blueprint as accounts
from admin_portal.accounts.routes_signing import blueprint as signing
from admin_portal.auditing.routes import blueprint as auditing
from admin_portal.batteries.routes import batteries
from admin_portal.cycles.code_routes import codes
from admin_portal.cycles.routes import cycles
from admin_portal.cycles.successor_routes import new_cycle
from admin_portal.dialogues.dialogue_routes import blueprint as dialogues
from admin_portal.dialogues.round_routes import blueprint as dialogue_rounds
from admin_portal.dialogues.routes_minutes import blueprint as minutes
from admin_portal.dialogues.routes_preparation import blueprint as preparation
from admin_portal.follow_up.routes import blueprint as measures
from admin_portal.home.change_routes import blueprint as changes
from admin_portal.home.routes import blueprint as home
from admin_portal.monitoring.routes import blueprint as monitoring
from admin_portal.organisation.agreement_routes import agreements
from admin_portal.organisation.import_routes import imports
from admin_portal.organisation.unit_routes import units
from admin_portal.post.routes import blueprint as post
from admin_portal.public.routes import blueprint as public_site
from admin_portal.publishing.routes import blueprint as publishing
from admin_portal.results.routes import blueprint as results

BLUEPRINTS: tuple[Blueprint, ...] = (
    signing,
    own_account,
    accounts,
    leadership,
    auditing,
    agreements,
    batteries,
    codes,
    cycles,
    new_cycle,
    changes,
    home,
    dialogue_rounds,
    dialogues,
    preparation,
    minutes,
    measures,
    monitoring,
    imports,
    units,
    results,
    post,
    publishing,
    public_site,
)
