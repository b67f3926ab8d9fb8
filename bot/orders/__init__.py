"""Orders: the model, the gateway to an order service, and the diagnosis."""
