"""The Python `mcp` and `fastmcp` clients list and call tools, over HTTP and stdio, in both protocol eras.

Arguments: URL of /mcp, the binary, a database URL for stdio. Prints one line "ok - …" or "not ok - …" a check.
"""

import asyncio
import importlib.metadata
import sys

import fastmcp
import mcp
from fastmcp.client.transports import StdioTransport, StreamableHttpTransport
from mcp.client.stdio import StdioServerParameters

URL, BINARY, DATA = sys.argv[1:4]
STDIO = ["mcp", "--log", "error", "--database-url", DATA]
ERAS = {"legacy": "2025-11-25", "2026-07-28": "2026-07-28", "auto": "2026-07-28"}
TOOLS = 14
DEADLINE_S = 60


async def with_mcp(transport: str, mode: str) -> None:
    server = URL if transport == "http" else StdioServerParameters(command=BINARY, args=STDIO)
    async with mcp.Client(server, mode=mode) as client:
        assert client.protocol_version == ERAS[mode], client.protocol_version
        names = [tool.name for tool in (await client.list_tools()).tools]
        assert len(names) == TOOLS and names == sorted(names), names
        listed = await client.call_tool("list_measurements", {"limit": 3})
        assert not listed.is_error, listed.content
        first = listed.structured_content["measurements"][0]["upsell"]
        progress = await client.call_tool("get_progress", {"upsell": first})
        assert progress.structured_content["headline"] in progress.content[0].text, progress
        refused = await client.call_tool("get_progress", {"upsell": "nobody by that name"})
        assert refused.is_error and refused.structured_content is None, refused


async def with_fastmcp(transport: str, mode: str) -> None:
    server = StreamableHttpTransport(URL) if transport == "http" else StdioTransport(command=BINARY, args=STDIO)
    async with fastmcp.Client(server, mode=mode) as client:
        names = [tool.name for tool in await client.list_tools()]
        assert len(names) == TOOLS and names == sorted(names), names
        listed = await client.call_tool("list_measurements", {"limit": 3})
        first = listed.structured_content["measurements"][0]["upsell"]
        progress = await client.call_tool("get_progress", {"upsell": first})
        assert progress.structured_content["headline"] in progress.content[0].text, progress
        refused = await client.call_tool("get_progress", {"upsell": "nobody by that name"}, raise_on_error=False)
        assert refused.is_error, refused


async def main() -> int:
    failed = 0
    for name, run in (("mcp", with_mcp), ("fastmcp", with_fastmcp)):
        version = importlib.metadata.version(name)
        for transport in ("http", "stdio"):
            for mode in ERAS:
                what = f"Python {name} {version} over {transport}, era {mode}"
                try:
                    await asyncio.wait_for(run(transport, mode), DEADLINE_S)
                    print(f"ok - {what}", flush=True)
                except BaseException as error:  # noqa: BLE001 - an exception group is a failed check too
                    if isinstance(error, KeyboardInterrupt):
                        raise
                    failed += 1
                    print(f"not ok - {what}: {error!r}", flush=True)
    return 1 if failed else 0


sys.exit(asyncio.run(main()))
