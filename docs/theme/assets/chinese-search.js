// Chinese is searched character by character. What stands together in a query is put in quotes on its way to the search,
// so that a result has all of its characters and not just one of them. 2 is the theme's type for a query.
{
  const send = Worker.prototype.postMessage;
  Worker.prototype.postMessage = function (message, ...more) {
    const query = message && message.type === 2 && message.data;
    return send.call(this, query ? { ...message, data: query.replace(/\p{Script=Han}{2,}/gu, '"$&"') } : message, ...more);
  };
}
