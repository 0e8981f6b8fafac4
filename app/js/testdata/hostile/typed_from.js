return Uint8Array.from({ length: 4e9 })
