'use strict';
// Signs requests with the Qiniu SDK's own functions, and prints the headers, one JSON line a request.
// Standard input: a JSON list of {id, url, type, body, date}; `id` is the scheme.

const { readFileSync } = require('node:fs');
const qiniu = require('qiniu');

const mac = new qiniu.auth.digest.Mac('ak-1', 'made-up-secret-1');

function token({ id, url, type, body, date }) {
  if (id === 'QBox') return qiniu.util.generateAccessToken(mac, url, body);
  return qiniu.util.generateAccessTokenV2(mac, url, 'POST', type, body, { 'x-qiniu-date': date });
}

for (const asked of JSON.parse(readFileSync(0, 'utf8'))) console.log(JSON.stringify({ id: asked.id, token: token(asked) }));
