"""pymc-marketing's side of `benchmarks.fit`, run by an interpreter that has it; knows nothing of this project.

    PYTHON benchmarks/pymc_peer.py histories.npz

Prints one JSON object: the parameters of its BG/NBD at the mode, and seconds of fit and predictions.
"""

import json
import sys
import time
from importlib import import_module


def main(path: str) -> None:
    numpy, pandas = import_module("numpy"), import_module("pandas")
    clv = import_module("pymc_marketing.clv")
    columns = dict(numpy.load(path))
    days = float(columns.pop("days"))
    data = pandas.DataFrame(columns)
    data.insert(0, "customer_id", range(len(data)))
    started, processor = time.monotonic(), time.process_time()
    model = clv.BetaGeoModel(data=data)
    model.fit(method="map", progressbar=False)
    fitted = time.monotonic()
    model.expected_purchases(future_t=days)
    model.expected_probability_alive()
    found = {name: float(model.fit_result[name].values.ravel()[0]) for name in ("r", "alpha", "a", "b")}
    seconds = {"fit": fitted - started, "all": time.monotonic() - started, "processor": time.process_time() - processor}
    print(json.dumps({"parameters": found, "seconds": seconds}))


if __name__ == "__main__":
    main(sys.argv[1])
