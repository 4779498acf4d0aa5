"""Drives `cvm emulator` with the official Python SDK, as its users do: run, filter, page, stop, terminate.

An optional check; `cargo test` does not need it.

    pip install tencentcloud-sdk-python-cvm
    cargo build --release -p cvm-cli
    python3 tests/peers/python_sdk_calls.py target/release/cvm

Prints a line for each signing method and HTTP method, then `N passed, M failed`.
"""

import json
import os
import subprocess
import sys
import tempfile
import time

from tencentcloud.common import credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.cvm.v20170312 import cvm_client, models


def request(kind, **parameters):
    filled = kind()
    filled.from_json_string(json.dumps(parameters))
    return filled


def client(ready, sign_method, http_method, secret_key=None):
    http = HttpProfile(protocol="http", endpoint=ready["url"].removeprefix("http://"), reqMethod=http_method)
    profile = ClientProfile(signMethod=sign_method, httpProfile=http)
    identity = credential.Credential(ready["secret_id"], secret_key or ready["secret_key"])
    return cvm_client.CvmClient(identity, "ap-guangzhou", profile)


def code_of(call):
    try:
        call()
    except TencentCloudSDKException as error:
        return error.get_code()
    return None


def story(cvm):
    launched = cvm.RunInstances(request(
        models.RunInstancesRequest, Placement={"Zone": "ap-guangzhou-3"}, ImageId="img-pmqg1cw7",
        InstanceType="S5.MEDIUM4", InstanceCount=3, InstanceName="peer 测试 a+b",
        LoginSettings={"Password": "Qcloud@TestApi123++"}))
    ids = launched.InstanceIdSet
    assert len(ids) == 3, ids
    by_id = cvm.DescribeInstances(request(models.DescribeInstancesRequest, InstanceIds=ids))
    assert {one.InstanceState for one in by_id.InstanceSet} == {"RUNNING"}
    filters = [{"Name": "instance-name", "Values": ["peer 测试 a+b"]}, {"Name": "zone", "Values": ["ap-guangzhou-3"]}]
    pages = [cvm.DescribeInstances(request(models.DescribeInstancesRequest, Filters=filters, Offset=at, Limit=2))
             for at in (0, 2)]
    assert [len(page.InstanceSet) for page in pages] == [2, 1]
    assert {page.TotalCount for page in pages} == {3}
    assert {one.InstanceId for page in pages for one in page.InstanceSet} == set(ids)
    cvm.StopInstances(request(models.StopInstancesRequest, InstanceIds=ids))
    states = cvm.DescribeInstancesStatus(request(models.DescribeInstancesStatusRequest, InstanceIds=ids))
    assert {one.InstanceState for one in states.InstanceStatusSet} == {"STOPPED"}
    cvm.TerminateInstances(request(models.TerminateInstancesRequest, InstanceIds=ids))
    gone = cvm.DescribeInstances(request(models.DescribeInstancesRequest, InstanceIds=ids))
    assert gone.TotalCount == 0, gone.TotalCount
    again = code_of(lambda: cvm.StartInstances(request(models.StartInstancesRequest, InstanceIds=ids)))
    assert again == "InvalidInstanceId.NotFound", again


def main(binary):
    failed = passed = 0
    with tempfile.TemporaryDirectory() as folder:
        ready_file = os.path.join(folder, "ready.json")
        server = subprocess.Popen([binary, "emulator", "--instant", "--ready-file", ready_file],
                                  stdout=subprocess.DEVNULL)
        try:
            for _ in range(100):
                if os.path.exists(ready_file):
                    break
                time.sleep(0.05)
            with open(ready_file, encoding="utf-8") as file:
                ready = json.load(file)
            for sign_method in ("TC3-HMAC-SHA256", "HmacSHA1", "HmacSHA256"):
                for http_method in ("POST", "GET"):
                    name = f"{sign_method} {http_method}"
                    try:
                        story(client(ready, sign_method, http_method))
                        wrong = client(ready, sign_method, http_method, "0" * 32)
                        code = code_of(lambda: wrong.DescribeZones(models.DescribeZonesRequest()))
                        assert code == "AuthFailure.SignatureFailure", code
                        passed += 1
                        print(f"{name}: ok")
                    except (AssertionError, TencentCloudSDKException) as error:
                        failed += 1
                        print(f"{name}: {error!r}")
        finally:
            server.terminate()
            code = server.wait(10)
    if code != 0:
        failed += 1
        print(f"the emulator ended with {code}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
