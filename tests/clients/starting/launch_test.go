package launch

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"
	cvm "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/cvm/v20170312"
)

func emulator(t *testing.T) *cvm.Client {
	file := filepath.Join(t.TempDir(), "ready.json")
	process := exec.Command("cvm", "emulator", "--instant", "--ready-file", file)
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = process.Process.Kill(); _ = process.Wait() })
	text, err := os.ReadFile(file)
	for end := time.Now().Add(time.Minute); err != nil && time.Now().Before(end); text, err = os.ReadFile(file) {
		time.Sleep(10 * time.Millisecond)
	}
	ready := map[string]any{}
	if err := json.Unmarshal(text, &ready); err != nil {
		t.Fatal("the emulator did not start: ", err)
	}
	settings := profile.NewClientProfile()
	settings.HttpProfile.Scheme = "HTTP"
	settings.HttpProfile.Endpoint = strings.TrimPrefix(ready["url"].(string), "http://")
	credential := common.NewCredential(ready["secret_id"].(string), ready["secret_key"].(string))
	client, err := cvm.NewClient(credential, "ap-guangzhou", settings)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestLaunch(t *testing.T) {
	client := emulator(t)
	launch := cvm.NewRunInstancesRequest()
	launch.Placement = &cvm.Placement{Zone: common.StringPtr("ap-guangzhou-3")}
	launch.ImageId = common.StringPtr("img-pmqg1cw7")
	if _, err := client.RunInstances(launch); err != nil {
		t.Fatal(err)
	}
	list, err := client.DescribeInstances(cvm.NewDescribeInstancesRequest())
	if err != nil || *list.Response.TotalCount != 1 {
		t.Fatal(list, err)
	}
}
