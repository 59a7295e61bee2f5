"""The command line: ``rankkit demo | check | fit | compare | grade | report | feedback | template | datasets | elicit | calibrate …``."""

from __future__ import annotations

import click

from rankkit.cli.appeal_looking import appeal
from rankkit.cli.asking import elicit
from rankkit.cli.bonus import bonus
from rankkit.cli.calibrate import calibrate
from rankkit.cli.fitting import compare, demo, feedback, fit, report
from rankkit.cli.grading import grade
from rankkit.cli.impact import impact
from rankkit.cli.reading_files import check, datasets, template


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="rankkit-appraisal", prog_name="rankkit")
def main() -> None:
    """Statistical ranking and calibration of performance ratings, with the uncertainty shown."""


for _command in (demo, check, fit, compare, grade, report, feedback, template, datasets, elicit, calibrate, bonus, impact, appeal):
    main.add_command(_command)
