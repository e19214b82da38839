"""What other tools push, as events: a file a source, a line each in the catalog. Pure: no clock, no disk, no net."""
