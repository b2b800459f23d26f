"""What each page shows, as plain values. A module a page; the page of a task is a package, with a module a part."""
