"""What those who run the machines look at: alarms, jobs that wait for a person, and all others that are not done.

It shows codes and ids only, so that somebody who may see no case may see it.
"""

from typing import Any

from flask import abort
from flask.typing import ResponseReturnValue
from flask_babel import format_timedelta
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from accounts.permissions import Permission
from accounts.session import actor, requires
from foundation import alarms, jobs
from foundation.alarms import Alarm
from foundation.job_lists import OpenJobs, Standing, open_jobs
from foundation.jobs import Job
from foundation.web import means
from foundation.words import N_
from workflows.forms import ButtonForm
from workflows.views.desk import shown
from workflows.views.desk.door import NOT_AS_IT_WAS, an_id, bp, go_to, now, page
from workflows.views.desk.wording import ALARMS, JOB_STANDINGS, JOBS

TAKEN_UP = N_("The job is tried again.")
LOOKED_INTO = N_("The alarm is settled.")
MOST_SHOWN = 100
TONES = {Standing.WAITING: "neutral", Standing.IN_FLIGHT: "active", Standing.PUT_OFF: "attention"}


@bp.get("/jobs")
@requires(Permission.SEE_JOBS)
def show_jobs() -> ResponseReturnValue:
    """Alarms, jobs that were given up, and how it stands with those that are not done."""
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


@bp.post("/alarms/<alarm_id>/settled")
@requires(Permission.RETRY_JOB)
def settle_alarm(alarm_id: str) -> ResponseReturnValue:
    """Record that a person looked into an alarm."""
    form = ButtonForm()
    with means().database.reading() as session:
        if session.get(Alarm, an_id(alarm_id)) is None:
            abort(404)
    with means().database.transaction() as session:
        settled = alarms.settle(session, alarm_id, actor(), now())
    if settled:
        return go_to("show_jobs", LOOKED_INTO)
    form.form_errors.append(_("Somebody looked into this alarm already."))
    return _jobs_page(form, NOT_AS_IT_WAS)


def _jobs_page(form: ButtonForm, code: int = 200) -> Response:
    with means().database.reading() as session:
        standing = alarms.open_alarms(session)
        left = jobs.given_up(session, MOST_SHOWN)
        open_ones = open_jobs(session, now(), MOST_SHOWN)
        waited = jobs.oldest_waiting(session, now())
    return page(
        "jobs",
        "jobs",
        code,
        form=form,
        standings=[_(words) for words in JOB_STANDINGS.values()],
        alarms=[_alarm_row(alarm) for alarm in standing[:MOST_SHOWN]],
        rows=[_given_up_row(job) for job in left],
        more=open_ones.number(Standing.GIVEN_UP) - len(left),
        open_rows=[_open_row(job, how) for job, how in open_ones.listed],
        open_more=open_ones.number(*TONES) - len(open_ones.listed),
        numbers=_numbers(open_ones),
        waited=format_timedelta(waited) if waited else "",
    )


def _alarm_row(alarm: Alarm) -> dict[str, Any]:
    return {
        "id": alarm.id,
        "what": _(ALARMS[alarm.code]) if alarm.code in ALARMS else alarm.code,
        "subject": alarm.subject,
        "since": shown.moment(alarm.raised_at),
    }


def _row(job: Job) -> dict[str, Any]:
    return {
        "id": job.id,
        "name": _name(job.name),
        "ids": ", ".join(f"{name} {value}" for name, value in job.ids.items()),
        "attempts": job.attempts,
        "reason": job.error or "",
    }


def _given_up_row(job: Job) -> dict[str, Any]:
    return {**_row(job), "since": shown.moment(job.gave_up_at) if job.gave_up_at else ""}


def _open_row(job: Job, how: Standing) -> dict[str, Any]:
    status = {"text": _(JOB_STANDINGS[how]), "tone": TONES[how]}
    return {**_row(job), "status": status, "due": shown.moment(job.due_at)}


def _numbers(open_ones: OpenJobs) -> list[list[object]]:
    """How many jobs of each name stand how, as rows in the order of JOB_STANDINGS."""
    return [
        [_name(name), *(of_name.get(how, 0) for how in JOB_STANDINGS)] for name, of_name in open_ones.numbers.items()
    ]


def _name(name: str) -> str:
    return _(JOBS[name]) if name in JOBS else name
