"""What the demo shop sells: the same products at every seed, sorted by price."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from analytics.demo.spec import Ints

# Category, brands, and its things with their lowest and highest price in cents.
RANGE: tuple[tuple[str, tuple[str, ...], tuple[tuple[str, int, int], ...]], ...] = (
    (
        "Stationery",
        ("Quillet", "Paper Fox"),
        (
            ("Pencil", 49, 149),
            ("Postcard", 59, 179),
            ("Eraser", 79, 199),
            ("Gift tag set", 149, 399),
            ("Notebook", 299, 1199),
            ("Desk calendar", 699, 1699),
            ("Fountain pen", 1299, 5999),
        ),
    ),
    (
        "Kitchen",
        ("Hearthside", "Copper Lane", "Oaken"),
        (
            ("Tea towel", 349, 999),
            ("Wooden spoon", 199, 699),
            ("Cake tin", 799, 2499),
            ("Pepper mill", 999, 3999),
            ("Chopping board", 1299, 4999),
            ("Saucepan", 1999, 8999),
            ("Kettle", 2499, 10999),
            ("Cast iron pot", 5999, 24999),
            ("Espresso machine", 14999, 89999),
        ),
    ),
    (
        "Tableware",
        ("Glaze & Co", "Hearthside"),
        (
            ("Egg cup", 179, 599),
            ("Mug", 399, 1499),
            ("Side plate", 499, 1799),
            ("Bowl", 599, 2199),
            ("Wine glass", 449, 1999),
            ("Jug", 999, 3499),
            ("Cutlery set", 2999, 15999),
            ("Dinner service", 7999, 45999),
        ),
    ),
    (
        "Textiles",
        ("Loomhill", "Soft Harbour"),
        (
            ("Napkin", 149, 549),
            ("Cushion cover", 899, 2999),
            ("Table cloth", 1499, 5999),
            ("Throw", 2499, 9999),
            ("Duvet set", 3999, 17999),
            ("Wool blanket", 5999, 27999),
            ("Rug", 8999, 69999),
        ),
    ),
    (
        "Lighting",
        ("Wickerlight", "Copper Lane"),
        (
            ("Tea light", 49, 199),
            ("Pillar candle", 249, 1299),
            ("Lantern", 899, 4499),
            ("String lights", 1099, 3499),
            ("Table lamp", 2999, 14999),
            ("Floor lamp", 6999, 34999),
        ),
    ),
    (
        "Garden",
        ("Fernbrook", "Oaken"),
        (
            ("Seed packet", 129, 399),
            ("Plant label", 69, 249),
            ("Watering can", 999, 3999),
            ("Trowel", 699, 2499),
            ("Terracotta pot", 399, 2999),
            ("Bird feeder", 899, 3499),
            ("Bench", 12999, 59999),
            ("Pavilion", 69999, 289999),
        ),
    ),
    (
        "Toys",
        ("Little Otter", "Paper Fox"),
        (
            ("Marble bag", 199, 599),
            ("Spinning top", 249, 899),
            ("Soft bear", 899, 3499),
            ("Puzzle", 799, 2999),
            ("Wooden train", 1499, 6999),
            ("Dolls house", 5999, 29999),
        ),
    ),
    (
        "Bath",
        ("Soft Harbour", "Saltmere"),
        (
            ("Soap bar", 249, 799),
            ("Bath salts", 399, 1399),
            ("Flannel", 199, 799),
            ("Bath towel", 999, 4499),
            ("Soap dish", 349, 1599),
            ("Bath robe", 3499, 12999),
        ),
    ),
)
FINISHES = ("plain", "blue stripe", "red dot", "green leaf", "slate grey", "vintage", "gold rim")


@dataclass(frozen=True)
class Catalogue:
    """Parallel columns, one entry a product, in rising order of price (cents)."""

    item_id: tuple[str, ...]
    description: tuple[str, ...]
    category: tuple[str, ...]
    brand: tuple[str, ...]
    price: Ints
    popularity: Ints

    def nearest(self, cents: int) -> int:
        """Position of the product whose price comes nearest."""
        return int(np.abs(self.price - cents).argmin())


def shelf_price(low: int, high: int, step: int) -> int:
    """Prices from `low` to `high` in seven growing steps, ending in 5 or 9 as prices in shops do."""
    exact = low + (high - low) * step * (step + 6) // 72
    return exact - exact % 10 + (9 if step % 2 == 0 else 5)


@cache
def catalogue() -> Catalogue:
    """The shop's products, in rising order of price."""
    rows = [
        (
            shelf_price(low, high, step),
            f"{category[:2].upper()}{100 * number + step:04d}",
            f"{thing} {finish}",
            category,
            brands[(number + step) % len(brands)],
        )
        for category, brands, things in RANGE
        for number, (thing, low, high) in enumerate(things, start=1)
        for step, finish in enumerate(FINISHES)
    ]
    rows.sort()
    price, item_id, description, category, brand = zip(*rows, strict=True)
    popularity = np.array([(place * 7919 + 17) % 997 for place in range(len(rows))], dtype=np.int64)
    return Catalogue(item_id, description, category, brand, np.array(price, dtype=np.int64), popularity)
