"""The machinery behind the locustfiles: wire client, decoders, users, shape, recorder and plug-in."""
