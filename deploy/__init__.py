"""The top: how the parts are put together and started."""
