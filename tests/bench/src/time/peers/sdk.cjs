// Measures the official Node SDK as `rounds` measures ours: node sdk.cjs CASE MILLISECONDS ADDRESS.
const { cvm } = require("tencentcloud-sdk-nodejs-cvm");
const sign3 = require("tencentcloud-sdk-nodejs-common/tencentcloud/common/sign.js").default.sign3;

const [kind, milliseconds, address] = process.argv.slice(2);
const credential = {
  secretId: "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
  secretKey: "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE",
};
const client = new cvm.v20170312.Client({
  credential,
  region: "ap-guangzhou",
  profile: {
    httpProfile: {
      protocol: "http://",
      endpoint: address.replace("http://", ""),
      agent: new (require("http").Agent)({ keepAlive: true }),
    },
  },
});
const payload = { UserData: "a".repeat(623) };
const operation = {
  sign: async () =>
    sign3({ url: "https://cvm.tencentcloudapi.com/", payload, timestamp: 1551113065, service: "cvm", ...credential }),
  call: () => client.DescribeInstances({ Limit: 100 }),
}[kind];

(async () => {
  const time = Number(milliseconds);
  let [end, batch, count] = [Date.now() + time, 0, 0];
  while (Date.now() < end) {
    await operation();
    batch += 1;
  }
  batch = Math.ceil(batch / 10);
  end = Date.now() + time;
  const before = process.cpuUsage();
  while (Date.now() < end) {
    for (let i = 0; i < batch; i += 1) await operation();
    count += batch;
  }
  const { user, system } = process.cpuUsage(before);
  console.log(((user + system) * 1000) / count);
})();
