"""Jobs of pools that were made long ago.

older.json has the base job templates of older servers, and those that Prefect 2.20.26 and
prefect-aws 0.4.20 export from ECSTask blocks (generate_work_pool_base_job_template), as
recorded; titles and descriptions are left out.
"""

import json
import random
from pathlib import Path

import generate

TEMPLATES = json.loads(Path(__file__).with_name("older.json").read_text())


def jobs(seed, count):
    chance = random.Random(seed + 2)
    return [_job(chance, i) for i in range(count)]


def _job(chance, index):
    name = chance.choice(list(TEMPLATES))
    job = generate.job(chance, index)
    job["name"] = f"older {index} {name}"
    job["template"] = TEMPLATES[name]
    # The variables of today are leftovers there, and no defaults.
    declared = TEMPLATES[name]["variables"]["properties"]
    job["defaults"] = {name: value for name, value in job["defaults"].items() if name in declared}
    del job["settings"]["PREFECT_API_KEY"]
    for variables in (job["deployment"], job["run"]):
        if chance.random() < 0.5:
            (variables or {}).clear()
    job.pop("set", None)
    return job
