"""From media and preset to exact ffmpeg argument lists. Pure: nothing is run here."""
