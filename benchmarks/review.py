"""How long a review of a million customers takes: the first one, which lets a tenth of them in, and the one after.

`python -m benchmarks.review [CUSTOMERS]` makes an installation of its own with invented figures, so that nothing but
the review is measured. Both reviews run as the command runs them, in a process of their own.
"""

import json
import os
import subprocess
import sys
import tempfile
from typing import Any

from benchmarks.measuring import ROOT, fresh_home, measure

CUSTOMERS = 1_000_000
AIM_SECONDS = 60
PREPARE = """
import sys
from datetime import date
import duckdb, django
django.setup()
from django.db import connection
from django.utils import timezone
from crm import ledger
from loyalty.selectors.standing import default_programme
from loyalty.services import activate_rules, propose_rules
from segmentation import store
from segmentation.models import Snapshot, SnapshotPointer

customers, number, as_of = int(sys.argv[1]), int(sys.argv[2]), date.fromisoformat(sys.argv[3])
now = timezone.now()
if number == 1:
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < %s) "
            "INSERT INTO crm_customer (id, external_id, search_key, created_at) "
            "SELECT k, 'c' || k, 'c' || k, %s FROM n",
            [customers, now.isoformat(" ")],
        )
    rules = [[{"feature": "orders_12m", "operator": ">=", "value": least}] for least in (18, 15)]
    activate_rules(
        version=propose_rules(programme=default_programme(), entry=rules[0], stay=rules[1], by=None), by=None
    )

def write(target):
    figures = {"customer_key": "k", "orders_12m": f"CAST(hash(k * 7 + {number} * (k % 5)) % 20 AS INTEGER)"}
    figures["revenue_12m"] = f"CAST(({figures['orders_12m']}) * 25 + k % 100 AS DECIMAL(20,6))"
    texts = {"country": "'UK'", "value_reason": "''", "rfm_group": "'loyal'", "tier": "'gold'"}
    chosen = ", ".join(
        f"CAST({figures.get(name) or texts.get(name) or ('DATE ' + repr(as_of.isoformat()) if kind == 'DATE' else 1)} "
        f'AS {kind}) AS "{name}"'
        for name, kind in store.LISTED.items()
    )
    with duckdb.connect() as opened:
        opened.execute(
            f"COPY (SELECT {chosen} FROM range(1, {customers + 1}) AS made(k) ORDER BY k) TO '{target}' "
            f"(FORMAT parquet, ROW_GROUP_SIZE {store.ROW_GROUP_SIZE})"
        )

path = f"snapshots/made-{number}.parquet"
_, digest = ledger.write_atomically(path, write)
snapshot = Snapshot.objects.create(
    as_of=as_of, unit="day", holdout_days=0, horizon_days=365, state="published", fingerprint=f"made-{number}",
    created_at=now, published_at=now, score_table="a", path=path, sha256=digest, customers=customers,
)
SnapshotPointer.objects.update_or_create(pk=1, defaults={"snapshot": snapshot})
"""


def main() -> None:
    customers = int(sys.argv[1]) if len(sys.argv) > 1 else CUSTOMERS
    found: dict[str, Any] = {"customers": customers, "aim_seconds": AIM_SECONDS}
    with tempfile.TemporaryDirectory() as folder:
        environment = fresh_home(folder)
        for number, as_of in enumerate(("2025-05-31", "2025-08-31"), start=1):
            command = [sys.executable, "-c", PREPARE, str(customers), str(number), as_of]
            subprocess.run(command, cwd=ROOT, env=environment, check=True)
            measured = measure([sys.executable, "manage.py", "review", "--json"], environment)
            names = ("joined", "left", "kept", "warned", "members")
            found[f"review {number}"] = {
                "seconds": round(measured.seconds, 1),
                "processor_seconds": round(measured.processor_seconds, 1),
                "peak_mb": round(measured.peak_mb),
                "share_of_aim": round(measured.seconds / AIM_SECONDS, 3),
                **{name: measured.result[name] for name in names},
            }
    found["load"] = os.getloadavg()[0]
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
