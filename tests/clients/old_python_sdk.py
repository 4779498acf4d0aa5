"""Calls through the Python SDK of the gateway before API 3.0, which has no types.

This SDK knows only HTTPS. It trusts the file that `SSL_CERT_FILE` names.
"""

import json

import adapter

try:
    import QcloudApi
    from QcloudApi.modules.cvm import Cvm
except ImportError:
    adapter.stop_if_missing("qcloudapi-sdk-python")


def call(line):
    if line["service"] != "cvm":
        raise adapter.NotInstalled(f"{line['service']} in qcloudapi-sdk-python")
    keys = line["credential"]
    module = type("Cvm", (Cvm,), {"requestHost": line["endpoint"]})({
        "secretId": keys["secret_id"],
        "secretKey": keys["secret_key"],
        "Token": keys["token"] or "",
        "Region": line["region"],
        "Version": line["version"],
        "method": "POST",
    })
    response = json.loads(module.call(line["action"], line["request"]))["Response"]
    if "Error" in response:
        raise adapter.ServiceError(response["Error"]["Code"], response["Error"]["Message"])
    return response


adapter.serve(f"qcloudapi-sdk-python {QcloudApi.__version__}", call)
