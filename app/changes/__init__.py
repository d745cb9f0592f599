"""What leaves the log: pages, streams, exports."""
