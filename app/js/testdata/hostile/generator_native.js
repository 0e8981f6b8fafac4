return [...[].values.call({ length: 2 ** 53 - 1 })]
