"""Measures the official Python SDK as `rounds` measures ours: sdk.py CASE MILLISECONDS ADDRESS."""
import sys
import time

from tencentcloud.common import credential
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.common.http.request import RequestInternal
from tencentcloud.cvm.v20170312 import cvm_client, models

case, milliseconds, address = sys.argv[1:4]
key = credential.Credential("AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE")
http = HttpProfile(protocol="http", endpoint=address.removeprefix("http://"), keepAlive=True)
client = cvm_client.CvmClient(key, "ap-guangzhou", ClientProfile(httpProfile=http))


def sign():
    request = RequestInternal("127.0.0.1", "POST", "/")
    request.header["Content-Type"], request.header["Host"] = "application/json", "cvm.tencentcloudapi.com"
    request.header["X-TC-Timestamp"] = "1551113065"
    request.data = "a" * 638
    client._get_tc3_signature({}, request, "2019-02-25", "cvm", key.secret_key)


def call():
    request = models.DescribeInstancesRequest()
    request.Limit = 100
    client.DescribeInstances(request)


operation = {"sign": sign, "call": call}[case]
seconds = int(milliseconds) / 1000
end, batch = time.monotonic() + seconds / 5, 0
while time.monotonic() < end:
    operation()
    batch += 1
batch, count = (batch + 9) // 10, 0
end, before = time.monotonic() + seconds, time.thread_time_ns()
while time.monotonic() < end:
    for _ in range(batch):
        operation()
    count += batch
print((time.thread_time_ns() - before) / count)
