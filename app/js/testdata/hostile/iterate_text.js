return [...'a'.repeat(3e7)].length
