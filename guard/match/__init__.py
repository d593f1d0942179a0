"""Step 3: whom does a request mention or show? Names, faces and known images, searched in one immutable gallery."""
