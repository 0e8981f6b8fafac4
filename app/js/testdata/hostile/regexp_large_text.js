return /(a*)*b/.test('a'.repeat(3e7))
