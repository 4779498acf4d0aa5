"""Runs the fault matrix against the official Python SDK and counts what went wrong.

The fault server is the Rust one; see README.md in this directory for how to start it.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import socket
import threading
import time

from tencentcloud.common import credential
from tencentcloud.common.exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.common.retry import StandardRetryer
from tencentcloud.cvm.v20170312 import cvm_client, models

DIALECTS = {
    "tc3": ("TC3-HMAC-SHA256", "POST"),
    "tc3-get": ("TC3-HMAC-SHA256", "GET"),
    "v1-sha1": ("HmacSHA1", "POST"),
    "v1-sha256": ("HmacSHA256", "POST"),
}
INSTANCE = {"InstanceIds": ["ins-prepaid0"]}
CALLS = {
    "DescribeInstances": {},
    "RunInstances": {
        "ImageId": "img-487zeit5",
        "InstanceCount": 1,
        "LoginSettings": {"Password": "canaryPASSWORD9!k"},
    },
    "ModifyInstancesAttribute": {**INSTANCE, "InstanceName": "renamed"},
    "StopInstances": INSTANCE,
    "TerminateInstances": INSTANCE,
}
# A call that takes longer does not end by itself. Closing the server ends it.
LONGEST = 5.0
# The timeout of the SDK for one attempt.
REQUEST_TIMEOUT = 0.4


class Control:
    """The control connection of one thread."""

    def __init__(self, address):
        host, port = address.split(":")
        self.file = socket.create_connection((host, int(port))).makefile("rw")
        self.lock = threading.Lock()

    def ask(self, line):
        with self.lock:
            self.file.write(line + "\n")
            self.file.flush()
            return json.loads(self.file.readline())


local = threading.local()


def control():
    if not hasattr(local, "control"):
        local.control = Control(ARGS.control)
    return local.control


def call(port, dialect, action, retries, client_token):
    """Returns the ids of a success, or raises."""
    method, verb = DIALECTS[dialect]
    http = HttpProfile(
        protocol="http", endpoint="127.0.0.1:%d" % port, reqMethod=verb, reqTimeout=REQUEST_TIMEOUT
    )
    retryer = StandardRetryer(max_attempts=3, backoff_fn=lambda n: 0) if retries else None
    profile = ClientProfile(signMethod=method, httpProfile=http, retryer=retryer)
    keys = credential.Credential(ACCOUNT["secret_id"], ACCOUNT["secret_key"], ACCOUNT["token"])
    client = cvm_client.CvmClient(keys, "ap-guangzhou", profile)
    request = getattr(models, action + "Request")()
    members = dict(CALLS[action])
    if client_token and action == "RunInstances":
        members["ClientToken"] = "token-of-the-caller"
    request.from_json_string(json.dumps(members))
    response = getattr(client, action)(request)
    return getattr(response, "InstanceIdSet", None)


def cell(fault, dialect, action, affected, mode):
    """Runs one cell and returns the names of what went wrong."""
    line = control()
    port = line.ask("open %d %s" % (affected, fault["name"]))
    ledger = []
    watchdog = threading.Timer(LONGEST, lambda: ledger.append(line.ask("close %d" % port)))
    watchdog.start()
    began = time.monotonic()
    ids, error, crash = None, None, None
    try:
        ids = call(port, dialect, action, mode != "default", mode == "retryer+token")
    except TencentCloudSDKException as sdk_error:
        error = sdk_error
    except Exception as other:  # exceptions that the SDK does not wrap
        error = crash = other
    took = time.monotonic() - began
    watchdog.cancel()
    if not ledger:
        ledger.append(line.ask("close %d" % port))
    effects = ledger[0]
    wrong = []
    if len(effects["instances"]) > 1:
        wrong.append("more than one instance")
    if effects["destroys"]:
        wrong.append("instance destroyed")
    if error and action != "DescribeInstances" and effects["commits"]:
        wrong.append("carried out, but an error returned")
    if not error and not effects["commits"]:
        wrong.append("success reported, but not carried out")
    if not error and action == "RunInstances" and effects["instances"] and ids != effects["instances"][:1]:
        wrong.append("success with another id")
    if effects["third_party_connections"]:
        wrong.append("third party received a request")
    if effects["third_party_secrets"]:
        wrong.append("third party received a secret")
    if crash is not None:
        wrong.append("unexpected exception (%s)" % type(crash).__name__)
    if took >= LONGEST:
        wrong.append("still running after %d s" % LONGEST)
    if effects["failures"]:
        wrong.append("server failed: %s" % effects["failures"])
    return wrong


def main():
    faults = control().ask("faults")
    modes = {"default": [1], "retryer": [1, 2], "retryer+token": [1, 2]}
    print("%d faults, dialects %s" % (len(faults), ", ".join(ARGS.dialects)))
    for mode, attempts in modes.items():
        actions = ["RunInstances"] if mode == "retryer+token" else list(CALLS)
        cells = [
            (fault, dialect, action, affected, mode)
            for dialect in ARGS.dialects
            for action in actions
            for affected in attempts
            for fault in faults
        ]
        totals = collections.defaultdict(collections.Counter)
        examples = {}
        with concurrent.futures.ThreadPoolExecutor(ARGS.threads) as pool:
            for spec, wrong in zip(cells, pool.map(lambda spec: cell(*spec), cells)):
                totals[spec[2]]["cells"] += 1
                totals[spec[2]]["cells with anything wrong"] += bool(wrong)
                for what in wrong:
                    totals[spec[2]][what] += 1
                    examples.setdefault((what, spec[2]), []).append(
                        "%s, attempt %d" % (spec[0]["name"], spec[3])
                    )
        print("\n== %s: %d cells" % (mode, len(cells)))
        for action, counter in totals.items():
            print(action)
            for what, count in counter.most_common():
                print("  %5d  %s" % (count, what))
        if ARGS.examples:
            for (what, action), where in sorted(examples.items()):
                print("  %s, %s: %s" % (what, action, "; ".join(where[: ARGS.examples])))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("control", help="address that the fault server printed")
    parser.add_argument("--dialects", nargs="+", choices=DIALECTS, default=list(DIALECTS))
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--examples", type=int, default=0, help="faults to name for each kind of error")
    ARGS = parser.parse_args()
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            del os.environ[name]
    ACCOUNT = control().ask("credential")
    main()
