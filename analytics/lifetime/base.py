"""A customer base with equal histories folded: what depends on few distinct numbers is worked out on those alone."""

from dataclasses import dataclass, field

from numpy.typing import ArrayLike

from analytics.lifetime.arrays import FloatArray, Folded, fold, histories
from analytics.lifetime.parameters import PurchaseParameters
from analytics.lifetime.predict import expected_if_alive, in_unit, probability_alive


@dataclass(frozen=True)
class Base:
    """(n,) customers, their (m,) distinct histories and the (k,) distinct (frequency, T) among these."""

    rows: Folded
    pairs: Folded
    # Intervals ask for the same few models at every horizon.
    _alive: dict[PurchaseParameters, FloatArray] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> "Base":
        """Fold (n,) histories in the models' unit; raises ValueError with a sentence on bad input."""
        rows = fold(*histories(frequency, recency, T))
        return cls(rows, fold(rows.columns[0], rows.columns[2]))

    @property
    def customers(self) -> int:
        return len(self.rows.inverse)

    @property
    def history(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Frequency, recency and T of the (m,) distinct histories."""
        x, t_x, age = self.rows.columns
        return x, t_x, age

    def alive(self, parameters: PurchaseParameters) -> FloatArray:
        """P(alive) of the (m,) distinct histories; worked out once for each model."""
        if parameters not in self._alive:
            self._alive[parameters] = probability_alive(parameters, *self.history)
        return self._alive[parameters]

    def if_alive(self, parameters: PurchaseParameters, days: float) -> FloatArray:
        """Purchases expected in the next `days` of (m,) distinct histories known to be alive."""
        x, age = self.pairs.columns
        found: FloatArray = expected_if_alive(parameters, in_unit(days, parameters.unit), x, age)
        return found[self.pairs.inverse]

    def spread(self, values: FloatArray) -> FloatArray:
        """Figures of the (m,) distinct histories as those of the (n,) customers."""
        found: FloatArray = values[self.rows.inverse]
        return found
