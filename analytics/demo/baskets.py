"""Baskets: an order's spend divided into lines of real products, to the cent."""

from dataclasses import dataclass

import numpy as np

from analytics.demo.catalogue import Catalogue
from analytics.demo.spec import Floats, Ints

MOST_LINES = 25
NEAR_IN_PRICE = 14
"""How many products further down the price list may stand in for the one that fits best."""


@dataclass(frozen=True)
class Basket:
    """Parallel arrays, one entry a line: position of its order, product, pieces, price of a piece in cents."""

    order: Ints
    item: Ints
    quantity: Ints
    price: Ints


def fill_baskets(rng: np.random.Generator, goods: Catalogue, spend: Ints, lines_per_order: float) -> Basket:
    """Lines whose quantity x price sum exactly to each order's `spend` (cents, shape (orders,), all >= 1).

    Every line but an order's last is sold at the price of the catalogue; the last one is a single piece that costs what
    is left, of a product just above that price: an order's last price is a few per cent reduced.
    """
    wished = np.minimum(1 + rng.poisson(lines_per_order - 1, size=spend.size), MOST_LINES)
    order = np.repeat(np.arange(spend.size), wished)
    part = rng.gamma(2.0, size=order.size)
    target = np.floor(spend[order] * (part / np.bincount(order, part, spend.size)[order])).astype(np.int64)
    item, quantity = pick_products(rng, goods, target)
    closing = np.cumsum(wished) - 1
    quantity[closing] = 0
    left = spend - np.bincount(order, quantity * goods.price[item], spend.size).astype(np.int64)
    price = goods.price[item]
    price[closing], quantity[closing] = left, 1
    item[closing] = just_above(rng, goods, left)
    kept = quantity > 0
    return Basket(order[kept], item[kept], quantity[kept], price[kept])


def pick_products(rng: np.random.Generator, goods: Catalogue, target: Ints) -> tuple[Ints, Ints]:
    """Product and pieces worth at most `target` cents each; 0 pieces where nothing is that cheap."""
    luck = rng.random(target.size)
    quantity = 1 + (luck > 0.62).astype(np.int64) + (luck > 0.85) + 3 * (luck > 0.96)
    quantity = np.where(target // quantity >= goods.price[0], quantity, 1)
    top = np.searchsorted(goods.price, target // quantity, side="right") - 1
    one, other = (nearby(top, rng.random(target.size)) for _ in range(2))
    item = np.where(goods.popularity[one] >= goods.popularity[other], one, other)
    return item, np.where(top >= 0, quantity, 0)


def nearby(top: Ints, luck: Floats) -> Ints:
    return np.maximum(top - (luck * NEAR_IN_PRICE).astype(np.int64), 0)


def just_above(rng: np.random.Generator, goods: Catalogue, cents: Ints) -> Ints:
    """One of the three cheapest products that cost at least `cents`; the dearest where none does."""
    place = np.searchsorted(goods.price, cents, side="left") + (rng.random(cents.size) * 3).astype(np.int64)
    return np.minimum(place, goods.price.size - 1)
