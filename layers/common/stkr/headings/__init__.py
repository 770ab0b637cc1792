"""What the titles of columns say, in count files and stock files alike."""
