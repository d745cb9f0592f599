"""What leads from the working copy to readers, and back: publishing, schedules, corrections, take-downs."""
