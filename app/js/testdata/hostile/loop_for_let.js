for (let i = 0; ; i++) { const x = i * 2 }
