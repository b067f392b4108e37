"""The API of field agents as apps meet it: on a server with two workers."""
