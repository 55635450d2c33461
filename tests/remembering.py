"""Fits of equal inputs are worked out once a test run.

Most tests of pages, reviews and queues stand on results of the same few shops, and nearly all their time went into
fitting those again. The functions named here are pure (their own tests, and those of equal hashes, ask for fresh fits),
so only time can differ. What is given out is a copy: nobody can change what another test gets.
"""

import hashlib
import pickle
from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from typing import Any

PURE = (
    ("analytics.segments", "fit_segments"),
    ("analytics.lifetime", "fit_purchases"),
    ("analytics.lifetime", "run_contest"),
    ("analytics.lifetime.horizons", "days_to_next_order"),
    ("analytics.lifetime.totals", "predictive_totals"),
)
MOST = 200

_results: OrderedDict[str, bytes] = OrderedDict()


def remembering(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def remembered(*args: Any, **kwargs: Any) -> Any:
        asked = pickle.dumps((function.__module__, function.__qualname__, args, kwargs))
        key = hashlib.sha256(asked).hexdigest()
        if key not in _results:
            _results[key] = pickle.dumps(function(*args, **kwargs))
            while len(_results) > MOST:
                _results.popitem(last=False)
        _results.move_to_end(key)
        return pickle.loads(_results[key])

    return remembered
