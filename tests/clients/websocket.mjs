// A WebSocket that is nobody's library: node's own, calling a tool on /rpc. Argument: ws URL.

import assert from 'node:assert/strict';

const socket = new WebSocket(process.argv[2]);
const answer = await new Promise((resolve, reject) => {
  setTimeout(() => reject(new Error('no answer in 20 s')), 20_000).unref();
  socket.onerror = (event) => reject(new Error(event.message ?? 'the socket failed'));
  socket.onmessage = (event) => resolve(JSON.parse(event.data));
  socket.onopen = () =>
    socket.send(JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'list_measurements', params: { limit: 1 } }));
});
assert.equal(answer.id, 7);
assert.equal(answer.result.measurements.length, 1);
socket.close();
