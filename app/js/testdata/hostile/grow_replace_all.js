return 'a'.repeat(1e6).replaceAll('a', 'b'.repeat(1e6))
