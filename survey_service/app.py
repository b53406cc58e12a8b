"""Makes the respondent's site: a Flask application around the services it is given."""

from __future__ import annotations

from flask import Flask

from shared.web.factory import Site, make_application
from survey_service.cookies import carry_visits
from survey_service.diversions import handle_diversions
from survey_service.entry.routes import entry
from survey_service.pages import error_page
from survey_service.questionnaire.routes import questionnaire
from survey_service.services import SurveyServices, install

__all__ = ["SurveyServices", "create_app"]


def create_app(services: SurveyServices) -> Flask:
    """Return the WSGI application of the respondent's site."""
    site = Site(package="survey_service", url=services.survey_url, theme=services.theme, error_page=error_page)
    app = make_application(site)
    install(app.extensions, services)
    carry_visits(app, services, https=site.https)
    app.register_blueprint(entry)
    app.register_blueprint(questionnaire)
    handle_diversions(app)
    return app
