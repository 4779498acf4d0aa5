"""In place of the package `certifi`: the certificates in the file that `SSL_CERT_FILE` names, and no others.

Programs that trust only the bundle of `certifi`, such as tccli, trust the emulator with this folder in `PYTHONPATH`.
"""

import os


def where():
    return os.environ["SSL_CERT_FILE"]


def contents():
    with open(where(), encoding="ascii") as file:
        return file.read()
