"""Calls through the official command line: one process for each call."""

import json
import os
import re
import subprocess
import sys
import tempfile

import adapter

TCCLI = os.path.join(os.path.dirname(sys.executable), "tccli")
if not os.access(TCCLI, os.X_OK):
    adapter.stop_if_missing("tccli")

# Nothing of the user's own configuration is read or written.
HOME = tempfile.TemporaryDirectory()
# tccli trusts only the bundle of `certifi`, which this folder replaces.
TRUST = os.path.join(os.path.dirname(os.path.abspath(__file__)), "trust")
FAILED = re.compile(r"\[TencentCloudSDKException\] code:(\S+) message:(.*) requestId:\S*", re.DOTALL)


def run(arguments, **environment):
    environment = {"HOME": HOME.name, "PATH": os.environ["PATH"], **environment}
    return subprocess.run([TCCLI, *arguments], env=environment, capture_output=True, text=True, check=False)


def call(line):
    keys = line["credential"]
    environment = {"TENCENTCLOUD_SECRET_ID": keys["secret_id"], "TENCENTCLOUD_SECRET_KEY": keys["secret_key"]}
    if keys["token"]:
        environment["TENCENTCLOUD_TOKEN"] = keys["token"]
    if line["ca_file"]:
        environment["SSL_CERT_FILE"] = line["ca_file"]
        environment["PYTHONPATH"] = TRUST
    with tempfile.NamedTemporaryFile("w", suffix=".json", dir=HOME.name) as request:
        json.dump(line["request"], request)
        request.flush()
        done = run([
            line["service"], line["action"], "--version", line["version"], "--region", line["region"],
            "--endpoint", f"{line['scheme']}://{line['endpoint']}", "--cli-input-json", f"file://{request.name}",
        ], **environment)
    if done.returncode == 0:
        return json.loads(done.stdout)
    failed = FAILED.search(done.stderr + done.stdout)
    if not failed:
        raise RuntimeError(f"tccli exited with {done.returncode}: {done.stderr}{done.stdout}")
    raise adapter.ServiceError(failed.group(1), failed.group(2))


adapter.serve(f"tccli {run(['--version']).stdout.strip()}", call)
