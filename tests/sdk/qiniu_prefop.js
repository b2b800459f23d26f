'use strict';
// Polls tasks as a caller of the SDK does, and prints what each callback was handed, one JSON line a poll.
// Standard input: a JSON list of {host, id, most}; a task is polled to its end, or `most` times. QINIU_PATIENCE: how many
// milliseconds the SDK waits.

const { readFileSync } = require('node:fs');
const qiniu = require('qiniu');

if (process.env.QINIU_PATIENCE) qiniu.conf.RPC_TIMEOUT = Number(process.env.QINIU_PATIENCE);

function managerOf(host) {
  const config = new qiniu.conf.Config({ useHttpsDomain: false });
  config.zone = new qiniu.conf.Zone([host], [host], host, host, host, host);
  config.zone.apiHost = host;
  return new qiniu.fop.OperationManager(new qiniu.auth.digest.Mac('ak', 'sk'), config);
}

function goesOn(err, body, info) {
  return !err && body && (info.statusCode >= 500 || body.code === 1 || body.code === 2);
}

function poll({ host, id, most }) {
  managerOf(host).prefop(id, (err, body, info) => {
    const { statusCode: status, headers } = info;
    console.log(JSON.stringify({ id, err: err && err.name, body, status, reqid: headers['x-reqid'] }));
    if (most > 1 && goesOn(err, body, info)) poll({ host, id, most: most - 1 });
  });
}

JSON.parse(readFileSync(0, 'utf8')).forEach(poll);
