"""The demo shop: two years of a believable shop whose laws are known, as tables and rows of text.

`open_shop` draws everything that has to be known at once (who buys on which day for how much); `Shop.days`
then yields one trading day at a time, so that ten million lines never stand in memory together. The same
size and seed give the same bytes: every stream of random numbers is a PCG64 named by seed, purpose and day, money
is counted in whole cents, and nothing depends on the order of a set, a locale or the clock.
"""

from analytics.demo.days import FIRST_DAY, LAST_DAY, Calendar, shop_calendar
from analytics.demo.purchases import draw_purchases
from analytics.demo.rows import (
    CUSTOMER_HEADER,
    EVENT_HEADER,
    LINE_HEADER,
    customer_rows,
    event_rows,
    line_rows,
)
from analytics.demo.shop import Shop, TradingDay, open_shop
from analytics.demo.spec import BG_NBD, GAMMA_GAMMA, SIZES, BgNbd, GammaGamma, Size
from analytics.demo.truth import Tally, truth

__all__ = [
    "BG_NBD",
    "CUSTOMER_HEADER",
    "EVENT_HEADER",
    "FIRST_DAY",
    "GAMMA_GAMMA",
    "LAST_DAY",
    "LINE_HEADER",
    "SIZES",
    "BgNbd",
    "Calendar",
    "GammaGamma",
    "Shop",
    "Size",
    "Tally",
    "TradingDay",
    "customer_rows",
    "draw_purchases",
    "event_rows",
    "line_rows",
    "open_shop",
    "shop_calendar",
    "truth",
]
