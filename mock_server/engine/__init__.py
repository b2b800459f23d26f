"""What a task does, as pure values: no clock, lock, HTTP, file or vendor is known here."""
