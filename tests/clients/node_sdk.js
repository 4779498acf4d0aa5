// Calls through the official Node SDK: a call per line of standard input, its result as a line of standard output.
// README.md describes the lines.
"use strict";

const readline = require("node:readline");

function print(result) {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

// The module of a service, from the package of all services or from its own.
function load(service) {
  for (const name of ["tencentcloud-sdk-nodejs", `tencentcloud-sdk-nodejs-${service}`]) {
    try {
      return { module: require(name)[service], version: require(`${name}/package.json`).version };
    } catch (error) {
      if (error.code !== "MODULE_NOT_FOUND") throw error;
    }
  }
  return null;
}

async function call({ service, version, action, region, scheme, endpoint, credential, request }) {
  const loaded = load(service);
  if (!loaded) return { missing: `tencentcloud-sdk-nodejs-${service}` };
  const { Client } = loaded.module[`v${version.replaceAll("-", "")}`];
  const client = new Client({
    credential: {
      secretId: credential.secret_id,
      secretKey: credential.secret_key,
      token: credential.token || undefined,
    },
    region,
    profile: { httpProfile: { endpoint, protocol: `${scheme}://` } },
  });
  try {
    return { response: await client[action](request) };
  } catch (error) {
    if (!error.code) throw error;
    return { error: { code: error.code, message: error.message } };
  }
}

async function main() {
  const cvm = load("cvm");
  if (!cvm) return print({ missing: "tencentcloud-sdk-nodejs" });
  print({ client: `tencentcloud-sdk-nodejs ${cvm.version}` });
  for await (const line of readline.createInterface({ input: process.stdin })) {
    print(await call(JSON.parse(line)));
  }
}

main();
