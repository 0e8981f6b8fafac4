for (;;) parseFloat('9'.repeat(3e7))
