"""The core: reads run directories, measures, compares and decides; no plotting, no load."""
