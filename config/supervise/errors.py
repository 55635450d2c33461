"""What the supervisor says when it cannot go on."""


class SuperviseError(Exception):
    """A sentence for the person at the terminal, with what to do."""
