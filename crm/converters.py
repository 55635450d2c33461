"""Outside customer ids in addresses: they may hold any sign, and an address may not."""

from django.urls import register_converter

# A slash would open another address, and a browser swallows names made of dots; the tilde announces the escape.
ESCAPES = {"~": "~7E", "/": "~2F", "\x00": "~00"}
DOTS = {".", ".."}


class CustomerIdConverter:
    """`a/b` is `a~2Fb` in an address. Everything else is percent-encoded by Django, as always.

    Reading is generous: an id written with plain slashes is found too.
    """

    regex = r"(?s:.+)"

    def to_python(self, value: str) -> str:
        if "\x00" in value:  # no database text can hold it
            raise ValueError(value)
        return value.replace("~2E", ".").replace("~2F", "/").replace("~7E", "~")

    def to_url(self, value: str) -> str:
        text = "".join(ESCAPES.get(sign, sign) for sign in str(value))
        return text.replace(".", "~2E") if text in DOTS else text


register_converter(CustomerIdConverter, "customer_id")
