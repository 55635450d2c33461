"""What can be wrong outside of us for a while."""


class Unavailable(Exception):
    """Something that we need does not answer just now; trying again later helps. The message is for a person."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
