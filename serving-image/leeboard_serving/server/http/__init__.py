"""HTTP/1.1 on asyncio: connections, requests, answers and the pages that they are for."""
