"""The web side: Flask, Socket.IO and the page. It asks the hub and writes nothing."""
