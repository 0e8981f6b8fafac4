return [...'a'.repeat(1e6).matchAll(/(?:)/g)].length
