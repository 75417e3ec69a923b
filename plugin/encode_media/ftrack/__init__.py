"""Everything that knows ftrack: sessions, the hub, forms, triggers, publishing."""
