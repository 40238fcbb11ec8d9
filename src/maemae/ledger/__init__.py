"""The durable journal of intents, orders, fills and cash."""
