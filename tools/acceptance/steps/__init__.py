"""The steps of a run, in order; each returns its result or raises StepError."""

from tools.acceptance.run import Step
from tools.acceptance.steps import alarm, api, batch, deploy, models

STEPS: tuple[tuple[str, Step], ...] = (
    ("preflight", deploy.preflight),
    ("mirror", deploy.mirror),
    ("deploy", deploy.deploy),
    ("key", api.key),
    ("first answer", api.first_answer),
    ("feedback", api.feedback),
    ("batch", batch.batch),
    ("promotion", models.promotion),
    ("rollback", models.rollback),
    ("alarm test", alarm.alarm_test),
)
