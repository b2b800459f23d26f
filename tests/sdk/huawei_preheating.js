'use strict';
// Asks for each task once, and prints what its caller gets or catches, one JSON line a task among the SDK's own log.
// Standard input: a JSON list of {host, id}.

const { readFileSync } = require('node:fs');
const core = require('@huaweicloud/huaweicloud-sdk-core');
const vod = require('@huaweicloud/huaweicloud-sdk-vod/v1/public-api');

const PROJECT = '0123456789abcdef0123456789abcdef';

function clientOf(host) {
  const credentials = new core.BasicCredentials().withAk('ak').withSk('sk').withProjectId(PROJECT);
  return vod.VodClient.newBuilder().withCredential(credentials).withEndpoint(`http://${host}`).build();
}

function ask({ host, id }) {
  const request = new vod.ShowPreheatingAssetRequest();
  request.taskId = id;
  clientOf(host).showPreheatingAsset(request).then(
    got => console.log(JSON.stringify({ id, got })),
    error => console.log(JSON.stringify({ id, raised: { ...error, name: error.constructor.name } })),
  );
}

JSON.parse(readFileSync(0, 'utf8')).forEach(ask);
