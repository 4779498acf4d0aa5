from tencentcloud.common.credential import Credential
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.cvm.v20170312 import cvm_client, models


def test_launch(emulator):
    http = HttpProfile(protocol="http", endpoint=emulator["url"].removeprefix("http://"))
    credential = Credential(emulator["secret_id"], emulator["secret_key"])
    client = cvm_client.CvmClient(credential, "ap-guangzhou", ClientProfile(httpProfile=http))
    launch = models.RunInstancesRequest()
    launch._deserialize({"Placement": {"Zone": "ap-guangzhou-3"}, "ImageId": "img-pmqg1cw7"})
    ids = client.RunInstances(launch).InstanceIdSet
    instances = client.DescribeInstances(models.DescribeInstancesRequest()).InstanceSet
    assert [(it.InstanceId, it.InstanceState) for it in instances] == [(ids[0], "RUNNING")]
