return 'x'.repeat(4e9)
