"""An ftrack server small enough for a terminal; speaks the protocol of the public clients."""
