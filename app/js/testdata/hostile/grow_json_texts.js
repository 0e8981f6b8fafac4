return JSON.stringify(Array(1000).fill("x".repeat(3e7))).length
