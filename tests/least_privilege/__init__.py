"""What each function may do against what it does: its policy, simulated on the calls that its code makes in tests."""
