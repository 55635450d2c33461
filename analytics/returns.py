"""Which sale a return takes back, as far as the lines can tell. SQL text over a relation of ledger lines.

A shop's export seldom says it. So a return is linked to a sale of the same customer and item that lies before it: to
the one whose order number stands in the return's own (C536379 cancels 536379), else to the latest one of which enough
pieces are left. Each return takes its pieces off the sale, so that two returns never take back the same cup.
"""

# The digits at the end of an order's number behind a prefix of other signs: C536379 cites 536379.
NUMBER_SQL = "NULLIF(REGEXP_REPLACE({order}, '^[^0-9]+', ''), '')"
SALE = """STRUCT(upload_id BIGINT, line_no BIGINT, order_id VARCHAR, order_key VARCHAR, ordered_at TIMESTAMP,
        size DECIMAL(18,6))"""


def return_links_sql(lines: str) -> str:
    """One row for each return whose sale was found.

    `upload_id, line_no` name the return; `sale_upload_id, sale_line_no, sale_order_id, sale_order_key, sale_ordered_at`
    the line that it takes back. Returns are lines of a negative quantity or amount; without a quantity the amounts are
    compared. Guests' returns are linked by order number alone. Returns without an item are left out.

    Each customer's and item's lines are gone through once in the order of time, so that the work grows with the lines
    of the largest such group; meant for the lines of a few customers. DuckDB only: other engines have no such lambda.
    """
    return f"""
WITH moves AS (
    SELECT customer_key, item_id, upload_id, line_no, order_id, order_key, ordered_at,
        ABS(COALESCE(quantity, amount)) AS size, COALESCE(quantity < 0, FALSE) OR amount < 0 AS is_return,
        {NUMBER_SQL.format(order="order_id")} AS number
    FROM {lines} WHERE item_id IS NOT NULL
),
histories AS (
    SELECT customer_key IS NULL AS is_guest,
        LIST(STRUCT_PACK(upload_id, line_no, order_id, order_key, ordered_at, size, is_return, number)
            ORDER BY ordered_at, is_return, upload_id, line_no) AS moves
    FROM moves GROUP BY customer_key, item_id HAVING BOOL_OR(is_return) AND NOT BOOL_AND(is_return)
),
followed AS (
    SELECT UNNEST(LIST_REDUCE(moves, LAMBDA state, move: {_step()}, {_nothing()}).links) AS link FROM histories
)
SELECT link.upload_id AS upload_id, link.line_no AS line_no, link.sale.upload_id AS sale_upload_id,
    link.sale.line_no AS sale_line_no, link.sale.order_id AS sale_order_id, link.sale.order_key AS sale_order_key,
    link.sale.ordered_at AS sale_ordered_at
FROM followed ORDER BY 1, 2
""".strip()


def _nothing() -> str:
    """Before the first line: no sale is open, no return linked."""
    links = f"STRUCT(upload_id BIGINT, line_no BIGINT, sale {SALE})[]"
    return f"{{'sales': []::{SALE}[], 'links': []::{links}}}"


def _step() -> str:
    """The state after one more line: a sale is added; a return takes its pieces off the sale that is picked."""
    fields = ("upload_id", "line_no", "order_id", "order_key", "ordered_at", "size")
    added = ", ".join(f"'{name}': move.{name}" for name in fields)
    left = ", ".join(f"'{name}': sale.{name}" for name in fields[:-1])
    return f"""CASE WHEN move.is_return THEN LIST_TRANSFORM([{_picked()}], LAMBDA pick: {{
            'sales': LIST_TRANSFORM(state.sales, LAMBDA sale: CASE
                WHEN sale.upload_id = pick.upload_id AND sale.line_no = pick.line_no
                THEN {{{left}, 'size': CAST(sale.size - move.size AS DECIMAL(18,6))}} ELSE sale END),
            'links': CASE WHEN pick IS NULL THEN state.links ELSE LIST_APPEND(state.links,
                {{'upload_id': move.upload_id, 'line_no': move.line_no, 'sale': pick}}) END
        }})[1]
        ELSE {{'sales': LIST_APPEND(state.sales, {{{added}}}), 'links': state.links}} END"""


def _picked() -> str:
    """The sale whose number the return cites, else the latest; NULL where none has enough left."""
    enough = "LIST_FILTER(state.sales, LAMBDA sale: sale.size >= move.size)"
    cited = f"LIST_FILTER({enough}, LAMBDA sale: COALESCE(sale.order_id = move.number, FALSE))[-1]"
    return f"COALESCE({cited}, CASE WHEN NOT is_guest THEN {enough}[-1] END)"
