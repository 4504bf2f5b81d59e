"""What a user asks by."""

from locustfiles.load.websocket_client import WebSocketClient
from locustfiles.load.wire import WireClient

Client = WireClient | WebSocketClient
