"""Jobs that were given up and wait for a person. They show ids only, so whoever runs the machines may see them."""

from typing import Any

from flask import abort
from flask.typing import ResponseReturnValue
from flask_babel import format_timedelta
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from accounts.permissions import Permission
from accounts.session import requires
from foundation import jobs
from foundation.jobs import Job
from foundation.web import means
from foundation.words import N_
from workflows.forms import ButtonForm
from workflows.views.desk import shown
from workflows.views.desk.door import NOT_AS_IT_WAS, an_id, bp, go_to, now, page
from workflows.views.desk.wording import JOBS

TAKEN_UP = N_("The job is tried again.")


@bp.get("/jobs")
@requires(Permission.SEE_JOBS)
def show_jobs() -> ResponseReturnValue:
    """Jobs that were given up, and how long the oldest one has been waiting."""
    return _jobs_page(ButtonForm())


@bp.post("/jobs/<job_id>/again")
@requires(Permission.RETRY_JOB)
def try_again(job_id: str) -> ResponseReturnValue:
    """Try a job again."""
    form = ButtonForm()
    with means().database.reading() as session:
        if session.get(Job, an_id(job_id)) is None:
            abort(404)
    with means().database.transaction() as session:
        taken_up = jobs.take_up_again(session, job_id, now())
    if taken_up:
        return go_to("show_jobs", TAKEN_UP)
    form.form_errors.append(_("This job was taken up or done already."))
    return _jobs_page(form, NOT_AS_IT_WAS)


def _jobs_page(form: ButtonForm, code: int = 200) -> Response:
    with means().database.reading() as session:
        rows = [_row(job) for job in jobs.given_up(session)]
        waited = jobs.oldest_waiting(session, now())
    return page("jobs", "jobs", code, form=form, rows=rows, waited=format_timedelta(waited) if waited else "")


def _row(job: Job) -> dict[str, Any]:
    return {
        "id": job.id,
        "name": _(JOBS[job.name]) if job.name in JOBS else job.name,
        "ids": ", ".join(f"{name} {value}" for name, value in job.ids.items()),
        "attempts": job.attempts,
        "reason": job.error or "",
        "since": shown.moment(job.gave_up_at) if job.gave_up_at else "",
    }
