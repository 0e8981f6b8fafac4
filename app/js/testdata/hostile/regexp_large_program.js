return new RegExp('a'.repeat(60000)).test('a'.repeat(1e6))
