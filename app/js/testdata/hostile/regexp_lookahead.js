return /^(?=(a+)+$)(a|aa)+$/.test('a'.repeat(50) + 'b')
