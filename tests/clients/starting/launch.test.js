"use strict";
const assert = require("node:assert");
const { spawn } = require("node:child_process");
const { existsSync, mkdtempSync, readFileSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");
const { after, before, test } = require("node:test");
const { setTimeout: sleep } = require("node:timers/promises");
const { cvm } = require("tencentcloud-sdk-nodejs-cvm");

const ready = join(mkdtempSync(join(tmpdir(), "emulator-")), "ready.json");
const emulator = spawn("cvm", ["emulator", "--instant", "--ready-file", ready], { stdio: "ignore" });

before(async () => {
  while (!existsSync(ready)) {
    assert.strictEqual(emulator.exitCode, null, "the emulator did not start");
    await sleep(10);
  }
});
after(() => emulator.kill());

test("launch", async () => {
  const { url, secret_id: secretId, secret_key: secretKey } = JSON.parse(readFileSync(ready));
  const client = new cvm.v20170312.Client({
    credential: { secretId, secretKey },
    region: "ap-guangzhou",
    profile: { httpProfile: { endpoint: url.replace("http://", ""), protocol: "http://" } },
  });
  const launch = { Placement: { Zone: "ap-guangzhou-3" }, ImageId: "img-pmqg1cw7" };
  const { InstanceIdSet } = await client.RunInstances(launch);
  const { InstanceSet } = await client.DescribeInstances({});
  assert.deepStrictEqual(InstanceSet.map((it) => it.InstanceId), InstanceIdSet);
});
