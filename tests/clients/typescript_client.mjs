// The TypeScript client lists and calls tools, over HTTP and stdio, in both protocol eras.
// Arguments: URL of /mcp, the binary, a database URL for stdio. Prints one line "ok - …" or "not ok - …" a check.

import assert from 'node:assert/strict';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';

const [url, binary, data] = process.argv.slice(2);
const eras = { legacy: '2025-11-25', auto: '2026-07-28', '2026-07-28': '2026-07-28' };
const transports = {
  http: () => new StreamableHTTPClientTransport(new URL(url)),
  stdio: () => new StdioClientTransport({ command: binary, args: ['mcp', '--log', 'error', '--database-url', data], stderr: 'ignore' }),
};

async function check(transport, era) {
  const mode = era in { legacy: 1, auto: 1 } ? era : { pin: era };
  const client = new Client({ name: 'uptake-tests', version: '1' }, { versionNegotiation: { mode } });
  await client.connect(transports[transport]());
  try {
    assert.equal(client.getNegotiatedProtocolVersion(), eras[era]);
    const { tools } = await client.listTools();
    assert.equal(tools.length, 14);
    const listed = await client.callTool({ name: 'list_measurements', arguments: { limit: 3 } });
    const upsell = listed.structuredContent.measurements[0].upsell;
    const progress = await client.callTool({ name: 'get_progress', arguments: { upsell } });
    assert.ok(progress.content[0].text.startsWith(progress.structuredContent.headline));
    const refused = await client.callTool({ name: 'get_progress', arguments: { upsell: 'nobody by that name' } });
    assert.equal(refused.isError, true);
    assert.equal(refused.structuredContent, undefined);
  } finally {
    await client.close();
  }
}

let failed = 0;
for (const transport of Object.keys(transports)) {
  for (const era of Object.keys(eras)) {
    const what = `TypeScript client 2.4.0 over ${transport}, era ${era}`;
    try {
      await check(transport, era);
      console.log(`ok - ${what}`);
    } catch (error) {
      failed += 1;
      console.log(`not ok - ${what}: ${String(error.message ?? error).replaceAll('\n', ' ')}`);
    }
  }
}
process.exit(failed ? 1 : 0);
