"""What each agency does for whom in a made-up province's first month."""
