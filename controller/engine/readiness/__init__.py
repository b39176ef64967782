"""In peace time: devices looked at, their surroundings compared, cuts rehearsed."""
