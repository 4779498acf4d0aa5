"""The loop that all Python clients share: a call per line of standard input, its result as a line of standard output.

README.md describes the lines.
"""

import json
import sys


class NotInstalled(Exception):
    """A package that a call needs is missing; the message names it."""


class ServiceError(Exception):
    """The service returned an error."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code
        self.message = message


def serve(name, call):
    """Prints the name of the client, then calls `call` for each line. It returns the members of the response."""
    print(json.dumps({"client": name}), flush=True)
    for line in sys.stdin:
        try:
            result = {"response": call(json.loads(line))}
        except NotInstalled as error:
            result = {"missing": str(error)}
        except ServiceError as error:
            result = {"error": {"code": error.code, "message": error.message}}
        print(json.dumps(result), flush=True)


def stop_if_missing(package):
    """Says that the client is not installed, and ends."""
    print(json.dumps({"missing": package}), flush=True)
    sys.exit(0)
