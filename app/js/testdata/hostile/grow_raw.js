return String.raw({ raw: { length: 4e9 } })
