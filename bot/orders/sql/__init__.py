"""The embedded order service: seeded orders in the application's database, and couriers that move as time passes."""
