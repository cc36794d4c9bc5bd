"""Every error that mixdream raises on purpose."""


class MixdreamError(Exception):
    """Root of all errors raised by mixdream on purpose; its message is for the user."""


class InputError(MixdreamError):
    """The input or an option is wrong: what was got, what is allowed, what to do next.

    The command line shows the message as one line and exits with code 2.
    """


class Interrupted(MixdreamError):
    """Work stopped early on request (Ctrl-C, SIGTERM) and left a state that can be resumed.

    The command line shows the message, which says how to go on, and exits with code 1.
    """
