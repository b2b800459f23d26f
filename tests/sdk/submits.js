'use strict';
// Submits jobs as callers of the SDKs do, and prints what each was handed, one JSON line a job.
// Standard input: a JSON list of {host, id, sdk, notify}; `id` is the key or asset to submit, `notify` the address of a
// receiver, or none.

const { readFileSync } = require('node:fs');
const qiniu = require('qiniu');
const core = require('@huaweicloud/huaweicloud-sdk-core');
const vod = require('@huaweicloud/huaweicloud-sdk-vod/v1/public-api');

const PROJECT = '0123456789abcdef0123456789abcdef';

function pfop({ host, id, notify }) {
  const config = new qiniu.conf.Config({ useHttpsDomain: false });
  config.zone = new qiniu.conf.Zone([host], [host], host, host, host, host);
  config.zone.apiHost = host;
  const manager = new qiniu.fop.OperationManager(new qiniu.auth.digest.Mac('ak', 'sk'), config);
  manager.pfop('bucket', id, ['avthumb/mp4', 'vframe/jpg'], 'pipe', { force: false, notifyURL: notify }, (err, body, info) => {
    console.log(JSON.stringify({ id, err: err && err.name, body, status: info.statusCode }));
  });
}

function preheat({ host, id }) {
  const credentials = new core.BasicCredentials().withAk('ak').withSk('sk').withProjectId(PROJECT);
  const client = vod.VodClient.newBuilder().withCredential(credentials).withEndpoint(`http://${host}`).build();
  const request = new vod.CreatePreheatingAssetRequest();
  request.body = new vod.CreatePreheatingAssetReq().withUrls([`http://media.example.com/${id}`]);
  client.createPreheatingAsset(request).then(
    body => console.log(JSON.stringify({ id, body, status: body.httpStatusCode })),
    error => console.log(JSON.stringify({ id, err: String(error) })),
  );
}

for (const job of JSON.parse(readFileSync(0, 'utf8'))) (job.sdk === 'qiniu' ? pfop : preheat)(job);
