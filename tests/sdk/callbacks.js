'use strict';
// Checks notifications with the Qiniu SDK's own `isQiniuCallback`, and prints what it finds, one JSON line each.
// Standard input: a JSON list of {id, url, body, authorization, type}; no `body`: it is left out of the call.

const { readFileSync } = require('node:fs');
const qiniu = require('qiniu');

const mac = new qiniu.auth.digest.Mac('made-up-ak', 'made-up-secret-key');

function taken({ url, body, authorization, type }) {
  const extra = { reqMethod: 'POST', reqContentType: type, reqHeaders: { 'Content-Type': type } };
  return qiniu.util.isQiniuCallback(mac, url, body, authorization, extra);
}

for (const asked of JSON.parse(readFileSync(0, 'utf8'))) console.log(JSON.stringify({ id: asked.id, taken: taken(asked) }));
