return Array.from('a'.repeat(4e6)).length
