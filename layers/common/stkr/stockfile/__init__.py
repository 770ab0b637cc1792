"""Stock files, as shops export them: reading one, and editing its quantities in place."""
