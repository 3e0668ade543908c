"""The log of a real job shop and what is known to be in it (shared/data/production-levy-2014)."""
import json
import os
from pathlib import Path

from tests.support.platform import ROOT

SHARED = Path(os.environ.get("MES_SHARED", ROOT.parent / "shared"))
FOLDER = SHARED / "data/production-levy-2014"
CSV = FOLDER / "Production_Data.csv"
MAPPING = ROOT / "tests/mappings/production-levy-2014.yaml"


def ground_truth():
    return json.loads((FOLDER / "ground-truth.json").read_text())


def import_command(platform, file=CSV, *more):
    """The arguments of `mes import` for this file."""
    return ["import", file, "--mapping", MAPPING, "--gateway", platform.gateway, "--user", "integration",
            "--password-file", platform.data / "secrets/integration-password", *more]


def run_import(platform, file=CSV, *more, timeout=600):
    done = platform.command(*import_command(platform, file, "--json", *more), timeout=timeout)
    return json.loads(done.stdout)
