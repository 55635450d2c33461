"""A comparison in the lab: several ways to form segments, each tried on the same customers of one snapshot."""

import logging
from typing import Any

from django.db import transaction
from django.utils import timezone

from analytics import comparison as lab
from core.runs import JobCancelled, JobRefused, Lease, LeaseLost
from segmentation import lab_store, store
from segmentation.jobs import compared
from segmentation.jobs.inputs import Columns
from segmentation.lab_wording import USUAL_FEATURES
from segmentation.models import Comparison, Snapshot

logger = logging.getLogger(__name__)

RANDOM_STATE = 20_101_201
STAGE = "Comparing"
FAILED_ON_OUR_SIDE = "Something went wrong on our side with this combination; the others are not touched by it."
TOO_LARGE = "This combination needs more memory than there is: compare on fewer customers."


def compare(lease: Lease) -> dict[str, Any]:
    """Kind `segmentation.compare`; params: comparison, fingerprint."""
    entry = Comparison.objects.select_related("snapshot").filter(pk=lease.run.params["comparison"]).first()
    if entry is None:
        raise JobRefused("gone", "The results that were to be compared on are gone: compare on the present ones.")
    lease.progress("Reading the customers")
    with transaction.atomic():
        lab_store.remove_leftovers(lease)
    combinations = [_combination(asked) for asked in entry.combinations]
    table = read_sample(entry.snapshot, combinations, entry.sample_wanted)
    columns: Columns = {"customer_key": table["customer_key"]}
    results = _results(lease, combinations, table, columns)
    lease.progress("Keeping what was found")
    entry.path, entry.sha256 = lab_store.write_columns(lab_store.COMPARISONS, entry.fingerprint, lease.token, columns)
    return _keep(lease, entry, len(table["customer_key"]), results)


def _combination(asked: dict[str, Any]) -> lab.Combination:
    return lab.Combination(
        asked["algorithm"], asked["space"], tuple(asked["features"]), asked["k"], float(asked["set_aside"])
    )


def read_sample(snapshot: Snapshot, combinations: list[lab.Combination], wanted: int) -> Columns:
    """The figures of at most `wanted` customers, fewer where one of the combinations takes no more."""
    columns = dict.fromkeys(
        ("customer_key", "segment_id", *USUAL_FEATURES, *(name for each in combinations for name in each.columns))
    )
    columns |= dict.fromkeys(compared.PROFILE_COLUMNS)
    table = store.read_scores(snapshot, list(columns))
    most = min([wanted, *(limit for each in combinations if (limit := _limit(each)))])
    rows = lab.nested_rows(len(table["customer_key"]), most, RANDOM_STATE)
    return {name: column[rows] for name, column in table.items()}


def _limit(combination: lab.Combination) -> int:
    try:
        return lab.most_rows(combination)
    except ValueError:
        return 0  # it can't be tried at all, and says so when its turn comes


def _results(
    lease: Lease, combinations: list[lab.Combination], table: Columns, columns: Columns
) -> list[dict[str, Any]]:
    """What came of each combination; the places and groups of the customers are added to `columns`."""
    common = lab.yardstick(table, USUAL_FEATURES, random_state=RANDOM_STATE)
    steps = [_step_count(each) for each in combinations]
    results = []
    for number, each in enumerate(combinations):
        counter = _Counter(lease, sum(steps[:number]), sum(steps))
        counter.show()
        result, more = _tried(number, each, table, common, counter)
        columns.update(more)
        results.append(result)
    return results


def _step_count(combination: lab.Combination) -> int:
    try:
        return lab.step_count(combination)
    except KeyError:
        return 1


class _Counter:
    """Counts the steps of all combinations, and stops the work when somebody asks for that."""

    def __init__(self, lease: Lease, done: int, total: int) -> None:
        self.lease, self.done, self.total = lease, done, total

    def show(self) -> None:
        self.lease.progress(STAGE, self.done, self.total)

    def step(self) -> None:
        self.done += 1
        self.show()


def _tried(
    number: int, combination: lab.Combination, table: Columns, common: Any, counter: _Counter
) -> tuple[dict[str, Any], Columns]:
    """Result and columns of one combination; that one fails is a result too."""
    try:
        found = lab.compare(
            table,
            combination,
            values=table["revenue"],
            common=common,
            random_state=RANDOM_STATE,
            step=counter.step,
        )
        return compared.result(found, table), compared.columns(number, found)
    except (JobCancelled, LeaseLost):
        raise
    except MemoryError:
        return compared.failed(TOO_LARGE), {}
    except Exception as error:
        logger.warning("combination %s of a comparison failed", combination, exc_info=True)
        return compared.failed(_own_words(error) or FAILED_ON_OUR_SIDE), {}


def _own_words(error: Exception) -> str:
    """The message of an error that our own code raised for people; a library's says nothing to them."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    raised_in = trace.tb_frame.f_globals["__name__"] if trace is not None else ""
    return str(error) if isinstance(error, ValueError) and raised_in.startswith("analytics.") else ""


def _keep(lease: Lease, entry: Comparison, sample: int, results: list[dict[str, Any]]) -> dict[str, Any]:
    done = [each["state"] for each in results].count(compared.DONE)
    answer = {"comparison": entry.pk, "sample": sample, "combinations": len(results), "failed": len(results) - done}
    with transaction.atomic():
        lease.guard()
        entry.sample, entry.results, entry.finished_at = sample, results, timezone.now()
        entry.save()
        lease.complete(answer)
    return answer
