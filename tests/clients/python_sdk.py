"""Calls through the official Python SDK, with its types for requests and responses."""

import importlib
import json

import adapter

try:
    import tencentcloud
    from tencentcloud.common import credential
    from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
    from tencentcloud.common.profile.client_profile import ClientProfile
    from tencentcloud.common.profile.http_profile import HttpProfile
except ImportError:
    adapter.stop_if_missing("tencentcloud-sdk-python")


def modules(service, version):
    package = f"tencentcloud.{service}.v{version.replace('-', '')}"
    try:
        return (importlib.import_module(f"{package}.{service}_client"), importlib.import_module(f"{package}.models"))
    except ImportError as error:
        raise adapter.NotInstalled(f"tencentcloud-sdk-python-{service}") from error


def call(line):
    service, action = line["service"], line["action"]
    client_module, models = modules(service, line["version"])
    keys = line["credential"]
    identity = credential.Credential(keys["secret_id"], keys["secret_key"], keys["token"])
    http = HttpProfile(protocol=line["scheme"], endpoint=line["endpoint"], certification=line["ca_file"])
    profile = ClientProfile(httpProfile=http)
    client = getattr(client_module, f"{service.capitalize()}Client")(identity, line["region"], profile)
    request = getattr(models, f"{action}Request")()
    request.from_json_string(json.dumps(line["request"]))
    try:
        response = getattr(client, action)(request)
    except TencentCloudSDKException as error:
        raise adapter.ServiceError(error.get_code(), error.get_message()) from error
    return json.loads(response.to_json_string())


adapter.serve(f"tencentcloud-sdk-python {tencentcloud.__version__}", call)
