"""What watches the outside world and publishes observations. Sources never import each other or the web."""
